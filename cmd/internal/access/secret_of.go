package access

import (
	"context"

	"natsuin/card"
)

// A GivenSecret gets one secret of the card: from --pin-from or, without that
// flag, from a person once it is needed.
type GivenSecret struct {
	access     *Access
	credential card.Credential
	script     []card.Secret // the secret from --pin-from; empty without the flag
}

// SecretOf returns a GivenSecret. With --pin-from it reads the secret and
// checks its form now, before the card is touched. inputs is as in
// [Access.ScriptSecrets].
func (a *Access) SecretOf(ctx context.Context, c card.Credential, inputs ...string) (*GivenSecret, error) {
	script, err := a.ScriptSecrets(ctx, 1, inputs...)
	if err != nil {
		return nil, err
	}
	s := &GivenSecret{a, c, script}
	if len(script) == 1 {
		if script[0], err = a.Normalize(c, script[0]); err != nil {
			s.Wipe()
			return nil, err
		}
	}
	return s, nil
}

// Get returns the secret, as [Unlocking.Secret] requires. A script repeats
// nothing, so a secret from --pin-from is sent at most once.
func (s *GivenSecret) Get(ctx context.Context, _ bool) (card.Secret, error) {
	if len(s.script) == 1 {
		return s.script[0], nil
	}
	return s.access.AskSecret(ctx, s.credential, s.access.T("prompt."+s.credential.String()))
}

// Wipe overwrites the secret from --pin-from with zeros, if there is one.
func (s *GivenSecret) Wipe() { Wipe(s.script) }
