package cli_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"natsuin/card/virtual"
)

// exchanges signs n files. It returns how many exchanges this took, from the
// first contact to the reset, and the first signature.
func exchanges(t *testing.T, m *batch, card *virtual.Card, n int, args ...string) (count int, signature []byte) {
	t.Helper()
	all := m.files
	m.files = all[:n]
	defer func() { m.files = all }()
	card.ClearLog()
	m.sign(t, "reader", args...)
	signature, err := os.ReadFile(m.files[0] + ".p7s")
	if err != nil {
		t.Fatal(err)
	}
	return card.Tally().Exchanges, signature
}

// Most of the time of a run goes into exchanges with the card. A first
// signature takes 14 exchanges, plus one for each 256 bytes of the two
// certificates. Each further file takes one more.
func TestSigningCostsNoExchangeThatIsNotNeeded(t *testing.T) {
	m, card := deskBatch(t, 4)
	slot := card.State().Sign
	blocks := func(der []byte) int { return (len(der) + 255) / 256 }
	first := 14 + blocks(slot.Certificate) + blocks(slot.CA)

	got, before := exchanges(t, m, card, 1)
	if got > first {
		t.Errorf("a first signature took %d exchanges, at most %d: %v", got, first, operations(card))
	}
	got, after := exchanges(t, m, card, 1)
	if want := first - 1 - blocks(slot.CA); got > want {
		t.Errorf("with the CA's certificate known, %d exchanges, at most %d: %v", got, want, operations(card))
	}
	for _, signature := range [][]byte{before, after} {
		if !bytes.Contains(signature, slot.CA) || !bytes.Contains(signature, slot.Certificate) {
			t.Error("a signature lacks a certificate")
		}
	}
	if four, _ := exchanges(t, m, card, 4); four != got+3 {
		t.Errorf("four files took %d exchanges, one %d", four, got)
	}
}

func operations(card *virtual.Card) (ops []string) {
	for _, e := range card.Log() {
		ops = append(ops, e.Op.String())
	}
	return ops
}

// A citizen's certificate with a long address is taken to have 1,950 bytes, and
// its CA's 1,304 (docs/performance.md).
func TestACitizensCertificatesTakeTwentyEightExchanges(t *testing.T) {
	m, card := deskBatch(t, 2, ofCitizensSize(t))
	if n, _ := exchanges(t, m, card, 1); n > 28 {
		t.Errorf("a first signature took %d exchanges", n)
	}
	if n, _ := exchanges(t, m, card, 2); n > 28-7+1 {
		t.Errorf("with the CA's certificate known, two files took %d exchanges", n)
	}
}

// ofCitizensSize gives a card certificates that are as long as a citizen's can
// be. Nothing else about them resembles a citizen's.
func ofCitizensSize(tb testing.TB) func(*virtual.Options) {
	return func(o *virtual.Options) {
		key := o.State.Sign.Key
		ca := long(tb, 1304, x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign}, nil, key)
		o.State.Sign.Certificate = long(tb, 1950, x509.Certificate{KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment}, ca, key)
		o.State.Sign.CA = ca
	}
}

// long makes a certificate of the given size in bytes. It is self-signed if
// issuer is nil.
func long(tb testing.TB, size int, template x509.Certificate, issuer []byte, key crypto.Signer) []byte {
	template.SerialNumber, template.BasicConstraintsValid = big.NewInt(int64(size)), true
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	template.Subject = pkix.Name{CommonName: fmt.Sprint(size)}
	parent := &template
	if issuer != nil {
		var err error
		if parent, err = x509.ParseCertificate(issuer); err != nil {
			tb.Fatal(err)
		}
	}
	filling := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 392, 1}, Value: make([]byte, 300)}
	for {
		template.ExtraExtensions = []pkix.Extension{filling}
		der, err := x509.CreateCertificate(rand.Reader, &template, parent, key.Public(), key)
		if err != nil {
			tb.Fatal(err)
		}
		if len(der) == size {
			return der
		}
		filling.Value = make([]byte, len(filling.Value)+size-len(der))
	}
}

