package pcsc_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/virtual"
)

// The secrets of the card in the OpenSC tests.
const (
	signPassword = "PASSWORD1"
	authPIN      = "1234"
)

// issued returns a card with both keys, their certificates and those of their
// issuers.
func issued(t *testing.T) *virtual.Card {
	t.Helper()
	caKey := newKey(t)
	slot := func(serial int64, unit string, usage x509.KeyUsage, secret string, tries int) virtual.Slot {
		ca := certify(t, &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{Country: []string{"JP"}, OrganizationalUnit: []string{unit}},
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}, nil, &caKey.PublicKey, caKey)
		key := newKey(t)
		leaf := certify(t, &x509.Certificate{
			SerialNumber: big.NewInt(serial + 1), Subject: pkix.Name{Country: []string{"JP"}, CommonName: unit}, KeyUsage: usage,
		}, ca, &key.PublicKey, caKey)
		return virtual.Slot{Key: key, Certificate: leaf.Raw, CA: ca.Raw, Secret: []byte(secret), Tries: tries, MaxTries: tries}
	}
	return virtual.New(virtual.Options{State: virtual.State{
		Label: "JPKIAPICCTOKEN2",
		Sign:  slot(1, "Signature", x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment, signPassword, 5),
		Auth:  slot(3, "Authentication", x509.KeyUsageDigitalSignature, authPIN, 3),
	}})
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certify(t *testing.T, template, parent *x509.Certificate, public *rsa.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// run returns the output of a program, of both streams.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// OpenSC's JPKI driver was written by others for the real card. It must work
// with the virtual card, through the real service.
func TestOpenSCTakesTheVirtualCardForAJPKICard(t *testing.T) {
	pcscdtest.Need(t, "opensc-tool", "pkcs15-tool", "pkcs11-tool", "openssl")
	service := pcscdtest.Use(t)
	card := issued(t)
	service.Insert(card)
	service.OnlyForOpenSC()

	t.Run("opensc-tool names it", func(t *testing.T) {
		if out := run(t, "opensc-tool", "-n"); !strings.Contains(out, "jpki") {
			t.Errorf("it said %q", out)
		}
	})
	t.Run("pkcs15-tool shows both secrets and their tries", func(t *testing.T) {
		out := run(t, "pkcs15-tool", "--dump")
		for _, tries := range []string{"Tries left     : 3", "Tries left     : 5"} {
			if strings.Count(out, tries) != 1 {
				t.Errorf("%q is not there once:\n%s", tries, out)
			}
		}
	})
	for _, test := range []struct{ id, token, secret string }{
		{"01", "JPKI (User Authentication PIN)", authPIN},
		{"02", "JPKI (Digital Signature PIN)", signPassword},
	} {
		t.Run("pkcs11-tool signs with "+test.id+" and openssl agrees", func(t *testing.T) {
			dir := t.TempDir()
			letter, signature := filepath.Join(dir, "letter"), filepath.Join(dir, "signature")
			if err := os.WriteFile(letter, []byte("申請書\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			run(t, "pkcs11-tool", "--token-label", test.token, "--login", "--pin", test.secret,
				"--sign", "-m", "SHA256-RSA-PKCS", "--id", test.id, "-i", letter, "-o", signature)

			certDER, cert, public := filepath.Join(dir, "cert.der"), filepath.Join(dir, "cert"), filepath.Join(dir, "public")
			run(t, "pkcs11-tool", "--token-label", test.token, "--login", "--pin", test.secret,
				"--read-object", "--type", "cert", "--id", test.id, "-o", certDER)
			pemOf(t, certDER, cert)
			run(t, "openssl", "x509", "-in", cert, "-pubkey", "-noout", "-out", public)
			if out := run(t, "openssl", "dgst", "-sha256", "-verify", public, "-signature", signature, letter); !strings.Contains(out, "Verified OK") {
				t.Errorf("openssl said %q", out)
			}
			checkSignature(t, card, test.id, signature, letter)
		})
	}
	if tally := card.Tally(); tally.Wrong != 0 || tally.Signatures != 2 {
		t.Errorf("%d wrong secrets and %d signatures, want none and 2", tally.Wrong, tally.Signatures)
	}
}

// pemOf converts a certificate file from DER to PEM. It fails if other bytes
// follow the DER, such as the padding of the file on the card.
func pemOf(t *testing.T, from, to string) {
	t.Helper()
	der, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// checkSignature verifies the signature with the key on the card, not with that
// of a certificate that a program has read.
func checkSignature(t *testing.T, card *virtual.Card, id, signature, letter string) {
	t.Helper()
	state := card.State()
	key := state.Sign.Key
	if id == "01" {
		key = state.Auth.Key
	}
	sig, err := os.ReadFile(signature)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(letter)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(text)
	if err := rsa.VerifyPKCS1v15(key.Public().(*rsa.PublicKey), crypto.SHA256, digest[:], sig); err != nil {
		t.Errorf("the card's key did not make it: %v", err)
	}
}
