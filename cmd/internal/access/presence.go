package access

import (
	"context"
	"errors"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
)

// seemsAbsent reports whether, by the hint of the card (docs/card.md §1, EF
// 0008), the certificate that a secret guards is missing: a wrong entry would
// then cost a try for nothing. The hint is believed only if it marks the other
// certificate, which shows that this card maintains it, and even then it only
// leads to a warning and a question, since a single source describes it. A
// certificate that can be read without a secret is read instead.
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

// HintsNoSign reports whether the hint, if it can be believed, says that there
// is no signature certificate.
func (s *Session) HintsNoSign() (bool, error) {
	p, err := s.Card.Presence()
	return p.Known && p.Auth && !p.Sign, err
}

// warnAbsent prints the meaning of the hint, and asks a person whether to go
// on.
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

// LacksAuth returns an error if the certificate of the authentication key is
// not on this card, which can be proved without a secret. err is the error of
// the first read. A short file identifier may have selected another file, so
// the file is selected by its full identifier before the card is refused.
func (s *Session) LacksAuth(err error) error {
	if !errors.As(err, new(*card.NoCertificateError)) {
		return nil
	}
	if _, err := s.Card.Certificate(card.AuthCert); errors.As(err, new(*card.NoCertificateError)) {
		return err
	}
	return nil
}
