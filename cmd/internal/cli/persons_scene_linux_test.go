package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"natsuin/card/apdu"
	"natsuin/card/pcsc"
	"natsuin/card/virtual"
	"natsuin/cmd/internal/access"
)

// A place is a point of a run at which a person can act.
type place string

const (
	atList     place = "list of readers"
	atConnect  place = "connect"
	atWait     place = "wait for a card"
	atBegin    place = "begin"
	atCommand  place = "command"
	atAnswer   place = "answer"
	atEnd      place = "end"
	atClose    place = "close"
	atEnter    place = "after Enter"
	atPrompt   place = "prompt"
	atHalf     place = "half typed"
	atQuestion place = "question"
)

// A moment is one passage of a place.
type moment struct {
	place place
	op    virtual.Op // of a command, and of its answer
}

func (m moment) String() string {
	if m.place == atCommand || m.place == atAnswer {
		return fmt.Sprintf("%s (%v)", m.place, m.op)
	}
	return string(m.place)
}

// secret reports whether the moment is a command that carries a secret, or its
// answer.
func (m moment) secret() bool { return m.op == virtual.OpVerify || m.op == virtual.OpChange }

// held reports whether the card is held at the moment, or about to be.
func (m moment) held() bool {
	switch m.place {
	case atBegin, atCommand, atAnswer, atEnd:
		return true
	}
	return false
}

// An exchange is one command of the run, as the card answered it.
type exchange struct {
	op     virtual.Op
	status uint16
	lost   bool // no answer came
	card   *virtual.Card
	late   bool // it left after the person had acted
}

// A reader is a PC/SC service with one reader. It calls pass at each moment, and
// notes what a run owes: no command outside a transaction, each begun one ended,
// each connection closed, each secret wiped.
type reader struct {
	pass func(moment) (acted bool)
	ends func() bool           // the person ended the run when they acted
	told func()                // waits until the person is told that an answer is awaited
	wait func(context.Context) // a card that is not there

	mu      sync.Mutex
	ctx     context.Context // of the run
	card    *virtual.Card   // nil for none
	cards   []*virtual.Card // that lay in it
	laid    int             // times that a card was laid down
	reached int             // the laying of the card that commands reach
	taken   bool            // by another program, for longer than it is waited for
	reset   bool            // by another program, and the card may be another
	acted   bool            // the person has
	log     []exchange
	held    int
	open    int
	broken  []string
	sent    [][]byte // the buffers of commands with a secret
}

func (r *reader) lay(card *virtual.Card) {
	r.mu.Lock()
	defer r.mu.Unlock()
	card.PowerUp()
	r.card = card
	r.cards = append(r.cards, card)
	r.laid++
}

func (r *reader) lift() *virtual.Card {
	r.mu.Lock()
	defer r.mu.Unlock()
	card := r.card
	if card != nil {
		card.PowerDown()
	}
	r.card = nil
	return card
}

func (r *reader) present() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.card != nil
}

func (r *reader) owe(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = append(r.broken, what)
}

func (r *reader) holding() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held
}

// List implements access.Readers.
func (r *reader) List(ctx context.Context) ([]pcsc.Reader, error) {
	r.mu.Lock()
	r.ctx = ctx
	r.mu.Unlock()
	r.at(moment{place: atList})
	return []pcsc.Reader{{Name: real, CardPresent: r.present()}}, nil
}

// at is pass where the run is not looking for a signal: what the person did has
// arrived when it returns.
func (r *reader) at(m moment) {
	if r.pass(m) && r.ends() {
		r.ended()
	}
}

// ended waits until the signal has reached the run.
func (r *reader) ended() {
	r.mu.Lock()
	ctx := r.ctx
	r.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-time.After(patience):
		r.owe("the signal does not arrive")
	}
}

// Wait implements access.Readers.
func (r *reader) Wait(ctx context.Context, known []pcsc.Reader) error {
	r.at(moment{place: atWait})
	if ctx.Err() == nil && r.present() == known[0].CardPresent {
		r.wait(ctx)
	}
	return context.Cause(ctx)
}

// Connect implements access.Readers.
func (r *reader) Connect(ctx context.Context, name string) (access.Connection, error) {
	r.at(moment{place: atConnect})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.card == nil {
		return nil, &pcsc.Error{Op: "connect", Reader: name, Err: pcsc.ErrNoCard}
	}
	r.open++
	return &readerConn{r: r, laid: r.laid}, nil
}

// A readerConn behaves as pcsc.Conn does.
type readerConn struct {
	r      *reader
	laid   int // the card that it is to
	begun  bool
	left   bool // the last transaction left the card as it was
	closed bool
	dead   error
}

func (c *readerConn) Reader() string { return real }

func (c *readerConn) fail(op string, err error) error {
	return &pcsc.Error{Op: op, Reader: real, Err: err}
}

func (c *readerConn) usable(op string) error {
	r := c.r
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case c.closed:
		r.broken = append(r.broken, op+" on a closed connection")
	case c.dead != nil:
		return c.fail(op, c.dead)
	case r.card == nil || r.laid != c.laid:
		return c.fail(op, pcsc.ErrRemoved)
	}
	return nil
}

