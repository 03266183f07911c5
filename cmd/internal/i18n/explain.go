package i18n

import (
	"context"
	"errors"
	"fmt"
)

// An Error is an outcome that a command decided, to be worded at the edge.
type Error struct {
	Code  Code
	ID    string // of the message; its hint is ID + ".hint"
	Pairs []any  // names and values for both, as Printer.T takes them
	Err   error  // the cause, for -v; may be nil
	// Reason says why a file is not one for the verb; only with CodeUnsuitable.
	Reason string
	// ExitCode stands for the code's own when it is not 0: whatever doctor finds
	// first, it exits with 5 (docs/cli.md, "Exit codes").
	ExitCode int

	meant string // the known word that a refused one is a slip of (Refuse)
	typed bool   // the refused words may be a secret (Refuse)
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

// An Explanation is an error in a person's words.
type Explanation struct {
	Code    Code
	Message string
	Hint    string // the next step
	Reason  string // of CodeUnsuitable; empty otherwise

	exit int
}

// Exit returns the process exit code.
func (x Explanation) Exit() int {
	if x.exit != 0 {
		return x.exit
	}
	return x.Code.Exit()
}

// Explain words an error. Every error that a library of natsuin exports has its
// row in classify; anything else is reported as a bug, with exit code 70.
func (p *Printer) Explain(err error) Explanation {
	if err == nil {
		return Explanation{Code: CodeOK}
	}
	e := classify(err)
	pairs := p.withCause(e)
	if e.Code == CodeInternal && p.Version != nil {
		pairs = append(pairs, "Version", p.Version())
	}
	x := Explanation{Code: e.Code, Message: p.T(e.ID, pairs...), Reason: e.Reason, exit: e.ExitCode}
	if hint := e.ID + ".hint"; p.Has(hint) {
		x.Hint = p.T(hint, pairs...)
	}
	if e.meant != "" {
		x.Hint = p.T("typed.meant", "Word", e.meant) + "\n" + x.Hint
	}
	if e.typed {
		x.Hint += "\n" + p.T("typed.history")
	}
	return x
}

// CodeOf returns the outcome that an error stands for.
func CodeOf(err error) Code {
	if err == nil {
		return CodeOK
	}
	return classify(err).Code
}

// ReasonOf returns why a file is not one for the verb, empty for any other
// error.
func ReasonOf(err error) string {
	if err == nil {
		return ""
	}
	return classify(err).Reason
}

func classify(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.Canceled):
		return &Error{Code: CodeInterrupted, ID: "err.interrupted"}
	}
	for _, known := range []func(error) *Error{classifyCard, classifyReader, classifyFile} {
		if e := known(err); e != nil {
			return e
		}
	}
	return &Error{Code: CodeInternal, ID: "err.internal", Pairs: []any{"Error", err.Error()}, Err: err}
}
