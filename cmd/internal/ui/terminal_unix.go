//go:build unix

package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// device is the controlling terminal, POSIX XBD 10.1.
const device = "/dev/tty"

// OpenTerminal opens the terminal that controls this process, or answers an
// error that is ErrNoTerminal.
func OpenTerminal() (*Terminal, error) { return openTerminal(device) }

func openTerminal(path string) (*Terminal, error) {
	// Without blocking: the byte that select promised may be gone to another
	// process by the time of the read.
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNoTerminal, path, err)
	}
	if !term.IsTerminal(fd) {
		unix.Close(fd)
		return nil, fmt.Errorf("%w: %s", ErrNoTerminal, path)
	}
	out, err := os.OpenFile(path, os.O_WRONLY|unix.O_NOCTTY, 0)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	return &Terminal{in: ttyInput(fd), out: out}, nil
}

// ttyInput is a descriptor and not an os.File: the runtime's poller knows no
// terminals on macOS.
type ttyInput int

func (fd ttyInput) Close() error { return unix.Close(int(fd)) }

func (fd ttyInput) raw() (restore func() error, err error) {
	before, err := term.MakeRaw(int(fd))
	if err != nil {
		return nil, err
	}
	return func() error { return term.Restore(int(fd), before) }, nil
}

func (fd ttyInput) readByte(ctx context.Context) (byte, error) {
	woken, wake, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer woken.Close()
	defer wake.Close()
	defer context.AfterFunc(ctx, func() { wake.Close() })()

	var b [1]byte
	defer clear(b[:])
	for {
		if err := waitReadable(int(fd), int(woken.Fd())); err != nil {
			return 0, err
		}
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		n, err := unix.Read(int(fd), b[:])
		switch {
		case n == 1:
			return b[0], nil
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, err
		default:
			return 0, io.EOF // the terminal is gone
		}
	}
}

// maxAhead bounds what is thrown away, in bytes: a terminal keeps far less, and an input
// without an end is no person's.
const maxAhead = 1 << 20

// discard reads, since tcflush has another number on each system, and would lose Ctrl-C.
func (fd ttyInput) discard() (begun bool, err error) {
	var b [256]byte
	defer clear(b[:])
	for range maxAhead / len(b) {
		switch n, err := unix.Read(int(fd), b[:]); {
		case n > 0 && bytes.ContainsAny(b[:n], string([]byte{ctrlC, ctrlBack})):
			return false, ErrInterrupted
		case n > 0:
			begun = b[n-1] != '\r' && b[n-1] != '\n'
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return begun, nil
		default:
			return false, err // nil: the terminal is gone
		}
	}
	return false, ErrInputLength
}

// waitReadable uses select since poll knows no terminals on macOS.
func waitReadable(fds ...int) error {
	for {
		var set unix.FdSet
		highest := 0
		for _, fd := range fds {
			if fd >= unix.FD_SETSIZE {
				return fmt.Errorf("wait for terminal: descriptor %d too high", fd)
			}
			set.Set(fd)
			highest = max(highest, fd)
		}
		_, err := unix.Select(highest+1, &set, nil, nil, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func prepareOutput(*os.File) {}
