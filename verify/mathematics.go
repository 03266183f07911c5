package verify

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"slices"

	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/path/name"
)

// evidence is what a SignerInfo shows by itself: its structure and the mathematics, before anyone is trusted.
type evidence struct {
	checks []Check
	cert   *x509.Certificate
	// sha1 and weak say what was only tolerated.
	sha1, weak bool
}

// examine checks structure and mathematics of one signer. The first check is CheckAlgorithms.
func (d *document) examine(s cms.Signer, p Policy) evidence {
	var e evidence
	suite, no := suiteOf(s.Digest, s.Algorithm)
	cert, signature := d.findSigner(s, suite, no == nil)
	e.cert = cert
	if no == nil {
		no = algorithmProtection(s)
	}
	if no == nil && suite.digest == crypto.SHA1 {
		e.sha1 = true
		if !p.AllowSHA1 {
			no = refuse(ReasonSHA1Forbidden)
		}
	}
	if no == nil && cert != nil {
		e.weak, no = suite.keyProblem(publicKey(cert, suite), p.AllowWeak)
	}
	algorithms := passed(CheckAlgorithms, tolerated(e.sha1, e.weak))
	if no != nil {
		algorithms = failed(CheckAlgorithms, no)
	}
	e.checks = []Check{
		algorithms,
		d.checkAttributes(s),
		d.checkContentType(s),
		d.checkMessageDigest(s),
		signature,
		checkSigningCertificate(s, cert),
	}
	return e
}

// tolerated is the remark for what was let through only because the policy allows it.
func tolerated(sha1, weak bool) string {
	switch {
	case sha1 && weak:
		return RemarkSHA1AndWeak
	case sha1:
		return RemarkSHA1
	case weak:
		return RemarkWeak
	}
	return ""
}

// maxCandidates bounds how many keys are tried for one signer.
const maxCandidates = 16

// named returns the certificates that the signer identifier names (RFC 5652 5.3), each once.
func (d *document) named(s cms.Signer) []*x509.Certificate {
	var found []*x509.Certificate
next:
	for _, c := range d.certificates {
		switch {
		case s.Serial != nil && (s.Serial.Cmp(c.SerialNumber) != 0 || !sameName(s.RawIssuer, c.RawIssuer)):
			continue
		case s.Serial == nil && (len(c.SubjectKeyId) == 0 || !bytes.Equal(s.SubjectKeyID, c.SubjectKeyId)):
			continue
		}
		for _, have := range found {
			if bytes.Equal(have.Raw, c.Raw) {
				continue next
			}
		}
		if found = append(found, c); len(found) == maxCandidates {
			break
		}
	}
	return found
}

// sameName compares names as RFC 5280 7.1 says. A name that cannot be read equals only the same bytes.
func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, err := name.ParseDN(a)
	if err != nil {
		return false
	}
	y, err := name.ParseDN(b)
	return err == nil && slices.Equal(x, y)
}

// findSigner returns the certificate that the identifier names and whose key verifies the signature; of several, the one that
// the signing-certificate attribute names. Without such a key it returns the first that is named, to be shown. known says that
// the suite is one that this package understands.
func (d *document) findSigner(s cms.Signer, suite suite, known bool) (*x509.Certificate, Check) {
	candidates := d.named(s)
	if len(candidates) == 0 {
		return nil, unclear(CheckSignature, ReasonNoCertificate, Indeterminate)
	}
	if !known {
		return candidates[0], notDone(CheckSignature, ReasonSignatureUnknown)
	}
	digest := d.digests[suite.digest]
	if s.Signed != nil {
		digest = hashOf(suite.digest, s.Signed.DER)
	} else if d.digests == nil {
		return candidates[0], unclear(CheckSignature, ReasonNoContent, Indeterminate)
	}
	var verified *x509.Certificate
	for _, c := range candidates {
		if !suite.verify(publicKey(c, suite), digest, s.Signature) {
			continue
		}
		if checkSigningCertificate(s, c).Result != Failed {
			return c, passed(CheckSignature, "")
		}
		if verified == nil {
			verified = c
		}
	}
	if verified != nil { // the key is right, the certificate is another: CheckSigningCertificate says so
		return verified, passed(CheckSignature, "")
	}
	why := refuse(ReasonSignatureWrong)
	if s.Signed != nil && !s.Signed.Sorted() {
		asSent := hashOf(suite.digest, s.Signed.AsSent)
		for _, c := range candidates {
			if suite.verify(publicKey(c, suite), asSent, s.Signature) {
				why = refuse(ReasonSignedUnsorted)
			}
		}
	}
	return candidates[0], failed(CheckSignature, why)
}

func hashOf(h crypto.Hash, b []byte) []byte {
	d := h.New()
	d.Write(b)
	return d.Sum(nil)
}
