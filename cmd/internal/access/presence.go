package access

import (
	"context"
	"errors"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
)

// seemsAbsent reports whether the card hints (docs/card.md §1, EF 0008) that
// the certificate id is missing, so that a secret would be sent for nothing,
// and a wrong one would cost a try. It believes the hint only if the other
// certificate is marked as present, which shows that the card maintains the
// file. Even then the hint only leads to a warning and a question, since only
// one source describes it.
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

// HintsNoSign reports whether the card hints that it has no signature
// certificate, and the hint can be believed.
func (s *Session) HintsNoSign() (bool, error) {
	p, err := s.Card.Presence()
	return p.Known && p.Auth && !p.Sign, err
}

// warnAbsent prints a warning that the certificate seems absent, and asks the
// person whether to go on. In a script or a rehearsal it asks nothing.
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

// LacksAuth returns an error if the card has no authentication certificate,
// which can be proved without a secret. err is the error of the first read.
// That read may have selected another file by its short identifier, so
// LacksAuth reads again by the full identifier.
func (s *Session) LacksAuth(err error) error {
	if !errors.As(err, new(*card.NoCertificateError)) {
		return nil
	}
	if _, err := s.Card.Certificate(card.AuthCert); errors.As(err, new(*card.NoCertificateError)) {
		return err
	}
	return nil
}
