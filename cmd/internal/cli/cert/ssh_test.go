package cert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func TestAuthorizedKeyIsOneLineThatSSHReads(t *testing.T) {
	n := new(big.Int).Lsh(big.NewInt(1), 2047)
	keys := map[string]any{"ssh-rsa": &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 65537}}
	for name, curve := range map[string]elliptic.Curve{"ecdsa-sha2-nistp256": elliptic.P256(), "ecdsa-sha2-nistp384": elliptic.P384()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = &key.PublicKey
	}
	for name, key := range keys {
		line, ok := authorizedKey(key)
		read, comment, _, rest, err := ssh.ParseAuthorizedKey(line)
		if !ok || err != nil || comment != "" || len(rest) > 0 || !strings.HasPrefix(string(line), name+" ") {
			t.Fatalf("%s: %s, %v", name, line, err)
		}
		if got := read.(ssh.CryptoPublicKey).CryptoPublicKey(); !key.(interface{ Equal(crypto.PublicKey) bool }).Equal(got) {
			t.Errorf("%s: %v was read", name, got)
		}
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []any{&p224.PublicKey, nil} {
		if line, ok := authorizedKey(key); ok {
			t.Errorf("%T: %s", key, line)
		}
	}
}
