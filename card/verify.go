package card

import (
	"errors"
	"fmt"

	"natsuin/card/apdu"
)

// The values of Op in an [OutcomeUnknownError].
const (
	OpVerify = "VERIFY"
	OpChange = "CHANGE REFERENCE DATA"
)

// [errors.Is] finds these in a [*PINError]. 63C0, the answer to the try that
// locks a secret, matches both.
var (
	ErrWrongPIN = errors.New("card: wrong secret")
	ErrBlocked  = errors.New("card: secret blocked")
)

// ErrNotVerified means that a file or key needs a verified secret (6982), or
// that [Card.Change] was called without [Card.Verify].
var ErrNotVerified = errors.New("card: secret not verified")

// A PINError means that the card refused the secret in a VERIFY.
type PINError struct {
	Credential Credential
	Tries      Tries
	Status     apdu.Status
}

// Error implements error.
func (e *PINError) Error() string {
	return fmt.Sprintf("%s: %s secret refused, status %s", OpVerify, e.Credential, e.Status)
}

// Is reports whether the status word means target, which is [ErrWrongPIN] or
// [ErrBlocked].
func (e *PINError) Is(target error) bool {
	switch target {
	case ErrWrongPIN:
		_, counted := e.Status.Tries()
		return counted || e.Status == apdu.WrongSecret
	case ErrBlocked:
		return e.Status.IsBlocked()
	}
	return false
}

// An OutcomeUnknownError means that a VERIFY or CHANGE may or may not have
// taken effect: the answer was lost, or leaves this open. A program must never
// repeat the command by itself. The [Card] returns this error for every further
// secret.
type OutcomeUnknownError struct {
	Op  string // OpVerify or OpChange
	Err error
}

// Error implements error.
func (e *OutcomeUnknownError) Error() string {
	return fmt.Sprintf("%s: outcome unknown: %v", e.Op, e.Err)
}

// Unwrap returns the reason.
func (e *OutcomeUnknownError) Unwrap() error { return e.Err }

// Verify sends a secret to the card in exactly one VERIFY. It does not send a
// secret that does not have the form of the credential.
//
// The error is a [*PINError] for 63Cx, 6300, 6983 and 6984. It is an
// [*OutcomeUnknownError] for any other status and if the answer was lost or is
// malformed, because a try may have been used (docs/card.md §10), and for every
// Verify after that. Any other error means that no VERIFY was sent, for example
// a [*FormError], or an [*apdu.TransmitError] that matches [apdu.ErrNotSent].
func (c *Card) Verify(cred Credential, s Secret) error {
	if err := CheckForm(cred, s); err != nil {
		return err
	}
	if c.unknown != nil {
		return c.unknown
	}
	if err := c.choosePIN(cred); err != nil {
		return err
	}
	_, status, err := c.transmit(verify(s.bytes()))
	switch {
	case errors.Is(err, apdu.ErrNotSent):
		return err
	case err != nil:
		return c.lost(OpVerify, err)
	}
	if c.verified[cred] = status == apdu.OK; c.verified[cred] {
		return nil
	}
	tries, counted := triesOf(cred, status)
	if counted || status == apdu.WrongSecret {
		return &PINError{Credential: cred, Tries: tries, Status: status}
	}
	return c.lost(OpVerify, &apdu.StatusError{Op: OpVerify, Status: status})
}

// lost records that the outcome of a command with a secret is unknown, and
// returns the error for this.
func (c *Card) lost(op string, err error) error {
	c.unknown = &OutcomeUnknownError{Op: op, Err: err}
	return c.unknown
}
