package practice_test

import (
	"crypto/x509"
	"testing"

	"natsuin/card/practice"
)

func TestSmoke(t *testing.T) {
	s := practice.Open(practice.Options{Dir: t.TempDir() + "/p"})
	c, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Show()
	t.Log(info.Kind, info.Sign.Secret, len(info.Sign.Certificate.Raw), len(info.Sign.CA.Raw), info.Sign.Certificate.Subject, info.Sign.Certificate.NotAfter, err)
	roots, err := s.Roots()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	for _, r := range roots {
		pool.AddCert(r)
		t.Log(r.Issuer)
	}
	_, err = info.Sign.Certificate.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	t.Log(err)
	_, chain, err := s.Official()
	if err != nil {
		t.Fatal(err)
	}
	inter := x509.NewCertPool()
	inter.AddCert(chain[1])
	inter.AddCert(chain[2])
	_, err = chain[0].Verify(x509.VerifyOptions{Roots: pool, Intermediates: inter, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	t.Log(err)
	c.Close()
}
