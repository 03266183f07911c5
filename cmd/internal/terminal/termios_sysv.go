//go:build aix || linux || solaris

package terminal

import "golang.org/x/sys/unix"

// The calls beneath tcgetattr(3) and tcsetattr(3).
const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETS
)

// flushInput throws away what was typed and not read (tcflush(3), TCIFLUSH).
func flushInput(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) }
