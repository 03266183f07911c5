package card

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/card/apdu"
)

// A WeakKeyError means that an RSA key has fewer than 2048 bits.
type WeakKeyError struct{ Bits int }

// Error implements error.
func (e *WeakKeyError) Error() string { return fmt.Sprintf("card: RSA key of %d bits", e.Bits) }

// An UnsupportedError means that this package cannot sign with a key or a hash.
type UnsupportedError struct{ What string }

// Error implements error.
func (e *UnsupportedError) Error() string { return "card: unsupported " + e.What }

// ErrBadSignature means that the card's answer does not have the form of a
// signature.
var ErrBadSignature = errors.New("card: answer is not a signature")

// digestInfo holds the DER that precedes the digest in a DigestInfo (RFC 8017
// §9.2, note 1).
var digestInfo = map[crypto.Hash][]byte{
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// SignerOptions determines which keys are accepted. The zero value refuses weak
// keys.
type SignerOptions struct {
	AllowWeak bool // RSA under 2048 bits
}

// Signer selects the key of an end-entity certificate and returns a signer for
// it. The caller must have verified the secret of the key. Each Sign takes one
// exchange, or two if another file may be selected.
//
// An RSA key of at most 2048 bits signs SHA-256, SHA-384 and SHA-512 digests
// with PKCS #1 v1.5. A P-384 key signs SHA-384 digests and returns an ASN.1
// ECDSA-Sig-Value (docs/card.md §2, §9). The error is a [*WeakKeyError], an
// [*UnsupportedError] (also for the certificate of a CA), [ErrNoCredential] if
// the card has no such key, or that of the exchange.
func (c *Card) Signer(id CertID, cert *x509.Certificate, o SignerOptions) (crypto.Signer, error) {
	if id != SignCert && id != AuthCert {
		return nil, &UnsupportedError{"key of the " + id.String() + " certificate"}
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
	err := c.choose(s.file)
	if c.absent(err) {
		return nil, fmt.Errorf("%w: %w", ErrNoCredential, err)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// HashFor returns SHA-384 for a P-384 key, since the card can sign no other
// hash with it, and 0 for any other key.
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

// Sign implements [crypto.Signer]. It ignores the random source, because the
// card makes the signature.
func (s *signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	input, err := s.input(digest, opts)
	if err != nil {
		return nil, err
	}
	if err := s.card.choose(s.file); err != nil {
		return nil, err
	}
	cmd := computeSignature(input)
	value, err := s.card.exchange(cmd)
	if statusOf(err) == apdu.SecurityState {
		return nil, notVerified(cmd.Op)
	}
	if err != nil {
		return nil, err
	}
	return s.encode(value, digest)
}

// input returns the data to send to the card: a DigestInfo for RSA, the digest
// itself for P-384.
func (s *signer) input(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts == nil {
		return nil, &UnsupportedError{"message without a hash"}
	}
	if _, pss := opts.(*rsa.PSSOptions); pss {
		return nil, &UnsupportedError{"RSA-PSS"}
	}
	h := opts.HashFunc()
	prefix, known := digestInfo[h]
	if !known || HashFor(s.public) != 0 && HashFor(s.public) != h {
		return nil, &UnsupportedError{fmt.Sprintf("hash %v for this key", h)}
	}
	if len(digest) != h.Size() {
		return nil, &UnsupportedError{fmt.Sprintf("digest of %d bytes for %v", len(digest), h)}
	}
	if _, isRSA := s.public.(*rsa.PublicKey); isRSA {
		return slices.Concat(prefix, digest), nil
	}
	return digest, nil
}

// encode converts the card's answer to the form that [crypto.Signer] returns.
func (s *signer) encode(value, digest []byte) ([]byte, error) {
	switch key := s.public.(type) {
	case *rsa.PublicKey:
		if len(value) == key.Size() {
			return value, nil
		}
	case *ecdsa.PublicKey:
		return encodeECDSA(value, digest, key)
	}
	return nil, ErrBadSignature
}

// encodeECDSA returns value as an ECDSA-Sig-Value (RFC 3279 §2.2.3). value is
// either that already, or r and s, each as long as an element of the field: it
// is unknown which of the two the next generation of cards returns
// (docs/card.md §9). The lengths of the two forms differ unless r or s is
// small. If the length is that of r and s, value counts as an ECDSA-Sig-Value
// only if the signature is then valid.
func encodeECDSA(value, digest []byte, key *ecdsa.PublicKey) ([]byte, error) {
	size := (key.Params().BitSize + 7) / 8
	var r, s []byte
	if len(value) == 2*size && !ecdsa.VerifyASN1(key, digest, value) {
		r, s = value[:size], value[size:]
	} else {
		outer, inner := cryptobyte.String(value), cryptobyte.String(nil)
		if !outer.ReadASN1(&inner, asn1.SEQUENCE) || !outer.Empty() ||
			!inner.ReadASN1Integer(&r) || !inner.ReadASN1Integer(&s) || !inner.Empty() {
			return nil, ErrBadSignature
		}
	}
	R, S := new(big.Int).SetBytes(r), new(big.Int).SetBytes(s)
	if R.Sign() == 0 || S.Sign() == 0 || R.BitLen() > 8*size || S.BitLen() > 8*size {
		return nil, ErrBadSignature
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(R)
		b.AddASN1BigInt(S)
	})
	return b.Bytes()
}
