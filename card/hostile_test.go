package card_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"testing"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/card/virtual"
)

// A card that was reset answers 6A82 to the selection of any file, like a card
// without that file. It must not be reported as a card without a secret or a
// certificate.
func TestResetCardIsNotOneWithoutSecretsAndCertificates(t *testing.T) {
	cert, err := x509.ParseCertificate(fixture().Sign.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	for name, use := range map[string]func(*card.Card) error{
		"tries":       func(c *card.Card) error { _, err := c.Tries(card.AuthPIN); return err },
		"verify":      func(c *card.Card) error { return c.Verify(card.SignPassword, right(card.SignPassword)) },
		"certificate": func(c *card.Card) error { _, err := c.Certificate(card.AuthCert); return err },
		"expiry":      func(c *card.Card) error { _, err := c.Expiry(card.AuthCert); return err },
		"signer": func(c *card.Card) error {
			_, err := c.Signer(card.SignCert, cert, card.SignerOptions{})
			return err
		},
	} {
		v := newVirtual(nil)
		c := open(t, v)
		v.Reset()
		err := use(c)
		var word *apdu.StatusError
		if !errors.As(err, &word) || word.Status != apdu.NotFound ||
			errors.Is(err, card.ErrNoCredential) || errors.As(err, new(*card.NoCertificateError)) {
			t.Errorf("%s: %v", name, err)
		}
		if n := v.Tally(); n.Right+n.Wrong != 0 {
			t.Errorf("%s: %+v", name, n)
		}
	}
}

// After a refused query the PIN file is selected again, because the card may
// have been reset, or another file may be selected.
func TestRefusedQueryIsFollowedByANewSelection(t *testing.T) {
	for _, status := range []uint16{0x6982, 0x6985, 0x6986, 0x6A88, 0x6F00, 0x6D00} {
		v := newVirtual(nil)
		c := open(t, v)
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpQuery), Effect: func(x *virtual.Exchange) ([]byte, error) {
			_, _ = virtual.SelectBefore(0x0018)(x) // selects the file of the other secret
			return []byte{byte(status >> 8), byte(status)}, nil
		}})
		if _, err := c.Tries(card.SignPassword); err == nil {
			t.Fatalf("%04X is no error", status)
		}
		if err := c.Verify(card.SignPassword, right(card.SignPassword)); err != nil {
			t.Errorf("%04X: %v", status, err)
		}
		if n := v.Tally(); n.Wrong != 0 {
			t.Errorf("%04X: the password went to the other secret", status)
		}
	}
}

// A count above the maximum may belong to another PIN of the card.
func TestCountAboveTheMaximumIsNotKnown(t *testing.T) {
	for cred, statuses := range map[card.Credential][]uint16{
		card.SignPassword: {0x63C6, 0x63CA, 0x63CF}, card.AuthPIN: {0x63C4, 0x63C5, 0x63CF},
	} {
		for _, status := range statuses {
			v := newVirtual(nil)
			c := open(t, v)
			v.Inject(virtual.Fault{When: virtual.On(virtual.OpQuery), Effect: virtual.Answer(status)},
				virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: virtual.Answer(status)})
			if got, err := c.Tries(cred); err != nil || got != (card.Tries{Max: cred.MaxTries()}) {
				t.Errorf("%s, %04X: %+v, %v", cred, status, got, err)
			}
			var pin *card.PINError
			err := c.Verify(cred, right(cred))
			if !errors.As(err, &pin) || !errors.Is(err, card.ErrWrongPIN) || pin.Tries.Known || pin.Tries.Left != 0 || pin.Tries.Blocked() {
				t.Errorf("%s, %04X: %v", cred, status, err)
			}
		}
	}
}

// bytes.Trim with FF in its cutset would trim any invalid UTF-8 byte.
func TestOnlyPaddingIsBlank(t *testing.T) {
	v := newVirtual(func(o *virtual.Options) { o.State.Auth.Certificate = bytes.Repeat([]byte{0x80}, 400) })
	if _, err := open(t, v).Certificate(card.AuthCert); !errors.As(err, new(*card.BadCertificateError)) {
		t.Error(err)
	}
	if _, err := open(t, v).Expiry(card.AuthCert); !errors.As(err, new(*card.BadCertificateError)) {
		t.Error(err)
	}
}

// An ECDSA-Sig-Value with r and s of 45 bytes is 96 bytes long, like r and s of
// 48 bytes each, concatenated. The public key was computed from the signature,
// and its private key is unknown.
func TestDERSignatureAsLongAsTheRawFormStaysDER(t *testing.T) {
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P384(), unhex(t, "04398F1B52E8826F559A78C88C4FA1EC6A82D2217E4213E7DD4B7A1E3E795CB864F592157AB86E249D4792E7EF0C329F09"+
		"D49F5EB23EEC3B300BAF44633657CFCCF6D5ECDE902F93D409323D8536B8C2D637F2608268530211EC4A33191A2E949B"))
	if err != nil {
		t.Fatal(err)
	}
	const zeros = "0000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	value := unhex(t, "305E022D2A"+zeros+"000001022D2B"+zeros+"000007")
	if len(value) != 96 {
		t.Fatalf("%d bytes", len(value))
	}
	v := newVirtual(nil)
	c := verified(t, v, card.SignPassword)
	s, err := c.Signer(card.SignCert, &x509.Certificate{PublicKey: public}, card.SignerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	v.Inject(virtual.Fault{When: virtual.On(virtual.OpSign), Effect: func(*virtual.Exchange) ([]byte, error) {
		return append(bytes.Clone(value), 0x90, 0x00), nil
	}})
	got, err := s.Sign(rand.Reader, digests[crypto.SHA384], crypto.SHA384)
	if err != nil || !bytes.Equal(got, value) {
		t.Errorf("%X, %v", got, err)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
