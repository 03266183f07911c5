package cli

import (
	"context"
	"errors"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
)

// seemsAbsent asks the card's hint (docs/card.md §1, EF 0008) whether it lacks the
// certificate that a secret guards: then a wrong entry costs a try for nothing.
// The hint is believed only where it marks the other certificate, which shows
// that this card keeps it, and even then it leads to a remark and a question:
// one source tells of it. A certificate that is free to read is read instead.
func (s *session) seemsAbsent(id card.CertID) (bool, error) {
	switch id {
	case card.SignCert:
		return s.hintsNoSign()
	case card.AuthCert:
		p, err := s.card.Presence()
		return p.Known && p.Sign && !p.Auth, err
	}
	return false, nil
}

// hintsNoSign reports whether the hint says that there is no signature
// certificate, as far as it is believed.
func (s *session) hintsNoSign() (bool, error) {
	p, err := s.card.Presence()
	return p.Known && p.Auth && !p.Sign, err
}

// warnAbsent tells what the hint says, and asks a person whether to go on.
func (a *app) warnAbsent(ctx context.Context, u unlocking) error {
	seems := a.t("unlock.absent." + u.Guards.String())
	if !a.interactive() || u.Rehearse {
		a.say(seems)
		return nil
	}
	a.prompt(seems)
	yes, err := a.agree(ctx, a.t("unlock.last.ask"))
	if err != nil {
		return err
	}
	if !yes {
		return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.declined"}
	}
	return nil
}

// lacksAuth is the proof that needs no secret: the certificate of the authentication key
// is not on this card. A short file identifier may have led elsewhere, so that the file is
// looked at by its name before the card is refused.
func (s *session) lacksAuth(err error) error {
	if !errors.As(err, new(*card.NoCertificateError)) {
		return nil
	}
	if _, err := s.card.Certificate(card.AuthCert); errors.As(err, new(*card.NoCertificateError)) {
		return err
	}
	return nil
}
