package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"

	"natsuin/verify/internal/certificate"
	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/path"
	"natsuin/verify/internal/sigalg"
)

// verify reports whether signature is a valid signature of the digest by the
// key. keyProblem decides whether the key is allowed. RSA keys with fewer than
// 1024 bits, and keys that take too long, verify nothing.
func (s suite) verify(key any, digest, signature []byte) bool {
	if len(digest) != s.digest.Size() || !sigalg.Computable(key) || !s.fits(key, signature) {
		return false
	}
	switch k := key.(type) {
	case *rsa.PublicKey:
		if s.scheme == pss {
			return sigalg.VerifyPSS(k, s.digest, s.mask, s.salt, digest, signature)
		}
		// VerifyPKCS1v15 compares the whole encoded block, with a NULL in the
		// DigestInfo.
		return rsa.VerifyPKCS1v15(k, s.digest, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest, signature)
	}
	return false
}

// fits reports whether a signature value has a possible length for the key. The
// key must be computable.
func (s suite) fits(key any, signature []byte) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return (s.scheme == pkcs1 || s.scheme == pss) && len(signature) == k.Size()
	default:
		return s.scheme == ecdsaScheme && len(signature) <= 150 // P-521: two INTEGERs of 66 octets
	}
}

// publicKey returns the key of a certificate. If the certificate restricts it
// to RSASSA-PSS, publicKey returns nil unless the suite is RSASSA-PSS and, if
// the restriction has parameters, uses their hashes and a salt that is at least
// as long (RFC 4055 §3.3).
func publicKey(cert *x509.Certificate, s suite) any {
	key, restriction, restricted := sigalg.PublicKey(cert)
	if !restricted {
		return key
	}
	if s.scheme != pss {
		return nil
	}
	if len(restriction) > 0 {
		hash, mask, salt, no := pssParameters(restriction)
		if no != nil || hash != s.digest || mask != s.mask || s.salt < salt {
			return nil
		}
	}
	return key
}

// named returns the certificates that the signer identifier names (RFC 5652
// §5.3), without duplicates.
func (d *document) named(s cms.Signer) []*x509.Certificate {
	named := func(c *x509.Certificate) bool {
		return len(c.SubjectKeyId) > 0 && bytes.Equal(s.SubjectKeyID, c.SubjectKeyId)
	}
	if s.Serial != nil {
		issued := d.budget.IssuedBy(s.RawIssuer)
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

// findSigner returns the certificates that the identifier names and whose key
// verifies the signature. If the signing-certificate attribute names one of
// them, it returns only that one. If no key verifies the signature, it returns
// one of the certificates that the identifier names, for display, or none if
// some were not tried. known reports whether suiteOf returned no problem.
func (d *document) findSigner(s cms.Signer, suite suite, known bool) ([]*x509.Certificate, Check) {
	candidates := d.named(s)
	switch {
	case len(candidates) == 0 && d.illegible > 0: // the signer's may be one of the unreadable ones
		return nil, unclear(CheckSignature, ReasonCertificateUnreadable, Indeterminate)
	case len(candidates) == 0:
		return nil, unclear(CheckSignature, ReasonNoCertificate, Indeterminate)
	}
	shown := candidates[:1]
	if !known {
		return shown, unclear(CheckSignature, ReasonSignatureUnknown, Indeterminate)
	}
	digest := d.digests[suite.digest]
	if s.Signed != nil {
		digest = hashOf(suite.digest, s.Signed.DER)
	} else if d.digests == nil {
		return shown, unclear(CheckSignature, ReasonNoContent, Indeterminate)
	}
	candidates, computable := d.computable(candidates, suite)
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
	if err != nil { // a certificate that was not tried may be the signer's
		return nil, unclear(CheckSignature, ReasonTooManySignatures, Indeterminate)
	}
	if !computable {
		return shown, d.uncomputed(shown[0])
	}
	return d.wrong(s, candidates)
}

// uncomputed returns the check for a signature that no key verifies, if not
// every key of a candidate could be tried.
func (d *document) uncomputed(shown *x509.Certificate) Check {
	if !certificate.Unreadable(shown) {
		return unclear(CheckSignature, ReasonSignatureUnknown, Indeterminate)
	}
	check := unclear(CheckSignature, ReasonCertificateUnreadable, Indeterminate)
	var unreadable *certificate.UnreadableError
	if _, err := certificate.Parse(shown.Raw); errors.As(err, &unreadable) {
		check.Values = map[string]string{"part": unreadable.Part}
	}
	return check
}

// computable returns the certificates with whose keys a signature can be
// computed, and reports whether these are all.
func (d *document) computable(certs []*x509.Certificate, suite suite) (can []*x509.Certificate, all bool) {
	for _, c := range certs {
		if sigalg.Computable(publicKey(c, suite)) {
			can = append(can, c)
		}
	}
	return can, len(can) == len(certs)
}

// wrong returns the check for a signature that is not valid for the key of any
// candidate, and the certificate to show. Anyone can put a forged copy of a
// certificate into a message, and the signature may be valid for the key of the
// right one. So the failure is not final if the signing-certificate attribute
// or the signature of the CA shows for every candidate that it is not the right
// certificate (ETSI EN 319 102-1 §5.2.3, NO_SIGNING_CERTIFICATE_FOUND).
func (d *document) wrong(s cms.Signer, candidates []*x509.Certificate) ([]*x509.Certificate, Check) {
	shown := candidates[:1]
	var doubt Check
	for _, c := range candidates {
		reference := d.checkReference(s, c)
		switch {
		case reference.Result != Unclear && d.origin(c) != path.Forged:
			return []*x509.Certificate{c}, failed(CheckSignature, refuse(ReasonSignatureWrong))
		case doubt.ID != "":
		case reference.Result == Unclear:
			doubt = unclear(CheckSignature, reference.Detail, Indeterminate)
			doubt.Values = reference.Values
		default:
			doubt = unclear(CheckSignature, ReasonChainSignature, Indeterminate)
		}
	}
	return shown, doubt
}

// origin returns the [path.Origin] of a certificate, or path.Unproven if originOf
// is nil.
func (d *document) origin(c *x509.Certificate) path.Origin {
	if d.originOf == nil {
		return path.Unproven
	}
	return d.originOf(c)
}

// referred returns the certificate that the signing-certificate attribute
// names, or all certificates if there is no such attribute. If the attribute
// names another certificate, referred returns the first one: its key is right
// but the certificate is not, which checkReference reports. ok is false if the
// budget does not suffice.
func (d *document) referred(s cms.Signer, certs []*x509.Certificate) (meant []*x509.Certificate, ok bool) {
	for _, c := range certs {
		if d.budget.Signatures.Spend(nil, len(c.Raw)) != nil { // a digest costs too
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

// verified returns the certificates for whose keys the signature is valid. An
// error means that some were not tried, because the budget is used up or the
// context has ended.
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

// verify reports whether a signature is valid for the key of a certificate. It
// computes this once for each key.
func (d *document) verify(c *x509.Certificate, suite suite, digest, signature []byte) (bool, error) {
	key := publicKey(c, suite)
	if !suite.fits(key, signature) {
		return false, nil
	}
	h := sha256.New()
	for _, part := range [][]byte{{byte(suite.digest), byte(suite.scheme), byte(suite.mask), byte(suite.salt >> 8), byte(suite.salt)},
		c.RawSubjectPublicKeyInfo, digest, signature} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	id := [sha256.Size]byte(h.Sum(nil))
	if ok, known := d.tried[id]; known {
		return ok, nil
	}
	if err := d.budget.Signatures.Spend(key, 0); err != nil {
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
