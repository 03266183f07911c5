package cli

import (
	"context"

	"natsuin/card"
)

// A cardSecret is the secret that the card has, as --pin-from gave it or as a
// person types it when asked.
type cardSecret struct {
	app        *app
	credential card.Credential
	script     []card.Secret // one, or none without --pin-from
}

// secretOf reads a script's secret and checks its form, before the card is
// touched. The inputs are those of scriptSecrets.
func (a *app) secretOf(ctx context.Context, c card.Credential, inputs ...string) (*cardSecret, error) {
	script, err := a.scriptSecrets(ctx, 1, inputs...)
	if err != nil {
		return nil, err
	}
	s := &cardSecret{a, c, script}
	if len(script) == 1 {
		if script[0], err = a.normalize(c, script[0]); err != nil {
			s.wipe()
			return nil, err
		}
	}
	return s, nil
}

// get is unlocking's Secret. A script's secret is sent once at most.
func (s *cardSecret) get(ctx context.Context, _ bool) (card.Secret, error) {
	if len(s.script) == 1 {
		return s.script[0], nil
	}
	return s.app.askSecret(ctx, s.credential, s.app.t("prompt."+s.credential.String()))
}

func (s *cardSecret) wipe() { wipe(s.script) }
