package cli_test

import (
	"context"
	"regexp"
	"strconv"

	"natsuin/card/apdu"
	"natsuin/card/pcsc"
	"natsuin/card/virtual"
)

// A readerConn behaves like a pcsc.Conn.
type readerConn struct {
	r      *reader
	laid   int // which card it connects to
	begun  bool
	left   bool // the last transaction did not reset the card
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

// giveUp waits until the run has noticed the signal. It then resets the card,
// as the real service does when the abandoned call returns, and makes the
// connection unusable.
func (c *readerConn) giveUp(ctx context.Context, why error) error {
	c.r.ended()
	c.reset()
	c.dead = why
	return context.Cause(ctx)
}

// reset resets the card if it is still in the reader.
func (c *readerConn) reset() {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	if c.r.card != nil && c.r.laid == c.laid {
		c.r.card.Reset()
	}
}

// Begin starts a transaction. If the deed ends the run here, Begin behaves as
// if another program held the card.
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

// operation returns the operation of a command (docs/card.md §2).
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

// countShown matches the number of tries at the end of a line.
var countShown = regexp.MustCompile(`: (\d) tr(y|ies) left`)

// agreesTo records an error if a secret is sent although the person has not
// seen the tries of this card, or if something is signed although the person
// has not agreed to the notice.
func (p *person) agreesTo(op virtual.Op) {
	p.reader.mu.Lock()
	card, laid, reached, agreed := p.reader.card, p.reader.laid, p.reader.reached, p.agreed
	p.reader.mu.Unlock()
	if card == nil || laid != reached {
		return
	}
	if op == virtual.OpVerify {
		state := card.State()
		left := state.Sign.Tries
		if p.habit.old[0] == markedPIN {
			left = state.Auth.Tries
		}
		all := countShown.FindAllStringSubmatch(p.shown(0), -1)
		if len(all) == 0 || all[len(all)-1][1] != strconv.Itoa(left) {
			p.wrongly("a secret is sent with %d tries left, and the screen shows %q", left, all)
		}
	}
	if op == virtual.OpSign && agreed != laid {
		p.wrongly("signed without an answer to the notice")
	}
}
