package access

import (
	"context"
	"errors"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
)

// seemsAbsent asks the card's hint (docs/card.md §1, EF 0008) whether it lacks
// the certificate that a secret guards: then a wrong entry costs a try for
// nothing. The hint is believed only where it marks the other certificate,
// which shows that this card keeps it, and even then it leads to a remark and a
// question: one source tells of it. A certificate that is free to read is read
// instead.
func (s *Session) seemsAbsent(id card.CertID) (bool, error) {
	switch id {
	case card.SignCert:
		return s.HintsNoSign()
	case card.AuthCert:
		p, err := s.Card.Presence()
		return p.Known && p.Sign && !p.Auth, err
	}
	return false, nil
}

// HintsNoSign reports whether the hint says that there is no signature
// certificate, as far as it is believed.
func (s *Session) HintsNoSign() (bool, error) {
	p, err := s.Card.Presence()
	return p.Known && p.Auth && !p.Sign, err
}

// warnAbsent says what the hint means, and asks a person whether to go on.
func (a *Access) warnAbsent(ctx context.Context, u Unlocking) error {
	seems := a.T("unlock.absent." + u.Guards.String())
	if !a.Interactive() || u.Rehearse {
		a.Say(seems)
		return nil
	}
	a.Prompt(seems)
	yes, err := a.Agree(ctx, a.T("unlock.last.ask"))
	if err != nil {
		return err
	}
	if !yes {
		return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.declined"}
	}
	return nil
}

// LacksAuth is the proof that needs no secret: the certificate of the
// authentication key is not on this card. A short file identifier may have led
// elsewhere, so that the file is looked at by its name before the card is
// refused.
func (s *Session) LacksAuth(err error) error {
	if !errors.As(err, new(*card.NoCertificateError)) {
		return nil
	}
	if _, err := s.Card.Certificate(card.AuthCert); errors.As(err, new(*card.NoCertificateError)) {
		return err
	}
	return nil
}
