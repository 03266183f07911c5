//go:build cgo || windows

package pcsc

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/ebfe/scard"
)

// A Conn is a shared connection to the card in one reader. It is used by one goroutine
// at a time, and closed at the end.
//
// The service has calls that block without limit and cannot be cancelled. A Conn gives
// them up after a while, and is then of no further use: the call runs on by itself,
// and lets go of the card when it comes back.
type Conn struct {
	reader      string
	patience    time.Duration
	answerLimit time.Duration

	ctx  *scard.Context // of this connection alone: contexts serve one call at a time
	card *scard.Card

	begun   bool   // in a transaction
	used    bool   // commands were sent since the card was last reset by us
	kept    bool   // the card is to be left as it is (Leave)
	left    bool   // the last transaction left the card as it was
	events  uint16 // of the reader, when the card was connected to (see events)
	removed bool   // another card lies there now
	dead    error  // why the connection is of no further use
}

// maxResets bounds the resets by other programs that one Begin takes note of.
const maxResets = 4

var (
	errBegun = errors.New("transaction already begun")
	errEmpty = errors.New("empty command")
)

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

// open makes the context and the connection, or neither.
func (c *Conn) open() error {
	ctx, err := establish("connect", c.reader)
	if err != nil {
		return err
	}
	if ctx == nil {
		return &Error{Op: "connect", Reader: c.reader, Err: ErrNoReader}
	}
	c.events = events(ctx, c.reader) // before: what is put in later is another card
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

// checkProtocol refuses a connection without one: the binding panics when it is asked
// to transmit on it.
func (c *Conn) checkProtocol(op string) error {
	switch c.card.ActiveProtocol() {
	case scard.ProtocolT0, scard.ProtocolT1:
		return nil
	}
	return &Error{Op: op, Reader: c.reader, Err: ErrUnresponsive}
}

// release lets go of the card and of the context. A card that was sent commands is
// reset, so that nobody finds it unlocked (docs/card.md §2).
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

// Reader returns the name of the reader as it was given to Connect.
func (c *Conn) Reader() string { return c.reader }

// fail makes the error of a call that returned err on this connection: what was there
// when it was opened and is not any more was removed.
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
		if op == "transmit" { // it was responsive: lifting a card looks like this
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

// Begin starts a transaction: until End no other program reaches the card.
// Nothing is sent to the card. If another program holds it, Begin waits for
// System.Patience, then fails with ErrBusy; if ctx ends first, it returns its
// cause at once. In both cases the Conn is of no further use.
//
// A Conn is to one card: once that was taken out, Begin fails with ErrRemoved, whatever
// lies in the reader by then. If another program has reset the card since, Begin takes
// note and starts all the same: whoever begins must select the application anew. But
// where a reset hides that the card was exchanged, and the last transaction left the card
// as it was, to be gone on with, Begin fails with ErrReset, once: what was learned of the
// card may be of another.
//
// Errors are of type *Error: ErrBusy, ErrRemoved, ErrReset (also of a card that others
// reset again and again), ErrUnresponsive, ErrNoService.
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

// exchanged is the error of a transaction that began after a reset by another program,
// unless the card is surely the one that was there. The service tells each connection the
// last event alone: a reset after the card was exchanged reads as a reset.
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

// Transmit sends one command to the card, once, and returns its answer with the
// two bytes of the status word. After System.AnswerLimit without one it fails
// with ErrNoAnswer: the card may have obeyed or not, and the Conn is of no
// further use. Other errors leave open whether it obeyed, too, except ErrReset
// and those that match apdu.ErrNotSent: of a command outside a transaction, an
// empty one, and any on a Conn that is of no further use.
//
// Outside a transaction nothing is sent: pcsc-lite would hold the command back while
// another program has the card, and let it go when nobody waits for it any more.
//
// Errors are of type *Error: ErrNoAnswer, ErrRemoved, ErrReset, ErrNoTransaction,
// ErrClosed, ErrNoService.
func (c *Conn) Transmit(cmd []byte) ([]byte, error) {
	return c.TransmitContext(context.Background(), cmd)
}

// TransmitContext is Transmit for a command whose answer may be given up: if ctx
// ends first it returns its cause at once, and the Conn is of no further use.
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
	sent := bytes.Clone(cmd) // cmd is the caller's to wipe, even when this gives up
	call := func() {
		resp, err = c.card.Transmit(sent)
		clear(sent)
	}
	if !within(ctx, c.answerLimit, call, c.release) {
		c.dead = ErrNoAnswer
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, c.usable("transmit")
	}
	if err != nil {
		return nil, c.fail("transmit", err)
	}
	if len(resp) < 2 { // vpcd's driver says so of a card that went in mid-command
		return nil, &Error{Op: "transmit", Reader: c.reader, Err: ErrRemoved}
	}
	return bytes.Clone(resp), nil // the binding's buffer is of 64 KiB
}

// End ends the transaction. With reset the card is reset first, which forgets what was
// verified and selected; without, it stays as it is until the next transaction.
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

// Close ends a transaction that is open, leaves the card reset if it was sent commands
// since the last reset, and lets go of it. A second Close does nothing. If another
// program holds the card for longer than System.Patience, Close fails with ErrBusy and
// the card is reset when that program lets go, if this one still runs.
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

// Leave is Close for a card that may stay as it is: nothing was verified on it,
// and other programs may rely on what they selected.
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
