package verify

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"natsuin/verify/internal/cms"
)

// signer judges one SignerInfo.
func (j *judgement) signer(s cms.Signer) (Signer, error) {
	e := j.doc.examine(s, j.policy)
	if err := j.ctx.Err(); err != nil {
		return Signer{}, err
	}
	out := Signer{
		Certificate: e.cert, RawIssuer: s.RawIssuer, Serial: s.Serial, SubjectKeyID: s.SubjectKeyID,
		DigestAlg: digestName(s.Digest), SignatureAlg: signatureName(s.Algorithm, keyOf(e.cert)),
		SigningTime: signingTime(s), Reference: j.now, ReferenceFrom: "now",
		Revocation: Revocation{State: NotChecked},
	}
	if !j.policy.At.IsZero() {
		out.Reference, out.ReferenceFrom = j.policy.At, "at"
	}
	out.Checks = e.checks
	if verdict, _ := judge(e.checks); verdict == Invalid || e.cert == nil {
		// Nobody is vouched for by a signature that does not hold, and no responder is asked about it.
		for _, id := range []CheckID{CheckKeyUsage, CheckTimestamp, CheckDates, CheckChain, CheckPolicy, CheckRevocation} {
			out.Checks = append(out.Checks, notDone(id, ReasonSignatureUnknown))
		}
		return out, nil
	}
	out.Checks = append(out.Checks, checkKeyUsage(e.cert))
	stamp, check, err := j.timestamps(s)
	if err != nil {
		return out, err
	}
	out.Timestamp = stamp
	out.Checks = append(out.Checks, check)
	if stamp != nil && stamp.Verified {
		out.Reference, out.ReferenceFrom = j.latest(stamp), "timestamp"
	}
	err = j.vouch(&out, &e)
	for i := range out.Checks {
		if out.Checks[i].ID == CheckKeyUsage {
			out.Checks[i] = checkKeyUsage(out.Certificate) // the path decided which one it is
		}
	}
	return out, err
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
	// signingUsages are extended usages under which documents may be signed, besides those that crypto/x509 names: id-kp-document-
	// Signing (RFC 9336), Microsoft's and Adobe's.
	signingUsages = []string{"1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.311.10.3.12", "1.2.840.113583.1.1.5"}
)

// extension returns whether a certificate has an extension, and whether it is critical.
func extension(c *x509.Certificate, id asn1.ObjectIdentifier) (critical, present bool) {
	for _, e := range c.Extensions {
		if e.Id.Equal(id) {
			return e.Critical, true
		}
	}
	return false, false
}

// checkKeyUsage says whether the certificate is for signing (RFC 5280 4.2.1.3, 4.2.1.12).
func checkKeyUsage(c *x509.Certificate) Check {
	if _, present := extension(c, oidKeyUsage); present &&
		c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return failed(CheckKeyUsage, refuse(ReasonKeyUsage))
	}
	critical, present := extension(c, oidExtendedKeyUsage)
	if !present || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny) ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) {
		return passed(CheckKeyUsage, "")
	}
	for _, usage := range c.UnknownExtKeyUsage {
		if slices.Contains(signingUsages, usage.String()) {
			return passed(CheckKeyUsage, "")
		}
	}
	if critical {
		return failed(CheckKeyUsage, refuse(ReasonExtendedKeyUsage))
	}
	return passed(CheckKeyUsage, RemarkExtendedKeyUsage)
}

// outside returns why a certificate is not valid at a time, "" if it is. Validity is in whole seconds, both ends included.
func outside(c *x509.Certificate, at time.Time) string {
	at = at.Truncate(time.Second)
	switch {
	case at.Before(c.NotBefore):
		return ReasonNotYetValid
	case at.After(c.NotAfter):
		return ReasonExpired
	}
	return ""
}
