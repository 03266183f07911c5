package verify

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"natsuin/verify/internal/cms"
	"natsuin/verify/trust"
)

// Dates says where a moment lies in a certificate's validity.
type Dates string

// The three answers about dates.
const (
	DatesGood    Dates = "good"
	DatesExpired Dates = "expired"
	DatesNotYet  Dates = "not-yet"
)

// ErrNilCertificate is returned when there is nothing to judge.
var ErrNilCertificate = errors.New("judge certificate: none given")

// CertificateReport is the judgement of one certificate by itself, for its holder: is it still good?
type CertificateReport struct {
	// Verdict is Valid only if the dates are good, a path leads to an anchor, and revocation was checked and is good
	// at Reference.
	Verdict Verdict
	// Reason is the Detail of the check that decided against Valid; empty when Valid.
	Reason string
	// Dates are the certificate's own at Reference, whatever became of the path.
	Dates     Dates
	Reference time.Time
	// Chain runs from the certificate to the anchor, or is the one that failed; Anchor is nil unless the path is valid.
	Chain  []*x509.Certificate
	Anchor *AnchorInfo
	// Revocation is NotChecked without a valid path: nobody vouches then for who may say so.
	Revocation Revocation
	// Checks are dates, chain, policy and revocation, and practice for a practice path.
	Checks []Check
	// Practice says that a certificate of the path is a practice one.
	Practice bool
}

// Check returns the check of that name, and false if it was not part of the judgement.
func (r *CertificateReport) Check(id CheckID) (Check, bool) { return find(r.Checks, id) }

// Certificate judges one certificate by the rules that hold for a signer's (dates, path, policy, revocation), at p.At or now.
// Nothing was signed here, so that the pinned authentication roots do as well as the signature roots, and a revocation needs
// no proof of time: revoked is revoked. p.Certificates should hold the issuer. The error is for a context that ended and for
// a nil certificate.
func Certificate(ctx context.Context, cert *x509.Certificate, p Policy) (*CertificateReport, error) {
	return certificate(ctx, cert, p, trust.Lookup)
}

func certificate(ctx context.Context, cert *x509.Certificate, p Policy, pinned func(*x509.Certificate) (trust.Root, bool)) (*CertificateReport, error) {
	if cert == nil {
		return nil, ErrNilCertificate
	}
	p.RequireRevocation, p.AllowAuth = true, true
	j := &judgement{ctx: ctx, policy: p, now: p.Now, pinned: pinned, work: p.newWork(ctx), doc: &document{message: &cms.Message{}}}
	if j.now.IsZero() {
		j.now = time.Now()
	}
	j.gather()
	// The moment is given, not a guess at when something was signed.
	s := Signer{Certificate: cert, Reference: j.now, ReferenceFrom: "at", Revocation: Revocation{State: NotChecked}}
	if !p.At.IsZero() {
		s.Reference = p.At
	}
	e := evidence{cert: cert, checks: []Check{passed(CheckAlgorithms, "")}}
	if err := j.vouch(&s, &e); err != nil {
		return nil, err
	}
	r := &CertificateReport{
		Dates: datesAt(cert, s.Reference), Reference: s.Reference, Chain: s.Chain, Anchor: s.Anchor,
		Revocation: s.Revocation, Checks: s.Checks, Practice: s.Practice,
	}
	for i := range r.Checks {
		if r.Checks[i].Detail == RemarkAuthRoot {
			r.Checks[i].Detail = "" // a remark about signatures
		}
	}
	r.Verdict, r.Reason = judge(r.Checks)
	return r, nil
}

func datesAt(c *x509.Certificate, at time.Time) Dates {
	switch outside(c, at) {
	case ReasonExpired:
		return DatesExpired
	case ReasonNotYetValid:
		return DatesNotYet
	}
	return DatesGood
}
