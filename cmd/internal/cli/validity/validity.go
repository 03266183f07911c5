// Package validity reports whether a certificate on a card is still valid
// (有効性確認).
package validity

import (
	"context"
	"crypto/x509"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/policy"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
	"natsuin/verify"
)

// New returns the command validity.
func New(c *command.Run) *cobra.Command {
	r := &run{Run: c, sources: policy.Sources{Run: c}}
	verb := r.Verb("validity [flags] [sign|auth]", "validity", func(ctx context.Context, args []string) error {
		return r.do(ctx, args)
	})
	verb.Args = r.Arguments(0, 1)
	verb.ValidArgs = command.WordsOf(holderCertificates)
	f := verb.Flags()
	f.StringArrayVar(&r.sources.CRL, "crl", nil, "flag.crl")
	f.StringVar(&r.sources.OCSP, "ocsp", "", "flag.ocsp")
	f.StringArrayVar(&r.sources.CA, "ca", nil, "flag.verify.ca")
	return verb
}

type run struct {
	*command.Run
	sources policy.Sources // the flags --ca, --crl and --ocsp
}

// holderCertificates are the holder's own certificates.
var holderCertificates = []card.CertID{card.SignCert, card.AuthCert}

// report is the JSON object of validity (docs/cli.md, "JSON").
type report struct {
	console.Head
	Certificate string         `json:"certificate"`
	Dates       verify.Dates   `json:"dates"`
	Revocation  string         `json:"revocation"`
	Reason      *string        `json:"reason"`
	RevokedAt   *string        `json:"revoked_at"`
	NotBefore   string         `json:"not_before"`
	NotAfter    string         `json:"not_after"`
	SHA256      string         `json:"sha256"`
	Source      *string        `json:"source"`
	Anchor      *policy.Anchor `json:"anchor"`
	Practice    bool           `json:"practice"`
}

func (r *run) do(ctx context.Context, args []string) error {
	id := card.SignCert
	if len(args) == 1 {
		var err error
		if id, err = command.ByWord(args[0], holderCertificates); err != nil {
			return err
		}
	}
	p := verify.Policy{Now: r.Now()}
	if err := r.sources.Add(ctx, &p); err != nil {
		return err
	}
	var err error
	if p.Anchors, err = r.sources.Anchors(ctx, r.sources.CA); err != nil {
		return err
	}
	if len(r.sources.CRL) == 0 && r.sources.OCSP == "" {
		line := r.T("validity.dates-only") // before a try is at stake
		if r.Interactive() {
			line += "\n" + r.T("validity.dates-only.stop")
		}
		r.Talk(line)
	}
	cert, ca, err := r.Access.ReadIssued(ctx, id)
	if err != nil {
		return err
	}
	if ca != nil {
		p.Certificates = []*x509.Certificate{ca}
	}
	if r.Access.Reader == access.PracticeReader { // the practice card exists by now, and so do its roots
		roots, err := r.sources.Anchors(ctx, []string{access.PracticeReader})
		if err != nil {
			return err
		}
		p.Anchors = append(p.Anchors, roots...)
	}
	rep, err := verify.Certificate(ctx, cert, p)
	if err != nil {
		return err
	}
	r.sources.SayUnreached()
	answer := r.outcome(id, cert, rep)
	r.Report = reportOf(id, cert, rep)
	r.show(id, cert, rep, answer)
	if answer.Code == outcome.CodeOK {
		return nil
	}
	return &outcome.Verdict{Outcome: *answer}
}

