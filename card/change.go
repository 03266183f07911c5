package card

import (
	"errors"
	"fmt"

	"natsuin/card/apdu"
)

// A NotChangedError means that the secret was certainly not changed: the card
// refused the CHANGE, or no CHANGE was sent.
type NotChangedError struct {
	Credential Credential
	Err        error
}

// Error implements error.
func (e *NotChangedError) Error() string { return fmt.Sprintf("%s: not changed: %v", OpChange, e.Err) }

// Unwrap returns the reason.
func (e *NotChangedError) Unwrap() error { return e.Err }

// Change sets a new secret with exactly one CHANGE REFERENCE DATA. It must be
// called in the transaction in which [Card.Verify] of the old secret succeeded
// on this Card. In between, the caller may read files that need the verified
// secret. Change checks the form of the new secret. The caller should check it
// before Verify too ([CheckForm]), while a mistake costs nothing.
//
// It returns nil if the secret was changed. The error is a [*FormError] before
// anything is sent; a [*NotChangedError] if no CHANGE was sent, for example
// without Verify, or if the card refused it; and an [*OutcomeUnknownError] if
// the answer was lost or leaves the outcome open, or if either happened before
// on this Card.
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

// refused reports whether status s means that the card refused a CHANGE and did
// not carry it out: wrong file, conditions, length, data or parameters, or not
// supported. Statuses about the count of tries are not among these.
func refused(s apdu.Status) bool {
	switch s {
	case apdu.WrongLength, apdu.SecurityState, apdu.WrongFile, apdu.Conditions, apdu.NoCurrentFile,
		apdu.WrongData, apdu.NoFunction, apdu.NotFound, apdu.RecordNotFound, apdu.WrongParameters,
		apdu.LengthParameters, apdu.ReferenceNotFound, apdu.PastEnd, apdu.NoInstruction, apdu.NoClass:
		return true
	}
	return false
}
