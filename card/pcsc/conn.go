//go:build cgo || windows

package pcsc

import (
	"context"
	"errors"
	"time"

	"github.com/ebfe/scard"
)

// A Conn is a shared connection to the card in one reader. It must be closed,
// and only one goroutine at a time may use it.
//
// Some calls of the service block without limit and cannot be cancelled. A Conn
// abandons such a call after System.Patience or System.AnswerLimit, and cannot
// be used any more afterwards. The call continues in the background and
// releases the card when it returns.
type Conn struct {
	reader      string
	patience    time.Duration
	answerLimit time.Duration

	ctx  *scard.Context // not shared, because a context serves one call at a time
	card *scard.Card

	begun   bool   // a transaction is open
	used    bool   // commands were sent since this Conn last reset the card
	kept    bool   // the card must not be reset (Leave)
	left    bool   // the last transaction ended without a reset
	events  uint16 // the reader's event count when the connection was opened
	removed bool   // the card of this connection was removed, even if a card is in the reader
	dead    error  // why the connection cannot be used any more, or nil
}

// maxResets is how many resets by other programs one [Conn.Begin] accepts.
const maxResets = 4

var errBegun = errors.New("transaction already begun")

func connect(ctx context.Context, s System, reader string) (*Conn, error) {
	if !validName(reader) {
		return nil, &Error{Op: "connect", Reader: reader, Err: ErrNoReader}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	c := &Conn{reader: reader, patience: s.patience(), answerLimit: s.answerLimit()}
	busy := &Error{Op: "connect", Reader: reader, Err: ErrBusy}
	if _, err := patiently(ctx, c.patience, c.open, c.release, busy); err != nil {
		return nil, err
	}
	return c, nil
}

// open establishes the context and the connection, or neither.
func (c *Conn) open() error {
	ctx, err := establish("connect", c.reader)
	if err != nil {
		return err
	}
	if ctx == nil {
		return &Error{Op: "connect", Reader: c.reader, Err: ErrNoReader}
	}
	c.events = events(ctx, c.reader) // before Connect, so that a card inserted later counts as another one
	card, err := ctx.Connect(c.reader, scard.ShareShared, scard.ProtocolAny)
	if err != nil {
		ctx.Release()
		return fail("connect", c.reader, codeOf(err))
	}
	c.ctx, c.card = ctx, card
	if err := c.checkProtocol("connect"); err != nil {
		c.release()
		return err
	}
	return nil
}

// checkProtocol returns an error if the connection has no protocol, because the
// binding panics if it transmits on such a connection.
func (c *Conn) checkProtocol(op string) error {
	switch c.card.ActiveProtocol() {
	case scard.ProtocolT0, scard.ProtocolT1:
		return nil
	}
	return &Error{Op: op, Reader: c.reader, Err: ErrUnresponsive}
}

// release disconnects from the card and releases the context. It resets a card
// that got commands, except after Leave, so that no other program finds it
// unlocked (docs/card.md §2).
func (c *Conn) release() {
	if c.card != nil {
		c.card.Disconnect(c.disposition())
	}
	if c.ctx != nil {
		c.ctx.Release()
	}
	c.card, c.ctx = nil, nil
}

func (c *Conn) disposition() scard.Disposition {
	if c.used && !c.kept {
		return scard.ResetCard
	}
	return scard.LeaveCard
}

// Reader returns the name of the reader that was passed to [System.Connect].
func (c *Conn) Reader() string { return c.reader }

// fail returns the error for a call on this connection that returned err. It
// reports a missing reader or card as removed, since it was there when the
// connection was opened.
func (c *Conn) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: op, Reader: c.reader, Code: codeOf(err)}
	e.Err = kinds[e.Code]
	switch e.Err {
	case ErrNoReader, ErrNoCard:
		e.Err = ErrRemoved
	case ErrUnresponsive:
		if op == "transmit" { // it responded before, so the card was probably lifted
			e.Err = ErrRemoved
		}
	}
	return e
}

func (c *Conn) usable(op string) error {
	if c.dead != nil {
		return &Error{Op: op, Reader: c.reader, Err: c.dead}
	}
	return nil
}

