package card

import (
	"errors"
	"fmt"

	"natsuin/card/apdu"
)

// Tries is the retry counter of a secret: how many wrong entries are left.
type Tries struct {
	Left, Max int
	Known     bool // if false, the count is unknown and Left has no meaning
	// Verified is set if the query was answered with 9000: the secret was
	// verified, perhaps by another program, and the card has not been reset
	// since. Known is then false.
	Verified bool
}

// Blocked reports whether no try is left.
func (t Tries) Blocked() bool { return t.Known && t.Left == 0 }

// ErrNoCredential means that the card does not have the secret or its key. A
// 住民基本台帳カード, for example, has no authentication PIN.
var ErrNoCredential = errors.New("card: no such secret or key")

// Tries reads the retry counter by an empty VERIFY, which does not use a try.
// Only 63Cx, with x at most Max, 6983 and 6984 give a count. After 9000 (the
// secret is verified), 6300 and 6700 it is unknown. The query is never sent in
// another form: with one more byte it might be a VERIFY. The error is
// [ErrNoCredential], an [*apdu.StatusError] for any other status, or that of
// the exchange.
func (c *Card) Tries(cred Credential) (Tries, error) {
	if err := c.choosePIN(cred); err != nil {
		return Tries{}, err
	}
	cmd := queryTries()
	_, status, err := c.transmit(cmd)
	if err != nil {
		return Tries{}, err
	}
	switch status {
	case apdu.OK, apdu.WrongSecret, apdu.WrongLength:
		return Tries{Max: cred.MaxTries(), Verified: status == apdu.OK}, nil
	}
	t, ok := triesOf(cred, status)
	if !ok {
		return Tries{}, &apdu.StatusError{Op: cmd.Op, Status: status}
	}
	return t, nil
}

// choosePIN selects the PIN file of a secret.
func (c *Card) choosePIN(cred Credential) error {
	rule, ok := credentials[cred]
	if !ok {
		return ErrNoCredential
	}
	c.pinSelected = true
	err := c.choose(rule.pinFile)
	if c.absent(err) {
		return fmt.Errorf("%w: %w", ErrNoCredential, err)
	}
	return err
}

// triesOf returns the count in a status word. ok is false if the word has no
// count. A count above the maximum belongs to another secret or is wrong, so
// Known is then false.
func triesOf(cred Credential, s apdu.Status) (t Tries, ok bool) {
	t.Max = cred.MaxTries()
	left, counted := s.Tries()
	switch {
	case s.IsBlocked():
		t.Known = true
	case counted && left <= t.Max:
		t.Left, t.Known = left, true
	}
	return t, t.Known || counted
}
