package card

import (
	"fmt"

	"natsuin/card/apdu"
)

// A NotChangedError is a change that certainly did not happen, after the old secret
// was verified.
type NotChangedError struct {
	Credential Credential
	Err        error
}

// Error implements error.
func (e *NotChangedError) Error() string { return fmt.Sprintf("%s: not changed: %v", OpChange, e.Err) }

// Unwrap returns why.
func (e *NotChangedError) Unwrap() error { return e.Err }

// Change verifies the old secret and sets the new one. In between it calls check, if
// not nil, which may read what only the verified secret opens; an error of check ends
// it with nothing changed. Neither command is ever sent twice.
//
// Nil means changed. *OutcomeUnknownError: nobody knows; for OpVerify the secret itself
// is certainly not changed, but a try may be gone. Every other error means not changed:
// *NotChangedError after the old secret was verified, else what Verify says.
func (c *Card) Change(cred Credential, old, new Secret, check func() error) error {
	if err := checkForm(cred, new); err != nil {
		return err
	}
	if err := c.Verify(cred, old); err != nil {
		return err
	}
	if check != nil {
		if err := check(); err != nil {
			return &NotChangedError{Credential: cred, Err: err}
		}
	}
	if err := c.choosePIN(cred); err != nil {
		return &NotChangedError{Credential: cred, Err: err}
	}
	_, status, err := c.transmit(change(new.bytes()))
	if err != nil {
		return c.lost(OpChange, err)
	}
	if status == apdu.OK {
		return nil
	}
	err = &apdu.StatusError{Op: OpChange, Status: status}
	if _, counted := status.Tries(); refused(status) || counted || status.IsBlocked() {
		return &NotChangedError{Credential: cred, Err: err}
	}
	return c.lost(OpChange, err)
}
