package terminal

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// A kernelAction has room for the kernel's struct sigaction, whose first field
// is the handler. On MIPS the mask has another size, so the calls fail there.
type kernelAction [16]uintptr

const sigIgn = 1 // SIG_IGN; SIG_DFL is 0

func sigaction(sig unix.Signal, act, old *kernelAction) error {
	const maskSize = 8
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(act)), uintptr(unsafe.Pointer(old)), maskSize, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
