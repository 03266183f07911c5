package sign

import (
	"errors"
	"fmt"
)

// ErrContentChanged means that the content to be attached differs from the
// content that was digested, in its bytes or its length. The output is then
// invalid.
var ErrContentChanged = errors.New("content changed while it was being signed")

// An UnsupportedError means that this package does not support the given hash
// or key.
type UnsupportedError struct {
	What string // "hash", "curve" or "public key"
	Name string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("sign: unsupported %s: %s", e.What, e.Name)
}

// A CheckError means that a new signature failed a check and was not released.
// Possible causes are a key that does not belong to the certificate and a card
// that did not return a signature.
type CheckError struct {
	Check Check
	Err   error // the reason
}

// A Check is one of the checks that a signature passes before it is released.
type Check string

// The checks, in the order in which they are made.
const (
	CheckStructure   Check = "structure"   // strict DER, one signer, the intended versions and algorithms
	CheckCertificate Check = "certificate" // the signer found is byte for byte the given one
	CheckAttributes  Check = "attributes"  // the content digest, type, time and certificate hash are the given ones
	CheckSignature   Check = "signature"   // the certificate's key verifies the signature over the attributes, or in CheckRaw over the content
)

func (e *CheckError) Error() string {
	return fmt.Sprintf("check: fresh signature: %s: %v", e.Check, e.Err)
}

func (e *CheckError) Unwrap() error { return e.Err }
