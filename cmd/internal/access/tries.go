package access

import (
	"context"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
)

// LockedError returns the outcome for a secret that has no tries left.
func LockedError(c card.Credential) error {
	return &outcome.Error{Code: outcome.CodeLocked, ID: "err.locked." + c.String()}
}

// mayTry returns an error if fewer tries are left than --min-tries demands, or
// if the person does not agree to use the last one. Without --min-tries, a
// script needs all tries to be left. An unknown count is treated as one.
func (a *Access) mayTry(ctx context.Context, c card.Credential, t card.Tries) error {
	left := 1
	if t.Known {
		left = t.Left
	}
	least := a.MinTries
	if least == 0 && !a.Interactive() {
		least = c.MaxTries()
	}
	if left < least {
		id := "err.too-few-tries"
		if !t.Known {
			id = "err.too-few-tries.unknown"
		}
		return &outcome.Error{Code: outcome.CodeTooFewTries, ID: id, Pairs: []any{"N", left, "Least", least}}
	}
	if !a.Interactive() {
		return nil
	}
	switch {
	case left == 2:
		a.Prompt(a.T("unlock.two-left"))
	case left <= 1:
		id := "unlock.last"
		if !t.Known {
			id = "unlock.unknown"
		}
		a.Prompt(a.T(id))
		yes, err := a.Agree(ctx, a.T("unlock.last.ask"))
		if err != nil {
			return err
		}
		if !yes {
			return &outcome.Error{Code: outcome.CodeTooFewTries, ID: "err.last-declined"}
		}
	}
	return nil
}

// TriesLine returns the line that shows a count, such as
// 「署名用パスワード（英大文字・数字 6〜16文字） 残り 5 回」.
func (a *Access) TriesLine(c card.Credential, t card.Tries) string {
	name := a.T("secret." + c.String())
	switch {
	case !t.Known:
		return a.T("tries.unknown", "Secret", name)
	case t.Left == 0:
		return a.T("tries.locked", "Secret", name)
	}
	return a.T("tries.left", "Secret", name, "N", t.Left)
}

// TriesValue returns a count for JSON: an int, or nil if it is unknown.
func TriesValue(t card.Tries) any {
	if !t.Known {
		return nil
	}
	return t.Left
}
