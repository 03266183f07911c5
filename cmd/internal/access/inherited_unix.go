//go:build unix

package access

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// inherited returns descriptor n if the parent process left it open for this
// one, and otherwise nil. A descriptor with FD_CLOEXEC was opened by this
// process or the Go runtime. Nobody can have meant it, and its number may be a
// PIN typed by mistake. Standard output and standard error are never sources of
// secrets.
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
