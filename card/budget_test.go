package card_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"testing"

	"natsuin/card"
	"natsuin/card/virtual"
)

// The exchanges of one run of sign (DESIGN.md, "Order of one sign"): what the prompt
// shows in a first transaction, then all that needs the password in a second one. The
// person waits for each of them.
func TestFirstSignatureTakes13ExchangesAndTheReads(t *testing.T) {
	for name, size := range map[string]int{"as it is": 0, "long address": 1000} {
		v := newVirtual(func(o *virtual.Options) {
			if size > 0 {
				o.State.Sign.Certificate = certificate(t, issuer("JPKI for digital signature"), keys().holder.Public(), func(c *x509.Certificate) {
					c.SubjectKeyId = make([]byte, size) // length is all that counts
				})
			}
		})
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		c, err := card.Open(v)
		must(err)
		_, err = c.Token()
		must(err)
		_, err = c.Expiry(card.AuthCert)
		must(err)
		_, err = c.Tries(card.SignPassword)
		must(err)

		c, err = card.Open(v)
		must(err)
		_, err = c.Tries(card.SignPassword)
		must(err)
		must(c.Verify(card.SignPassword, right(card.SignPassword)))
		cert, err := c.Certificate(card.SignCert)
		must(err)
		ca, err := c.Certificate(card.SignCA)
		must(err)
		key, err := c.Signer(card.SignCert, cert, card.SignerOptions{})
		must(err)
		sign := func() {
			t.Helper()
			signature, err := key.Sign(rand.Reader, digests[crypto.SHA256], crypto.SHA256)
			must(err)
			must(rsa.VerifyPKCS1v15(cert.PublicKey.(*rsa.PublicKey), crypto.SHA256, digests[crypto.SHA256], signature))
		}
		sign()
		pieces := func(c *x509.Certificate) int { return (len(c.Raw) + 255) / 256 }
		if got, most := v.Tally().Exchanges, 13+pieces(cert)+pieces(ca); got > most {
			t.Errorf("%s: %d exchanges for a certificate of %d bytes and a CA of %d, want at most %d", name, got, len(cert.Raw), len(ca.Raw), most)
		}
		for range 3 {
			v.ClearLog()
			sign()
			if got := v.Tally().Exchanges; got != 1 {
				t.Errorf("%s: a further signature takes %d exchanges", name, got)
			}
		}
	}
}