// outcome returns the answer: good only if the certificate is valid and its
// revocation was checked (docs/cli.md, "Commands"). The screen and the JSON
// object show the same message.
func (r *run) outcome(id card.CertID, cert *x509.Certificate, rep *verify.CertificateReport) *outcome.Error {
	name := r.T("cert.kind." + id.String())
	say := func(code outcome.Code, message string, pairs ...any) *outcome.Error {
		return &outcome.Error{Code: code, ID: message, Pairs: append(pairs, "Certificate", name)}
	}
	revocation := rep.Revocation
	switch {
	case rep.Dates == verify.DatesExpired:
		return say(outcome.CodeExpired, "validity.expired", "Date", r.Date(cert.NotAfter))
	case revocation.State == verify.Revoked:
		return say(outcome.CodeRevoked, "validity.revoked", "Date", r.DateTime(revocation.At), "Reason", policy.CRLReason(r.Printer, revocation.Reason))
	case rep.Dates == verify.DatesNotYet:
		return say(outcome.CodeIndeterminate, "validity.not-yet", "Date", r.DateTime(cert.NotBefore))
	case rep.Verdict == verify.Valid && revocation.State == verify.Good:
		return say(outcome.CodeOK, "validity.good", "Source", strings.ToUpper(string(revocation.Source)))
	case rep.Anchor == nil && rep.Reason == verify.ReasonChainWeak:
		return say(outcome.CodeIndeterminate, "validity.weak")
	case rep.Anchor == nil && rep.Practice:
		return say(outcome.CodeIndeterminate, "validity.practice-root")
	case rep.Anchor == nil || revocation.State == verify.Good:
		return say(outcome.CodeIndeterminate, "validity.unproven", "Reason", policy.Reason(r.Printer, rep.Reason))
	case revocation.State == verify.Unknown:
		return say(outcome.CodeIndeterminate, "validity.unknown", "Reason", r.revocationReason(rep))
	}
	return say(outcome.CodeIndeterminate, "validity.unchecked")
}

// revocationReason returns the text that says why the revocation status is
// unknown.
func (r *run) revocationReason(rep *verify.CertificateReport) string {
	c, _ := rep.Check(verify.CheckRevocation)
	return policy.Reason(r.Printer, c.Detail)
}

func reportOf(id card.CertID, cert *x509.Certificate, rep *verify.CertificateReport) *report {
	v := &report{
		Certificate: id.String(), Dates: rep.Dates, Revocation: string(rep.Revocation.State),
		NotBefore: console.Stamp(cert.NotBefore), NotAfter: console.Stamp(cert.NotAfter), SHA256: fingerprint.Of(cert).SHA256.String(),
		Source: console.OrNull(string(rep.Revocation.Source)), Practice: rep.Practice,
	}
	if rep.Revocation.State == verify.Revoked {
		v.Reason, v.RevokedAt = console.OrNull(rep.Revocation.Reason), console.OrNull(console.Stamp(rep.Revocation.At))
	}
	v.Anchor = policy.AnchorOf(rep.Anchor)
	return v
}

// newForHours is about how long it takes until the responders know a new
// certificate.
const newForHours = 24 * time.Hour

// show prints the answer, its source, and remarks for the holder.
func (r *run) show(id card.CertID, cert *x509.Certificate, rep *verify.CertificateReport, answer *outcome.Error) {
	r.Styled(goodOrBad(answer.Code == outcome.CodeOK), r.T(answer.ID, answer.Pairs...))
	if rep.Practice {
		r.Print("  " + r.T("practice.mark"))
	}
	r.Field("field.subject", text.Escape(certtext.Name(cert.RawSubject)))
	r.Field("field.valid", r.T("field.valid.value", "From", r.Date(cert.NotBefore), "Until", r.Date(cert.NotAfter)))
	if n := rep.Anchor; n != nil {
		r.Field("validity.anchor", r.T("verify.anchor."+string(n.Kind), "Name", text.Escape(n.Name)))
	}
	if hint := answer.ID + ".hint"; r.Has(hint) {
		r.Print(r.T(hint, answer.Pairs...))
	}
	over := answer.Code == outcome.CodeExpired || answer.Code == outcome.CodeRevoked
	if rep.Practice && over {
		r.Print(r.T("validity.practice"))
	}
	if rep.Practice && len(r.sources.CRL) > 0 && rep.Revocation.State == verify.Unknown {
		r.Print(r.T("validity.practice.crl"))
	}
	if r.sources.OCSP == verify.OCSPAuto && len(cert.OCSPServer) == 0 {
		r.Print(r.T("validity.no-address"))
	}
	if age := r.Now().Sub(cert.NotBefore); !over && age >= 0 && age < newForHours {
		r.Print(r.T("validity.new"))
	}
	if id == card.AuthCert {
		r.Print(r.T("validity.ends.auth"))
	} else {
		r.Print(r.T("validity.ends.sign"))
	}
}

// goodOrBad returns the style for a good or a bad answer.
func goodOrBad(good bool) console.Style {
	if good {
		return console.Palette.Good
	}
	return console.Palette.Bad
}
