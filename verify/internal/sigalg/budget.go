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

// ErrTooMuch means that a signature was not verified because the budget is used
// up.
var ErrTooMuch = errors.New("sigalg: too many signatures")

// total is the allowed cost of the signatures of one message, in the units of
// cost. 64 signers with P-521 keys and two CAs each cost half of it.
const total = 20000

// A Budget limits the cost of the signatures of one message. It covers all its
// paths, because their number too is under the control of the sender. Only one
// goroutine may use it.
type Budget struct {
	ctx    context.Context
	left   int
	verify Verifier
}

// A Verifier has the contract of [Verify].
type Verifier func(signer *x509.Certificate, a x509.SignatureAlgorithm, signed, signature []byte) error

// NewBudget returns a full budget that ends with the context. Cached signatures
// cost the same as computed ones, so that the verdict on a message does not
// depend on earlier messages.
func NewBudget(ctx context.Context, verify Verifier) *Budget { return &Budget{ctx, total, verify} }

// Spend takes the cost of one signature by a key over size bytes from the
// budget. The error is [ErrTooMuch] or that of the context. If the cost exceeds
// the budget, Spend takes nothing, so that the rest is left for cheaper
// signatures.
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

// Verify is the function [Verify] within the budget.
func (w *Budget) Verify(signer *x509.Certificate, a x509.SignatureAlgorithm, signed, signature []byte) error {
	if err := verifiable(signer.PublicKey, a); err != nil {
		return err
	}
	if err := w.Spend(signer.PublicKey, len(signed)); err != nil {
		return err
	}
	return w.verify(signer, a, signed, signature)
}

// cost estimates the cost of one verification in units of about 30
// microseconds, the time for RSA with 2048 bits and the usual exponent.
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
