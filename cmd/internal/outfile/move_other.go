//go:build unix && !linux && !darwin

package outfile

import "errors"

// moveNew: renaming always replaces here.
func (d *folder) moveNew(old, name string) error { return errors.ErrUnsupported }
