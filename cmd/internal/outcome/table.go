package outcome

import (
	"context"
	"errors"
	"slices"
)

// A row returns the outcome of an error, or nil if the row does not apply to
// the error. [Of] sets Err.
type row func(error) *Error

// table maps the errors that a verb may pass on as they are to their outcomes.
// The first row that applies is used.
//
// The order of the lists matters where errors wrap others. The unknown outcome
// of a secret comes before the errors that it wraps, and a removed card before
// its last answer. An error with a path comes last. Where the order within a
// list matters, a comment says so.
var table = slices.Concat(
	[]row{is(context.Canceled, CodeInterrupted, "err.interrupted")},
	cardRows, readerRows, answerRows,
	outputRows, terminalRows, signRows, pdfRows, fingerprintRows, trustRows, pathRows,
)

// is returns the row for an error that errors.Is finds.
func is(target error, code Code, id string) row {
	return func(err error) *Error {
		if !errors.Is(err, target) {
			return nil
		}
		return &Error{Code: code, ID: id}
	}
}

// as returns the row for a type of error that errors.As finds. If word returns
// nil, the row does not apply.
func as[T error](word func(T) *Error) row {
	return func(err error) *Error {
		var found T
		if !errors.As(err, &found) {
			return nil
		}
		return word(found)
	}
}

// always returns the row that gives every error of a type the same outcome.
func always[T error](code Code, id string) row {
	return as(func(T) *Error { return &Error{Code: code, ID: id} })
}

// Of returns the outcome of an error, or nil if err is nil. An error without a
// row is a bug, with exit code 70.
func Of(err error) *Error {
	var own *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return own
	}
	for _, classify := range table {
		if e := classify(err); e != nil {
			e.Err = err
			return e
		}
	}
	return &Error{Code: CodeInternal, ID: "err.internal", Pairs: []any{"Error", err.Error()}, Err: err}
}

// CodeOf returns the code of the outcome of an error.
func CodeOf(err error) Code {
	if err == nil {
		return CodeOK
	}
	return Of(err).Code
}

// UnsuitableReason returns why a file is unsuitable, or "" for any other error.
func UnsuitableReason(err error) string {
	if err == nil {
		return ""
	}
	return Of(err).Reason
}
