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

// ErrNotVerified is a file or key that needs a verified secret first (6982).
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

// Verify presents a secret, in exactly one VERIFY. What has not the form of the
// credential is refused unsent.
//
// Errors: *FormError, or any other before sending; *PINError when the card refused the
// secret; *apdu.StatusError when it refused the command without looking at it;
// *OutcomeUnknownError when no answer came or one that says nothing.
func (c *Card) Verify(cred Credential, s Secret) error {
	if err := checkForm(cred, s); err != nil {
		return err
	}
	if c.unknown != nil {
		return c.unknown
	}
	if err := c.choosePIN(cred); err != nil {
		return err
	}
	_, status, err := c.transmit(verify(s.bytes()))
	if err != nil {
		return c.lost(OpVerify, err)
	}
	if status == apdu.OK {
		return nil
	}
	tries, counted := triesOf(cred, status)
	if counted || status == apdu.WrongSecret {
		return &PINError{Credential: cred, Tries: tries, Status: status}
	}
	err = &apdu.StatusError{Op: OpVerify, Status: status}
	if refused(status) {
		return err
	}
	return c.lost(OpVerify, err)
}

// lost keeps that the outcome of a command with a secret is not known.
func (c *Card) lost(op string, err error) error {
	c.unknown = &OutcomeUnknownError{Op: op, Err: err}
	return c.unknown
}

// refused tells the words by which a card turns a command away without carrying it
// out: wrong file, conditions, length, data, parameters, not supported. Any other word
// leaves the outcome open.
func refused(s apdu.Status) bool {
	switch s {
	case apdu.WrongLength, apdu.SecurityState, apdu.WrongFile, apdu.Conditions, apdu.NoCurrentFile,
		apdu.WrongData, apdu.NoFunction, apdu.NotFound, apdu.RecordNotFound, apdu.WrongParameters,
		apdu.LengthParameters, apdu.ReferenceNotFound, apdu.PastEnd, apdu.NoInstruction, apdu.NoClass:
		return true
	}
	return false
}
