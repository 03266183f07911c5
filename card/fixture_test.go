package card_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/card"
	"natsuin/card/virtual"
)

const (
	password = "ABC123XYZ"
	authPIN  = "1357"
)

// keys are generated only once, because generating them is slow.
var keys = sync.OnceValue(func() (k struct {
	ca, holder, weak *rsa.PrivateKey
	next             *ecdsa.PrivateKey
}) {
	k.ca, _ = rsa.GenerateKey(rand.Reader, 2048)
	k.holder, _ = rsa.GenerateKey(rand.Reader, 2048)
	k.weak, _ = rsa.GenerateKey(rand.Reader, 1024)
	k.next, _ = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	return k
})

var (
	notBefore = time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2029, 4, 1, 14, 59, 59, 0, time.UTC)
)

// issuer returns the name of an issuer with the attributes of the real one
// (docs/card.md §6) and the given first OU.
func issuer(unit string) pkix.Name {
	return pkix.Name{Country: []string{"JP"}, Organization: []string{"JPKI"}, ExtraNames: []pkix.AttributeTypeAndValue{
		{Type: asn1.ObjectIdentifier{2, 5, 4, 11}, Value: unit},
		{Type: asn1.ObjectIdentifier{2, 5, 4, 11}, Value: "Japan Agency for Local Authority Information Systems"},
	}}
}

type otherName struct {
	oid   string // below 1.2.392.200149.8.5.5
	value []byte // in [0]
}

func utf8String(s string) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(s)) })
	return b.BytesOrPanic()
}

// subjectAltName encodes otherNames in the form of docs/card.md §6.
func subjectAltName(names ...otherName) []byte {
	zero := cbasn1.Tag(0).Constructed().ContextSpecific()
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, n := range names {
			b.AddASN1(zero, func(b *cryptobyte.Builder) {
				oid, err := x509.ParseOID(n.oid)
				if err != nil {
					b.SetError(err)
					return
				}
				der, _ := oid.MarshalBinary()
				b.AddASN1(cbasn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(der) })
				b.AddASN1(zero, func(b *cryptobyte.Builder) { b.AddBytes(n.value) })
			})
		}
	})
	return b.BytesOrPanic()
}

const arc = "1.2.392.200149.8.5.5."

// citizen returns the otherNames in the order seen on real cards: 1, 4, 3, 5,
// 2, 6.
func citizen() []otherName {
	return []otherName{
		{arc + "1", utf8String("捺印　花子")},
		{arc + "4", utf8String("319800401")},
		{arc + "3", utf8String("2")},
		{arc + "5", utf8String("岩手県盛岡市内丸一番地" + strings.Repeat("あ", 120))},
		{arc + "2", utf8String("00000")},
		{arc + "6", utf8String("0000000010")},
	}
}

func certificate(t testing.TB, ca pkix.Name, public crypto.PublicKey, change func(*x509.Certificate)) []byte {
	t.Helper()
	k := keys()
	parent := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: ca, NotBefore: notBefore, NotAfter: notAfter.AddDate(5, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	template := parent
	if public != nil {
		template = &x509.Certificate{
			SerialNumber: big.NewInt(0x12345678), Subject: pkix.Name{Country: []string{"JP"}, CommonName: "202404011234567890"},
			NotBefore: notBefore, NotAfter: notAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		}
	} else {
		public = k.ca.Public()
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, k.ca)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

var fixture = sync.OnceValue(func() virtual.State {
	t := testing.TB(&testing.T{})
	k := keys()
	sign, auth := issuer("JPKI for digital signature"), issuer("JPKI for user authentication")
	withHolder := func(c *x509.Certificate) {
		c.KeyUsage |= x509.KeyUsageContentCommitment
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: subjectAltName(citizen()...)}}
	}
	return virtual.State{
		Label: "JPKIAPICCTOKEN2",
		Sign: virtual.Slot{
			Key: k.holder, Certificate: certificate(t, sign, k.holder.Public(), withHolder), CA: certificate(t, sign, nil, nil),
			Secret: []byte(password), Tries: 5, MaxTries: 5,
		},
		Auth: virtual.Slot{
			Key: k.holder, Certificate: certificate(t, auth, k.holder.Public(), nil), CA: certificate(t, auth, nil, nil),
			Secret: []byte(authPIN), Tries: 3, MaxTries: 3,
		},
	}
})

// newVirtual returns a card of the current generation, with the given changes.
func newVirtual(changes ...func(*virtual.Options)) *virtual.Card {
	o := virtual.Options{State: fixture()}
	for _, change := range changes {
		if change != nil {
			change(&o)
		}
	}
	return virtual.New(o)
}

// onEachReading runs a test on each card that docs/card.md §2 allows: the
// verified state survives another SELECT of the application or does not, and
// the query for a verified secret is answered with 9000 or with the count.
func onEachReading(t *testing.T, test func(t *testing.T, reading func(*virtual.Options))) {
	for name, reading := range readings {
		t.Run(name, func(t *testing.T) { test(t, reading) })
	}
}

var readings = map[string]func(*virtual.Options){
	"drops, counts": nil,
	"drops, 9000":   func(o *virtual.Options) { o.QueryAfterVerify = true },
	"keeps, counts": func(o *virtual.Options) { o.KeepVerified = true },
	"keeps, 9000":   func(o *virtual.Options) { o.KeepVerified, o.QueryAfterVerify = true, true },
}

func open(t testing.TB, v *virtual.Card) *card.Card {
	t.Helper()
	c, err := card.Open(v)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// verified opens the card and verifies the right secret of cred.
func verified(t testing.TB, v *virtual.Card, cred card.Credential) *card.Card {
	t.Helper()
	c := open(t, v)
	if err := c.Verify(cred, right(cred)); err != nil {
		t.Fatal(err)
	}
	return c
}

func secret(s string) card.Secret { return card.NewSecret([]byte(s)) }

func right(cred card.Credential) card.Secret {
	if cred == card.AuthPIN {
		return secret(authPIN)
	}
	return secret(password)
}

func wrong(cred card.Credential) card.Secret {
	if cred == card.AuthPIN {
		return secret("2468")
	}
	return secret("WRONG123")
}

// half converts a credential to that of package virtual.
func half(cred card.Credential) virtual.Credential {
	if cred == card.AuthPIN {
		return virtual.Auth
	}
	return virtual.Sign
}

var both = []card.Credential{card.SignPassword, card.AuthPIN}

// transmitter adapts a function to [apdu.Transmitter].
type transmitter func([]byte) ([]byte, error)

func (f transmitter) Transmit(cmd []byte) ([]byte, error) { return f(cmd) }
