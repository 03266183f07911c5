package verify

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"
	"time"

	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/path"
)

// findings holds what is known about one signer, before checks are made from
// it.
type findings struct {
	evidence  evidence
	stamp     *TimestampInfo // nil if there is none
	reference reference
	// path is nil if no path was looked for, because the signature is not known
	// to be valid. No responder was then asked.
	path *pathFindings
}

// reference is the time for which certificates are judged.
type reference struct {
	time time.Time
	// earliest is the time of the time stamp without its accuracy. Without a
	// time stamp, it is time.
	earliest time.Time
	from     ReferenceSource
}

// examine collects the findings about one signer. The error is that of the
// context.
func (j *judgement) examine(s cms.Signer) (*findings, error) {
	f := &findings{evidence: j.doc.evidence(s, j.policy), reference: j.reference(nil)}
	if err := j.ctx.Err(); err != nil {
		return nil, err
	}
	if f.evidence.verdict() == Invalid || f.evidence.cert == nil || f.evidence.uncomputed() {
		return f, nil
	}
	var err error
	if f.stamp, err = j.timestamps(s); err != nil {
		return nil, err
	}
	f.reference = j.reference(f.stamp)
	f.path, err = j.findPath(f.evidence, f.reference.time)
	return f, err
}

// reference returns the reference time: that of a verified time stamp, or else
// Policy.At, or else now.
func (j *judgement) reference(stamp *TimestampInfo) reference {
	switch {
	case stamp != nil && stamp.Verified:
		return reference{j.latest(stamp), stamp.Time, FromTimestamp}
	case !j.policy.At.IsZero():
		return reference{j.policy.At, j.policy.At, FromAt}
	}
	return reference{j.now, j.now, FromNow}
}

// render makes the signer's part of the report from the findings. limit is the
// best verdict that the checks of the message allow, and why is its reason. No
// signer gets a better verdict.
func (j *judgement) render(s cms.Signer, f *findings, limit Verdict, why Reason) Signer {
	e := f.evidence
	out := Signer{
		Certificate: e.cert, RawIssuer: s.RawIssuer, Serial: s.Serial, SubjectKeyID: s.SubjectKeyID,
		DigestAlg: digestName(s.Digest), SignatureAlg: signatureName(s.Algorithm, keyOf(e.cert)),
		SigningTime: signingTime(s), Timestamp: f.stamp,
		Reference: f.reference.time, ReferenceFrom: f.reference.from,
		Revocation: Revocation{State: NotChecked},
	}
	if f.path == nil {
		out.Checks = e.checks(false, false)
		for _, id := range []CheckID{CheckKeyUsage, CheckTimestamp, CheckDates, CheckChain, CheckPolicy, CheckRevocation} {
			out.Checks = append(out.Checks, notDone(id, ReasonSignatureUnknown))
		}
	} else {
		p := f.path
		out.Chain, out.Certificate = p.chain, p.chain[0] // the path has determined the certificate
		usage := j.checkUsage(p)
		if p.ambiguous() { // naming one of several certificates would be a guess
			out.Chain, out.Certificate = nil, nil
		}
		out.Anchor, out.Practice = p.anchorInfo(), p.practice
		remark := Reason("")
		if p.authRoot {
			remark = RemarkAuthRoot
		}
		var revocation Check
		out.Revocation, revocation = j.checkRevocation(p, f.reference)
		out.Checks = slices.Concat(
			e.checks(p.sha1, p.weak),
			[]Check{usage, checkTimestamp(f.stamp)},
			j.checkPath(p, f.reference, remark),
			[]Check{revocation})
	}
	out.Practice = out.Practice || f.stamp != nil && f.stamp.Practice
	j.remarkTime(&out)
	out.Verdict, out.Reason = judge(out.Checks)
	if limit < out.Verdict {
		out.Verdict, out.Reason = limit, why
	}
	return out
}

