//go:build unix && !linux && !darwin

package outfile

import "errors"

// moveNew fails: on this system a rename always replaces.
func (d *folder) moveNew(old, name string) error { return errors.ErrUnsupported }
