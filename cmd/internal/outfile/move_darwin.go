package outfile

import "golang.org/x/sys/unix"

// moveNew renames a file. It does not replace one.
func (d *folder) moveNew(old, name string) error {
	return orUnsupported(unix.RenameatxNp(d.fd(), old, d.fd(), name, unix.RENAME_EXCL), unix.EINVAL)
}
