// Package sigalg determines which keys and signature algorithms are allowed for
// certificates, CRLs and OCSP responses, and verifies their signatures.
//
// It does not verify the signature of a document, for which digests and
// parameters must also be compared across the message. [VerifyPSS] is a part of
// that.
//
// The standards are RFC 5280 §4.1.1.2, RFC 4055 and RFC 8017 (RSA), and RFC
// 5758 (ECDSA).
package sigalg

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"sync"
)

// The errors of Key, Algorithm and Verify.
var (
	// ErrWeak means that only a switch of [Policy] allows an algorithm or key.
	ErrWeak = errors.New("sigalg: weak algorithm")
	// ErrUnsupported means that an algorithm or key is never allowed.
	ErrUnsupported = errors.New("sigalg: unsupported algorithm")
	// ErrSignature means that a signature is not valid.
	ErrSignature = errors.New("sigalg: signature does not verify")
)

// A Policy determines what is allowed in addition to RSA from 2048 bits, P-256,
// P-384, P-521, and SHA-256, SHA-384, SHA-512. The zero value allows nothing
// else.
type Policy struct {
	AllowSHA1 bool // SHA-1
	AllowWeak bool // RSA from 1024 bits, and exponents less than 65537
}

const (
	minRSABits  = 2048
	weakRSABits = 1024
	maxRSABits  = 16384 // larger keys take too long to verify
	maxCABits   = 8192  // for certificates, CRLs and OCSP responses
	minExponent = 65537
	maxExponent = 1<<31 - 1 // the limit of crypto/rsa
)

// Computable reports whether a verification with the key is possible in limited
// time. It does not report whether the key is allowed.
func Computable(public any) bool {
	switch k := public.(type) {
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		return bits >= weakRSABits && bits <= maxRSABits && k.N.Bit(0) == 1 &&
			k.E >= 3 && k.E <= maxExponent && k.E%2 == 1
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P224(), elliptic.P256(), elliptic.P384(), elliptic.P521():
			return true
		}
	}
	return false
}

// Key returns nil if the public key is allowed, and otherwise [ErrWeak] or
// [ErrUnsupported].
func (p Policy) Key(public any) error {
	if k, ok := public.(*ecdsa.PublicKey); !Computable(public) || ok && k.Curve == elliptic.P224() {
		return ErrUnsupported
	}
	if k, ok := public.(*rsa.PublicKey); ok && (k.N.BitLen() < minRSABits || k.E < minExponent) && !p.AllowWeak {
		return ErrWeak
	}
	return nil
}

// Algorithm returns nil if the signature algorithm is allowed, and otherwise
// [ErrWeak] or [ErrUnsupported].
func (p Policy) Algorithm(a x509.SignatureAlgorithm) error {
	switch a {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
		x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
		x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		return nil
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		if p.AllowSHA1 {
			return nil
		}
		return ErrWeak
	}
	return ErrUnsupported
}

// Verify verifies a signature over signed with the key of signer. The error is
// [ErrSignature], or [ErrUnsupported] for an algorithm that no Policy allows, a
// key that is not [Computable], and an RSA key of more than 8192 bits. Verify
// does not check whether the key and the algorithm are allowed (see [Policy]).
func Verify(signer *x509.Certificate, a x509.SignatureAlgorithm, signed, signature []byte) error {
	if err := verifiable(signer.PublicKey, a); err != nil {
		return err
	}
	if signer.CheckSignature(a, signed, signature) != nil {
		return ErrSignature
	}
	return nil
}

// verifiable returns nil if [Verify] can compute such a signature.
func verifiable(public any, a x509.SignatureAlgorithm) error {
	if k, ok := public.(*rsa.PublicKey); !Computable(public) || ok && k.N.BitLen() > maxCABits {
		return ErrUnsupported
	}
	return (Policy{AllowSHA1: true}).Algorithm(a)
}

// Parse parses an AlgorithmIdentifier (DER, including tag and length). It
// returns x509.UnknownSignatureAlgorithm for everything that no Policy allows,
// including PSS with different hashes or with a salt that is not as long as the
// hash.
func Parse(identifier []byte) x509.SignatureAlgorithm {
	for _, row := range identifiers() {
		if bytes.Equal(row.der, identifier) {
			return row.algorithm
		}
	}
	return x509.UnknownSignatureAlgorithm
}

// identifiers is computed on first use, because most commands verify no
// certificate.
var identifiers = sync.OnceValue(table)

type identifier struct {
	der       []byte
	algorithm x509.SignatureAlgorithm
}

type algorithmIdentifier struct {
	OID        asn1.ObjectIdentifier
	Parameters asn1.RawValue `asn1:"optional"`
}

type pssParameters struct {
	Hash    algorithmIdentifier `asn1:"explicit,tag:0"`
	MGF     algorithmIdentifier `asn1:"explicit,tag:1"`
	Salt    int                 `asn1:"explicit,tag:2"`
	Trailer int                 `asn1:"explicit,tag:3,optional"`
}

// table returns every accepted encoding, as whole DER values.
func table() []identifier {
	null := asn1.NullRawValue
	var rows []identifier
	add := func(a x509.SignatureAlgorithm, oid asn1.ObjectIdentifier, parameters asn1.RawValue) {
		rows = append(rows, identifier{encode(algorithmIdentifier{oid, parameters}), a})
	}
	pkcs1 := func(last int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, last} }
	ec := func(last ...int) asn1.ObjectIdentifier {
		return append(asn1.ObjectIdentifier{1, 2, 840, 10045, 4}, last...)
	}
	for last, a := range map[int]x509.SignatureAlgorithm{5: x509.SHA1WithRSA, 11: x509.SHA256WithRSA,
		12: x509.SHA384WithRSA, 13: x509.SHA512WithRSA} {
		add(a, pkcs1(last), null)
		add(a, pkcs1(last), asn1.RawValue{}) // RFC 4055 §5: absent parameters are accepted too
	}
	add(x509.ECDSAWithSHA1, ec(1), asn1.RawValue{})
	add(x509.ECDSAWithSHA256, ec(3, 2), asn1.RawValue{})
	add(x509.ECDSAWithSHA384, ec(3, 3), asn1.RawValue{})
	add(x509.ECDSAWithSHA512, ec(3, 4), asn1.RawValue{})
	for _, h := range []struct {
		last, size int
		algorithm  x509.SignatureAlgorithm
	}{{1, 32, x509.SHA256WithRSAPSS}, {2, 48, x509.SHA384WithRSAPSS}, {3, 64, x509.SHA512WithRSAPSS}} {
		oid := asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, h.last}
		for _, parameters := range []asn1.RawValue{null, {}} {
			for _, trailer := range []int{0, 1} { // trailerField absent, or explicit
				hash := algorithmIdentifier{oid, parameters}
				pss := pssParameters{
					Hash:    hash,
					MGF:     algorithmIdentifier{pkcs1(8), asn1.RawValue{FullBytes: encode(hash)}},
					Salt:    h.size,
					Trailer: trailer,
				}
				add(h.algorithm, pkcs1(10), asn1.RawValue{FullBytes: encode(pss)})
			}
		}
	}
	return rows
}

func encode(v any) []byte {
	der, err := asn1.Marshal(v)
	if err != nil {
		panic(err) // cannot fail, since the table above is constant
	}
	return der
}
