package path

import (
	"crypto/x509"
	"fmt"
)

// A Kind says which rule a path breaks.
type Kind int

const (
	// NoPath means that no chain of verified signatures leads to an anchor: an
	// issuer is missing, or the anchor is not trusted.
	NoPath Kind = iota + 1
	// Expired and NotYetValid mean that the validity of a certificate does not
	// include the reference time.
	Expired
	NotYetValid
	// TooComplex means that the search ended early: too many certificates,
	// signatures, names or constraints.
	TooComplex
	// Cancelled means that the context ended.
	Cancelled
	// Refused means that Request.Accept returned an error. Unwrap returns it.
	Refused
	// Ambiguous means that several certificates that may be the signer's have a
	// valid path. Chain holds one of these.
	Ambiguous

	// BadSignature means that there is an issuer with the right name and key
	// identifier, but its key does not verify the signature. Other certificates
	// may help (see [Failure.Indeterminate]), unless the leaf is certain and
	// this issuer is an anchor or signed by one.
	BadSignature
	// Malformed means that a part which must be understood cannot be read.
	Malformed
	// UnknownCritical means that a critical extension is not supported.
	UnknownCritical
	// NotCA means that an issuer has no basicConstraints with CA:TRUE, as in
	// version 1.
	NotCA
	// KeyUsage means that the keyUsage of an issuer lacks keyCertSign.
	KeyUsage
	// PathLen means that there are more certificates below a CA than it allows.
	PathLen
	// NameConstraints means that a CA does not permit a name below it, or that
	// a constraint is not supported.
	NameConstraints
	// Policy means that no certificate policy is valid and one is required,
	// or that anyPolicy is mapped.
	Policy
	// WeakAlgorithm means SHA-1 or a weak RSA key, which the request does not
	// allow.
	WeakAlgorithm
	// UnsupportedAlgorithm means a key or signature algorithm that is never
	// accepted.
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

// A Failure says why there is no valid path. It is an error.
type Failure struct {
	Kind Kind
	// Cert is the certificate that breaks the rule. It is in Chain.
	Cert *x509.Certificate
	// Chain is the path that failed, leaf first. It may end before an anchor if
	// Kind is NoPath, BadSignature, Malformed or UnsupportedAlgorithm, and may
	// be only a leaf if Kind is TooComplex, Cancelled or Ambiguous.
	Chain []*x509.Certificate
	// Detail is an explanation in English for developers.
	Detail string
	err    error
	// indeterminate is set if more information could help although this does
	// not follow from Kind.
	indeterminate bool
}

// Indeterminate reports whether more information (another certificate, another
// anchor, proof of time) could lead to a valid path.
func (f *Failure) Indeterminate() bool {
	switch f.Kind {
	case WeakAlgorithm, UnsupportedAlgorithm: // the same key may have another certificate
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
