package practice_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"natsuin/card/practice"
)

// pemFile writes certificates or a CRL to a file for openssl.
func pemFile(t *testing.T, kind string, ders ...[]byte) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "*.pem")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, der := range ders {
		if err := pem.Encode(f, &pem.Block{Type: kind, Bytes: der}); err != nil {
			t.Fatal(err)
		}
	}
	return f.Name()
}

// at holds the options with which openssl verifies for the time of the tests.
var at = []string{"-attime", strconv.FormatInt(clock.Unix(), 10)}

func raw(certificates ...*x509.Certificate) [][]byte {
	var ders [][]byte
	for _, c := range certificates {
		ders = append(ders, c.Raw)
	}
	return ders
}

func TestOpenSSLVerifiesTheChains(t *testing.T) {
	need(t, "openssl", "openssl")
	store := open(folder(t))
	info := show(t, store)
	_, official, err := store.Official()
	if err != nil {
		t.Fatal(err)
	}
	signature, authentication, err := store.Roots()
	if err != nil {
		t.Fatal(err)
	}
	anchors := pemFile(t, "CERTIFICATE", raw(append(signature, authentication...)...)...)
	bridge := pemFile(t, "CERTIFICATE", raw(official[1:3]...)...)
	for name, c := range map[string]*x509.Certificate{"sign": info.Sign.Certificate, "auth": info.Auth.Certificate, "official": official[0]} {
		args := append([]string{"verify", "-x509_strict", "-purpose", "any", "-CAfile", anchors, "-no-CApath", "-untrusted", bridge,
			"-policy_check", "-explicit_policy", "-policy", practicePolicy}, at...)
		got := run(t, "openssl", append(args, pemFile(t, "CERTIFICATE", c.Raw))...)
		if !strings.Contains(got, ": OK") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestOpenSSLChecksTheCRL(t *testing.T) {
	need(t, "openssl", "openssl")
	store := open(folder(t))
	info := show(t, store)
	anchors, certificate := pemFile(t, "CERTIFICATE", info.Sign.CA.Raw), pemFile(t, "CERTIFICATE", info.Sign.Certificate.Raw)
	check := func() (string, string) {
		der, err := store.CRL()
		if err != nil {
			t.Fatal(err)
		}
		file := pemFile(t, "X509 CRL", der)
		args := append([]string{"verify", "-x509_strict", "-crl_check", "-CRLfile", file, "-CAfile", anchors, "-no-CApath"}, at...)
		verdict, _ := output("openssl", append(args, certificate)...)
		return verdict, run(t, "openssl", "crl", "-in", file, "-CAfile", anchors, "-noout", "-text", "-verify")
	}
	verdict, text := check()
	if !strings.Contains(verdict, ": OK") || !strings.Contains(text, "verify OK") || !strings.Contains(text, "No Revoked Certificates") {
		t.Errorf("before: %s\n%s", verdict, text)
	}
	if err := store.Revoke(practice.Moved, clock); err != nil {
		t.Fatal(err)
	}
	verdict, text = check()
	if !strings.Contains(verdict, "certificate revoked") || !strings.Contains(text, "verify OK") || !strings.Contains(text, "Affiliation Changed") {
		t.Errorf("after: %s\n%s", verdict, text)
	}
}

func TestOpenSSLAsksTheResponder(t *testing.T) {
	need(t, "openssl", "openssl")
	// openssl ocsp uses the clock of the machine, so this store does too.
	store := practice.Open(practice.Options{Dir: filepath.Join(t.TempDir(), "practice")})
	info := show(t, store)
	server := responder(t, store)
	authority, certificate := pemFile(t, "CERTIFICATE", info.Sign.CA.Raw), pemFile(t, "CERTIFICATE", info.Sign.Certificate.Raw)
	ask := func() string {
		return run(t, "openssl", "ocsp", "-issuer", authority, "-cert", certificate, "-sha256", "-cert", certificate,
			"-url", server.URL, "-CAfile", authority, "-no-CApath", "-nonce", "-timeout", "10")
	}
	if got := ask(); !strings.Contains(got, "Response verify OK") || strings.Count(got, ": good") != 2 || strings.Contains(got, "no nonce") {
		t.Errorf("before: %s", got)
	}
	if err := store.Revoke(practice.NameChanged, info.Sign.Certificate.NotBefore); err != nil {
		t.Fatal(err)
	}
	if got := ask(); !strings.Contains(got, "Response verify OK") || strings.Count(got, ": revoked") != 2 || !strings.Contains(got, "affiliationChanged") {
		t.Errorf("after: %s", got)
	}
}
