package terminal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/windows"
	"golang.org/x/term"
)

// Open opens the console of this process. The error wraps ErrNoTerminal.
func Open() (*Terminal, error) {
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	return &Terminal{in: &console{file: in, wanted: make(chan struct{}), got: make(chan keyRead, 1)}, out: out}, nil
}

// A console reads CONIN$. A read cannot be cancelled, so a single goroutine
// reads: after an abandoned prompt it is still waiting for the next key.
type console struct {
	file    *os.File
	once    sync.Once
	wanted  chan struct{}
	got     chan keyRead
	waiting bool   // a read is in progress, or its result was not taken yet
	found   uint32 // the mode to restore, if kept is set
	kept    bool
}

type keyRead struct {
	b   byte
	err error
}

func (c *console) Close() error { return c.file.Close() }

// keep saves the mode for restore.
func (c *console) keep() error {
	if c.kept {
		return nil
	}
	if err := windows.GetConsoleMode(c.handle(), &c.found); err != nil {
		return err
	}
	c.kept = true
	return nil
}

func (c *console) raw() error {
	if err := c.keep(); err != nil {
		return err
	}
	_, err := term.MakeRaw(int(c.file.Fd()))
	return err
}

func (c *console) quiet() error {
	if err := c.keep(); err != nil {
		return err
	}
	mode := c.found&^windows.ENABLE_ECHO_INPUT | windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT
	return windows.SetConsoleMode(c.handle(), mode)
}

func (c *console) restore() error {
	if !c.kept {
		return nil
	}
	c.kept = false
	return errors.Join(windows.FlushConsoleInputBuffer(c.handle()), windows.SetConsoleMode(c.handle(), c.found),
		windows.FlushConsoleInputBuffer(c.handle()))
}

// Windows has no jobs, so no other process changes the mode meanwhile.
func (c *console) changed() bool    { return false }
func (c *console) background() bool { return false }

func (c *console) handle() windows.Handle { return windows.Handle(c.file.Fd()) }

func (c *console) readByte(ctx context.Context) (byte, error) {
	c.once.Do(func() { go c.serve() })
	if !c.waiting {
		c.wanted <- struct{}{}
		c.waiting = true
	}
	select {
	case r := <-c.got:
		c.waiting = false
		return r.b, r.err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// discard cannot report whether a line was begun, because not all events are
// keys.
func (c *console) discard() (begun bool, err error) {
	select {
	case <-c.got: // read for an abandoned prompt
		c.waiting = false
	default:
	}
	return false, windows.FlushConsoleInputBuffer(c.handle())
}

func (c *console) serve() {
	var b [1]byte
	for range c.wanted {
		_, err := c.file.Read(b[:])
		c.got <- keyRead{b[0], err}
		clear(b[:])
	}
}

// PrepareOutput makes a console interpret the sequences that set colours and
// clear a line. Older consoles would print them as text.
func PrepareOutput(f *os.File) {
	var mode uint32
	handle := windows.Handle(f.Fd())
	if windows.GetConsoleMode(handle, &mode) == nil {
		_ = windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
	}
}
