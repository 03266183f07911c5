package card

import (
	"errors"
	"fmt"

	"natsuin/card/apdu"
)

// The commands whose outcome can be unknown.
const (
	OpVerify = "VERIFY"
	OpChange = "CHANGE REFERENCE DATA"
)

// What a refused secret is, to be found by errors.Is in a *PINError. The try that
// locks a secret is both.
var (
	ErrWrongPIN = errors.New("card: wrong secret")
	ErrBlocked  = errors.New("card: secret blocked")
)

// ErrNotVerified is a file or key that needs a verified secret first (6982), or
// a Change without a Verify before it.
var ErrNotVerified = errors.New("card: secret not verified")

// A PINError is a VERIFY that the card answered with a refusal.
type PINError struct {
	Credential Credential
	Tries      Tries
	Status     apdu.Status
}

// Error implements error.
func (e *PINError) Error() string {
	return fmt.Sprintf("%s: %s secret refused, status %s", OpVerify, e.Credential, e.Status)
}

// Is matches ErrWrongPIN and ErrBlocked by the status word.
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

// An OutcomeUnknownError is a VERIFY or CHANGE that may or may not have had its
// effect: the answer was lost or says neither. It must never be tried again by itself,
// and the Card that met it returns it for every further secret.
type OutcomeUnknownError struct {
	Op  string // OpVerify or OpChange
	Err error
}

// Error implements error.
func (e *OutcomeUnknownError) Error() string {
	return fmt.Sprintf("%s: outcome unknown: %v", e.Op, e.Err)
}

// Unwrap returns why.
func (e *OutcomeUnknownError) Unwrap() error { return e.Err }

// Verify presents a secret, in exactly one VERIFY. A secret that has not the
// form of the credential is refused unsent.
//
// Errors: *FormError, or any other before sending, such as a
// *apdu.TransmitError that matches apdu.ErrNotSent; *PINError for 63Cx, 6300,
// 6983 and 6984; *OutcomeUnknownError if no answer came or any other word,
// since the secret was sent and a try may be gone (docs/card.md §10).
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

// lost keeps that the outcome of a command with a secret is not known.
func (c *Card) lost(op string, err error) error {
	c.unknown = &OutcomeUnknownError{Op: op, Err: err}
	return c.unknown
}
