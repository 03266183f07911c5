package outfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// folder is the path of a folder.
type folder struct{ path string }

func openFolder(path string) (*folder, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, bare(err)
	}
	if !info.IsDir() {
		return nil, ErrNotFolder
	}
	return &folder{path}, nil
}

func (d *folder) close() {}

// createUnnamed returns [errors.ErrUnsupported]: this system has no unnamed
// files.
func (d *folder) createUnnamed(string, fs.FileMode) (*os.File, error) {
	return nil, errors.ErrUnsupported
}

func (d *folder) link(*os.File, string) error { return errors.ErrUnsupported }

// create creates a file. It fails if the file exists.
func (d *folder) create(name string, mode fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(d.path, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, bare(err)
	}
	return f, nil
}

// moveNew renames a file. It does not replace one.
func (d *folder) moveNew(old, name string) error { return d.move(old, name, 0) }

func (d *folder) replace(old, name string) error {
	return d.move(old, name, windows.MOVEFILE_REPLACE_EXISTING)
}

// move renames a file and waits until the new name is on the disk
// (MOVEFILE_WRITE_THROUGH), so that sync has nothing to do.
func (d *folder) move(old, name string, flags uint32) error {
	from, err := windows.UTF16PtrFromString(filepath.Join(d.path, old))
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(filepath.Join(d.path, name))
	if err != nil {
		return err
	}
	return windows.MoveFileEx(from, to, flags|windows.MOVEFILE_WRITE_THROUGH)
}

func (d *folder) linkName(old, name string) error {
	return os.Link(filepath.Join(d.path, old), filepath.Join(d.path, name))
}

func (d *folder) remove(name string) error { return os.Remove(filepath.Join(d.path, name)) }

func (d *folder) sync() error { return nil }

func startWriteback(*os.File, int64, int64) {}

// writable creates a file and removes it, because on Windows nothing else shows
// reliably whether this is allowed.
func writable(path string) error {
	d := &folder{path}
	name := tempName()
	f, err := d.create(name, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	return d.remove(name)
}

func reason(err error) error {
	switch {
	case errors.Is(err, windows.ERROR_DISK_FULL), errors.Is(err, windows.ERROR_HANDLE_DISK_FULL):
		return ErrNoSpace
	case errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED):
		return ErrQuota
	case errors.Is(err, windows.ERROR_FILE_TOO_LARGE):
		return ErrTooLarge
	case errors.Is(err, windows.ERROR_WRITE_PROTECT):
		return ErrReadOnly
	}
	return nil
}
