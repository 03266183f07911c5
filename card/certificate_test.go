package card_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"natsuin/card"
	"natsuin/card/virtual"
)

var freeCertificates = []card.CertID{card.SignCA, card.AuthCert, card.AuthCA}

func stored(s virtual.State, id card.CertID) []byte {
	slot := s.Slot(half(id.Credential()))
	if id == id.CA() {
		return slot.CA
	}
	return slot.Certificate
}

func TestCertificateIsCutByItsOwnLength(t *testing.T) {
	for name, change := range map[string]func(*virtual.Options){
		"plain":           nil,
		"warns at end":    func(o *virtual.Options) { o.WarnAtEnd = true },
		"names length":    func(o *virtual.Options) { o.ExactLength = true },
		"no short ids":    func(o *virtual.Options) { o.RefuseShortID = true },
		"answers chained": func(o *virtual.Options) { o.ChainAnswers = true },
	} {
		v := newVirtual(change)
		c := verified(t, v, card.SignPassword)
		for _, id := range append(freeCertificates, card.SignCert) {
			v.ClearLog()
			cert, err := c.Certificate(id)
			want := stored(fixture(), id)
			if err != nil || !bytes.Equal(cert.Raw, want) {
				t.Fatalf("%s, %s: %v", name, id, err)
			}
			if n := v.Tally(); n.Reads > (len(want)+255)/256 || n.Select != 1 || n.Exchanges != n.Reads+1 {
				t.Errorf("%s, %s of %d bytes: %+v", name, id, len(want), n)
			}
		}
	}
}

