//go:build unix

package console

import (
	"os"

	"golang.org/x/sys/unix"
)

// leadsNowhere reports whether an output seems to have been closed when the
// process started. The Go runtime then opens the null device in its place, for
// reading and writing (runtime, fds_unix.go). A shell's >/dev/null opens it for
// writing only. A parent that opens it for both looks the same.
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
