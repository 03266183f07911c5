package outfile

import (
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// createUnnamed makes a file without a name, which the kernel takes back by
// itself when nobody holds it open. File systems without it answer EOPNOTSUPP,
// kernels without it EISDIR or EINVAL. Without /proc it could not be named
// later.
func (d *folder) createUnnamed(called string, mode fs.FileMode) (*os.File, error) {
	f, err := d.open(".", called, unix.O_WRONLY|unix.O_TMPFILE, mode)
	if err != nil {
		return nil, orUnsupported(err, unix.EISDIR, unix.EINVAL, unix.ENOENT)
	}
	if err := unix.Faccessat(unix.AT_FDCWD, procPath(f), unix.F_OK, 0); err != nil {
		f.Close()
		return nil, orUnsupported(err, err)
	}
	return f, nil
}

// link names a file that has no name, and replaces nothing.
func (d *folder) link(f *os.File, name string) error {
	return unix.Linkat(unix.AT_FDCWD, procPath(f), d.fd(), name, unix.AT_SYMLINK_FOLLOW)
}

func procPath(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

// moveNew renames and replaces nothing.
func (d *folder) moveNew(old, name string) error {
	return orUnsupported(unix.Renameat2(d.fd(), old, d.fd(), name, unix.RENAME_NOREPLACE), unix.EINVAL)
}

// writebackStep is how much is written before the disk is set to work on it.
const writebackStep = 8 << 20

// startWriteback sets the disk to work while the next bytes are being made, so
// that Commit has little left to wait for. It is a hint: errors come back in
// Commit.
func startWriteback(f *os.File, from, to int64) {
	first, last := from/writebackStep, to/writebackStep
	if last > first {
		unix.SyncFileRange(int(f.Fd()), first*writebackStep, (last-first)*writebackStep, unix.SYNC_FILE_RANGE_WRITE)
	}
}
