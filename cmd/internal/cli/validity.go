package cli

import (
	"context"
	"crypto/x509"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
	"natsuin/verify"
)

type validityOptions struct {
	ca, crl []string
	ocsp    string
}

// newValidity is 有効性確認: is my certificate still good?
func newValidity(a *app) *cobra.Command {
	o := &validityOptions{}
	c := a.verb("validity [flags] [sign|auth]", "validity", func(ctx context.Context, args []string) error {
		return a.validity(ctx, o, args)
	})
	c.Args = a.arguments(0, 1)
	c.ValidArgs = wordsOf(holderCertificates)
	f := c.Flags()
	f.StringArrayVar(&o.crl, "crl", nil, "flag.crl")
	f.StringVar(&o.ocsp, "ocsp", "", "flag.ocsp")
	f.StringArrayVar(&o.ca, "ca", nil, "flag.verify.ca")
	return c
}

// validityReport is validity's part of the JSON object (docs/cli.md, "JSON").
type validityReport struct {
	Certificate string        `json:"certificate"`
	Dates       verify.Dates  `json:"dates"`
	Revocation  string        `json:"revocation"`
	Reason      *string       `json:"reason"`
	RevokedAt   *string       `json:"revoked_at"`
	NotBefore   string        `json:"not_before"`
	NotAfter    string        `json:"not_after"`
	SHA256      string        `json:"sha256"`
	Source      *string       `json:"source"`
	Anchor      *verifyAnchor `json:"anchor"`
	Practice    bool          `json:"practice"`
}

func (a *app) validity(ctx context.Context, o *validityOptions, args []string) error {
	id := card.SignCert
	if len(args) == 1 {
		var err error
		if id, err = byWord(args[0], holderCertificates); err != nil {
			return err
		}
	}
	policy := verify.Policy{Now: a.env.Now()}
	if err := a.revocationSources(ctx, &policy, o.crl, o.ocsp); err != nil {
		return err
	}
	var err error
	if policy.Anchors, err = a.anchors(ctx, o.ca); err != nil {
		return err
	}
	cert, ca, err := a.readIssued(ctx, id)
	if err != nil {
		return err
	}
	if ca != nil {
		policy.Certificates = []*x509.Certificate{ca}
	}
	if a.flags.reader == practiceReader { // now there is a card, and so are its roots
		roots, err := a.anchors(ctx, []string{practiceReader})
		if err != nil {
			return err
		}
		policy.Anchors = append(policy.Anchors, roots...)
	}
	rep, err := verify.Certificate(ctx, cert, policy)
	if err != nil {
		return err
	}
	a.sayUnreached()
	answer := a.validityOutcome(id, cert, rep)
	a.report = validityOf(id, cert, rep)
	a.printValidity(o, id, cert, rep, answer)
	if answer.Code == outcome.CodeOK {
		return nil
	}
	return &outcome.Verdict{Outcome: *answer}
}

// validityOutcome is the one answer: good only when revocation was checked and is good
// (docs/cli.md, "Commands"). Its words are those of the screen and of the JSON message.
func (a *app) validityOutcome(id card.CertID, cert *x509.Certificate, rep *verify.CertificateReport) *outcome.Error {
	name := a.t("cert.kind." + id.String())
	say := func(code outcome.Code, message string, pairs ...any) *outcome.Error {
		return &outcome.Error{Code: code, ID: message, Pairs: append(pairs, "Certificate", name)}
	}
	revocation := rep.Revocation
	switch {
	case rep.Dates == verify.DatesExpired:
		return say(outcome.CodeExpired, "validity.expired", "Date", a.date(cert.NotAfter))
	case revocation.State == verify.Revoked:
		return say(outcome.CodeRevoked, "validity.revoked", "Date", a.dateTime(revocation.At), "Reason", a.crlReason(revocation.Reason))
	case rep.Dates == verify.DatesNotYet:
		return say(outcome.CodeIndeterminate, "validity.not-yet", "Date", a.dateTime(cert.NotBefore))
	case rep.Verdict == verify.Valid && revocation.State == verify.Good:
		return say(outcome.CodeOK, "validity.good", "Source", strings.ToUpper(string(revocation.Source)))
	case rep.Anchor == nil && rep.Reason == verify.ReasonChainWeak:
		return say(outcome.CodeIndeterminate, "validity.weak")
	case rep.Anchor == nil && rep.Practice:
		return say(outcome.CodeIndeterminate, "validity.practice-root")
	case rep.Anchor == nil || revocation.State == verify.Good:
		return say(outcome.CodeIndeterminate, "validity.unproven", "Reason", a.reason(rep.Reason))
	case revocation.State == verify.Unknown:
		return say(outcome.CodeIndeterminate, "validity.unknown", "Reason", a.revocationReason(rep))
	}
	return say(outcome.CodeIndeterminate, "validity.unchecked")
}