// giveUp leaves the connection of no further use, and the card reset as soon as
// the call comes back.
func (c *readerConn) giveUp(ctx context.Context, why error) error {
	c.r.ended()
	c.reset()
	c.dead = why
	return context.Cause(ctx)
}

// reset resets the card, if it is still there.
func (c *readerConn) reset() {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	if c.r.card != nil && c.r.laid == c.laid {
		c.r.card.Reset()
	}
}

// Begin waits for another program as long as the person who acts here does.
func (c *readerConn) Begin(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r := c.r
	if r.pass(moment{place: atBegin}) && r.ends() {
		r.ended()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.taken, c.dead = true, pcsc.ErrBusy
		return context.Cause(ctx)
	}
	if err := c.usable("begin"); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.taken:
		c.dead = pcsc.ErrBusy
		return c.fail("begin", pcsc.ErrBusy)
	case r.reset && c.left:
		r.reset = false
		return c.fail("begin", pcsc.ErrReset)
	case c.begun:
		r.broken = append(r.broken, "a transaction within another")
	}
	c.begun = true
	r.held++
	return nil
}

func (c *readerConn) release() {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	if c.begun {
		c.begun = false
		c.r.held--
	}
}

func (c *readerConn) Transmit(command []byte) ([]byte, error) {
	return c.transmit(context.Background(), command)
}

func (c *readerConn) TransmitContext(ctx context.Context, command []byte) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return c.transmit(ctx, command)
}

func (c *readerConn) transmit(ctx context.Context, command []byte) ([]byte, error) {
	r := c.r
	if !c.begun {
		r.owe("a command outside a transaction")
	}
	m := moment{atCommand, operation(command)}
	r.mu.Lock()
	card, late := r.card, r.acted
	r.reached = c.laid
	if apdu.CarriesSecret(command) {
		r.sent = append(r.sent, command)
	}
	r.mu.Unlock()
	e := exchange{op: m.op, card: card, late: late}
	note := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.log = append(r.log, e)
	}
	if r.pass(m) && r.ends() {
		if !m.secret() {
			return nil, c.giveUp(ctx, pcsc.ErrNoAnswer)
		}
		r.ended()
		r.told()
	}
	if err := c.usable("transmit"); err != nil {
		e.lost = true
		note()
		return nil, err
	}
	answer, err := card.Transmit(command)
	if err != nil || len(answer) < 2 {
		return nil, c.fail("transmit", pcsc.ErrRemoved)
	}
	e.status = uint16(answer[len(answer)-2])<<8 | uint16(answer[len(answer)-1])
	m.place = atAnswer
	r.at(m)
	if err := c.usable("transmit"); err != nil {
		e.lost = true
		note()
		return nil, err
	}
	note()
	return answer, nil
}

// operation names a command by its bytes (docs/card.md §2).
func operation(command []byte) virtual.Op {
	switch {
	case command[1] == 0xA4 && command[2] == 0x04:
		return virtual.OpSelectApplication
	case command[1] == 0xA4:
		return virtual.OpSelectFile
	case command[1] == 0xB0:
		return virtual.OpReadBinary
	case command[1] == 0x20 && len(command) == 4:
		return virtual.OpQuery
	case command[1] == 0x20:
		return virtual.OpVerify
	case command[1] == 0x24:
		return virtual.OpChange
	case command[1] == 0x2A:
		return virtual.OpSign
	}
	return virtual.OpOther
}

func (c *readerConn) End(reset bool) error {
	if c.dead == nil {
		c.left = !reset
	}
	err := c.usable("end")
	if err == nil && reset {
		c.reset()
	}
	c.release()
	c.r.at(moment{place: atEnd})
	return err
}

func (c *readerConn) Close() error { return c.close(true) }

func (c *readerConn) Leave() error { return c.close(false) }

func (c *readerConn) close(reset bool) error {
	if c.closed {
		return nil
	}
	if c.begun {
		c.r.owe("closed with a transaction that was not ended")
	}
	c.release()
	if reset && c.dead == nil {
		c.reset()
	}
	c.closed = true
	c.r.mu.Lock()
	c.r.open--
	c.r.mu.Unlock()
	c.r.at(moment{place: atClose})
	return nil
}

// owes returns what the run left undone.
func (r *reader) owes() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.broken
	if r.open != 0 {
		list = append(list, fmt.Sprintf("%d connections are open", r.open))
	}
	if r.held != 0 {
		list = append(list, fmt.Sprintf("%d transactions are held", r.held))
	}
	for _, card := range r.cards {
		if card.Verified(virtual.Sign) || card.Verified(virtual.Auth) {
			list = append(list, "the card is left unlocked")
		}
	}
	if r.card != nil && !r.taken && r.card.PINSelected() { // who has it now begins anew
		list = append(list, "the card is not reset")
	}
	for _, sent := range r.sent {
		if !bytes.Equal(sent, make([]byte, len(sent))) {
			list = append(list, "a sent secret is not wiped")
		}
	}
	return list
}
