package outcome

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/text"
)

// An Error is the outcome of a run, or of one of its files, that is not a
// success. Package i18n has its text.
type Error struct {
	Code  Code
	ID    string // of the message; the hint has ID + ".hint"
	Pairs []any  // names and values for both, as for i18n.Printer.T
	Err   error  // the cause, for -v; may be nil
	// Reason is the JSON field that says why a file is unsuitable. It is set
	// only with CodeUnsuitable.
	Reason string
	// ExitCode, if not 0, replaces the exit code of Code: doctor exits with 5
	// whatever it finds first (docs/cli.md, "Exit codes").
	ExitCode int
	// Meant is the known word that the person probably meant, or "" (see
	// [Refuse]).
	Meant string
	// Typed reports whether the refused words may be a secret (see [Refuse]).
	Typed bool
}

// Error names the code, the message and the cause, for logs and tests.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.ID, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.ID)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Exit returns the process exit code.
func (e *Error) Exit() int {
	if e.ExitCode != 0 {
		return e.ExitCode
	}
	return e.Code.Exit()
}

// A Verdict is an outcome that was already shown on standard output. It sets
// the exit code and the code in JSON, but no error is printed for it.
type Verdict struct{ Outcome Error }

// Error names the outcome, for logs and tests.
func (v *Verdict) Error() string { return v.Outcome.Error() }

// Unwrap returns the outcome, an *[Error].
func (v *Verdict) Unwrap() error { return &v.Outcome }

// IsVerdict reports whether an error is or wraps a *[Verdict].
func IsVerdict(err error) bool { return errors.As(err, new(*Verdict)) }

// File returns the outcome for a file that cannot be used, with exit code 3.
// The message has the variables "Path" and "Error".
func File(id, name string, err error) error {
	return &Error{Code: CodeFile, ID: id, Pairs: []any{"Path", text.Escape(name), "Error", text.Escape(Reason(err))}, Err: err}
}

// Exists returns an outcome with message id if an output exists already,
// because that message names another flag. It returns any other error
// unchanged.
func Exists(err error, id string) error {
	var exists *outfile.ExistsError
	if !errors.As(err, &exists) {
		return err
	}
	return &Error{Code: CodeExists, ID: id, Pairs: []any{"Path", text.Escape(exists.Path)}, Err: err}
}

// Reason returns the text of an error, without the operation and the path if it
// is or wraps an [*os.PathError].
func Reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// Detail returns the chain of causes for -v, each with its type: status words,
// PC/SC codes, the operation that failed. It omits the outcomes themselves,
// whose message is shown anyway.
func Detail(err error) (lines []string) {
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch e.(type) {
		case *Error, *Verdict:
		default:
			lines = append(lines, strings.Split(fmt.Sprintf("%T: %v", e, e), "\n")...)
		}
	}
	return lines
}

// Bug returns the outcome of a panic, with exit code 70. It contains the type
// of the value and the stack, but not the value itself, in which data of a card
// or a person may be.
func Bug(value any) error {
	return &Error{
		Code: CodeInternal, ID: "err.panic",
		Pairs: []any{"Error", fmt.Sprintf("%T", value)},
		Err:   fmt.Errorf("panic: %T\n%s", value, debug.Stack()),
	}
}
