package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

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

// layBack lays the card that was lifted, or else a new one.
func (r *reader) layBack(card *virtual.Card) {
	r.mu.Lock()
	if n := len(r.cards); n > 0 {
		card = r.cards[n-1]
	}
	r.mu.Unlock()
	r.lay(card)
}

// now is the card that lies in the reader.
func (r *reader) now() *virtual.Card {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.card
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

func (r *reader) present() bool { return r.now() != nil }

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
