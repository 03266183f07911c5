//go:build aix || linux || solaris

package terminal

import "golang.org/x/sys/unix"

// The ioctl calls of tcgetattr(3) and tcsetattr(3).
const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETS
)

// flushInput discards unread input (tcflush(3), TCIFLUSH).
func flushInput(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) }
