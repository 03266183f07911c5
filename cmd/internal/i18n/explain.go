package i18n

import (
	"slices"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// An Explanation is an error in a person's words.
type Explanation struct {
	Code    outcome.Code
	Message string
	Hint    string // the next step
	Reason  string // of outcome.CodeUnsuitable; "" otherwise

	exit int
}

// Exit returns the process exit code.
func (x Explanation) Exit() int { return x.exit }

// Explain words an error, as [outcome.Of] classifies it.
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

// Cause words what an error came from: a failure that people meet in the run's
// language, any other as the system says it, escaped. The whole text is for -v.
func (p *Printer) Cause(err error) string {
	if id := outcome.Cause(err); id != "" {
		return p.T(id)
	}
	return text.Escape(err.Error())
}

// withCause returns the pairs of an outcome with the run's own words in place
// of the system's.
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
