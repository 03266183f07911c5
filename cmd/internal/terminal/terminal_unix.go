//go:build unix

package terminal

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

// device is the path of the controlling terminal (POSIX XBD §10.1).
const device = "/dev/tty"

// Open opens the controlling terminal of this process. The error wraps
// ErrNoTerminal.
func Open() (*Terminal, error) { return openTerminal(device) }

func openTerminal(path string) (*Terminal, error) {
	// Non-blocking, because another process may read a byte after select has
	// reported it.
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
	return &Terminal{in: &ttyInput{fd: fd}, out: out}, nil
}

// A ttyInput reads from a descriptor and not from an os.File, because the
// runtime's poller does not support terminals on macOS.
type ttyInput struct {
	fd    int
	found *unix.Termios // the settings to restore; nil if they are in force
	asked bool          // the settings were changed at least once
	set   uint64        // the local modes that raw or quiet has set
}

func (t *ttyInput) Close() error { return unix.Close(t.fd) }

// modes are the local modes that determine when input is available and whether
// it is echoed.
const modes = unix.ECHO | unix.ICANON | unix.ISIG

// keep saves the settings for restore.
func (t *ttyInput) keep() error {
	if t.found != nil {
		return nil
	}
	found, err := unix.IoctlGetTermios(t.fd, getTermios)
	if err != nil {
		return err
	}
	t.found, t.asked = found, true
	return nil
}

func (t *ttyInput) raw() error {
	if err := t.keep(); err != nil {
		return err
	}
	t.set = 0
	_, err := term.MakeRaw(t.fd)
	return err
}

func (t *ttyInput) quiet() error {
	if err := t.keep(); err != nil {
		return err
	}
	s := *t.found
	s.Lflag &^= unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHONL
	s.Lflag |= unix.ICANON | unix.ISIG
	s.Lflag |= unix.NOFLSH // otherwise a signal key discards pending output
	t.set = unix.ICANON | unix.ISIG
	return unix.IoctlSetTermios(t.fd, setTermios, &s)
}

// restore discards the input before echo is on again, so that none is shown,
// and once more afterwards, so that none is left. It does not wait until the
// output is drained, since Ctrl-S may prevent this. It does nothing if the
// terminal now belongs to another job.
func (t *ttyInput) restore() error {
	found := t.found
	t.found = nil
	switch {
	case !t.asked || t.background():
		return nil
	case found == nil: // nothing was changed since the last stop
		return flushInput(t.fd)
	}
	return errors.Join(flushInput(t.fd), unix.IoctlSetTermios(t.fd, setTermios, found), flushInput(t.fd))
}

func (t *ttyInput) changed() bool {
	if t.found == nil || t.background() {
		return false
	}
	now, err := unix.IoctlGetTermios(t.fd, getTermios)
	return err == nil && uint64(now.Lflag)&modes != t.set
}

// background compares process groups, like tcgetpgrp(3). A terminal that is not
// the controlling one has no jobs (ENOTTY).
func (t *ttyInput) background() bool {
	owner, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
	if err != nil {
		return false
	}
	own, err := unix.Getpgid(0)
	return err == nil && owner != own
}

func (t *ttyInput) readByte(ctx context.Context) (byte, error) {
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
		if err := waitReadable(t.fd, int(woken.Fd())); err != nil {
			return 0, err
		}
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		n, err := unix.Read(t.fd, b[:])
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

// maxAhead limits the input to discard, in bytes. A terminal buffers far less,
// so longer input does not come from a person, and may be endless.
const maxAhead = 1 << 20

// discard reads the input, because a flush would also discard Ctrl-C and would
// not show whether a line was begun.
func (t *ttyInput) discard() (begun bool, err error) {
	var b [256]byte
	defer clear(b[:])
	for range maxAhead / len(b) {
		switch n, err := unix.Read(t.fd, b[:]); {
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
	return false, fmt.Errorf("%w: input has no end", ErrInterrupted)
}

// waitReadable uses select, because poll does not support terminals on macOS.
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

// PrepareOutput does nothing: terminals on this system interpret the sequences
// that set colours and clear a line.
func PrepareOutput(*os.File) {}