// Begin starts a transaction: until [Conn.End] no other program can use the
// card. Begin sends nothing to the card. If another program holds the card,
// Begin waits for System.Patience and then fails with [ErrBusy]. If ctx ends
// first, Begin returns its cause at once. If a call of the service had to be
// abandoned for this, the Conn cannot be used any more.
//
// A Conn belongs to one card: after its removal, Begin fails with [ErrRemoved],
// even if a card is in the reader again. Begin ignores a reset by another
// program, because the caller selects the application again anyway, with one
// exception: if the reset may hide that the card was exchanged, and the last
// transaction did not reset the card, Begin fails with [ErrReset], once. What
// the caller knows about the state of the card may then be about another card.
//
// Errors are of type [*Error]: [ErrBusy], [ErrRemoved], [ErrReset] (also if
// others keep resetting the card), [ErrUnresponsive], [ErrNoService]; and
// [ErrBusy], [ErrNoAnswer] or [ErrClosed] if the Conn cannot be used any more.
func (c *Conn) Begin(ctx context.Context) error {
	if err := c.usable("begin"); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if c.begun {
		return &Error{Op: "begin", Reader: c.reader, Err: errBegun}
	}
	late := func() {
		c.card.EndTransaction(scard.LeaveCard)
		c.release()
	}
	busy := &Error{Op: "begin", Reader: c.reader, Err: ErrBusy}
	lost, err := patiently(ctx, c.patience, c.begin, late, busy)
	if lost {
		c.dead = ErrBusy
	}
	c.begun = err == nil
	return err
}

func (c *Conn) begin() error {
	if c.removed {
		return &Error{Op: "begin", Reader: c.reader, Err: ErrRemoved}
	}
	err := c.card.BeginTransaction()
	reset := codeOf(err) == codeReset
	for range maxResets {
		if codeOf(err) != codeReset {
			break
		}
		if err := c.card.Reconnect(scard.ShareShared, scard.ProtocolAny, scard.LeaveCard); err != nil {
			return c.fail("begin", err)
		}
		if err := c.checkProtocol("begin"); err != nil {
			return err
		}
		err = c.card.BeginTransaction()
	}
	if err == nil && reset {
		if err := c.exchanged(); err != nil {
			c.card.EndTransaction(scard.LeaveCard)
			return err
		}
	}
	return c.fail("begin", err)
}

// exchanged returns an error for a transaction that began after a reset by
// another program, if the card is another one, or if it may be another one and
// the last transaction did not reset the card. The service reports only the
// last event to a connection, so a reset after an exchange of the card looks
// like any reset.
func (c *Conn) exchanged() error {
	switch {
	case c.events != 0 && events(c.ctx, c.reader) != c.events:
		c.removed = true
		return &Error{Op: "begin", Reader: c.reader, Code: codeReset, Err: ErrRemoved}
	case c.events == 0 && c.left:
		c.left = false
		return &Error{Op: "begin", Reader: c.reader, Code: codeReset, Err: ErrReset}
	}
	return nil
}

// End ends the transaction. If reset is set, it first resets the card, which
// drops the verified and selected state.
func (c *Conn) End(reset bool) error {
	if err := c.usable("end"); err != nil {
		return err
	}
	disposition := scard.LeaveCard
	if reset {
		disposition = scard.ResetCard
	}
	var err error
	if !within(context.Background(), c.answerLimit, func() { err = c.card.EndTransaction(disposition) }, c.release) {
		c.dead = ErrNoAnswer
		return c.usable("end")
	}
	c.begun, c.left = false, !reset
	if err == nil && reset {
		c.used = false
	}
	return c.fail("end", err)
}

// Close ends the transaction, if one is open, resets the card if it got
// commands since the last reset, and disconnects. A second Close does nothing.
// If another program holds the card for longer than System.Patience, Close
// fails with [ErrBusy], and the card is reset when that program releases it, if
// this process is still running.
func (c *Conn) Close() error {
	if c.dead != nil {
		c.dead = ErrClosed
		return nil
	}
	c.dead = ErrClosed
	if !within(context.Background(), c.patience, c.close, func() {}) {
		return &Error{Op: "close", Reader: c.reader, Err: ErrBusy}
	}
	return nil
}

// Leave is like [Conn.Close] without the reset. It is for a card on which no
// PIN file was selected: other programs may rely on their selection.
func (c *Conn) Leave() error {
	c.kept = true
	return c.Close()
}

func (c *Conn) close() {
	if c.begun && c.card.EndTransaction(c.disposition()) == nil {
		c.used = false
	}
	c.release()
}
