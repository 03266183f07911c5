package outfile

import (
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// createUnnamed creates a file without a name. The kernel deletes it if it is
// closed before it has one. The error matches [errors.ErrUnsupported] if the
// file system (EOPNOTSUPP) or the kernel (EISDIR, ENOENT, EINVAL) does not
// support this, and without /proc, through which the file gets its name later.
func (d *folder) createUnnamed(called string, mode fs.FileMode) (*os.File, error) {
	f, err := d.open(".", called, unix.O_RDWR|unix.O_TMPFILE, mode)
	if err != nil {
		return nil, orUnsupported(err, unix.EISDIR, unix.EINVAL, unix.ENOENT)
	}
	if err := unix.Faccessat(unix.AT_FDCWD, procPath(f), unix.F_OK, 0); err != nil {
		f.Close()
		return nil, orUnsupported(err, err)
	}
	return f, nil
}

// link gives a name to an unnamed file. It does not replace a file.
func (d *folder) link(f *os.File, name string) error {
	return unix.Linkat(unix.AT_FDCWD, procPath(f), d.fd(), name, unix.AT_SYMLINK_FOLLOW)
}

func procPath(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

// moveNew renames a file. It does not replace one.
func (d *folder) moveNew(old, name string) error {
	return orUnsupported(unix.Renameat2(d.fd(), old, d.fd(), name, unix.RENAME_NOREPLACE), unix.EINVAL)
}

// writebackStep is the number of bytes after which writing to the disk is
// started.
const writebackStep = 8 << 20

// startWriteback starts writing data to the disk while the caller produces
// more, so that [File.Commit] has less to wait for. Errors are ignored, because
// Commit gets them again.
func startWriteback(f *os.File, from, to int64) {
	first, last := from/writebackStep, to/writebackStep
	if last > first {
		unix.SyncFileRange(int(f.Fd()), first*writebackStep, (last-first)*writebackStep, unix.SYNC_FILE_RANGE_WRITE)
	}
}
