package cms

import "fmt"

// A Reason says what is wrong with a message. It is a stable identifier.
type Reason string

// The reasons of a [SyntaxError]. Their meanings are those in package verify.
const (
	Truncated      Reason = "truncated"
	BadHeader      Reason = "bad-header"
	OutsideParent  Reason = "element-too-long"
	TooDeep        Reason = "too-deep"
	TooMany        Reason = "too-many"
	TooLarge       Reason = "too-large"
	TrailingData   Reason = "trailing-data"
	TrailingZeros  Reason = "trailing-zeros"
	TrailingByte   Reason = "trailing-byte"
	UnexpectedTag  Reason = "unexpected-element"
	BadValue       Reason = "bad-value"
	NotSignedData  Reason = "not-signed-data"
	NotOctetString Reason = "content-not-octets"
	BadText        Reason = "bad-encoding"
	NoContentType  Reason = "mime-not-signed"
	UnknownLabel   Reason = "pem-label-not-allowed"
)

// A SyntaxError means that the bytes are not a well-formed SignedData.
type SyntaxError struct {
	Reason Reason
	// Offset is the position of the error, in bytes from the start of the DER
	// or BER encoding, or of the text.
	Offset int64
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("read signed data: %s at byte %d", e.Reason, e.Offset)
}

// A ReadError wraps an error of the underlying reader.
type ReadError struct{ Err error }

func (e *ReadError) Error() string { return "read signed data: " + e.Err.Error() }

// Unwrap returns the reader's error.
func (e *ReadError) Unwrap() error { return e.Err }

func syntax(r Reason, off int64) error { return &SyntaxError{r, off} }
