package verify

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"natsuin/verify/internal/cms"
	"natsuin/verify/trust"
)

// Dates says where a time lies in a certificate's validity.
type Dates string

// The three answers about dates.
const (
	DatesGood    Dates = "good"
	DatesExpired Dates = "expired"
	DatesNotYet  Dates = "not-yet"
)

// ErrNilCertificate is returned by [Certificate] for a nil certificate.
var ErrNilCertificate = errors.New("judge certificate: none given")

// CertificateReport is the judgement of one certificate by itself, for its
// holder.
type CertificateReport struct {
	// Verdict is Valid only if the dates are good, a path leads to an anchor,
	// and revocation was checked and is good at Reference.
	Verdict Verdict
	// Reason is the Detail of the check that decided against Valid; empty if
	// Valid.
	Reason Reason
	// Dates are the certificate's own at Reference, even without a valid path.
	Dates     Dates
	Reference time.Time
	// Chain runs from the certificate to the anchor, or is the path that
	// failed. Anchor is nil unless the path is valid.
	Chain  []*x509.Certificate
	Anchor *AnchorInfo
	// Revocation is NotChecked without a valid path, which says who may answer.
	Revocation Revocation
	// Checks are dates, chain, policy and revocation, and practice for a
	// practice path.
	Checks []Check
	// Practice reports whether a certificate of the path is a practice one.
	Practice bool
}

// Check returns the check with that ID, and false if the judgement has none.
func (r *CertificateReport) Check(id CheckID) (Check, bool) { return find(r.Checks, id) }

// Certificate judges one certificate by the rules that apply to a signer's
// (dates, path, policy, revocation), at p.At or now. Nothing was signed here,
// so the pinned authentication roots are anchors too, and a revocation needs no
// proof of time. p.Certificates should hold the issuer. The error is
// [ErrNilCertificate], [ErrFuture] or that of a context that ended.
func Certificate(ctx context.Context, cert *x509.Certificate, p Policy) (*CertificateReport, error) {
	return judgeCertificate(ctx, cert, p, trust.Lookup)
}

// judgeCertificate is Certificate with the lookup of pinned roots as a parameter.
func judgeCertificate(ctx context.Context, cert *x509.Certificate, p Policy, pinned func(*x509.Certificate) (trust.Root, bool)) (*CertificateReport, error) {
	if cert == nil {
		return nil, ErrNilCertificate
	}
	p.RequireRevocation, p.AllowAuth = true, true
	j := newJudgement(ctx, p, pinned)
	if err := p.check(j.now); err != nil {
		return nil, err
	}
	j.doc = &document{message: &cms.Message{}}
	j.gather()
	// The time is given, not a guess at when something was signed.
	ref := reference{j.now, j.now, FromAt}
	if !p.At.IsZero() {
		ref = reference{p.At, p.At, FromAt}
	}
	found, err := j.findPath(evidence{cert: cert, signingCertificate: passed(CheckSigningCertificate, "")}, ref.time)
	if err != nil {
		return nil, err
	}
	revocation, check := j.checkRevocation(found, ref)
	r := &CertificateReport{
		Dates: datesAt(cert, ref.time), Reference: ref.time, Chain: found.chain, Anchor: found.anchorInfo(),
		Revocation: revocation, Practice: found.practice,
		Checks: append(j.checkPath(found, ref, ""), check),
	}
	r.Verdict, r.Reason = judge(r.Checks)
	return r, nil
}
