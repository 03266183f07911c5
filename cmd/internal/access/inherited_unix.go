//go:build unix

package access

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// inherited returns a file descriptor that whoever started us left open for us,
// or nil. Those that this process opened close when it executes another
// (FD_CLOEXEC): among them are files of the Go runtime, whose numbers have the
// form of a password. The outputs are no source of secrets.
func inherited(n int) *os.File {
	if n == 1 || n == 2 {
		return nil
	}
	flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC != 0 {
		return nil
	}
	return os.NewFile(uintptr(n), fmt.Sprintf("fd:%d", n))
}
