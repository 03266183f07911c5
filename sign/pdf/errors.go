package pdf

import (
	"errors"
	"fmt"

	"natsuin/sign/pdf/syntax"
)

// A Reason says why a PDF is not signed.
type Reason string

// The reasons.
const (
	ReasonHeader    Reason = "header"     // "%PDF-" is not at the first byte
	ReasonBroken    Reason = "broken"     // it would have to be repaired to be read
	ReasonEncrypted Reason = "encrypted"  // a trailer has /Encrypt
	ReasonXFA       Reason = "xfa"        // the form is XFA: what is shown is not in the pages
	ReasonDocMDP    Reason = "docmdp"     // its certification forbids the change
	ReasonLocked    Reason = "locked"     // an earlier signer's lock forbids the change
	ReasonSeedValue Reason = "seed-value" // the field asks for a signature that is not made here
	ReasonTooLarge  Reason = "too-large"  // an offset might not fit into a cross-reference table
	ReasonLimit     Reason = "limit"      // it exceeds a limit of this package or of syntax
)

// A RefusedError means that the PDF cannot be signed as it is. It is returned
// before anything is signed.
type RefusedError struct {
	Reason Reason
	Err    error // the detail, in English
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("pdf: not signed: %s: %v", e.Reason, e.Err)
}

func (e *RefusedError) Unwrap() error { return e.Err }

func refuse(reason Reason, format string, args ...any) error {
	return &RefusedError{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// refusal turns an error of syntax into a [*RefusedError]; an error of the
// reader below stays what it is.
func refusal(err error) error {
	var (
		broken *syntax.BrokenError
		limit  *syntax.LimitError
		filter *syntax.FilterError
	)
	switch {
	case errors.As(err, &broken), errors.As(err, &filter):
		return &RefusedError{Reason: ReasonBroken, Err: err}
	case errors.As(err, &limit):
		return &RefusedError{Reason: ReasonLimit, Err: err}
	}
	return fmt.Errorf("read: pdf: %w", err)
}

// A FieldProblem says why a field cannot hold the signature.
type FieldProblem string

// The problems of a field.
const (
	FieldName     FieldProblem = "name"     // a new name that is empty, has a dot or is not UTF-8
	FieldType     FieldProblem = "type"     // the name of something other than a signature field
	FieldSigned   FieldProblem = "signed"   // it already holds a signature
	FieldHasBox   FieldProblem = "has-box"  // a place was asked for, but the field has its own
	FieldWithout  FieldProblem = "no-box"   // a mark was asked for, but the field has no area
	FieldMultiple FieldProblem = "multiple" // two fields have this name
)

// A FieldError means that the field that [Options.Field] names, or the new
// field, cannot be used.
type FieldError struct {
	Field   string
	Problem FieldProblem
}

func (e *FieldError) Error() string { return fmt.Sprintf("pdf: field %q: %s", e.Field, e.Problem) }

// A TooLargeError means that the CMS does not fit into the room that
// [Document.Plan] reserved for it, or that it is empty.
type TooLargeError struct{ Size, Room int } // in bytes

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("pdf: signature of %d bytes, room for %d", e.Size, e.Room)
}

// A CheckError means that the finished PDF failed the check of its structure.
// It must be discarded.
type CheckError struct{ Err error }

func (e *CheckError) Error() string { return fmt.Sprintf("check: signed pdf: %v", e.Err) }

func (e *CheckError) Unwrap() error { return e.Err }
