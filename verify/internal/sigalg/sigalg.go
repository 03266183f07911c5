// Package sigalg says which keys and signature algorithms may vouch for a
// certificate, a CRL or an OCSP response, and verifies their signatures.
//
// It is not the verifier of the document's own signature: that one also has to
// compare digests and parameters across the message.
//
// RFC 5280 section 4.1.1.2, RFC 4055 and 8017 (RSA), RFC 5758 (ECDSA).
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

// Errors of Key, Algorithm and Verify.
var (
	// ErrWeak means an algorithm or key that only a switch would admit.
	ErrWeak = errors.New("sigalg: weak algorithm")
	// ErrUnsupported means one that is never admitted.
	ErrUnsupported = errors.New("sigalg: unsupported algorithm")
	// ErrSignature means that the signature does not verify.
	ErrSignature = errors.New("sigalg: signature does not verify")
)

// Policy says what is admitted beyond RSA of 2048 bits, P-256, P-384, P-521 and
// SHA-256, SHA-384, SHA-512. The zero value admits nothing more.
type Policy struct {
	AllowSHA1 bool // SHA-1
	AllowWeak bool // RSA of 1024 bits or more, and exponents under 65537
}

const (
	minRSABits  = 2048
	weakRSABits = 1024
	maxRSABits  = 16384 // beyond, a verification takes longer than it is worth
	maxCABits   = 8192  // of a key that signs certificates, CRLs or OCSP responses
	minExponent = 65537
	maxExponent = 1<<31 - 1 // crypto/rsa takes none above
)

// Computable reports whether a verification with the key takes bounded time, so
// that it may be tried at all. It says nothing about the key's worth.
func Computable(public any) bool {
	switch k := public.(type) {
	case *rsa.PublicKey:
		bits := k.N.BitLen()
		return bits >= weakRSABits && bits <= maxRSABits && k.N.Bit(0) == 1 &&
			k.E >= 3 && k.E <= maxExponent && k.E%2 == 1
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return true
		}
	}
	return false
}

// Key returns nil if the public key may be relied on.
func (p Policy) Key(public any) error {
	if !Computable(public) {
		return ErrUnsupported
	}
	if k, ok := public.(*rsa.PublicKey); ok && (k.N.BitLen() < minRSABits || k.E < minExponent) && !p.AllowWeak {
		return ErrWeak
	}
	return nil
}

// Algorithm returns nil if the signature algorithm may be relied on.
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

// Verify checks a signature by the key of signer over signed. It looks at the
// mathematics only, and at no key that takes long; Key and Algorithm decide what
// the answer is worth.
func Verify(signer *x509.Certificate, a x509.SignatureAlgorithm, signed, signature []byte) error {
	if err := verifiable(signer.PublicKey, a); err != nil {
		return err
	}
	if signer.CheckSignature(a, signed, signature) != nil {
		return ErrSignature
	}
	return nil
}

// verifiable returns nil if Verify can be asked.
func verifiable(public any, a x509.SignatureAlgorithm) error {
	if k, ok := public.(*rsa.PublicKey); !Computable(public) || ok && k.N.BitLen() > maxCABits {
		return ErrUnsupported
	}
	return (Policy{AllowSHA1: true}).Algorithm(a)
}

// Parse reads an AlgorithmIdentifier (DER, tag and length included). It returns
// x509.UnknownSignatureAlgorithm for all that Policy never admits, PSS with
// unequal hashes or an odd salt length included.
func Parse(identifier []byte) x509.SignatureAlgorithm {
	for _, row := range identifiers() {
		if bytes.Equal(row.der, identifier) {
			return row.algorithm
		}
	}
	return x509.UnknownSignatureAlgorithm
}

// identifiers are made when the first certificate is judged: most commands judge none.
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

// table lists every encoding that is read, as whole DER values: an encoding
// that is not here means nothing.
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
		add(a, pkcs1(last), asn1.RawValue{}) // RFC 4055 section 5: absent is accepted as well
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
			for _, trailer := range []int{0, 1} { // absent, or written out
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
		panic(err) // the table above is constant
	}
	return der
}
