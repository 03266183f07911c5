package practice

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/gofrs/flock"

	"natsuin/card/virtual"
)

// A Conn is a connection to the practice card, as one of PC/SC is to a real one.
// Commands outside a transaction each make one of their own, so that a Conn can be
// served to a reader (vpcd.Card) for hours while the town hall works on the card.
type Conn struct {
	store *Store

	mu     sync.Mutex
	lock   *flock.Flock // nil outside a transaction
	held   atomic.Bool  // the same, for save, which may run without mu
	closed bool

	id    string // of the card of the first transaction
	state *state
	raw   []byte        // the store as it was when card was made, or wrote it last
	card  *virtual.Card // keeps selection and verified secrets between transactions
}

// Connect returns a connection to the card, which is made if there is none yet.
func (s *Store) Connect(ctx context.Context) (*Conn, error) {
	c := &Conn{store: s}
	if err := c.Begin(ctx); err != nil {
		return nil, err
	}
	return c, c.End(false)
}

// Reader is "practice", the name by which the practice card is asked for.
func (c *Conn) Reader() string { return "practice" }

// Card is the card itself, to be served to a reader or looked into by a test. Use it
// only inside a transaction: outside, it changes no count and no secret, and
// answers 6581 instead.
func (c *Conn) Card() *virtual.Card {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.card
}

// Begin starts a transaction: until End no other process reaches the card. What
// others did to it since counts. The error is ErrBusy when one holds it too long,
// ErrReplaced when the town hall has issued another card since (a Conn of
// transactions is to one card), and the cause of ctx when that ends first.
func (c *Conn) Begin(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.begin(ctx); err != nil {
		return err
	}
	switch id := c.state.Card.ID; {
	case c.id == "":
		c.id = id
	case c.id != id:
		return errors.Join(ErrReplaced, c.end(false))
	}
	return nil
}

func (c *Conn) begin(ctx context.Context) error {
	switch {
	case c.closed:
		return ErrClosed
	case c.lock != nil:
		return errors.New("practice: begin: already in a transaction")
	}
	lock, err := c.store.lock(ctx)
	if err != nil {
		return err
	}
	b, raw, err := c.store.loadOrMake()
	if err == nil && (c.card == nil || !bytes.Equal(raw, c.raw)) {
		err = c.update(b, raw)
	}
	if err != nil {
		lock.Close()
		return err
	}
	c.lock = lock
	c.held.Store(true)
	return nil
}

// update follows what others did to the store. What does not concern the card, such as
// a revocation or a CRL, leaves it as it is; a count, a secret or a key that changed is
// another card, as one that the town hall hands back.
func (c *Conn) update(b *state, raw []byte) error {
	if c.card != nil && reflect.DeepEqual(b.Card, c.state.Card) {
		c.state, c.raw = b, raw
		return nil
	}
	return c.insert(b, raw)
}

// insert makes the software card of what the store holds. It has just got power:
// nothing is selected or verified.
func (c *Conn) insert(b *state, raw []byte) error {
	state, err := c.store.state(b.Card)
	if err != nil {
		return err
	}
	o := c.store.opts.Card
	o.State = state
	o.Save = c.save
	o.MissingFiles = o.MissingFiles || b.Card.Kind == KindJuki
	c.state, c.raw, c.card = b, raw, virtual.New(o)
	return nil
}

// save puts counts and secrets on disk before the card answers. It runs inside
// Transmit of a card whose transaction is held.
func (c *Conn) save(state virtual.State) error {
	if !c.held.Load() {
		return errors.New("practice: save: no transaction")
	}
	before := *c.state.Card
	card := before
	card.Sign.Secret, card.Sign.Tries = string(state.Sign.Secret), state.Sign.Tries
	card.Auth.Secret, card.Auth.Tries = string(state.Auth.Secret), state.Auth.Tries
	c.state.Card = &card
	raw, err := c.store.write(c.state)
	if err != nil {
		c.state.Card = &before
		return err
	}
	c.raw = raw
	return nil
}

// Transmit sends a command to the card and returns its answer with status word.
func (c *Conn) Transmit(command []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lock != nil {
		return c.card.Transmit(command)
	}
	if err := c.begin(context.Background()); err != nil {
		return nil, err
	}
	answer, err := c.card.Transmit(command)
	return answer, errors.Join(err, c.end(false))
}

// TransmitContext is Transmit unless ctx has ended: this card never keeps anyone
// waiting.
func (c *Conn) TransmitContext(ctx context.Context, command []byte) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return c.Transmit(command)
}

// ATR is the card's answer to reset.
func (c *Conn) ATR() []byte { return c.Card().ATR() }

// PowerUp gives the card power: nothing is selected or verified.
func (c *Conn) PowerUp() { c.Card().PowerUp() }

// PowerDown takes the power away, and with it what was selected and verified.
func (c *Conn) PowerDown() { c.Card().PowerDown() }

// Reset leaves the card as it is after PowerUp.
func (c *Conn) Reset() { c.Card().Reset() }

// End ends the transaction and resets the card, or leaves it as it is. Without a
// transaction it does nothing.
func (c *Conn) End(reset bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end(reset)
}

func (c *Conn) end(reset bool) error {
	if c.lock == nil {
		return nil
	}
	if reset {
		c.card.Reset()
	}
	lock := c.lock
	c.lock = nil
	c.held.Store(false)
	return lock.Close()
}

// Close ends the transaction, if any, and the connection, and leaves the card reset.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.end(true)
	if c.card != nil {
		c.card.Reset()
	}
	c.closed = true
	return err
}

// Leave is Close, for Connection's sake: the practice card is always left reset.
func (c *Conn) Leave() error { return c.Close() }

// state is what the software card is made of.
func (s *Store) state(r *cardRecord) (virtual.State, error) {
	state := virtual.State{
		Label:                   kinds[r.Kind].label,
		AuthCertificateNeedsPIN: r.Kind == KindPhone,
	}
	for cred, record := range map[virtual.Credential]slotRecord{virtual.Sign: r.Sign, virtual.Auth: r.Auth} {
		slot := virtual.Slot{
			CA:       record.CA,
			Secret:   []byte(record.Secret),
			Tries:    record.Tries,
			MaxTries: record.MaxTries,
		}
		if record.Key != nil {
			key, err := s.key(record.Key)
			if err != nil {
				return state, err
			}
			slot.Key, slot.Certificate = key, record.Certificate
		}
		*state.Slot(cred) = slot
	}
	return state, nil
}
