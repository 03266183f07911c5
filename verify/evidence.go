package verify

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"

	"natsuin/verify/internal/certificate"
	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/path"
	"natsuin/verify/internal/sigalg"
)

// evidence is what a SignerInfo shows by itself: its structure, and whether the
// signature value verifies, before anything is trusted.
type evidence struct {
	algorithms *problem // nil if they are allowed
	attributes, contentType, messageDigest,
	signature, signingCertificate Check
	cert *x509.Certificate
	// others are certificates that may be meant as well as cert: they have the
	// same name, their key is the one that verified the signature, and no
	// attribute distinguishes them. A path from one of them is one from the
	// signer.
	others []*x509.Certificate
	// sha1 and weak report what was only tolerated.
	sha1, weak bool
}

// evidence examines one signer of the document.
func (d *document) evidence(s cms.Signer, p Policy) evidence {
	var e evidence
	suite, why := suiteOf(s.Digest, s.Algorithm)
	var found []*x509.Certificate
	found, e.signature = d.findSigner(s, suite, why == nil)
	if len(found) > 0 {
		found = preferSigning(found, p.AllowAuth)
		e.cert, e.others = found[0], found[1:]
	}
	e.algorithms = why
	if e.algorithms == nil {
		e.algorithms = algorithmProtection(s)
	}
	if no := forbiddenHash(suite.digest); no != nil && (e.algorithms == nil || e.algorithms.reason == ReasonAlgorithmsDisagree) {
		e.algorithms = no
	}
	if e.algorithms == nil {
		e.algorithms = suite.forbiddenMask()
	}
	if e.algorithms == nil && suite.digest == crypto.SHA1 {
		e.sha1 = true
		if !p.AllowSHA1 {
			e.algorithms = refuse(ReasonSHA1Forbidden)
		}
	}
	if e.algorithms == nil && e.cert != nil && !certificate.Unreadable(e.cert) {
		e.weak, e.algorithms = suite.keyProblem(publicKey(e.cert, suite), p.AllowWeak)
	}
	e.attributes = d.checkAttributes(s)
	e.contentType = d.checkContentType(s)
	e.messageDigest = d.checkMessageDigest(s)
	e.signingCertificate = d.checkReference(s, e.cert)
	return e
}

// checks renders the evidence. sha1 and weak report what was only tolerated in
// the path of the signer.
func (e *evidence) checks(sha1, weak bool) []Check {
	algorithms := passed(CheckAlgorithms, tolerated(e.sha1 || sha1, e.weak || weak))
	if e.algorithms != nil {
		algorithms = failed(CheckAlgorithms, e.algorithms)
		switch e.algorithms.reason {
		case ReasonAlgorithmsDisagree, ReasonBadParameters, ReasonAlgorithmProtection:
		case ReasonKeyMismatch: // of a certificate that may not be the one that is meant
			algorithms.Best = min(e.signature.Best, Indeterminate)
		default: // the algorithms are not taken, which says nothing against the signature
			algorithms.Best = Indeterminate
		}
	}
	return []Check{algorithms, e.attributes, e.contentType, e.messageDigest, e.signature, e.signingCertificate}
}

// uncomputed reports whether no key at hand could be computed with: then the
// certificate is shown, and nothing is known about its key.
func (e *evidence) uncomputed() bool {
	return e.signature.Result == Unclear && e.signature.Detail != ReasonNoContent
}

// certain reports whether the signer's own attribute names the certificate by a
// hash that holds, so that no other copy of it can be meant.
func (e *evidence) certain() bool {
	return e.signingCertificate.Result == Passed && e.signingCertificate.Detail == ""
}

// verdict returns the best verdict that the evidence allows.
func (e *evidence) verdict() Verdict {
	verdict, _ := judge(e.checks(false, false))
	return verdict
}

// tolerated returns the remark for algorithms that only the policy allows.
func tolerated(sha1, weak bool) Reason {
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

// preferSigning returns those of the certificates that may sign, or all of them
// if none may.
func preferSigning(certs []*x509.Certificate, auth bool) []*x509.Certificate {
	var may []*x509.Certificate
	for _, c := range certs {
		if checkKeyUsage(c, auth).Best == Valid {
			may = append(may, c)
		}
	}
	if may == nil {
		return certs
	}
	return may
}

// named returns the certificates that the signer identifier names (RFC 5652
// §5.3), each once.
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
// verifies the signature, or the one of them that the signing-certificate
// attribute names. If no key verifies it, it returns the first certificate that
// the identifier names, for display. known reports whether the suite is one
// that this package understands.
func (d *document) findSigner(s cms.Signer, suite suite, known bool) ([]*x509.Certificate, Check) {
	candidates := d.named(s)
	switch {
	case len(candidates) == 0 && d.illegible > 0: // it may be one of those
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
	if err != nil { // it may have been one that was not tried
		return nil, unclear(CheckSignature, ReasonTooManySignatures, Indeterminate)
	}
	if !computable {
		return shown, d.uncomputed(shown[0])
	}
	return d.wrong(s, candidates)
}

// uncomputed returns the check of a signature that nothing at hand can compute.
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

// computable returns the certificates whose keys can be computed with, and
// reports whether all can.
func (d *document) computable(certs []*x509.Certificate, suite suite) (can []*x509.Certificate, all bool) {
	for _, c := range certs {
		if sigalg.Computable(publicKey(c, suite)) {
			can = append(can, c)
		}
	}
	return can, len(can) == len(certs)
}

// wrong returns the finding about a signature that no key of the candidates
// verifies, with the certificate to show. Anyone can put a forged copy of a
// certificate into a message, and the key of the right one may verify the
// signature: so it is final unless each candidate is known not to be the one
// that is meant, by the signing-certificate attribute or by the signature of
// its CA (ETSI EN 319 102-1 §5.2.3, NO_SIGNING_CERTIFICATE_FOUND).
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

// origin returns what the signatures of CAs say about a certificate.
func (d *document) origin(c *x509.Certificate) path.Origin {
	if d.originOf == nil {
		return path.Unproven
	}
	return d.originOf(c)
}

// referred returns the certificate that the signing-certificate attribute
// names; without the attribute, all of them. If it names another, the first is
// returned: the key is right and the certificate is not, which
// checkSigningCertificate reports. ok is false if the budget does not suffice.
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

// verified returns the certificates whose key verifies the signature. An error
// means that some were not tried: the budget is spent, or the context ended.
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

// verify reports whether the key of a certificate verifies a signature, which
// it computes once for each key.
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
