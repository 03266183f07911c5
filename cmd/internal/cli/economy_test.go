package cli_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"natsuin/card/virtual"
)

// exchanges signs n files and returns how many exchanges that took, from the first
// contact to the reset, and the signature of the first.
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

// What a person waits for is the card: 5 exchanges before the prompt, 8 after it, and
// one for each 256 bytes of the two certificates. Then one for each further file.
func TestSigningCostsNoExchangeThatIsNotNeeded(t *testing.T) {
	m, card := deskBatch(t, 4)
	slot := card.State().Sign
	blocks := func(der []byte) int { return (len(der) + 255) / 256 }
	first := 13 + blocks(slot.Certificate) + blocks(slot.CA)

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

// Whatever lies where CA certificates are kept, the one that travels in a signature
// issued the signer's certificate.
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

// named is the file that a certificate would be kept in.
func named(folder string, content []byte) string {
	return filepath.Join(folder, fmt.Sprintf("%X.cer", sha256.Sum256(content)))
}

// flipped changes the last bit of the first half, which is the key's.
func flipped(der []byte) []byte {
	der = bytes.Clone(der)
	der[len(der)/2] ^= 1
	return der
}

// The folder does not grow for ever.
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
