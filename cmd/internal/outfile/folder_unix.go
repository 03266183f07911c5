//go:build unix

package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// folder is an open folder. Operations apply to it even after it was moved or
// replaced.
type folder struct {
	dir  *os.File
	path string
}

func openFolder(path string) (*folder, error) {
	dir, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if errors.Is(err, unix.ENOTDIR) {
		return nil, ErrNotFolder
	}
	if err != nil {
		return nil, bare(err)
	}
	return &folder{dir, path}, nil
}

func (d *folder) fd() int { return int(d.dir.Fd()) }

func (d *folder) close() { d.dir.Close() }

// create creates a file. It fails if the file exists.
func (d *folder) create(name string, mode fs.FileMode) (*os.File, error) {
	return d.open(name, filepath.Join(d.path, name), unix.O_RDWR|unix.O_CREAT|unix.O_EXCL, mode)
}

func (d *folder) open(name, called string, flags int, mode fs.FileMode) (*os.File, error) {
	for {
		fd, err := unix.Openat(d.fd(), name, flags|unix.O_CLOEXEC, uint32(mode.Perm()))
		if err == nil {
			return os.NewFile(uintptr(fd), called), nil
		}
		if err != unix.EINTR {
			return nil, err
		}
	}
}

// linkName gives the file called old a second name.
func (d *folder) linkName(old, name string) error {
	return orUnsupported(unix.Linkat(d.fd(), old, d.fd(), name, 0), unix.EPERM, unix.EMLINK)
}

func (d *folder) replace(old, name string) error {
	return unix.Renameat(d.fd(), old, d.fd(), name)
}

func (d *folder) remove(name string) error {
	return unix.Unlinkat(d.fd(), name, 0)
}

// sync makes names durable. A file system that cannot sync a folder returns
// EINVAL or ENOTSUP, which is not an error here.
func (d *folder) sync() error {
	err := bare(d.dir.Sync())
	if errors.Is(err, unix.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// orUnsupported returns an error that matches [errors.ErrUnsupported] if err is
// ENOSYS, ENOTSUP or EOPNOTSUPP, or one of also. Otherwise it returns err.
func orUnsupported(err error, also ...error) error {
	if err == nil || errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	for _, a := range also {
		if errors.Is(err, a) {
			return fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
		}
	}
	return err
}

// writable returns an error if this process may not create files in the folder.
func writable(path string) error {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
}

func reason(err error) error {
	switch {
	case errors.Is(err, unix.ENOSPC):
		return ErrNoSpace
	case errors.Is(err, unix.EDQUOT):
		return ErrQuota
	case errors.Is(err, unix.EFBIG):
		return ErrTooLarge
	case errors.Is(err, unix.EROFS):
		return ErrReadOnly
	case errors.Is(err, unix.EISDIR):
		return ErrIsFolder
	case errors.Is(err, unix.ENOTDIR):
		return ErrNotFolder
	}
	return nil
}
