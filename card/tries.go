package card

import (
	"errors"
	"fmt"

	"natsuin/card/apdu"
)

// Tries is how many wrong entries a secret has left.
type Tries struct {
	Left, Max int
	Known     bool // false: the card did not say; Left means nothing
}

// Blocked tells whether no try is left.
func (t Tries) Blocked() bool { return t.Known && t.Left == 0 }

// ErrNoCredential is a card without that secret or its key, as a 住民基本台帳カード has
// no authentication PIN.
var ErrNoCredential = errors.New("card: no such secret or key")

// Tries asks the counter with an empty VERIFY, which costs no try. An answer of 9000
// (the secret is verified) or 6300 says nothing of the count. Errors: ErrNoCredential, and
// *apdu.StatusError for a word that is no answer to this question.
func (c *Card) Tries(cred Credential) (Tries, error) {
	if err := c.choosePIN(cred); err != nil {
		return Tries{}, err
	}
	cmd := queryTries()
	_, status, err := c.transmit(cmd)
	if err != nil {
		return Tries{}, err
	}
	if status == apdu.OK || status == apdu.WrongSecret {
		return Tries{Max: cred.MaxTries()}, nil
	}
	t, ok := triesOf(cred, status)
	if !ok {
		return Tries{}, &apdu.StatusError{Op: cmd.Op, Status: status}
	}
	return t, nil
}

// choosePIN selects the file of a secret.
func (c *Card) choosePIN(cred Credential) error {
	rule, ok := credentials[cred]
	if !ok {
		return ErrNoCredential
	}
	err := c.choose(rule.pinFile)
	if c.absent(err) {
		return fmt.Errorf("%w: %w", ErrNoCredential, err)
	}
	return err
}

// triesOf reads a count from a status word; ok is false for a word without one. A
// count above the maximum is another secret's, or nonsense: it is not known then.
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
