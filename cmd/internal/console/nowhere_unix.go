//go:build unix

package console

import (
	"os"

	"golang.org/x/sys/unix"
)

// leadsNowhere reports whether an output was closed when the process began. The
// Go runtime then opens the null device in its place, to read and write
// (runtime, fds_unix.go), where a shell's >/dev/null opens it to write.
func leadsNowhere(f *os.File) bool {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil {
		return true
	}
	own, err := f.Stat()
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(own, null)
}
