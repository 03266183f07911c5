package timestamp

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// A request is a TimeStampReq (RFC 3161 §2.4.1), version 1, with a nonce, that
// asks for the certificates of the authority.
type request struct {
	imprint Imprint
	policy  x509.OID // zero if any will do
	nonce   *big.Int
}

// newNonce returns a random positive number of 63 bits.
func newNonce(random io.Reader) (*big.Int, error) {
	octets := make([]byte, 8)
	if _, err := io.ReadFull(random, octets); err != nil {
		return nil, fmt.Errorf("ask: time-stamp authority: nonce: %w", err)
	}
	octets[0] = octets[0]&0x7f | 0x40 // positive, and eight octets long
	return new(big.Int).SetBytes(octets), nil
}

// identifier returns the object identifier of a hash that may be asked for.
func identifier(h crypto.Hash) (asn1.ObjectIdentifier, bool) {
	for _, row := range hashes {
		if row.hash == h && h != crypto.SHA1 {
			return row.oid, true
		}
	}
	return nil, false
}

func (r *request) marshal() ([]byte, error) {
	hash, ok := identifier(r.imprint.Hash)
	if !ok || len(r.imprint.Sum) != r.imprint.Hash.Size() {
		return nil, fmt.Errorf("ask: time-stamp authority: imprint of %d octets by %v", len(r.imprint.Sum), r.imprint.Hash)
	}
	policy, err := r.policy.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("ask: time-stamp authority: policy: %w", err)
	}
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // MessageImprint
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(hash)
				b.AddASN1NULL() // as OpenSSL writes it
			})
			b.AddASN1OctetString(r.imprint.Sum)
		})
		if r.asksPolicy() {
			b.AddASN1(der.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(policy) })
		}
		b.AddASN1BigInt(r.nonce)
		b.AddASN1Boolean(true) // certReq
	})
	return b.Bytes()
}

// asksPolicy reports whether the request asks for a policy.
func (r *request) asksPolicy() bool { return !r.policy.Equal(x509.OID{}) }

// check returns why a token is not the answer to the request, or nil.
func (r *request) check(info *Info) *RefusedError {
	switch {
	case info.Nonce == nil || info.Nonce.Cmp(r.nonce) != 0:
		return refused(ReasonNonce)
	case !info.Has(r.imprint):
		return refused(ReasonImprint)
	case r.asksPolicy() && !info.Policy.Equal(r.policy):
		return refused(ReasonPolicy)
	}
	return nil
}
