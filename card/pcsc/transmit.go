//go:build cgo || windows

package pcsc

import (
	"bytes"
	"context"
	"errors"
)

var errEmpty = errors.New("empty command")

// Transmit sends one command to the card, once, and returns its answer, which
// ends with the two bytes of the status word. After System.AnswerLimit without
// an answer it fails with [ErrNoAnswer]: the card may or may not have carried
// out the command, and the Conn cannot be used any more. Other errors leave
// this open too, except [ErrReset] and those that match [apdu.ErrNotSent]: for
// a command outside a transaction, an empty command, and any command on a Conn
// that cannot be used any more.
//
// Outside a transaction nothing is sent: pcsc-lite would delay the command
// while another program holds the card, and send it when no caller waits for it
// any more.
//
// Errors are of type [*Error]: [ErrNoAnswer], [ErrRemoved], [ErrReset],
// [ErrNoTransaction], [ErrBusy] after a Begin that was abandoned, [ErrClosed],
// [ErrNoService].
func (c *Conn) Transmit(cmd []byte) ([]byte, error) {
	return c.TransmitContext(context.Background(), cmd)
}

// TransmitContext is like [Conn.Transmit], but abandons the command if ctx ends
// first. It then returns the cause of ctx at once, and the Conn cannot be used
// any more. If ctx has ended before the call, nothing is sent and the Conn can
// still be used.
func (c *Conn) TransmitContext(ctx context.Context, cmd []byte) ([]byte, error) {
	switch {
	case c.dead != nil:
		return nil, unsent(c.reader, c.dead)
	case !c.begun:
		return nil, unsent(c.reader, ErrNoTransaction)
	case len(cmd) == 0:
		return nil, unsent(c.reader, errEmpty)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	c.used = true
	var resp []byte
	var err error
	sent := bytes.Clone(cmd) // the caller may wipe cmd while this call is still running
	gone := false
	call := func() {
		resp, err = c.card.Transmit(sent)
		clear(sent)
		gone = err != nil && c.serviceGone()
	}
	if !within(ctx, c.answerLimit, call, c.release) {
		c.dead = ErrNoAnswer
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, c.usable("transmit")
	}
	if gone {
		return nil, &Error{Op: "transmit", Reader: c.reader, Code: codeOf(err), Err: ErrNoService}
	}
	if err != nil {
		return nil, c.fail("transmit", err)
	}
	if len(resp) < 2 { // vpcd's driver returns this if the card is removed during a command
		return nil, &Error{Op: "transmit", Reader: c.reader, Err: ErrRemoved}
	}
	return bytes.Clone(resp), nil // not the 64 KiB buffer of the binding
}

// serviceGone reports whether the service has ended. The error of a command is
// then the same as for a removed card.
func (c *Conn) serviceGone() bool {
	_, err := c.ctx.ListReaders()
	return err != nil && codeOf(err) != codeNoReaders
}
