// Package virtual is a JPKI card in software: it answers APDUs as docs/card.md says the
// real card does, and is as unforgiving. It counts tries, blocks, forgets what was
// verified when it loses power, and refuses a wrong byte in any place.
//
// It is not a library for talking to cards, and shares no constant with the one
// that does (package card): a wrong value there must meet a refusal here. It is no
// safe place for keys either, which stand in memory as they are.
//
// The facts and how sure they are: docs/card.md §1 to §5 of the project. Command and
// answer structure: ISO/IEC 7816-4.
package virtual

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// ErrNoPower is what Transmit returns while the card has no power.
var ErrNoPower = errors.New("virtual card: no power")

// Options says how a card behaves where sources disagree (docs/card.md §2, §3) or where
// a test wants another card. The zero value is the plastic card of today, empty.
type Options struct {
	State State

	// BlockedStatus is the answer to a VERIFY when no try is left: 6984 unless set.
	BlockedStatus uint16
	// QueryBlocked makes the empty VERIFY answer BlockedStatus too, when no try is
	// left; otherwise it answers 63C0.
	QueryBlocked bool
	// QueryAfterVerify makes the empty VERIFY answer 9000 once the secret was
	// verified; otherwise it goes on answering 63Cx.
	QueryAfterVerify bool
	// KeepVerified keeps the verified state over a new SELECT of the
	// application, which otherwise drops it. Without power it is always lost.
	KeepVerified bool
	// RefuseShortID refuses READ BINARY by short file identifier with 6A86.
	RefuseShortID bool
	// WarnAtEnd answers 6282 to a read that meets the end of the file: with the
	// bytes that were left, or with none when it starts there. Otherwise the first
	// is 9000 and the second 6B00.
	WarnAtEnd bool
	// ExactLength answers 6Cxx to a read of more bytes than are left.
	ExactLength bool
	// ChainAnswers answers 61xx to a signature, which GET RESPONSE then fetches.
	ChainAnswers bool
	// MissingFiles answers 6A82 to the selection of a certificate that the card
	// does not hold; otherwise its file is there and holds only FF.
	MissingFiles bool
	// DERSignatures makes ECDSA signatures an ECDSA-Sig-Value (RFC 3279 2.2.3);
	// otherwise they are r and s, each of the length of the curve.
	DERSignatures bool

	// Save is called with the new state before an answer that depends on a changed
	// count or secret goes out. If it fails the card answers 6581 and the state
	// stays as it was.
	Save func(State) error
	// Rand is the source of ECDSA nonces; nil means crypto/rand.
	Rand io.Reader
	// APDUTime and SignatureTime are how long the card takes for each command, and
	// for each signature on top of it.
	APDUTime, SignatureTime time.Duration
}

// A Card is one card. It may be used by several goroutines.
type Card struct {
	opts Options

	mu       sync.Mutex
	state    State
	powered  bool
	session  session
	faults   []*Fault
	log      []Entry
	tally    Tally
	exchange int
}

// session is what the card forgets when it loses power.
type session struct {
	application bool
	file        uint16 // 0: none selected
	verified    [2]bool
	pending     []byte // the rest of an answer, for GET RESPONSE
	touched     bool   // a command has come since the last reset
	pin         bool   // a PIN file was selected since the last reset
}

// New returns a card that has power.
func New(o Options) *Card {
	if o.BlockedStatus == 0 {
		o.BlockedStatus = statusBlocked
	}
	return &Card{opts: o, state: o.State.clone(), powered: true}
}

// ATR is the answer to reset of the contact interface (docs/card.md §4).
func (c *Card) ATR() []byte { return slices.Clone(answerToReset) }

// PowerUp gives the card power; a card that has it is reset.
func (c *Card) PowerUp() { c.power(true) }

// PowerDown takes the power away: the card forgets selection and verified secrets.
func (c *Card) PowerDown() { c.power(false) }

// Reset is a warm reset: the card forgets selection and verified secrets.
func (c *Card) Reset() { c.power(true) }

func (c *Card) power(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.powered = on
	c.session = session{}
	c.tally.Resets++
}

// State returns a copy of what the card holds now: the truth that a test compares
// a program's words with.
func (c *Card) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.clone()
}

// Replace changes what the card holds, behind the back of whoever talks to it.
// Nothing is saved.
func (c *Card) Replace(change func(*State)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.state)
}

// Verified tells whether the secret of cred is verified in this power-up.
func (c *Card) Verified(cred Credential) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return cred.valid() && c.session.verified[cred]
}

// Fresh tells whether the card was left reset: no command since its last reset.
func (c *Card) Fresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.session.touched
}

// PINSelected reports whether a PIN file was selected since the last reset: a card
// that must not be left so.
func (c *Card) PINSelected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session.pin
}

// Transmit answers one command APDU. The answer ends with the two status bytes; an
// error means that no answer came, which a card without power or a Fault brings.
func (c *Card) Transmit(command []byte) ([]byte, error) {
	x := &Exchange{Command: slices.Clone(command), card: c}
	c.mu.Lock()
	x.Index = c.exchange
	c.exchange++
	c.tally.Exchanges++
	fault := c.takeFault(x)
	powered := c.powered
	c.mu.Unlock()

	if !powered {
		return nil, ErrNoPower
	}
	if fault == nil {
		return x.Run(), nil
	}
	answer, err := fault.Effect(x)
	if !x.ran {
		c.mu.Lock()
		c.record(Entry{Index: x.Index, Op: operation(x.Command), Command: redact(x.Command), Lost: true})
		c.mu.Unlock()
	}
	if err != nil {
		return nil, fmt.Errorf("virtual card: exchange %d: %w", x.Index, err)
	}
	return answer, nil
}
