package sigalg

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/bits"
)

// ErrTooMuch means that a signature was not looked at, because what may be spent on signatures is spent.
var ErrTooMuch = errors.New("sigalg: too many signatures")

// total is what the signatures of one message may cost in all: about a second. 64 signers with keys on P-521 and two CAs each
// come to half of it.
const total = 20000

// Budget bounds what signatures cost together. A message, not a path, is what it is for: everything in a message is in the hands
// of whoever sent it, and so is the number of paths.
type Budget struct {
	ctx    context.Context
	left   int
	verify Verifier
}

// A Verifier answers as Verify does.
type Verifier func(signer *x509.Certificate, a x509.SignatureAlgorithm, signed, signature []byte) error

// NewBudget returns Budget that has not begun. It ends with the context. What verify answers is paid for as if it was computed, so
// that the answer to a message does not depend on what was judged before it.
func NewBudget(ctx context.Context, verify Verifier) *Budget { return &Budget{ctx, total, verify} }

// Spend takes the cost of one signature by a key over a number of bytes. The error is ErrTooMuch or the context's. A signature
// that costs too much leaves what there is to cheaper ones.
func (w *Budget) Spend(public any, size int) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	cost := cost(public, size)
	if cost > w.left {
		return ErrTooMuch
	}
	w.left -= cost
	return nil
}

// Verify is the function Verify for what is left.
func (w *Budget) Verify(signer *x509.Certificate, a x509.SignatureAlgorithm, signed, signature []byte) error {
	if err := verifiable(signer.PublicKey, a); err != nil {
		return err
	}
	if err := w.Spend(signer.PublicKey, len(signed)); err != nil {
		return err
	}
	return w.verify(signer, a, signed, signature)
}

// cost estimates one verification in units of some 30 microseconds, about what RSA with 2048 bits and the usual exponent takes.
func cost(public any, size int) int {
	n := 1 + size>>14 // the digest
	switch k := public.(type) {
	case *rsa.PublicKey:
		words := k.N.BitLen() / 64
		exponent := uint64(k.E)
		products := bits.Len64(exponent) + bits.OnesCount64(exponent)
		n += words * words * products / (32 * 32 * 18)
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			n++
		case elliptic.P384():
			n += 15
		default:
			n += 50
		}
	}
	return n
}
