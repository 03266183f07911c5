//go:build unix && !linux && !darwin

package outfile

import "errors"

// moveNew returns [errors.ErrUnsupported]: on this system a rename always
// replaces the target.
func (d *folder) moveNew(old, name string) error { return errors.ErrUnsupported }
