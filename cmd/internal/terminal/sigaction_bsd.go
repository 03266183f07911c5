//go:build darwin || dragonfly || freebsd

package terminal

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// A kernelAction has room for struct sigaction, whose first field is the
// handler.
type kernelAction [16]uintptr

const sigIgn = 1 // SIG_IGN; SIG_DFL is 0

func sigaction(sig unix.Signal, act, old *kernelAction) error {
	_, _, errno := unix.RawSyscall(unix.SYS_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(act)), uintptr(unsafe.Pointer(old)))
	if errno != 0 {
		return errno
	}
	return nil
}
