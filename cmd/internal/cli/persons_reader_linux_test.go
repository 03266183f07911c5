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

// A place is a point in a run at which a person can act.
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

// A moment is one time that a run comes to a place.
type moment struct {
	place place
	op    virtual.Op // of a command and its answer
}

func (m moment) String() string {
	if m.place == atCommand || m.place == atAnswer {
		return fmt.Sprintf("%s (%v)", m.place, m.op)
	}
	return string(m.place)
}

// secret reports whether the moment is a command with a secret, or its answer.
func (m moment) secret() bool { return m.op == virtual.OpVerify || m.op == virtual.OpChange }

// held reports whether the run is in a transaction, or about to start one.
func (m moment) held() bool {
	switch m.place {
	case atBegin, atCommand, atAnswer, atEnd:
		return true
	}
	return false
}

// An exchange is one command of the run and the card's answer.
type exchange struct {
	op     virtual.Op
	status uint16
	lost   bool // the answer was lost
	card   *virtual.Card
	late   bool // the command was sent after the person had acted
}

// A reader is a PC/SC service with one reader. It calls pass at each moment. It
// checks that the run sends no command outside a transaction, ends each
// transaction, closes each connection, resets the card, and wipes each secret.
type reader struct {
	pass func(moment) (acted bool)
	ends func() bool           // reports whether the deed ended the run
	told func()                // waits until the person is told that the program waits for the card
	wait func(context.Context) // waits for an absent card

	mu      sync.Mutex
	ctx     context.Context // of the run
	card    *virtual.Card   // in the reader, or nil
	cards   []*virtual.Card // all that were in the reader
	laid    int             // how often a card was put in
	reached int             // the value of laid for the card that commands reach
	taken   bool            // another program uses the card, for longer than the run waits
	reset   bool            // by another program, so that the card may be another
	acted   bool            // the person has acted
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

// layBack puts back the card that was last in the reader, or card if there was
// none.
func (r *reader) layBack(card *virtual.Card) {
	r.mu.Lock()
	if n := len(r.cards); n > 0 {
		card = r.cards[n-1]
	}
	r.mu.Unlock()
	r.lay(card)
}

// now returns the card in the reader.
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

// at calls pass, at a place where the run does not notice a signal at once. If
// the deed ends the run, at waits until the run has noticed the signal.
func (r *reader) at(m moment) {
	if r.pass(m) && r.ends() {
		r.ended()
	}
}

// ended waits until the run has noticed the signal.
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

// owes returns what the run did wrong or left open.
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
	if r.card != nil && !r.taken && r.card.PINSelected() { // a program that has taken the card resets it itself
		list = append(list, "the card is not reset")
	}
	for _, sent := range r.sent {
		if !bytes.Equal(sent, make([]byte, len(sent))) {
			list = append(list, "a sent secret is not wiped")
		}
	}
	return list
}
