package trust

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"
	"sync"
)

// practicePolicy returns the certificate policy that all practice certificates
// have (docs/cli.md, behaviour 20).
var practicePolicy = sync.OnceValue(func() x509.OID {
	oid, err := x509.ParseOID("2.25.184374126194146455454303695688590931723")
	if err != nil {
		panic(err)
	}
	return oid
})

// ErrPractice means that a certificate is for practice. A practice root has no
// legal effect, and is an anchor only in a run that names it.
var ErrPractice = errors.New("register root: practice certificate")

// A NotRootError says why a certificate cannot be registered as a root.
type NotRootError struct {
	Reason NotRootReason
}

// A NotRootReason is the reason of a [NotRootError].
type NotRootReason uint8

// The reasons. A root must be self-issued, be a CA by its basic constraints,
// have no key usage or one that allows signing certificates, and be signed with
// its own key.
const (
	NotSelfIssued NotRootReason = iota + 1
	NotCA
	NoCertSign
	BadSelfSignature
)

func (r NotRootReason) String() string {
	switch r {
	case NotSelfIssued:
		return "not self-issued"
	case NotCA:
		return "not a CA certificate"
	case NoCertSign:
		return "key usage does not allow signing certificates"
	case BadSelfSignature:
		return "self-signature does not verify"
	default:
		return "unknown reason"
	}
}

func (e *NotRootError) Error() string { return "register root: " + e.Reason.String() }

// IsPractice reports whether the certificate has the practice policy.
func IsPractice(cert *x509.Certificate) bool {
	return slices.ContainsFunc(cert.Policies, practicePolicy().Equal)
}

// Acceptable returns nil if the certificate may be registered, and otherwise
// [ErrPractice] or a *[NotRootError]. The dates of an anchor are ignored
// (docs/verify.md, "Anchors"), so that old signatures can still be judged.
func Acceptable(cert *x509.Certificate) error {
	switch {
	case IsPractice(cert):
		return ErrPractice
	case !bytes.Equal(cert.RawIssuer, cert.RawSubject):
		return &NotRootError{NotSelfIssued}
	case !cert.BasicConstraintsValid || !cert.IsCA:
		return &NotRootError{NotCA}
	case cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageCertSign == 0:
		return &NotRootError{NoCertSign}
	}
	err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature)
	var insecure x509.InsecureAlgorithmError
	if err == nil || errors.As(err, &insecure) || errors.Is(err, x509.ErrUnsupportedAlgorithm) {
		// Old roots are self-signed with SHA-1, which crypto/x509 does not
		// verify. Nothing depends on that signature, because the user has
		// compared the fingerprint.
		return nil
	}
	return &NotRootError{BadSelfSignature}
}
