//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package terminal

import "golang.org/x/sys/unix"

// The ioctl calls of tcgetattr(3) and tcsetattr(3).
const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)

// fread is FREAD of <sys/fcntl.h>: only the input.
const fread = 1

// flushInput discards unread input (tty(4), TIOCFLUSH).
func flushInput(fd int) error { return unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, fread) }
