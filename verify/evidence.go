package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"strconv"

	"natsuin/verify/internal/certificate"
	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/sigalg"
)

// evidence holds what a SignerInfo shows before anything is trusted: its
// structure, and whether the signature value is valid.
type evidence struct {
	algorithms *problem // nil if they are allowed
	attributes, contentType, messageDigest,
	signature, signingCertificate Check
	cert *x509.Certificate
	// others holds certificates that may be the signer's instead of cert: the
	// signer identifier names them too, their key also verifies the signature,
	// and no attribute distinguishes them. A path from one of them counts as a
	// path from the signer.
	others []*x509.Certificate
	// sha1 and weak report whether the signature uses SHA-1 or a weak key. They
	// are a remark if algorithms is nil.
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

// checks returns the checks for the evidence. sha1 and weak report whether
// SHA-1 or a weak key was tolerated in the path of the signer.
func (e *evidence) checks(sha1, weak bool) []Check {
	algorithms := passed(CheckAlgorithms, tolerated(e.sha1 || sha1, e.weak || weak))
	if e.algorithms != nil {
		algorithms = failed(CheckAlgorithms, e.algorithms)
		switch e.algorithms.reason {
		case ReasonAlgorithmsDisagree, ReasonBadParameters, ReasonAlgorithmProtection:
		case ReasonKeyMismatch: // the key is that of a certificate that may not be the signer's
			algorithms.Best = min(e.signature.Best, Indeterminate)
		default: // the algorithm is not accepted, which does not make the signature wrong
			algorithms.Best = Indeterminate
		}
	}
	return []Check{algorithms, e.attributes, e.contentType, e.messageDigest, e.signature, e.signingCertificate}
}

// uncomputed reports whether the validity of the signature is unknown for a
// reason other than missing content. The certificate is then only shown, and no
// path is looked for.
func (e *evidence) uncomputed() bool {
	return e.signature.Result == Unclear && e.signature.Detail != ReasonNoContent
}

// certain reports whether the signer's own attribute names the certificate by a
// strong hash, so that no other copy of it can be the signer's.
func (e *evidence) certain() bool {
	return e.signingCertificate.Result == Passed && e.signingCertificate.Detail == ""
}

// verdict returns the best verdict that the evidence allows.
func (e *evidence) verdict() Verdict {
	verdict, _ := judge(e.checks(false, false))
	return verdict
}

// tolerated returns the remark for algorithms that are accepted only because of
// the policy.
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

// keyProblem returns why a key must not be used with this suite, or nil. weak
// reports whether the key is accepted only with AllowWeak.
func (s suite) keyProblem(key any, allowWeak bool) (weak bool, no *problem) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if s.scheme != pkcs1 && s.scheme != pss {
			return false, refuse(ReasonKeyMismatch, "key", "rsa")
		}
		bits := k.N.BitLen()
		weak = weakRSA(k)
		switch {
		case bits < 1024, k.E < 3, weak && !allowWeak:
			return false, refuse(ReasonWeakKey, "bits", strconv.Itoa(bits), "exponent", strconv.Itoa(k.E))
		case !sigalg.Computable(k):
			return false, refuse(ReasonKeyForbidden, "key", "rsa-"+strconv.Itoa(bits))
		}
		return weak, nil
	case *ecdsa.PublicKey:
		if s.scheme != ecdsaScheme {
			return false, refuse(ReasonKeyMismatch, "key", "ecdsa")
		}
		if curveName(k) == "" {
			return false, refuse(ReasonKeyForbidden, "key", k.Curve.Params().Name)
		}
		return false, nil
	}
	return false, refuse(ReasonKeyForbidden)
}

// weakRSA reports whether an RSA key is not accepted without AllowWeak.
func weakRSA(k *rsa.PublicKey) bool { return k.N.BitLen() < 2048 || k.E < 65537 }

func curveName(k *ecdsa.PublicKey) string {
	switch k.Curve {
	case elliptic.P256():
		return "p256"
	case elliptic.P384():
		return "p384"
	case elliptic.P521():
		return "p521"
	}
	return ""
}

// preferSigning returns the certificates that may be used for signing, or all
// of them if none may.
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
