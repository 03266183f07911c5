//go:build unix && !linux

package outfile

import (
	"errors"
	"io/fs"
	"os"
)

// createUnnamed returns [errors.ErrUnsupported]: this system has no unnamed
// files.
func (d *folder) createUnnamed(string, fs.FileMode) (*os.File, error) {
	return nil, errors.ErrUnsupported
}

func (d *folder) link(*os.File, string) error { return errors.ErrUnsupported }

func startWriteback(*os.File, int64, int64) {}
