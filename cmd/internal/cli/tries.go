package cli

import (
	"context"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
)

func lockedError(c card.Credential) error {
	return &outcome.Error{Code: outcome.CodeLocked, ID: "err.locked." + c.String()}
}

// mayTry applies --min-tries, and asks for consent before the last try. An
// unknown count is treated as one.
func (a *app) mayTry(ctx context.Context, c card.Credential, t card.Tries) error {
	left := 1
	if t.Known {
		left = t.Left
	}
	least := a.flags.minTries
	if least == 0 && !a.interactive() {
		least = c.MaxTries()
	}
	if left < least {
		id := "err.too-few-tries"
		if !t.Known {
			id = "err.too-few-tries.unknown"
		}
		return &outcome.Error{Code: outcome.CodeTooFewTries, ID: id, Pairs: []any{"N", left, "Least", least}}
	}
	if !a.interactive() {
		return nil
	}
	switch {
	case left == 2:
		a.prompt(a.t("unlock.two-left"))
	case left <= 1:
		id := "unlock.last"
		if !t.Known {
			id = "unlock.unknown"
		}
		a.prompt(a.t(id))
		yes, err := a.agree(ctx, a.t("unlock.last.ask"))
		if err != nil {
			return err
		}
		if !yes {
			return &outcome.Error{Code: outcome.CodeTooFewTries, ID: "err.last-declined"}
		}
	}
	return nil
}

// triesLine is «署名用パスワード（英大文字・数字 6〜16文字） 残り 5 回».
func (a *app) triesLine(c card.Credential, t card.Tries) string {
	name := a.t("secret." + c.String())
	switch {
	case !t.Known:
		return a.t("tries.unknown", "Secret", name)
	case t.Left == 0:
		return a.t("tries.locked", "Secret", name)
	}
	return a.t("tries.left", "Secret", name, "N", t.Left)
}

// triesValue is a count for JSON: null when the card did not say.
func triesValue(t card.Tries) any {
	if !t.Known {
		return nil
	}
	return t.Left
}