// Whatever the folder of kept CA certificates holds, a signature contains the
// certificate that issued the signer's. It is read from the card if it was not
// kept.
func TestAKeptCertificateIsTheIssuerOrIsNotUsed(t *testing.T) {
	m, card := deskBatch(t, 1)
	full, _ := exchanges(t, m, card, 1)
	folder := filepath.Join(m.home, ".cache", "natsuin", "issuers")
	files, err := filepath.Glob(filepath.Join(folder, "*.cer"))
	if err != nil || len(files) != 1 {
		t.Fatalf("kept: %v, %v", files, err)
	}
	kept, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	state := card.State()
	if !bytes.Equal(kept, state.Sign.CA) {
		t.Fatal("what is kept is not the CA's certificate")
	}
	for name, test := range map[string]struct {
		file    string
		content []byte
	}{
		"cut":                        {files[0], kept[:700]},
		"empty":                      {files[0], nil},
		"of another CA":              {named(folder, state.Auth.CA), state.Auth.CA},
		"the signer's own":           {named(folder, state.Sign.Certificate), state.Sign.Certificate},
		"no certificate":             {named(folder, []byte("no")), []byte("no")},
		"one with bytes behind it":   {named(folder, append(bytes.Clone(kept), 0)), append(bytes.Clone(kept), 0)},
		"one bit of its key changed": {named(folder, flipped(kept)), flipped(kept)},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(test.file, test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			again, signature := exchanges(t, m, card, 1)
			if again != full || !bytes.Contains(signature, state.Sign.CA) {
				t.Errorf("%d exchanges, %d when nothing is kept; with the right certificate: %v", again, full, bytes.Contains(signature, state.Sign.CA))
			}
			if now, _ := exchanges(t, m, card, 1); now >= full {
				t.Error("it was not kept anew")
			}
		})
	}
}

// named returns the name of the file in which a certificate is kept.
func named(folder string, content []byte) string {
	return filepath.Join(folder, fmt.Sprintf("%X.cer", sha256.Sum256(content)))
}

// flipped changes a bit in the middle, which belongs to the key.
func flipped(der []byte) []byte {
	der = bytes.Clone(der)
	der[len(der)/2] ^= 1
	return der
}

// A symbolic link with the name of a kept certificate is replaced, and its
// target stays as it is. A link in place of the folder is left alone.
func TestNoLinkIsFollowedWhereCertificatesAreKept(t *testing.T) {
	m, card := deskBatch(t, 1)
	folder, victim := filepath.Join(m.home, ".cache", "natsuin", "issuers"), filepath.Join(t.TempDir(), "victim")
	for _, err := range []error{
		os.MkdirAll(folder, 0o700), os.WriteFile(victim, []byte("kept"), 0o600), os.Symlink(victim, named(folder, card.State().Sign.CA)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	exchanges(t, m, card, 1)
	if now, err := os.ReadFile(victim); err != nil || string(now) != "kept" {
		t.Errorf("the link's target: %q, %v", now, err)
	}
	if info, err := os.Lstat(named(folder, card.State().Sign.CA)); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the link was not replaced: %v, %v", info, err)
	}
	foreign := t.TempDir()
	for _, err := range []error{os.RemoveAll(folder), os.Symlink(foreign, folder)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	exchanges(t, m, card, 1)
	if entries, err := os.ReadDir(foreign); err != nil || len(entries) > 0 {
		t.Errorf("something was kept behind a link: %v, %v", entries, err)
	}
}

// The folder does not grow without limit.
func TestFewCertificatesAreKept(t *testing.T) {
	m, card := deskBatch(t, 1)
	folder := filepath.Join(m.home, ".cache", "natsuin", "issuers")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%064X.cer", i)), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		exchanges(t, m, card, 1)
		if err := os.Remove(named(folder, card.State().Sign.CA)); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 16 {
		t.Errorf("%d files, %v", len(left), err)
	}
}

func TestNothingIsKeptWhereNoCertificateTravels(t *testing.T) {
	m, _ := deskBatch(t, 1)
	m.sign(t, "reader", "--raw")
	if _, err := os.Stat(filepath.Join(m.home, ".cache")); !os.IsNotExist(err) {
		t.Errorf("a bare signature left something: %v", err)
	}
}
