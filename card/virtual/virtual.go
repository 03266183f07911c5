// Package virtual implements a JPKI card in software. It answers APDUs as
// docs/card.md describes for the real card, and strictly: it counts tries,
// blocks, drops the verified state when it loses power, and refuses a command
// that docs/card.md does not describe.
//
// It is not a library for using cards: package card is. The two share no
// constant, so that a wrong value in package card is refused here. It does not
// protect its keys, which are in memory in the clear.
//
// docs/card.md §1 to §5 and §9 list the facts and how certain they are, and §12
// lists those that only other programs need. The structure of commands and
// answers is that of ISO/IEC 7816-4.
package virtual

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// ErrNoPower is the error of [Card.Transmit] while the card has no power.
var ErrNoPower = errors.New("virtual card: no power")

// Options determines how a card behaves where the sources disagree
// (docs/card.md §2, §3), or where a test needs another behaviour. The zero
// value is an empty plastic card of the current generation.
type Options struct {
	State State

	// BlockedStatus is the answer to a VERIFY if no try is left. Zero means
	// 6984.
	BlockedStatus uint16
	// QueryBlocked makes the empty VERIFY also answer BlockedStatus if no try
	// is left. Otherwise it answers 63C0.
	QueryBlocked bool
	// QueryAfterVerify makes the empty VERIFY answer 9000 once the secret was
	// verified. Otherwise it still answers 63Cx.
	QueryAfterVerify bool
	// KeepVerified keeps the verified state over another SELECT of the
	// application, which otherwise drops it. A loss of power always drops it.
	KeepVerified bool
	// RefuseShortID refuses short file identifiers with 6A86, in READ BINARY,
	// VERIFY and the signature command.
	RefuseShortID bool
	// OnlyJPKI leaves out the 券面事項入力補助 application, which is otherwise
	// there, without files.
	OnlyJPKI bool
	// WarnAtEnd answers 6282 to a read of more bytes than remain, with those
	// bytes, and to a read that starts at the end of the file, without data.
	// Otherwise the first is answered with 9000 and the second with 6B00.
	WarnAtEnd bool
	// ExactLength answers 6Cxx to a read of more bytes than remain, even if
	// WarnAtEnd is set.
	ExactLength bool
	// ChainAnswers answers 61xx to a signature command. GET RESPONSE then
	// returns the signature.
	ChainAnswers bool
	// MissingFiles answers 6A82 to the selection of a certificate that the card
	// does not have. Otherwise the file exists and contains only FF.
	MissingFiles bool
	// DERSignatures returns ECDSA signatures as an ECDSA-Sig-Value (RFC 3279
	// §2.2.3). Otherwise they are r and s, each as long as an element of the
	// field.
	DERSignatures bool

	// Save is called with the new state before the card answers a command that
	// changes a count or a secret. If Save fails, the card answers 6581 and the
	// state does not change.
	Save func(State) error
	// Rand is the source of ECDSA nonces; nil means [crypto/rand.Reader].
	Rand io.Reader
	// APDUTime is how long the card takes for each command, and SignatureTime
	// how much longer it takes for a signature.
	APDUTime, SignatureTime time.Duration
}

// A Card is one card. It is safe for concurrent use.
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

// session is the state that the card drops when it loses power or is reset.
type session struct {
	application application
	file        uint16 // 0 if none is selected
	verified    [2]bool
	pending     []byte // the rest of an answer, for GET RESPONSE
	touched     bool   // a command was sent since the last reset
	pin         bool   // a PIN file was selected since the last reset
}

// New returns a card whose power is on.
func New(o Options) *Card {
	if o.BlockedStatus == 0 {
		o.BlockedStatus = statusBlocked
	}
	return &Card{opts: o, state: o.State.clone(), powered: true}
}

// ATR returns the answer to reset of the contact interface (docs/card.md §4).
func (c *Card) ATR() []byte { return slices.Clone(answerToReset) }

// PowerUp turns the power on. If it is on already, it resets the card.
func (c *Card) PowerUp() { c.power(true) }

// PowerDown turns the power off. The card drops its selected and verified
// state.
func (c *Card) PowerDown() { c.power(false) }

// Reset does a warm reset. The card drops its selected and verified state.
func (c *Card) Reset() { c.power(true) }

func (c *Card) power(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.powered = on
	c.session = session{}
	c.tally.Resets++
}

// State returns a copy of the content of the card, so that a test can compare
// it with the report of a program.
func (c *Card) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.clone()
}

// Replace changes the content of the card while a program may be using it. It
// does not call Options.Save.
func (c *Card) Replace(change func(*State)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.state)
}

// Verified reports whether the secret of cred is verified now.
func (c *Card) Verified(cred Credential) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return cred.valid() && c.session.verified[cred]
}

// Fresh reports whether the card got no command since its last reset.
func (c *Card) Fresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.session.touched
}

// PINSelected reports whether a PIN file was selected since the last reset. A
// program must not leave a card in that state.
func (c *Card) PINSelected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session.pin
}

// Transmit executes one command APDU and returns the answer, which ends with
// the two bytes of the status word. An error means that there was no answer:
// the card has no power, or a [Fault] applies.
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
