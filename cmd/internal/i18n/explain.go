package i18n

import (
	"slices"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// An Explanation is the text of an error for a person.
type Explanation struct {
	Code    outcome.Code
	Message string
	Hint    string // the next step
	Reason  string // why a file is unsuitable (outcome.CodeUnsuitable), or ""

	exit int
}

// Exit returns the process exit code.
func (x Explanation) Exit() int { return x.exit }

// Explain returns the text for an error, as [outcome.Of] classifies it.
func (p *Printer) Explain(err error) Explanation {
	if err == nil {
		return Explanation{Code: outcome.CodeOK}
	}
	e := outcome.Of(err)
	pairs := p.withCause(e)
	if e.Code == outcome.CodeInternal && p.Version != nil {
		pairs = append(pairs, "Version", p.Version())
	}
	x := Explanation{Code: e.Code, Message: p.T(e.ID, pairs...), Reason: e.Reason, exit: e.Exit()}
	if hint := e.ID + ".hint"; p.Has(hint) {
		x.Hint = p.T(hint, pairs...)
	}
	if e.Meant != "" {
		x.Hint = p.T("typed.meant", "Word", e.Meant) + "\n" + x.Hint
	}
	if e.Typed {
		x.Hint += "\n" + p.T("typed.history")
	}
	return x
}

// Cause returns the text for the cause of an error. If the catalogues have
// none, it is the error's own text, escaped.
func (p *Printer) Cause(err error) string {
	if id := outcome.Cause(err); id != "" {
		return p.T(id)
	}
	return text.Escape(err.Error())
}

// withCause returns the pairs of an outcome. If the catalogues have a message
// for the cause, it is the value of "Error".
func (p *Printer) withCause(e *outcome.Error) []any {
	if e.Err == nil {
		return e.Pairs
	}
	id := outcome.Cause(e.Err)
	if id == "" {
		return e.Pairs
	}
	pairs := slices.Clone(e.Pairs)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == "Error" {
			pairs[i+1] = p.T(id)
		}
	}
	return pairs
}
