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

// A Conn is a connection to the practice card, with the methods of a connection
// to a real card. A command outside a transaction runs in its own transaction,
// so that a Conn can serve a reader for hours (vpcd.Card) while the town hall
// changes the card.
type Conn struct {
	store *Store

	mu     sync.Mutex
	lock   *flock.Flock // nil outside a transaction
	held   atomic.Bool  // lock is not nil; for save, which may run without mu
	closed bool

	id     string // the card of the first transaction
	stored *state
	raw    []byte        // the store as last read or saved
	card   *virtual.Card // keeps its selected and verified state between transactions
}

// Connect returns a connection to the card. It issues the default card if there
// is none yet.
func (s *Store) Connect(ctx context.Context) (*Conn, error) {
	c := &Conn{store: s}
	if err := c.Begin(ctx); err != nil {
		return nil, err
	}
	return c, c.End(false)
}

// Reader returns "practice", the name with which a user selects the practice
// card.
func (c *Conn) Reader() string { return "practice" }

// Card returns the card itself, for tests. It may be used only inside a
// transaction: outside, it answers 6581 to any command that would change a
// count or a secret.
func (c *Conn) Card() *virtual.Card {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.card
}

// Begin starts a transaction: until [Conn.End] no other process can use the
// card. Changes by other processes take effect now. The error is [ErrBusy] if
// another process or Conn holds the card for longer than Options.Wait, and
// [ErrReplaced] if another card was issued since the first transaction, because
// a Conn belongs to one card. If ctx ends first, the error is its cause.
func (c *Conn) Begin(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.begin(ctx); err != nil {
		return err
	}
	switch id := c.stored.Card.ID; {
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
	st, raw, err := c.store.loadOrMake()
	if err == nil && (c.card == nil || !bytes.Equal(raw, c.raw)) {
		err = c.update(st, raw)
	}
	if err != nil {
		lock.Close()
		return err
	}
	c.lock = lock
	c.held.Store(true)
	return nil
}

// update applies changes that others have made to the store. A change that does
// not concern the card, such as a revocation or a CRL, keeps its verified
// state. Any other change, for example to a count, a secret or a key, replaces
// the card, as if it had been removed and inserted again.
func (c *Conn) update(st *state, raw []byte) error {
	if c.card != nil && reflect.DeepEqual(st.Card, c.stored.Card) {
		c.stored, c.raw = st, raw
		return nil
	}
	return c.insert(st, raw)
}

// insert makes a new virtual card from the store. Nothing is selected or
// verified on it.
func (c *Conn) insert(st *state, raw []byte) error {
	state, err := c.store.state(st.Card)
	if err != nil {
		return err
	}
	o := c.store.opts.Card
	o.State = state
	o.Save = c.save
	row, _ := st.Card.Kind.row() // load has checked the kind
	o.MissingFiles = o.MissingFiles || row.fewFiles
	o.OnlyJPKI = o.OnlyJPKI || row.onlyJPKI
	c.stored, c.raw, c.card = st, raw, virtual.New(o)
	return nil
}

// save writes counts and secrets to the disk before the card answers. It is
// called by Transmit, during a transaction.
func (c *Conn) save(state virtual.State) error {
	if !c.held.Load() {
		return errors.New("practice: save: no transaction")
	}
	before := *c.stored.Card
	card := before
	card.Sign.Secret, card.Sign.Tries = string(state.Sign.Secret), state.Sign.Tries
	card.Auth.Secret, card.Auth.Tries = string(state.Auth.Secret), state.Auth.Tries
	c.stored.Card = &card
	raw, err := c.store.write(c.stored)
	if err != nil {
		c.stored.Card = &before
		return err
	}
	c.raw = raw
	return nil
}

// Transmit sends a command to the card and returns its answer with the status
// word.
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

// TransmitContext is like [Conn.Transmit], but returns the cause of ctx if that
// has ended. It need not wait, because this card answers at once.
func (c *Conn) TransmitContext(ctx context.Context, command []byte) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return c.Transmit(command)
}

// ATR returns the card's answer to reset.
func (c *Conn) ATR() []byte { return c.Card().ATR() }

// PowerUp turns the card's power on, with nothing selected or verified.
func (c *Conn) PowerUp() { c.Card().PowerUp() }

// PowerDown turns the card's power off, which drops the selected and verified
// state.
func (c *Conn) PowerDown() { c.Card().PowerDown() }

// Reset drops the selected and verified state.
func (c *Conn) Reset() { c.Card().Reset() }

// End ends the transaction, and resets the card if reset is set. Without a
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

// Close ends the transaction, if one is open, resets the card, and closes the
// connection.
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

// Leave is the same as [Conn.Close], because the practice card is always reset.
// It exists because connections to real cards have it.
func (c *Conn) Leave() error { return c.Close() }

// state returns the state of the virtual card for a record.
func (s *Store) state(r *cardRecord) (virtual.State, error) {
	row, _ := r.Kind.row()
	state := virtual.State{Label: row.label, AuthCertificateNeedsPIN: row.guarded}
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