func TestCertificateThatIsNotOnTheCard(t *testing.T) {
	for name, change := range map[string]func(*virtual.Options){
		"only FF": func(o *virtual.Options) {},
		"no file": func(o *virtual.Options) { o.MissingFiles = true },
		"only 00": func(o *virtual.Options) { o.State.Sign.Certificate = make([]byte, 700) },
	} {
		v := newVirtual(func(o *virtual.Options) { o.State.Sign.Certificate = nil; change(o) })
		c := verified(t, v, card.SignPassword)
		for _, read := range []func() error{
			func() error { _, err := c.Certificate(card.SignCert); return err },
			func() error { _, err := c.Expiry(card.SignCert); return err },
		} {
			var missing *card.NoCertificateError
			if err := read(); !errors.As(err, &missing) || missing.ID != card.SignCert {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	c := open(t, newVirtual(nil))
	if _, err := c.Certificate(card.CertID(9)); !errors.As(err, new(*card.NoCertificateError)) {
		t.Error(err)
	}
}

func TestCertificateBehindASecretNeedsIt(t *testing.T) {
	phone := func(o *virtual.Options) { o.State.AuthCertificateNeedsPIN = true }
	for id, change := range map[card.CertID]func(*virtual.Options){card.SignCert: nil, card.AuthCert: phone} {
		for _, short := range []bool{false, true} {
			v := newVirtual(func(o *virtual.Options) {
				o.RefuseShortID = short
				if change != nil {
					change(o)
				}
			})
			c := open(t, v)
			if _, err := c.Certificate(id); !errors.Is(err, card.ErrNotVerified) {
				t.Errorf("%s: %v", id, err)
			}
			if _, err := c.Expiry(id); !errors.Is(err, card.ErrNotVerified) {
				t.Errorf("expiry of %s: %v", id, err)
			}
			c = verified(t, v, id.Credential())
			if _, err := c.Certificate(id); err != nil {
				t.Errorf("%s after its secret: %v", id, err)
			}
			if n := v.Tally(); n.Wrong != 0 || n.Right != 1 {
				t.Errorf("%s: %+v", id, n)
			}
		}
	}
}

func TestExpiryIsOneExchange(t *testing.T) {
	v := newVirtual(nil)
	c := open(t, v)
	v.ClearLog()
	end, err := c.Expiry(card.AuthCert)
	if err != nil || !end.Equal(notAfter) || v.Tally().Exchanges != 1 {
		t.Errorf("%v, %v, %d exchanges", end, err, v.Tally().Exchanges)
	}
}

func TestExpiryFarBack(t *testing.T) {
	long := issuer(strings.Repeat("x", 300))
	v := newVirtual(func(o *virtual.Options) {
		o.State.Auth.Certificate = certificate(t, long, keys().holder.Public(), func(c *x509.Certificate) {
			c.NotAfter = time.Date(2055, 1, 2, 3, 4, 5, 0, time.UTC) // GeneralizedTime
		})
	})
	if end, err := open(t, v).Expiry(card.AuthCert); err != nil || end.Year() != 2055 {
		t.Errorf("%v, %v", end, err)
	}
}

// The 256 bytes that Expiry reads also show the hash that the key needs, or let
// Preview guess it.
func TestPreviewForetellsTheHashInTheSameExchange(t *testing.T) {
	short, ca := pkix.Name{CommonName: "CA"}, ecdsaCA{keys().next}
	for name, test := range map[string]struct {
		der  []byte
		want crypto.Hash
	}{
		"RSA":                              {certificate(t, short, keys().holder.Public(), nil), 0},
		"P-384":                            {certificate(t, short, keys().next.Public(), nil), crypto.SHA384},
		"P-384 behind the first bytes":     {ca.issue(t, keys().next.Public()), crypto.SHA384},
		"RSA behind them, signed by RSA":   {certificate(t, issuer(strings.Repeat("x", 60)), keys().holder.Public(), nil), 0},
		"RSA behind them, signed by P-384": {ca.issue(t, keys().holder.Public()), crypto.SHA384}, // a guess
	} {
		v := newVirtual(func(o *virtual.Options) { o.State.Auth.Certificate = test.der })
		c := open(t, v)
		v.ClearLog()
		p, err := c.Preview(card.AuthCert)
		if err != nil || p.Hash != test.want || !p.NotAfter.Equal(notAfter) || v.Tally().Exchanges != 1 {
			t.Errorf("%s: %+v, %v, %d exchanges", name, p, err, v.Tally().Exchanges)
		}
	}
	whole := certificate(t, issuer(strings.Repeat("x", 300)), keys().next.Public(), nil)
	v := newVirtual(func(o *virtual.Options) { o.State.Auth.Certificate = whole })
	if p, err := open(t, v).Preview(card.AuthCert); err != nil || p.Hash != crypto.SHA384 {
		t.Errorf("a long issuer: %+v, %v", p, err)
	}
}

// ecdsaCA is a CA with a P-384 key. Its name is so long that the key of a
// certificate lies beyond the first 256 bytes.
type ecdsaCA struct{ key *ecdsa.PrivateKey }

func (ca ecdsaCA) issue(t *testing.T, public crypto.PublicKey) []byte {
	t.Helper()
	parent := &x509.Certificate{Subject: issuer(strings.Repeat("x", 60))}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "holder"}, NotBefore: notBefore, NotAfter: notAfter}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, ca.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestFileThatHoldsSomethingElse(t *testing.T) {
	der := fixture().Auth.CA
	for name, content := range map[string][]byte{
		"text":             []byte("not a certificate, and long enough to be read as one"),
		"cut":              append([]byte{0x30, 0x82, 0x1F, 0x00}, der...),
		"over 8 KiB":       {0x30, 0x82, 0xFF, 0xFF, 1, 2, 3},
		"indefinite":       {0x30, 0x80, 0x02, 0x01, 0x01, 0x00, 0x00},
		"four octets":      {0x30, 0x84, 0, 0, 0, 1, 5},
		"empty":            {0x30, 0x00, 0x30, 0x00},
		"another sequence": {0x30, 0x03, 0x02, 0x01, 0x01},
	} {
		v := newVirtual(func(o *virtual.Options) { o.State.Auth.CA = content })
		var bad *card.BadCertificateError
		if _, err := open(t, v).Certificate(card.AuthCA); !errors.As(err, &bad) || bad.ID != card.AuthCA {
			t.Errorf("%s: %v", name, err)
		}
		if n := v.Tally().Exchanges; n > 40 {
			t.Errorf("%s: %d exchanges", name, n)
		}
	}
}

// A certificate may be shorter than one read, and its file may be no longer
// than the certificate. The last read then reaches the end of the file, to
// which a card may answer 6282.
func TestCertificateInOddFiles(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: notBefore, NotAfter: notAfter}
	short, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil || len(short) >= 256 {
		t.Fatalf("%d bytes, %v", len(short), err)
	}
	for name, der := range map[string][]byte{"short": short, "long": fixture().Auth.CA} {
		for _, padding := range []int{0, 1, 600} {
			file := append(bytes.Clone(der), bytes.Repeat([]byte{0xFF}, padding)...)
			c, err := card.Open(transmitter(func(cmd []byte) ([]byte, error) {
				if cmd[1] != 0xB0 {
					return []byte{0x90, 0}, nil
				}
				from := min(int(cmd[2])<<8|int(cmd[3]), len(file))
				to := min(from+(int(cmd[4])+255)%256+1, len(file))
				answer := bytes.Clone(file[from:to])
				if to == len(file) {
					return append(answer, 0x62, 0x82), nil
				}
				return append(answer, 0x90, 0), nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			if cert, err := c.Certificate(card.AuthCA); err != nil || !bytes.Equal(cert.Raw, der) {
				t.Errorf("%s with %d bytes of padding: %v", name, padding, err)
			}
		}
	}
}

// Reading ends even if a card returns one byte at a time, or none.
func TestCertificateReadsAreBounded(t *testing.T) {
	for _, piece := range []int{0, 1} {
		sent := 0
		c, err := card.Open(transmitter(func(cmd []byte) ([]byte, error) {
			sent++
			if cmd[1] != 0xB0 {
				return []byte{0x90, 0}, nil
			}
			if cmd[2] == 0 && cmd[3] == 0 {
				return []byte{0x30, 0x82, 0x1F, 0x00, 0x90, 0}, nil
			}
			return append(make([]byte, piece), 0x90, 0), nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Certificate(card.AuthCA); !errors.As(err, new(*card.BadCertificateError)) || sent > 80 {
			t.Errorf("%d bytes at a time: %v after %d commands", piece, err, sent)
		}
	}
}

func FuzzCertificateFile(f *testing.F) {
	f.Add(fixture().Auth.CA, false)
	f.Add(fixture().Sign.Certificate, true)
	f.Add([]byte{0x30, 0x80}, true)
	f.Add([]byte{0x30, 0x82, 0x02, 0x00, 0x30, 0x82, 0x01, 0xF0, 0xA0, 0x03}, false)
	f.Add(bytes.Repeat([]byte{0xFF}, 300), false)
	f.Fuzz(func(t *testing.T, file []byte, warn bool) {
		v := newVirtual(func(o *virtual.Options) { o.State.Auth.Certificate, o.WarnAtEnd = file, warn })
		c := open(t, v)
		cert, err := c.Certificate(card.AuthCert)
		if (cert == nil) == (err == nil) {
			t.Fatal("neither a certificate nor an error, or both")
		}
		padded := append(bytes.Clone(file), bytes.Repeat([]byte{0xFF}, 400)...) // the padding of the file may follow
		if cert != nil && !bytes.HasPrefix(padded, cert.Raw) {
			t.Error("a certificate that is not in the file")
		}
		end, err := c.Expiry(card.AuthCert)
		if cert != nil && (err != nil || !end.Equal(cert.NotAfter)) {
			t.Errorf("expiry %v, %v; the certificate says %v", end, err, cert.NotAfter)
		}
		if n := v.Tally().Exchanges; n > 120 {
			t.Errorf("%d exchanges", n)
		}
	})
}

func FuzzTokenInformation(f *testing.F) {
	f.Add([]byte("JPKIAPICCTOKEN2"), uint16(0x9000))
	f.Add(bytes.Repeat([]byte{0xFF}, 256), uint16(0x6282))
	f.Add([]byte{}, uint16(0x6C20))
	f.Fuzz(func(t *testing.T, content []byte, status uint16) {
		answer := append(bytes.Clone(content), byte(status>>8), byte(status))
		c, err := card.Open(transmitter(func(cmd []byte) ([]byte, error) {
			if cmd[1] == 0xA4 {
				return []byte{0x90, 0}, nil
			}
			return answer, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		token, err := c.Token()
		if err == nil && len([]rune(token.Label)) > 32 || err != nil && token != (card.Token{}) {
			t.Errorf("%+v, %v", token, err)
		}
		_, _ = c.Presence()
	})
}
