package revocation_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	_ "crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"natsuin/verify/internal/name"
	"natsuin/verify/internal/revocation"
	"natsuin/verify/internal/sigalg"
)

// at is the reference time of the tests.
var at = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

func day(n int) time.Time { return at.AddDate(0, 0, n) }

type party struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

type change func(*x509.Certificate)

var nextSerial int64 = 100

// issue makes a certificate. If issuer is nil, it is self-signed.
func issue(t testing.TB, issuer *party, subject string, changes ...change) *party {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	nextSerial++
	template := &x509.Certificate{SerialNumber: big.NewInt(nextSerial), Subject: pkix.Name{CommonName: subject},
		NotBefore: day(-400), NotAfter: day(400), KeyUsage: x509.KeyUsageDigitalSignature}
	for _, c := range changes {
		c(template)
	}
	parent := &party{template, key}
	if issuer != nil {
		parent = issuer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.cert, key.Public(), parent.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &party{cert, key}
}

func asCA(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid = true, true
	c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
}

func extended(critical bool, value []byte, id ...int) change {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: id, Critical: critical, Value: value})
	}
}

func tlv(tag byte, contents ...[]byte) []byte {
	var body []byte
	for _, c := range contents {
		body = append(body, c...)
	}
	switch n := len(body); {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, body...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, body...)
	case n < 0x10000:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body...)
	default:
		return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
	}
}

func oid(id ...int) []byte {
	der, err := asn1.Marshal(asn1.ObjectIdentifier(id))
	if err != nil {
		panic(err)
	}
	return der
}

func integer(n int64) []byte {
	der, err := asn1.Marshal(n)
	if err != nil {
		panic(err)
	}
	return der
}

func moment(v time.Time) []byte { return tlv(0x18, []byte(v.UTC().Format("20060102150405Z"))) }

var (
	yes = []byte{0x01, 1, 0xff}
	// algorithms holds the AlgorithmIdentifiers of ECDSA, by hash.
	algorithms = map[crypto.Hash][]byte{
		crypto.SHA256: tlv(0x30, oid(1, 2, 840, 10045, 4, 3, 2)),
		crypto.SHA1:   tlv(0x30, oid(1, 2, 840, 10045, 4, 1)),
	}
)

func ext(critical bool, value []byte, id ...int) []byte {
	if critical {
		return tlv(0x30, oid(id...), yes, tlv(0x04, value))
	}
	return tlv(0x30, oid(id...), tlv(0x04, value))
}

// sign returns SEQUENCE { tbs, algorithm, signature, rest... }.
func sign(t testing.TB, key *ecdsa.PrivateKey, h crypto.Hash, tbs []byte, rest ...[]byte) []byte {
	t.Helper()
	w := h.New()
	w.Write(tbs)
	signature, err := key.Sign(rand.Reader, w.Sum(nil), h)
	if err != nil {
		t.Fatal(err)
	}
	parts := append([][]byte{tbs, algorithms[h], tlv(0x03, []byte{0}, signature)}, rest...)
	return tlv(0x30, parts...)
}

// list describes a CRL. The zero value is a valid, empty one.
type list struct {
	this, next time.Time // zero means yesterday, and in ten days
	noNext     bool
	unnumbered bool
	number     int64
	entries    [][]byte
	extensions [][]byte
	hash       crypto.Hash // zero means SHA-256
}

func revoked(serial *big.Int, when time.Time, extensions ...[]byte) []byte {
	number, err := asn1.Marshal(serial)
	if err != nil {
		panic(err)
	}
	parts := [][]byte{number, moment(when)}
	if len(extensions) > 0 {
		parts = append(parts, tlv(0x30, extensions...))
	}
	return tlv(0x30, parts...)
}

func reason(n byte) []byte { return ext(false, []byte{0x0a, 1, n}, 2, 5, 29, 21) }

func (l list) der(t testing.TB, by *party) []byte {
	t.Helper()
	if l.this.IsZero() {
		l.this = day(-1)
	}
	if l.next.IsZero() {
		l.next = day(10)
	}
	if l.hash == 0 {
		l.hash = crypto.SHA256
	}
	parts := [][]byte{integer(1), algorithms[l.hash], by.cert.RawSubject, moment(l.this)}
	if !l.noNext {
		parts = append(parts, moment(l.next))
	}
	if len(l.entries) > 0 {
		parts = append(parts, tlv(0x30, l.entries...))
	}
	extensions := l.extensions
	if !l.unnumbered {
		extensions = append([][]byte{ext(false, integer(l.number), 2, 5, 29, 20)}, extensions...)
	}
	if len(extensions) > 0 {
		parts = append(parts, tlv(0xa0, tlv(0x30, extensions...)))
	}
	return sign(t, by.key, l.hash, tlv(0x30, parts...))
}

func (l list) parse(t testing.TB, by *party) *revocation.CRL {
	t.Helper()
	c, err := revocation.ParseCRL(l.der(t, by))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// checker returns a Checker with these CRLs. The certificates of others are at
// hand and trusted as CRL signers.
func checker(others []*party, lists ...*revocation.CRL) *revocation.Checker {
	return &revocation.Checker{Verify: sigalg.Verify, CRLs: lists, At: at,
		Named: func(dn name.DN) []*x509.Certificate {
			var out []*x509.Certificate
			for _, p := range others {
				if subject, err := name.ParseDN(p.cert.RawSubject); err == nil && subject.Equal(dn) {
					out = append(out, p.cert)
				}
			}
			return out
		},
		Trusted: trustAll,
	}
}
