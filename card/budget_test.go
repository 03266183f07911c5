package card_test

import (
	"crypto"
	"crypto/rand"
	"testing"

	"natsuin/card"
)

// A signature may take 13 exchanges, plus those that read the two certificates.
// Each further signature may take one.
func TestSigningCostsNoExchangeThatIsNotNeeded(t *testing.T) {
	v := newVirtual(nil)
	c := open(t, v)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.Token()
	must(err)
	_, err = c.Expiry(card.AuthCert)
	must(err)
	_, err = c.Tries(card.SignPassword)
	must(err)
	if n := v.Tally().Exchanges; n != 5 {
		t.Errorf("before the prompt: %d exchanges, want 5", n)
	}
	v.Reset()

	c = open(t, v)
	_, err = c.Tries(card.SignPassword)
	must(err)
	must(c.Verify(card.SignPassword, right(card.SignPassword)))
	cert, err := c.Certificate(card.SignCert)
	must(err)
	ca, err := c.Certificate(card.SignCA)
	must(err)
	s, err := c.Signer(card.SignCert, cert, card.SignerOptions{})
	must(err)
	_, err = s.Sign(rand.Reader, digests[crypto.SHA256], crypto.SHA256)
	must(err)
	blocks := func(der []byte) int { return (len(der) + 255) / 256 }
	most := 13 + blocks(cert.Raw) + blocks(ca.Raw)
	if n := v.Tally().Exchanges; n > most {
		t.Errorf("%d exchanges for a first signature, at most %d", n, most)
	}

	before := v.Tally().Exchanges
	for range 5 {
		_, err = s.Sign(rand.Reader, digests[crypto.SHA256], crypto.SHA256)
		must(err)
	}
	if n := v.Tally().Exchanges - before; n != 5 {
		t.Errorf("%d exchanges for five further files", n)
	}
}
