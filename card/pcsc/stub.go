//go:build !cgo && !windows

package pcsc

import (
	"context"
	"time"
)

const available = false

func unsupported(op, reader string) error {
	return &Error{Op: op, Reader: reader, Err: ErrNoSupport}
}

type watch struct{ lost bool }

func (*watch) look(context.Context, time.Duration) ([]Reader, error) {
	return nil, unsupported("readers", "")
}

func (*watch) close() {}

// A Conn is a connection to a card. This build cannot make one.
type Conn struct{}

func connect(_ context.Context, _ System, reader string) (*Conn, error) {
	return nil, unsupported("connect", reader)
}

// Reader returns "" in this build.
func (*Conn) Reader() string { return "" }

// Transmit fails with ErrNoSupport in this build.
func (*Conn) Transmit([]byte) ([]byte, error) { return nil, unsupported("transmit", "") }

// TransmitContext fails with ErrNoSupport in this build.
func (*Conn) TransmitContext(context.Context, []byte) ([]byte, error) {
	return nil, unsupported("transmit", "")
}

// Begin fails with ErrNoSupport in this build.
func (*Conn) Begin(context.Context) error { return unsupported("begin", "") }

// End fails with ErrNoSupport in this build.
func (*Conn) End(bool) error { return unsupported("end", "") }

// Close fails with ErrNoSupport in this build.
func (*Conn) Close() error { return unsupported("close", "") }

// Leave fails with ErrNoSupport in this build.
func (*Conn) Leave() error { return unsupported("close", "") }
