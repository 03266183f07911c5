package access

import (
	"context"
	"errors"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
)

// AskNewSecret asks for a new secret twice, and repeats this until both entries
// are equal, have the right form and are not easily guessed. With allowWeak an
// easily guessed secret is accepted.
func (a *Access) AskNewSecret(ctx context.Context, c card.Credential, old card.Secret, allowWeak bool) (card.Secret, error) {
	a.Prompt(a.T("prompt.new.rule." + c.String()))
	for {
		s, err := a.askTwice(ctx, c, old, allowWeak)
		if outcome.CodeOf(err) != outcome.CodeBadSecretForm {
			return s, err
		}
		a.AskAgain(err)
	}
}

var errNotTwice = &outcome.Error{Code: outcome.CodeBadSecretForm, ID: "err.secret.not-twice"}

func (a *Access) askTwice(ctx context.Context, c card.Credential, old card.Secret, allowWeak bool) (card.Secret, error) {
	name := a.T("secret.name." + c.String())
	typed, err := a.typeSecret(ctx, a.T("prompt.new", "Secret", name))
	if err != nil {
		return card.Secret{}, err
	}
	s, _, err := a.NormalizeForm(c, typed)
	if err != nil {
		return card.Secret{}, err
	}
	if err := CheckNew(c, old, s, allowWeak); err != nil {
		s.Wipe()
		return card.Secret{}, err
	}
	typed, err = a.typeSecret(ctx, a.T("prompt.again", "Secret", name))
	if err != nil {
		s.Wipe()
		return card.Secret{}, err
	}
	again, _, err := a.NormalizeForm(c, typed)
	defer again.Wipe()
	if err != nil || !again.Equal(s) {
		s.Wipe()
		return card.Secret{}, errNotTwice
	}
	return s, nil
}

// CheckNew returns an error if the new secret equals the old one or does not
// have the form of a new one, or if it is easily guessed and allowWeak is not
// set.
func CheckNew(c card.Credential, old, new card.Secret, allowWeak bool) error {
	err := card.CheckNew(c, old, new)
	var weak *card.WeakSecretError
	if allowWeak && errors.As(err, &weak) && weak.Reason != card.WeakEqual {
		return nil
	}
	return err
}