// revocationReason says why the question about revocation stayed open.
func (a *app) revocationReason(rep *verify.CertificateReport) string {
	c, _ := rep.Check(verify.CheckRevocation)
	return a.reason(c.Detail)
}

func validityOf(id card.CertID, cert *x509.Certificate, rep *verify.CertificateReport) *validityReport {
	v := &validityReport{
		Certificate: id.String(), Dates: rep.Dates, Revocation: string(rep.Revocation.State),
		NotBefore: stamp(cert.NotBefore), NotAfter: stamp(cert.NotAfter), SHA256: fingerprint.Of(cert).SHA256.String(),
		Source: orNull(string(rep.Revocation.Source)), Practice: rep.Practice,
	}
	if rep.Revocation.State == verify.Revoked {
		v.Reason, v.RevokedAt = orNull(rep.Revocation.Reason), orNull(stamp(rep.Revocation.At))
	}
	if n := rep.Anchor; n != nil {
		v.Anchor = &verifyAnchor{n.Kind, n.Name, hexUpper(n.SHA256[:])}
	}
	return v
}

// newForHours is about how long a new certificate rests before others know of it.
const newForHours = 24 * time.Hour

// printValidity tells the answer, whom it rests on, and what the holder should know.
func (a *app) printValidity(o *validityOptions, id card.CertID, cert *x509.Certificate, rep *verify.CertificateReport, answer *outcome.Error) {
	a.shaded(goodOrBad(answer.Code == outcome.CodeOK), a.t(answer.ID, answer.Pairs...))
	if rep.Practice {
		a.print("  " + a.t("practice.mark"))
	}
	a.field("field.subject", text.Escape(distinguishedName(cert.RawSubject)))
	a.field("field.valid", a.t("field.valid.value", "From", a.date(cert.NotBefore), "Until", a.date(cert.NotAfter)))
	if n := rep.Anchor; n != nil {
		a.field("validity.anchor", a.t("verify.anchor."+string(n.Kind), "Name", text.Escape(n.Name)))
	}
	if hint := answer.ID + ".hint"; a.out.Has(hint) {
		a.print(a.t(hint, answer.Pairs...))
	}
	over := answer.Code == outcome.CodeExpired || answer.Code == outcome.CodeRevoked
	if rep.Practice && over {
		a.print(a.t("validity.practice"))
	}
	if rep.Practice && len(o.crl) > 0 && rep.Revocation.State == verify.Unknown {
		a.print(a.t("validity.practice.crl"))
	}
	if o.ocsp == verify.OCSPAuto && len(cert.OCSPServer) == 0 {
		a.print(a.t("validity.no-address"))
	}
	if age := a.env.Now().Sub(cert.NotBefore); !over && age >= 0 && age < newForHours {
		a.print(a.t("validity.new"))
	}
	if id == card.AuthCert {
		a.print(a.t("validity.ends.auth"))
	} else {
		a.print(a.t("validity.ends.sign"))
	}
}
