//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package terminal

import "golang.org/x/sys/unix"

// The calls beneath tcgetattr(3) and tcsetattr(3).
const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)

// fread is FREAD of <sys/fcntl.h>: the input alone.
const fread = 1

// flushInput throws away what was typed and not read (tty(4), TIOCFLUSH).
func flushInput(fd int) error { return unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, fread) }
