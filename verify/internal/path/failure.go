package path

import (
	"crypto/x509"
	"fmt"
)

// Kind says which rule a path broke.
type Kind int

const (
	// NoPath means that no chain of verified signatures reaches an anchor: an
	// issuer is missing, or the anchor is not trusted.
	NoPath Kind = iota + 1
	// Expired and NotYetValid mean that the validity of a certificate does not
	// include the reference time.
	Expired
	NotYetValid
	// TooComplex means that the search ended early: too many certificates,
	// signatures or constraints.
	TooComplex
	// Cancelled means that the context ended.
	Cancelled
	// Refused means that Request.Accept refused; Unwrap returns its error.
	Refused
	// Ambiguous means that several certificates that may be meant have a valid
	// path. Chain then holds one of them.
	Ambiguous

	// BadSignature means that there is an issuer of the right name and key
	// identifier, but the signature of the certificate does not verify. Other
	// certificates may help (see [Failure.Indeterminate]) unless an anchor
	// should have signed the leaf.
	BadSignature
	// Malformed means that an extension that must be understood cannot be.
	Malformed
	// UnknownCritical means a critical extension that is not processed here.
	UnknownCritical
	// NotCA means an issuer without basicConstraints CA:TRUE, version 1
	// included.
	NotCA
	// KeyUsage means an issuer whose keyUsage lacks keyCertSign.
	KeyUsage
	// PathLen means more certificates beneath a CA than it allows.
	PathLen
	// NameConstraints means a name outside what a CA above permits, or a
	// constraint that cannot be processed.
	NameConstraints
	// Policy means that no certificate policy is valid and one is required,
	// or that anyPolicy is mapped.
	Policy
	// WeakAlgorithm means SHA-1 or a weak RSA key without the switch that
	// allows it.
	WeakAlgorithm
	// UnsupportedAlgorithm means a key or signature that is never accepted.
	UnsupportedAlgorithm
)

var kindNames = map[Kind]string{
	NoPath: "no path to a trust anchor", Expired: "certificate expired", NotYetValid: "certificate not yet valid",
	TooComplex: "path search given up", Cancelled: "cancelled", Refused: "path refused", Ambiguous: "several certificates may be meant",
	BadSignature: "certificate signature wrong", Malformed: "certificate malformed",
	UnknownCritical: "unknown critical extension", NotCA: "issuer is not a CA",
	KeyUsage: "issuer may not sign certificates", PathLen: "path too long for a CA",
	NameConstraints: "name outside constraints", Policy: "no valid certificate policy",
	WeakAlgorithm: "weak algorithm", UnsupportedAlgorithm: "unsupported algorithm",
}

// String returns a short description in English.
func (k Kind) String() string {
	if n, ok := kindNames[k]; ok {
		return n
	}
	return fmt.Sprintf("kind(%d)", int(k))
}

// Failure says why there is no valid path. It is an error.
type Failure struct {
	Kind Kind
	// Cert is the certificate concerned, one of Chain.
	Cert *x509.Certificate
	// Chain is the path that failed, leaf first. It ends at an anchor unless
	// Kind is NoPath, BadSignature, NotCA or KeyUsage, where the failure may
	// have ended the search.
	Chain []*x509.Certificate
	// Detail is an explanation in English for developers.
	Detail string
	err    error
	// indeterminate is set if more information could help although Kind does
	// not say so.
	indeterminate bool
}

// Indeterminate reports whether more information (another certificate, another
// anchor, a proof of time) could turn the failure into a valid path.
func (f *Failure) Indeterminate() bool {
	switch f.Kind {
	case WeakAlgorithm, UnsupportedAlgorithm: // the same key may be certified with others
		return true
	}
	return f.indeterminate || f.Kind < BadSignature
}

// Error returns the kind and the detail.
func (f *Failure) Error() string {
	s := "path: " + f.Kind.String()
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	return s
}

// Unwrap returns the error of Request.Accept or of the context, or nil.
func (f *Failure) Unwrap() error { return f.err }
