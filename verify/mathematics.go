package verify

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"

	"natsuin/verify/internal/cms"
)

// evidence is what a SignerInfo shows by itself: its structure and the mathematics, before anyone is trusted.
type evidence struct {
	checks []Check
	cert   *x509.Certificate
	// others are certificates that may be meant as well as cert: they are named alike, their key is the one that verified the
	// signature, and no attribute tells them apart. Whoever vouches for one of them vouches for the signer.
	others []*x509.Certificate
	// sha1 and weak say what was only tolerated.
	sha1, weak bool
}

// examine checks structure and mathematics of one signer. The first check is CheckAlgorithms.
func (d *document) examine(s cms.Signer, p Policy) evidence {
	var e evidence
	suite, no := suiteOf(s.Digest, s.Algorithm)
	found, signature := d.findSigner(s, suite, no == nil)
	var cert *x509.Certificate
	if len(found) > 0 {
		found = preferSigning(found)
		cert, e.others = found[0], found[1:]
	}
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

// preferSigning returns those of the certificates that may sign, or all of them if none may.
func preferSigning(certs []*x509.Certificate) []*x509.Certificate {
	var may []*x509.Certificate
	for _, c := range certs {
		if checkKeyUsage(c).Best == Valid {
			may = append(may, c)
		}
	}
	if may == nil {
		return certs
	}
	return may
}

// named returns the certificates that the signer identifier names (RFC 5652 5.3), each once.
func (d *document) named(s cms.Signer) []*x509.Certificate {
	named := func(c *x509.Certificate) bool {
		return len(c.SubjectKeyId) > 0 && bytes.Equal(s.SubjectKeyID, c.SubjectKeyId)
	}
	if s.Serial != nil {
		issued := d.work.IssuedBy(s.RawIssuer)
		named = func(c *x509.Certificate) bool { return s.Serial.Cmp(c.SerialNumber) == 0 && issued(c) }
	}
	var found []*x509.Certificate
	seen := make(map[string]bool)
	for _, c := range d.certificates {
		if named(c) && !seen[string(c.Raw)] {
			seen[string(c.Raw)] = true
			found = append(found, c)
		}
	}
	return found
}

// findSigner returns the certificates that the identifier names and whose key verifies the signature; of several, the one that
// the signing-certificate attribute names, if it does. Without such a key it returns the first that is named, to be shown. known
// says that the suite is one that this package understands.
func (d *document) findSigner(s cms.Signer, suite suite, known bool) ([]*x509.Certificate, Check) {
	candidates := d.named(s)
	if len(candidates) == 0 {
		return nil, unclear(CheckSignature, ReasonNoCertificate, Indeterminate)
	}
	shown := candidates[:1]
	if !known {
		return shown, notDone(CheckSignature, ReasonSignatureUnknown)
	}
	digest := d.digests[suite.digest]
	if s.Signed != nil {
		digest = hashOf(suite.digest, s.Signed.DER)
	} else if d.digests == nil {
		return shown, unclear(CheckSignature, ReasonNoContent, Indeterminate)
	}
	verified, err := d.verified(candidates, suite, digest, s.Signature)
	if len(verified) > 0 {
		if meant, ok := d.referred(s, verified); ok {
			return meant, passed(CheckSignature, "")
		}
		return nil, unclear(CheckSignature, ReasonTooManySignatures, Indeterminate)
	}
	if err == nil && s.Signed != nil && !s.Signed.Sorted() {
		asSent := hashOf(suite.digest, s.Signed.AsSent)
		if verified, err = d.verified(candidates, suite, asSent, s.Signature); len(verified) > 0 {
			return verified[:1], failed(CheckSignature, refuse(ReasonSignedUnsorted))
		}
	}
	if err != nil { // nobody knows which of them it would have been
		return nil, unclear(CheckSignature, ReasonTooManySignatures, Indeterminate)
	}
	return shown, failed(CheckSignature, refuse(ReasonSignatureWrong))
}

// referred returns the one of the certificates that the signing-certificate attribute names; without the attribute all of them.
// If it names another, the first is returned: the key is right, the certificate is not, and CheckSigningCertificate says so. ok
// is false if too much was spent to tell.
func (d *document) referred(s cms.Signer, certs []*x509.Certificate) (meant []*x509.Certificate, ok bool) {
	for _, c := range certs {
		if d.work.Signatures.Spend(nil, len(c.Raw)) != nil { // the digest of a certificate costs too
			return nil, false
		}
		switch checkSigningCertificate(s, c).Result {
		case NotDone:
			return certs, true
		case Passed:
			return []*x509.Certificate{c}, true
		}
	}
	return certs[:1], true
}

// verified returns the certificates whose key verifies the signature. Each key is tried once. The error says that some were not
// tried, because too much was spent or the context ended.
func (d *document) verified(certs []*x509.Certificate, suite suite, digest, signature []byte) ([]*x509.Certificate, error) {
	var right []*x509.Certificate
	var incomplete error
	for _, c := range certs {
		ok, err := d.verify(c, suite, digest, signature)
		if err != nil {
			incomplete = err
		}
		if ok {
			right = append(right, c)
		}
	}
	return right, incomplete
}

// verify tells whether the key of a certificate verifies a signature, and remembers it.
func (d *document) verify(c *x509.Certificate, suite suite, digest, signature []byte) (bool, error) {
	key := publicKey(c, suite)
	if !suite.fits(key, signature) {
		return false, nil
	}
	h := sha256.New()
	for _, part := range [][]byte{{byte(suite.digest), byte(suite.scheme), byte(suite.salt >> 8), byte(suite.salt)},
		c.RawSubjectPublicKeyInfo, digest, signature} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	id := [sha256.Size]byte(h.Sum(nil))
	if ok, known := d.tried[id]; known {
		return ok, nil
	}
	if err := d.work.Signatures.Spend(key, 0); err != nil {
		return false, err
	}
	if d.tried == nil {
		d.tried = make(map[[sha256.Size]byte]bool)
	}
	d.tried[id] = suite.verify(key, digest, signature)
	return d.tried[id], nil
}

func hashOf(h crypto.Hash, b []byte) []byte {
	d := h.New()
	d.Write(b)
	return d.Sum(nil)
}
