package cert

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"testing"

	"golang.org/x/crypto/ssh"
)

func TestAuthorizedKeyIsWhatSSHWrites(t *testing.T) {
	keys := map[string]any{}
	// A modulus with and without its highest bit in the highest octet.
	for _, bits := range []uint{2048, 2047, 1024} {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		keys[n.Text(16)] = &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 65537}
	}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[curve.Params().Name] = &key.PublicKey
	}
	for name, key := range keys {
		theirs, err := ssh.NewPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		if line, ok := authorizedKey(key); !ok || !bytes.Equal(line, ssh.MarshalAuthorizedKey(theirs)) {
			t.Errorf("%s: %s, ssh writes %s", name, line, ssh.MarshalAuthorizedKey(theirs))
		}
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []any{&p224.PublicKey, ed25519.PublicKey{}, nil} {
		if line, ok := authorizedKey(key); ok {
			t.Errorf("%T: %s", key, line)
		}
	}
}
