package card_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"

	"natsuin/card"
	"natsuin/card/virtual"
)

// withKey returns a change that gives a card another signature key, with a
// certificate.
func withKey(t testing.TB, key crypto.Signer) func(*virtual.Options) {
	return func(o *virtual.Options) {
		o.State.Sign.Key = key
		o.State.Sign.Certificate = certificate(t, issuer("JPKI for digital signature"), key.Public(), nil)
	}
}

func signerOf(t testing.TB, v *virtual.Card, o card.SignerOptions) (*card.Card, *x509.Certificate, crypto.Signer) {
	t.Helper()
	c := verified(t, v, card.SignPassword)
	cert, err := c.Certificate(card.SignCert)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Signer(card.SignCert, cert, o)
	if err != nil {
		t.Fatal(err)
	}
	return c, cert, s
}

var digests = map[crypto.Hash][]byte{
	crypto.SHA256: sum(sha256.Sum256([]byte("natsuin"))),
	crypto.SHA384: sum48(sha512.Sum384([]byte("natsuin"))),
	crypto.SHA512: sum64(sha512.Sum512([]byte("natsuin"))),
}

func sum(b [32]byte) []byte   { return b[:] }
func sum48(b [48]byte) []byte { return b[:] }
func sum64(b [64]byte) []byte { return b[:] }

func TestRSASignatureIsOneExchangeAndVerifies(t *testing.T) {
	for _, chained := range []bool{false, true} {
		v := newVirtual(func(o *virtual.Options) { o.ChainAnswers = chained })
		_, cert, s := signerOf(t, v, card.SignerOptions{})
		v.ClearLog()
		for h, digest := range digests {
			signature, err := s.Sign(rand.Reader, digest, h)
			if err != nil {
				t.Fatal(err)
			}
			if err := rsa.VerifyPKCS1v15(cert.PublicKey.(*rsa.PublicKey), h, digest, signature); err != nil {
				t.Errorf("%v: %v", h, err)
			}
		}
		if n := v.Tally(); n.Signatures != len(digests) || !chained && n.Exchanges != len(digests) {
			t.Errorf("%+v", n)
		}
	}
}

func TestP384SignatureInEitherFormIsDER(t *testing.T) {
	for _, der := range []bool{false, true} {
		v := newVirtual(func(o *virtual.Options) { withKey(t, keys().next)(o); o.DERSignatures = der })
		_, cert, s := signerOf(t, v, card.SignerOptions{})
		if card.HashFor(cert.PublicKey) != crypto.SHA384 {
			t.Error("P-384 goes with SHA-384")
		}
		for range 20 {
			signature, err := s.Sign(rand.Reader, digests[crypto.SHA384], crypto.SHA384)
			if err != nil || !ecdsa.VerifyASN1(cert.PublicKey.(*ecdsa.PublicKey), digests[crypto.SHA384], signature) {
				t.Fatalf("DER from the card %v: %v, %X", der, err, signature)
			}
		}
		if _, err := s.Sign(rand.Reader, digests[crypto.SHA256], crypto.SHA256); !errors.As(err, new(*card.UnsupportedError)) {
			t.Errorf("SHA-256: %v", err)
		}
	}
}

func TestWeakKeySignsOnlyWhenAllowed(t *testing.T) {
	v := newVirtual(withKey(t, keys().weak))
	c, cert, s := signerOf(t, v, card.SignerOptions{AllowWeak: true})
	var weak *card.WeakKeyError
	if _, err := c.Signer(card.SignCert, cert, card.SignerOptions{}); !errors.As(err, &weak) || weak.Bits != 1024 {
		t.Error(err)
	}
	signature, err := s.Sign(rand.Reader, digests[crypto.SHA256], crypto.SHA256)
	if err != nil || len(signature) != 128 {
		t.Errorf("%d bytes, %v", len(signature), err)
	}
}

