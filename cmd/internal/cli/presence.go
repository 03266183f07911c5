package cli

import (
	"context"
	"errors"

	"natsuin/card"
	"natsuin/cmd/internal/i18n"
)

// seemsAbsent asks the card's hint (docs/card.md §1, EF 0008) whether the certificate that
// send will read is there at all: without it a wrong entry costs a try for nothing. The
// hint is believed only where it knows the other certificate, which shows that this card
// keeps it, and even then it leads to a remark alone: one source tells of it.
//
// It costs an exchange. sign has none to spare, and so asks only when a try has been lost
// already, when the count is not known, or when nothing will be signed.
func (s *session) seemsAbsent(u unlocking, tries card.Tries) (bool, error) {
	full := tries.Known && tries.Left == u.cred.MaxTries()
	if u.reads != card.SignCert || tries.Blocked() || u.spare && full && !u.rehearse {
		return false, nil
	}
	return s.hintsNoSign()
}

// hintsNoSign is the hint's answer as far as it is believed.
func (s *session) hintsNoSign() (bool, error) {
	p, err := s.card.Presence()
	return p.Known && p.Auth && !p.Sign, err
}

// warnAbsent tells what the hint says, and asks a person whether to go on.
func (a *app) warnAbsent(ctx context.Context, u unlocking) error {
	if !a.interactive() || u.rehearse {
		a.say(a.t("unlock.no-sign"))
		return nil
	}
	a.prompt(a.t("unlock.no-sign"))
	yes, err := a.agree(ctx, a.t("unlock.last.ask"))
	if err != nil {
		return err
	}
	if !yes {
		return &i18n.Error{Code: i18n.CodeDeclined, ID: "err.declined"}
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
