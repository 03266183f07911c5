package access

import (
	"context"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
)

// longestSecret limits the input for a secret, in bytes: 16 full-width
// characters are 48 bytes. A longer input is refused, never cut.
const longestSecret = 256

// Wipe overwrites the secrets with zeros.
func Wipe(secrets []card.Secret) {
	for _, s := range secrets {
		s.Wipe()
	}
}

// AskSecret asks at the terminal until the entry has the form of this
// credential. Other entries never reach the card.
func (a *Access) AskSecret(ctx context.Context, c card.Credential, prompt string) (card.Secret, error) {
	for {
		var s card.Secret
		typed, err := a.typeSecret(ctx, prompt)
		if err == nil {
			s, err = a.Normalize(c, typed)
		}
		if outcome.CodeOf(err) != outcome.CodeBadSecretForm {
			return s, err
		}
		a.AskAgain(err)
	}
}

func (a *Access) typeSecret(ctx context.Context, prompt string) (card.Secret, error) {
	typed, err := a.ReadSecret(ctx, prompt, longestSecret)
	if err != nil {
		return card.Secret{}, err
	}
	return card.NewSecret(typed), nil
}

// Normalize returns an existing secret in the form of the card. A secret that
// breaks the official rule is returned all the same, with a remark to the
// person, because the card may have accepted it.
func (a *Access) Normalize(c card.Credential, typed card.Secret) (card.Secret, error) {
	s, how, err := a.NormalizeForm(c, typed)
	if err == nil && how.SingleClass {
		a.Say(a.T("secret.single-class"))
	}
	return s, err
}

// NormalizeForm returns a secret in the form of the card, and prints which
// changes this took: letters to upper case, full width to ASCII.
func (a *Access) NormalizeForm(c card.Credential, typed card.Secret) (card.Secret, card.Normalized, error) {
	s, how, err := card.Normalize(c, typed)
	if err != nil {
		return card.Secret{}, how, err
	}
	if how.Folded {
		a.Say(a.T("secret.folded"))
	}
	if how.Raised {
		a.Say(a.T("secret.raised"))
	}
	return s, how, nil
}

func seen(wrong []card.Secret, s card.Secret) bool {
	for _, w := range wrong {
		if w.Equal(s) {
			return true
		}
	}
	return false
}
