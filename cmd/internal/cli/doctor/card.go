package doctor

import (
	"context"
	"errors"
	"strings"
	"time"

	"natsuin/card"
	"natsuin/card/pcsc"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// cardProbes lists the probes that need a card.
var cardProbes = []string{"kind", "certificates", "dates", "tries-sign", "tries-auth"}

// examineCard looks for a card and examines it. Without a card it marks
// cardProbes as not done.
func (d *diagnosis) examineCard(ctx context.Context) {
	s := d.findCard(ctx)
	if s == nil {
		d.skipAll(cardProbes...)
		return
	}
	defer s.Close()
	d.examineCertificates(s, d.examineKind(s))
	d.examineTries(s, "tries-sign", card.SignPassword)
	d.examineTries(s, "tries-auth", card.AuthPIN)
}

// findCard returns the first usable JPKI card, or nil if there is none.
func (d *diagnosis) findCard(ctx context.Context) *access.Session {
	if d.Access.Reader == access.PracticeReader {
		return d.practiceCard(ctx)
	}
	readers, ok := d.examineService(ctx)
	if !ok {
		d.skipAll("readers", "card", "application")
		return nil
	}
	usable, err := d.usable(readers)
	if err != nil {
		if len(readers) > 0 { // the error says how to choose one of them
			d.failWith("readers", err, "", "")
		} else {
			d.fail("readers", err)
		}
		d.skipAll("card", "application")
		return nil
	}
	d.pass("readers", nameLines(usable))
	var holding []pcsc.Reader
	for _, r := range usable {
		if r.CardPresent {
			holding = append(holding, r)
		}
	}
	if len(holding) == 0 {
		d.fail("card", &outcome.Error{Code: outcome.CodeNoCard, ID: "err.no-card", Pairs: []any{"Reader", text.Escape(usable[0].Name)}})
		d.skipAll("application")
		return nil
	}
	d.pass("card", nameLines(holding))
	return d.examineApplication(ctx, holding)
}

// practiceCard returns a session with the practice card, which needs neither
// the service nor a reader.
func (d *diagnosis) practiceCard(ctx context.Context) *access.Session {
	for _, id := range []string{"build", "service", "permission", "readers"} {
		d.skip(id, d.T("doctor.practice.no-reader"))
	}
	s, err := d.Access.ConnectPractice(ctx)
	if err != nil {
		d.fail("card", err)
		d.skipAll("application")
		return nil
	}
	d.pass("card", d.T("practice.mark"))
	d.pass("application", "")
	return s
}

// examineService lists the readers. This single call decides the probes build,
// service and permission.
func (d *diagnosis) examineService(ctx context.Context) ([]pcsc.Reader, bool) {
	readers, err := d.Access.Readers.List(ctx)
	switch {
	case errors.Is(err, pcsc.ErrNoSupport):
		d.fail("build", err)
		d.skipAll("service", "permission")
		return nil, false
	case errors.Is(err, pcsc.ErrPermission):
		d.pass("build", "")
		d.pass("service", "")
		d.fail("permission", err)
		return nil, false
	}
	d.pass("build", "")
	if err != nil {
		d.fail("service", err)
		d.skipAll("permission")
		return nil, false
	}
	d.pass("service", "")
	d.pass("permission", "")
	return readers, true
}

// usable returns the readers that the other verbs would use (docs/cli.md,
// "Which reader").
func (d *diagnosis) usable(readers []pcsc.Reader) ([]pcsc.Reader, error) {
	if want := d.Access.Reader; want != "" {
		r, err := access.Named(readers, want)
		return []pcsc.Reader{r}, err
	}
	var real []pcsc.Reader
	for _, r := range readers {
		if !r.Virtual {
			real = append(real, r)
		}
	}
	if len(real) > 0 {
		return real, nil
	}
	return nil, access.NoRealReader(readers)
}

func nameLines(readers []pcsc.Reader) string {
	var list []string
	for _, r := range readers {
		list = append(list, text.Escape(r.Name))
	}
	return strings.Join(list, "\n")
}

// examineApplication looks for the JPKI application in every reader that holds
// a card.
func (d *diagnosis) examineApplication(ctx context.Context, holding []pcsc.Reader) *access.Session {
	var found *access.Session
	var where []string
	var why error
	for _, r := range holding {
		s, err := d.Access.Try(ctx, r)
		if err != nil {
			if why == nil {
				why = err
			}
			continue
		}
		where = append(where, text.Escape(r.Name))
		if found == nil {
			found = s
			continue
		}
		s.Close()
	}
	if found == nil {
		d.fail("application", why)
		return nil
	}
	d.pass("application", strings.Join(where, "\n"))
	return found
}

func (d *diagnosis) examineKind(s *access.Session) card.Kind {
	token, err := s.Card.Token()
	if err != nil {
		d.fail("kind", err)
		return card.KindUnknown
	}
	switch token.Kind {
	case card.KindJuki:
		d.warn("kind", d.Access.Kind(token), d.T("doctor.fix.juki"))
	case card.KindIPhone:
		d.warn("kind", d.Access.Kind(token), d.T("doctor.fix.iphone"))
	case card.KindUnknown:
		d.warn("kind", d.T("doctor.kind.unknown", "Label", text.Escape(token.Label)), d.T("doctor.fix.unknown"))
	default:
		d.pass("kind", d.Access.Kind(token))
	}
	return token.Kind
}

// examineCertificates reads the certificates that need no secret, and then
// checks the dates.
func (d *diagnosis) examineCertificates(s *access.Session, kind card.Kind) {
	now := d.Now()
	var there, dates, missing []string
	var broken error
	for _, id := range access.FreeCertificates {
		cert, err := s.Card.Certificate(id)
		name := d.T("cert.kind." + id.String())
		switch {
		case err == nil:
			there = append(there, name)
			dates = append(dates, d.T("doctor.until", "Name", name, "Date", d.Date(cert.NotAfter)))
		case errors.Is(err, card.ErrNotVerified):
			there = append(there, d.T("doctor.behind-pin", "Name", name))
		case errors.As(err, new(*card.NoCertificateError)):
			missing = append(missing, d.T("doctor.missing", "Name", name))
		case broken == nil:
			broken = err
		}
	}
	if p, err := s.Card.Presence(); err == nil && p.Known {
		name := d.T("cert.kind.sign")
		if p.Sign {
			there = append(there, d.T("doctor.behind-pin", "Name", name))
		} else {
			missing = append(missing, d.T("doctor.missing", "Name", name))
		}
	}
	list := strings.Join(append(there, missing...), "\n")
	switch {
	case broken != nil:
		d.fail("certificates", broken)
	case len(there) == 0:
		d.fail("certificates", &outcome.Error{Code: outcome.CodeNoCertificate, ID: "err.no-certificate.sign"})
	case len(missing) > 0 && kind != card.KindJuki: // the card of the resident register never has more
		d.warn("certificates", list, d.T("doctor.fix.certificates"))
	default:
		d.pass("certificates", list)
	}
	d.examineDates(s, strings.Join(dates, "\n"), now)
}

// examineDates checks the dates of the authentication certificate, which is the
// holder's only certificate that can be read without a secret.
func (d *diagnosis) examineDates(s *access.Session, dates string, now time.Time) {
	end, err := s.Card.Expiry(card.AuthCert)
	switch {
	case err != nil:
		d.skip("dates", d.T("doctor.dates.unread"))
	case now.After(end):
		d.fail("dates", &outcome.Error{Code: outcome.CodeExpired, ID: "err.doctor.expired", Pairs: []any{"Date", d.Date(end)}})
	case certtext.DaysLeft(end, d.Now()) < 90:
		d.warn("dates", dates, d.T("doctor.fix.dates", "N", certtext.DaysLeft(end, d.Now())))
	default:
		d.pass("dates", dates)
	}
}

// examineTries reads a counter by an empty VERIFY, which does not use a try.
func (d *diagnosis) examineTries(s *access.Session, id string, c card.Credential) {
	t, err := s.Card.Tries(c)
	switch {
	case errors.Is(err, card.ErrNoCredential):
		d.skip(id, d.T("doctor.no-secret"))
	case err != nil:
		d.fail(id, err)
	case t.Blocked() && d.Access.Reader == access.PracticeReader:
		d.fail(id, &outcome.Error{Code: outcome.CodeLocked, ID: "err.practice.locked", Pairs: []any{"Kind", c.String()}})
	case t.Blocked():
		d.fail(id, access.LockedError(c))
	case !t.Known, t.Left <= 2:
		d.warn(id, d.triesWords(t), d.T("doctor.fix.tries"))
	default:
		d.pass(id, d.triesWords(t))
	}
}

func (d *diagnosis) triesWords(t card.Tries) string {
	if !t.Known {
		return d.T("doctor.tries.unknown")
	}
	return d.T("doctor.tries", "N", t.Left)
}
