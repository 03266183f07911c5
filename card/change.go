package card

import (
	"errors"
	"fmt"

	"natsuin/card/apdu"
)

// A NotChangedError is a change that certainly did not happen: the card refused
// it, or nothing was sent.
type NotChangedError struct {
	Credential Credential
	Err        error
}

// Error implements error.
func (e *NotChangedError) Error() string { return fmt.Sprintf("%s: not changed: %v", OpChange, e.Err) }

// Unwrap returns why.
func (e *NotChangedError) Unwrap() error { return e.Err }

// Change sets a new secret, in exactly one CHANGE REFERENCE DATA, in the
// transaction in which Verify(cred, old) succeeded on this Card. Between the
// two the caller may read what only the verified secret opens. The form of the
// new secret is checked here, but a caller checks it before Verify
// ([CheckForm]), so that it costs nothing.
//
// Nil means changed. Errors: *FormError before anything; *NotChangedError if
// nothing was sent (also without such a Verify), or the card refused;
// *OutcomeUnknownError if no answer came or one that says neither, and for
// every Change after one.
func (c *Card) Change(cred Credential, new Secret) error {
	if err := CheckForm(cred, new); err != nil {
		return err
	}
	if c.unknown != nil {
		return c.unknown
	}
	if !c.verified[cred] {
		return &NotChangedError{Credential: cred, Err: ErrNotVerified}
	}
	if err := c.choosePIN(cred); err != nil {
		return &NotChangedError{Credential: cred, Err: err}
	}
	_, status, err := c.transmit(change(new.bytes()))
	switch {
	case errors.Is(err, apdu.ErrNotSent):
		return &NotChangedError{Credential: cred, Err: err}
	case err != nil:
		return c.lost(OpChange, err)
	case status == apdu.OK:
		return nil
	}
	err = &apdu.StatusError{Op: OpChange, Status: status}
	if _, counted := status.Tries(); refused(status) || counted || status.IsBlocked() {
		return &NotChangedError{Credential: cred, Err: err}
	}
	return c.lost(OpChange, err)
}

// refused reports whether a card turns a CHANGE away by this word without
// carrying it out: wrong file, conditions, length, data, parameters, not
// supported. Any other word leaves the outcome open.
func refused(s apdu.Status) bool {
	switch s {
	case apdu.WrongLength, apdu.SecurityState, apdu.WrongFile, apdu.Conditions, apdu.NoCurrentFile,
		apdu.WrongData, apdu.NoFunction, apdu.NotFound, apdu.RecordNotFound, apdu.WrongParameters,
		apdu.LengthParameters, apdu.ReferenceNotFound, apdu.PastEnd, apdu.NoInstruction, apdu.NoClass:
		return true
	}
	return false
}
