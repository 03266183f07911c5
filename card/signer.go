package card

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"

	"natsuin/card/apdu"
)

// A WeakKeyError is an RSA key under 2048 bits, which nothing should accept today.
type WeakKeyError struct{ Bits int }

// Error implements error.
func (e *WeakKeyError) Error() string { return fmt.Sprintf("card: RSA key of %d bits", e.Bits) }

// An UnsupportedError is a key or a hash that the card's profiles do not know.
type UnsupportedError struct{ What string }

// Error implements error.
func (e *UnsupportedError) Error() string { return "card: unsupported " + e.What }

// ErrBadSignature is an answer that is no signature by its form.
var ErrBadSignature = errors.New("card: answer is no signature")

// digestInfo holds the DER of DigestInfo before the digest (RFC 8017 §9.2, note 1).
var digestInfo = map[crypto.Hash][]byte{
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// SignerOptions say what a key may be. The zero value takes today's keys only.
type SignerOptions struct {
	AllowWeak bool // RSA under 2048 bits
}

// Signer selects the key of an end-entity certificate and returns it. Its secret must
// have been verified; Signer verifies nothing. Each Sign is one exchange, as long as
// nothing else is done with the Card in between.
//
// An RSA key signs SHA-256, SHA-384 and SHA-512 by PKCS #1 v1.5; a P-384 key signs
// SHA-384 (CARD.md §2 and §9). Errors: *WeakKeyError, *UnsupportedError,
// *NoCertificateError for a CA, whose key is not on the card.
func (c *Card) Signer(id CertID, cert *x509.Certificate, o SignerOptions) (crypto.Signer, error) {
	if id == id.CA() {
		return nil, &NoCertificateError{id}
	}
	s := &signer{card: c, file: credentials[id.Credential()].keyFile, public: cert.PublicKey}
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < 2048 && !o.AllowWeak {
			return nil, &WeakKeyError{key.N.BitLen()}
		}
		if key.Size() > 256 {
			return nil, &UnsupportedError{"RSA key over 2048 bits"}
		}
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P384() {
			return nil, &UnsupportedError{"curve " + key.Params().Name}
		}
	default:
		return nil, &UnsupportedError{"key " + cert.PublicKeyAlgorithm.String()}
	}
	if err := c.choose(s.file); err != nil {
		return nil, err
	}
	return s, nil
}

// HashFor returns the hash that a key signs by its profile: SHA-384 for P-384, and 0
// for a key that leaves the choice.
func HashFor(public crypto.PublicKey) crypto.Hash {
	if key, ok := public.(*ecdsa.PublicKey); ok && key.Curve == elliptic.P384() {
		return crypto.SHA384
	}
	return 0
}

type signer struct {
	card   *Card
	file   fileID
	public crypto.PublicKey
}

func (s *signer) Public() crypto.PublicKey { return s.public }

// Sign implements crypto.Signer. The source of randomness is the card's own.
func (s *signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if _, pss := opts.(*rsa.PSSOptions); pss {
		return nil, &UnsupportedError{"RSA-PSS"}
	}
	h := opts.HashFunc()
	prefix, ok := digestInfo[h]
	if !ok || len(digest) != h.Size() {
		return nil, &UnsupportedError{"hash " + h.String()}
	}
	input := digest
	if _, isRSA := s.public.(*rsa.PublicKey); isRSA {
		input = append(append(make([]byte, 0, len(prefix)+len(digest)), prefix...), digest...)
	} else if HashFor(s.public) != h {
		return nil, &UnsupportedError{"hash " + h.String() + " for this key"}
	}
	if err := s.card.choose(s.file); err != nil {
		return nil, err
	}
	value, err := s.card.exchange(computeSignature(input))
	if statusOf(err) == apdu.SecurityState {
		return nil, ErrNotVerified
	}
	if err != nil {
		return nil, err
	}
	return s.encode(value)
}

// encode brings the card's answer into the form that crypto.Signer returns.
func (s *signer) encode(value []byte) ([]byte, error) {
	switch key := s.public.(type) {
	case *rsa.PublicKey:
		if len(value) != key.Size() {
			return nil, ErrBadSignature
		}
		return value, nil
	case *ecdsa.PublicKey:
		size := (key.Params().BitSize + 7) / 8
		if len(value) != 2*size { // already ECDSA-Sig-Value: no such value is as long
			return value, nil
		}
		r, v := new(big.Int).SetBytes(value[:size]), new(big.Int).SetBytes(value[size:])
		return asn1.Marshal(struct{ R, S *big.Int }{r, v})
	}
	return nil, ErrBadSignature
}