// remarkTime adds a remark if the signing time that the signer claims is more
// than an hour in the future, or before the validity of the certificate.
func (j *judgement) remarkTime(s *Signer) {
	var remark Reason
	switch {
	case s.SigningTime == nil:
	case s.SigningTime.After(j.now.Add(clockSkew)):
		remark = RemarkTimeFuture
	case s.Certificate != nil && s.SigningTime.Before(s.Certificate.NotBefore):
		remark = RemarkTimeEarly
	}
	for i, c := range s.Checks {
		if c.ID == CheckAttributes && c.Result == Passed {
			s.Checks[i] = c.with(remark)
		}
	}
}

func keyOf(c *x509.Certificate) any {
	if c == nil {
		return nil
	}
	return c.PublicKey
}

var (
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidExtendedKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
	// signingUsages holds extended key usages for signing documents, in
	// addition to those that crypto/x509 names: id-kp-documentSigning (RFC
	// 9336), Microsoft's and Adobe's.
	signingUsages = []asn1.ObjectIdentifier{
		{1, 3, 6, 1, 5, 5, 7, 3, 36}, {1, 3, 6, 1, 4, 1, 311, 10, 3, 12}, {1, 2, 840, 113583, 1, 1, 5},
	}
)

// extension reports whether a certificate has an extension, and whether it is
// critical.
func extension(c *x509.Certificate, id asn1.ObjectIdentifier) (critical, present bool) {
	for _, e := range c.Extensions {
		if e.Id.Equal(id) {
			return e.Critical, true
		}
	}
	return false, false
}

// checkUsage is checkKeyUsage for the first certificate of a path, the
// signer's. A failure is final only if a CA at hand has signed the certificate,
// because anyone can enclose a forged copy. Under an authentication root, an
// extended key usage for client authentication passes here, because the check
// of the chain reports it.
func (j *judgement) checkUsage(p *pathFindings) Check {
	c := p.chain[0]
	check := checkKeyUsage(c, j.policy.AllowAuth || p.failure != nil && errors.Is(p.failure, errAuthRoot))
	if check.Best == Invalid && j.origin(c) != path.Authentic {
		check.Best = Indeterminate
	}
	return check
}

// checkKeyUsage checks that a certificate may be used for signing (RFC 5280
// §4.2.1.3, §4.2.1.12). auth also allows certificates for client
// authentication.
func checkKeyUsage(c *x509.Certificate, auth bool) Check {
	if !keyUsageSigns(c) {
		return failed(CheckKeyUsage, refuse(ReasonKeyUsage))
	}
	switch {
	case permitsSigning(c, false):
		return passed(CheckKeyUsage, "")
	case auth && permitsSigning(c, true):
		return passed(CheckKeyUsage, RemarkExtendedKeyUsage)
	}
	check := failed(CheckKeyUsage, refuse(ReasonExtendedKeyUsage))
	check.Best = Indeterminate
	return check
}

// permitsSigning reports whether the extended key usage of a certificate, the
// signer's or a CA's, permits signing documents. If the extension is present,
// critical or not, the certificate may be used for these purposes only (RFC
// 5280 §4.2.1.12). auth also allows client authentication.
func permitsSigning(c *x509.Certificate, auth bool) bool {
	if _, present := extension(c, oidExtendedKeyUsage); !present {
		return true
	}
	return slices.ContainsFunc(c.ExtKeyUsage, func(u x509.ExtKeyUsage) bool {
		return u == x509.ExtKeyUsageAny || u == x509.ExtKeyUsageEmailProtection || auth && u == x509.ExtKeyUsageClientAuth
	}) || slices.ContainsFunc(c.UnknownExtKeyUsage, func(u asn1.ObjectIdentifier) bool {
		return slices.ContainsFunc(signingUsages, u.Equal)
	})
}

// keyUsageSigns reports whether the key usage, if present, includes signing.
func keyUsageSigns(c *x509.Certificate) bool {
	_, present := extension(c, oidKeyUsage)
	return !present || c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0
}

// datesAt compares a time with the validity of a certificate, which is in whole
// seconds and includes both ends (RFC 5280 §4.1.2.5).
func datesAt(c *x509.Certificate, at time.Time) Dates {
	at = at.Truncate(time.Second)
	switch {
	case at.Before(c.NotBefore):
		return DatesNotYet
	case at.After(c.NotAfter):
		return DatesExpired
	}
	return DatesGood
}
