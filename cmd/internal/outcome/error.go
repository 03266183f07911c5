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

// An Error is an outcome that a command decided. Package i18n words it.
type Error struct {
	Code  Code
	ID    string // of the message; its hint is ID + ".hint"
	Pairs []any  // names and values for both, as i18n.Printer.T takes them
	Err   error  // the cause, for -v; may be nil
	// Reason is why a file is not one for the verb, as JSON has it; only with
	// CodeUnsuitable.
	Reason string
	// ExitCode replaces the exit code of Code unless it is 0: doctor exits with
	// 5 whatever it finds first (docs/cli.md, "Exit codes").
	ExitCode int
	// Meant is the known word that a refused one is a slip of, if any (see
	// [Refuse]).
	Meant string
	// Typed reports that the refused words may be a secret (see [Refuse]).
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

// A Verdict is an outcome that the command has already shown on standard
// output. It sets the exit code and the code in JSON, and no error line
// follows.
type Verdict struct{ Outcome Error }

// Error names the outcome, for logs and tests.
func (v *Verdict) Error() string { return v.Outcome.Error() }

// Unwrap returns the outcome, an *[Error].
func (v *Verdict) Unwrap() error { return &v.Outcome }

// IsVerdict reports whether an error is a *[Verdict].
func IsVerdict(err error) bool { return errors.As(err, new(*Verdict)) }

// File returns the outcome of a file that cannot be used: exit code 3. The
// pairs of the message are "Path" and "Error".
func File(id, name string, err error) error {
	return &Error{Code: CodeFile, ID: id, Pairs: []any{"Path", text.Escape(name), "Error", text.Escape(Reason(err))}, Err: err}
}

// Exists words an output that exists with a message of its own, which names
// another flag; it returns any other error as it is.
func Exists(err error, id string) error {
	var exists *outfile.ExistsError
	if !errors.As(err, &exists) {
		return err
	}
	return &Error{Code: CodeExists, ID: id, Pairs: []any{"Path", text.Escape(exists.Path)}, Err: err}
}

// Reason returns the text of an error of the operating system without the path
// that it repeats.
func Reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// Detail returns the chain of causes for -v, a line each: status words, PC/SC
// codes, where it broke. What the commands decided themselves is left out,
// since it is worded already.
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

// Bug returns the outcome of a panic: exit code 70. It holds the type of the
// value and the stack, and not the value, which may hold what a card or a
// person said.
func Bug(value any) error {
	return &Error{
		Code: CodeInternal, ID: "err.panic",
		Pairs: []any{"Error", fmt.Sprintf("%T", value)},
		Err:   fmt.Errorf("panic: %T\n%s", value, debug.Stack()),
	}
}