func TestSignerRefusesBeforeTheCardIsAsked(t *testing.T) {
	v := newVirtual(nil)
	c, cert, s := signerOf(t, v, card.SignerOptions{})
	v.ClearLog()
	old := sha1.Sum([]byte("natsuin"))
	for name, sign := range map[string]func() error{
		"PSS": func() error {
			_, err := s.Sign(rand.Reader, digests[crypto.SHA256], &rsa.PSSOptions{Hash: crypto.SHA256})
			return err
		},
		"SHA-1":        func() error { _, err := s.Sign(rand.Reader, old[:], crypto.SHA1); return err },
		"no hash":      func() error { _, err := s.Sign(rand.Reader, digests[crypto.SHA256], crypto.Hash(0)); return err },
		"no options":   func() error { _, err := s.Sign(rand.Reader, digests[crypto.SHA256], nil); return err },
		"wrong length": func() error { _, err := s.Sign(rand.Reader, digests[crypto.SHA256], crypto.SHA384); return err },
		"CA":           func() error { _, err := c.Signer(card.SignCA, cert, card.SignerOptions{}); return err },
		"P-256": func() error {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				return err
			}
			_, err = c.Signer(card.SignCert, &x509.Certificate{PublicKey: key.Public()}, card.SignerOptions{})
			return err
		},
		"no key": func() error { _, err := c.Signer(card.SignCert, &x509.Certificate{}, card.SignerOptions{}); return err },
		"RSA-3072": func() error {
			large := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 3071), E: 65537}
			_, err := c.Signer(card.SignCert, &x509.Certificate{PublicKey: large}, card.SignerOptions{})
			return err
		},
	} {
		if err := sign(); !errors.As(err, new(*card.UnsupportedError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := v.Tally().Exchanges; n != 0 {
		t.Errorf("%d exchanges", n)
	}
}

func TestSignerNeverVerifiesByItself(t *testing.T) {
	v := newVirtual(nil)
	_, _, s := signerOf(t, v, card.SignerOptions{})
	v.Reset() // like another program
	c := open(t, v)
	cert, _ := x509.ParseCertificate(fixture().Sign.Certificate)
	again, err := c.Signer(card.SignCert, cert, card.SignerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	v.ClearLog()
	for _, s := range []crypto.Signer{s, again} {
		if _, err := s.Sign(rand.Reader, digests[crypto.SHA256], crypto.SHA256); !errors.Is(err, card.ErrNotVerified) {
			t.Error(err)
		}
	}
	if n := v.Tally(); n.Right+n.Wrong+n.Signatures != 0 {
		t.Errorf("%+v", n)
	}
}

func TestSignerSelectsItsKeyAgainAfterOtherWork(t *testing.T) {
	v := newVirtual(nil)
	c, _, s := signerOf(t, v, card.SignerOptions{})
	if _, err := c.Certificate(card.AuthCert); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sign(rand.Reader, digests[crypto.SHA256], crypto.SHA256); err != nil {
		t.Error(err)
	}
}

func TestCardWithoutTheKey(t *testing.T) {
	v := newVirtual(func(o *virtual.Options) { o.State.Sign.Key = nil })
	cert, _ := x509.ParseCertificate(fixture().Sign.Certificate)
	if _, err := open(t, v).Signer(card.SignCert, cert, card.SignerOptions{}); !errors.Is(err, card.ErrNoCredential) {
		t.Error(err)
	}
}

func TestAnswerThatIsNoSignature(t *testing.T) {
	type value struct{ R, S *big.Int }
	long := new(big.Int).Lsh(big.NewInt(1), 400)
	der := func(v value) []byte { b, _ := asn1.Marshal(v); return b }
	one := big.NewInt(1)
	for name, c := range map[string]struct {
		key    crypto.Signer
		answer []byte
	}{
		"RSA, nothing":        {keys().holder, nil},
		"RSA, short":          {keys().holder, make([]byte, 255)},
		"RSA, of other key":   {keys().holder, make([]byte, 128)},
		"P-384, nothing":      {keys().next, nil},
		"P-384, half":         {keys().next, make([]byte, 48)},
		"P-384, zero":         {keys().next, make([]byte, 96)},
		"P-384, DER zero":     {keys().next, der(value{new(big.Int), one})},
		"P-384, DER negative": {keys().next, der(value{one, big.NewInt(-1)})},
		"P-384, DER long":     {keys().next, der(value{one, long})},
		"P-384, DER trailing": {keys().next, append(der(value{one, one}), 0)},
		"P-384, three values": {keys().next, []byte{0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1}},
	} {
		v := newVirtual(withKey(t, c.key))
		_, _, s := signerOf(t, v, card.SignerOptions{})
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpSign), Effect: func(*virtual.Exchange) ([]byte, error) {
			return append(append([]byte{}, c.answer...), 0x90, 0x00), nil
		}})
		if _, err := s.Sign(rand.Reader, digests[crypto.SHA384], crypto.SHA384); !errors.Is(err, card.ErrBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzSignatureAnswer(f *testing.F) {
	f.Add([]byte{0x30, 6, 2, 1, 1, 2, 1, 1, 0x90, 0}, true)
	f.Add(append(make([]byte, 96), 0x90, 0), true)
	f.Add(append(make([]byte, 256), 0x90, 0), false)
	f.Add([]byte{0x61, 0x10}, false)
	f.Fuzz(func(t *testing.T, answer []byte, next bool) {
		public := keys().holder.Public()
		if next {
			public = keys().next.Public()
		}
		c, err := card.Open(transmitter(func(cmd []byte) ([]byte, error) {
			if cmd[1] == 0xA4 {
				return []byte{0x90, 0}, nil
			}
			return append([]byte{}, answer...), nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.Signer(card.SignCert, &x509.Certificate{PublicKey: public}, card.SignerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		signature, err := s.Sign(rand.Reader, digests[crypto.SHA384], crypto.SHA384)
		if err != nil {
			return
		}
		var v struct{ R, S *big.Int }
		if rest, err := asn1.Unmarshal(signature, &v); next && (err != nil || len(rest) != 0) || !next && len(signature) != 256 {
			t.Errorf("not a signature: %X", signature)
		}
	})
}
