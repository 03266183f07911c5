package cms

import "fmt"

// Reason says what is wrong with a message, in a word that stays the same from release to release.
type Reason string

// The reasons of a SyntaxError.
const (
	Truncated      Reason = "truncated"             // the bytes end inside an element
	BadHeader      Reason = "bad-header"            // a tag or a length that BER does not allow, or that nobody needs
	OutsideParent  Reason = "element-too-long"      // an element is longer than the one that holds it
	TooDeep        Reason = "too-deep"              // more than 32 levels
	TooMany        Reason = "too-many"              // more elements of a kind than the limit
	TooLarge       Reason = "too-large"             // a part other than the content is larger than the limit
	TrailingData   Reason = "trailing-data"         // bytes after the outer value
	TrailingZeros  Reason = "trailing-zeros"        // nothing but zeros after it, as in the /Contents of a PDF
	UnexpectedTag  Reason = "unexpected-element"    // not the element that the ASN.1 module has in this place
	BadValue       Reason = "bad-value"             // the right element with contents that it cannot have
	NotSignedData  Reason = "not-signed-data"       // a CMS message of another kind, or no CMS message at all
	NotOctetString Reason = "content-not-octets"    // PKCS #7 1.5 content that is not an OCTET STRING
	BadText        Reason = "bad-encoding"          // PEM, base64 or MIME that does not decode
	NoContentType  Reason = "mime-not-signed"       // a MIME message that is not a signed one
	UnknownLabel   Reason = "pem-label-not-allowed" // PEM of something else
)

// Reasons are all of them.
var Reasons = []Reason{
	Truncated, BadHeader, OutsideParent, TooDeep, TooMany, TooLarge, TrailingData, TrailingZeros,
	UnexpectedTag, BadValue, NotSignedData, NotOctetString, BadText, NoContentType, UnknownLabel,
}

// SyntaxError refuses bytes that are not a well-formed SignedData.
type SyntaxError struct {
	Reason Reason
	// Offset is where, in bytes from the start of the DER or BER encoding or of the text.
	Offset int64
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("read signed data: %s at byte %d", e.Reason, e.Offset)
}

// ReadError is a failure of the underlying reader: nothing is known about the message.
type ReadError struct{ Err error }

func (e *ReadError) Error() string { return "read signed data: " + e.Err.Error() }

// Unwrap returns the reader's own error.
func (e *ReadError) Unwrap() error { return e.Err }

func syntax(r Reason, off int64) error { return &SyntaxError{r, off} }
