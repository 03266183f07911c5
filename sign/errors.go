package sign

import (
	"errors"
	"fmt"
)

// ErrContentChanged means that the content to be attached is not what was
// digested before: other bytes, fewer or more. What was written is worthless.
var ErrContentChanged = errors.New("content changed while it was being signed")

// UnsupportedError says what no signature can be made with.
type UnsupportedError struct {
	What string // "hash", "curve" or "public key"
	Name string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("sign: unsupported %s: %s", e.What, e.Name)
}

// CheckError says which check a fresh signature failed before it was
// released. The usual cause is a key that is not the certificate's, or a card
// that answered something else than a signature.
type CheckError struct {
	Check Check
	Err   error // what the judge said
}

// Check names one of the checks that each signature passes before release.
type Check string

// The checks, in their order.
const (
	CheckStructure   Check = "structure"   // strict DER, one signer, the versions and algorithms meant
	CheckCertificate Check = "certificate" // the signer that is found is byte for byte ours
	CheckAttributes  Check = "attributes"  // content digest, type, time and certificate hash are ours
	CheckSignature   Check = "signature"   // the signature fits the attributes and the certificate
)

func (e *CheckError) Error() string {
	return fmt.Sprintf("check: fresh signature: %s: %v", e.Check, e.Err)
}

func (e *CheckError) Unwrap() error { return e.Err }
