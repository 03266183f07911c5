package sigalg_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"math/big"
	"testing"

	"natsuin/verify/internal/sigalg"
)

// signedByNobody returns an RSA key with exponent 3 and a signature over the
// digest that is valid for it. It derives the modulus from the signature, which
// is impossible for a key that is given.
func signedByNobody(bits int, digest []byte) (*rsa.PublicKey, []byte) {
	size := bits / 8
	block := make([]byte, size)
	block[1] = 1
	prefix := "\x00\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
	for i := 2; i < size-len(prefix)-len(digest); i++ {
		block[i] = 0xFF
	}
	copy(block[size-len(prefix)-len(digest):], prefix+string(digest))
	m := new(big.Int).SetBytes(block)
	// The largest cube below 2^bits, of the parity that makes the modulus odd.
	low, high := big.NewInt(0), new(big.Int).Lsh(big.NewInt(1), uint(bits/3+1))
	limit := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	for new(big.Int).Sub(high, low).Cmp(big.NewInt(1)) > 0 {
		mid := new(big.Int).Add(low, high)
		mid.Rsh(mid, 1)
		if new(big.Int).Exp(mid, big.NewInt(3), nil).Cmp(limit) < 0 {
			low = mid
		} else {
			high = mid
		}
	}
	if low.Bit(0) == m.Bit(0) {
		low.Sub(low, big.NewInt(1))
	}
	n := new(big.Int).Exp(low, big.NewInt(3), nil)
	n.Sub(n, m)
	return &rsa.PublicKey{N: n, E: 3}, low.FillBytes(make([]byte, size))
}

// Signatures by keys that are too long are not computed, even if they are
// valid.
func TestLongKeysAreNotComputed(t *testing.T) {
	digest := sha256.Sum256([]byte("x"))
	for bits, want := range map[int]error{8192: nil, 8200: sigalg.ErrUnsupported, 16384: sigalg.ErrUnsupported, 20000: sigalg.ErrUnsupported} {
		key, signature := signedByNobody(bits, digest[:])
		cert := &x509.Certificate{PublicKey: key}
		if err := sigalg.Verify(cert, x509.SHA256WithRSA, []byte("x"), signature); !errors.Is(err, want) {
			t.Errorf("%d bits: %v, want %v", bits, err, want)
		}
		if err := sigalg.NewBudget(context.Background(), sigalg.Verify).Verify(cert, x509.SHA256WithRSA, []byte("x"), signature); !errors.Is(err, want) {
			t.Errorf("%d bits, as work: %v, want %v", bits, err, want)
		}
	}
}

func TestWorkEnds(t *testing.T) {
	key := func(c elliptic.Curve) any { return &ecdsa.PublicKey{Curve: c} }
	long := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 8191, 1), E: 1<<31 - 1}
	for name, c := range map[string]struct {
		key         any
		size        int
		least, most int // how many signatures the budget allows
	}{
		"P-256": {key(elliptic.P256()), 1000, 5000, 20000},
		"P-521, as many as 64 signers with two CAs each": {key(elliptic.P521()), 1000, 3 * 64, 1000},
		"RSA, 8192 bits and a long exponent":             {long, 1000, 3 * 64, 1000},
		"a megabyte each":                                {key(elliptic.P256()), 1 << 20, 64, 1000},
	} {
		w, n := sigalg.NewBudget(context.Background(), sigalg.Verify), 0
		for w.Spend(c.key, c.size) == nil {
			n++
		}
		if err := w.Spend(c.key, c.size); n < c.least || n > c.most || !errors.Is(err, sigalg.ErrTooMuch) {
			t.Errorf("%s: %d before %v, want %d to %d", name, n, err, c.least, c.most)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := sigalg.NewBudget(ctx, sigalg.Verify)
	if err := w.Spend(long, 0); err != nil {
		t.Error(err)
	}
	cancel()
	if err := w.Spend(long, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
}
