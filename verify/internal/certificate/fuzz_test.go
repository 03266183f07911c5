package certificate_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"testing"
	"time"

	"natsuin/verify/internal/certificate"
	"natsuin/verify/internal/name"
)

// seeds returns a certificate that crypto/x509 can read, and copies with names
// that it may not read.
func seeds(t testing.TB) [][]byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "a-b"}, EmailAddresses: []string{"a@b.jp"},
		NotBefore: time.Unix(1e9, 0), NotAfter: time.Unix(2e9, 0), KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		SubjectKeyId: []byte{1}, PermittedDNSDomains: []string{"b.jp"}, CRLDistributionPoints: []string{"http://x/"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	printable := bytes.ReplaceAll(der, []byte("\x0c\x03a-b"), []byte("\x13\x03a_b"))
	return [][]byte{der, printable, bytes.ReplaceAll(der, []byte("\x13\x03a-b"), []byte("\x13\x03a_b")),
		bytes.ReplaceAll(der, []byte("a@b.jp"), []byte("a@\xe5\xb1\xb1j"))}
}

// FuzzParse compares this package with crypto/x509. If both read a certificate,
// they must agree. If only this package does, it must read the same bytes the
// same way twice.
func FuzzParse(f *testing.F) {
	for _, der := range seeds(f) {
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		cert, err := certificate.Parse(der)
		theirs, refused := x509.ParseCertificate(der)
		var unreadable *certificate.UnreadableError
		switch {
		case errors.As(err, &unreadable):
			c := unreadable.Certificate
			if !certificate.Unreadable(c) || c.PublicKey != nil || !bytes.Equal(c.Raw, der) || c.SerialNumber == nil || unreadable.Part == "" {
				t.Fatalf("an outline with %+v", c)
			}
			if refused == nil {
				t.Fatalf("only crypto/x509 reads it: %v", err)
			}
			return
		case err != nil:
			return
		}
		if certificate.Unreadable(cert) {
			t.Fatal("no key, and no error")
		}
		if !bytes.Equal(cert.Raw, der) || !bytes.Contains(der, cert.RawTBSCertificate) || !bytes.Contains(der, cert.RawSubjectPublicKeyInfo) {
			t.Fatal("the bytes are not those that were given")
		}
		if refused == nil {
			if !theirs.Equal(cert) || theirs.IsCA != cert.IsCA || theirs.KeyUsage != cert.KeyUsage {
				t.Fatal("differs from crypto/x509")
			}
			return
		}
		_ = name.Text(cert.RawSubject)
		again, err := certificate.Parse(cert.Raw)
		if err != nil || again.IsCA != cert.IsCA || len(again.Extensions) != len(cert.Extensions) {
			t.Fatalf("read twice, differently: %v", err)
		}
	})
}

// FuzzName reads names for display and for comparison. Both must accept the
// same names, with the same number of RDNs.
func FuzzName(f *testing.F) {
	for _, der := range seeds(f) {
		if c, err := certificate.Parse(der); err == nil {
			f.Add(c.RawSubject)
		}
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		dn, err := name.ParseDN(der)
		rdns, failed := name.Attributes(der)
		if (failed == nil) != (err == nil) || len(rdns) != len(dn) {
			t.Fatalf("%d names and %d: %v, %v", len(dn), len(rdns), err, failed)
		}
		_ = name.Text(der)
	})
}

func TestReadsWhatOnlyTheNamesSpoil(t *testing.T) {
	for i, der := range seeds(t) {
		c, err := certificate.Parse(der)
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		if !c.IsCA || c.KeyUsage != x509.KeyUsageCertSign || c.SerialNumber.Int64() != 7 || c.NotAfter.Unix() != 2e9 || c.PublicKey == nil {
			t.Errorf("%d: %+v", i, c)
		}
	}
}
