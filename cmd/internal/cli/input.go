package cli

import (
	"context"
	"io"
	"os"
)

// interruptible runs work that may block where no context reaches, such as a read of a
// pipe, and gives up when ctx ends: Ctrl-C ends every wait (docs/cli.md, behaviour 9). What
// is still blocked ends with the process.
func interruptible[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		value, err := work()
		answers <- answer{value, err}
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, context.Canceled
	}
}

// openFile opens a file to read. Opening a FIFO waits until somebody writes to it,
// and a file until a server answers that may be gone.
func openFile(ctx context.Context, name string) (*os.File, error) {
	return interruptible(ctx, func() (*os.File, error) { return os.Open(name) })
}

// stream is in itself when its reads end soon, and else a reader that ctx ends.
func stream(ctx context.Context, in io.Reader) io.Reader {
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return in
		}
	}
	return &interruptibleReader{ctx: ctx, in: in}
}

// An interruptibleReader reads into a buffer of its own, since a read that was given up
// may still write to it.
type interruptibleReader struct {
	ctx context.Context
	in  io.Reader
	own []byte
}

func (r *interruptibleReader) Read(p []byte) (int, error) {
	if len(r.own) < len(p) {
		r.own = make([]byte, len(p))
	}
	own := r.own[:len(p)]
	n, err := interruptible(r.ctx, func() (int, error) { return r.in.Read(own) })
	copy(p, own[:n])
	clear(own[:n]) // it may have been a secret
	return n, err
}
