package practice_test

import (
	"crypto/x509"
	"encoding/pem"
	"path/filepath"
	"strings"
	"testing"

	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/practice"
	"natsuin/card/virtual"
)

// inReader puts the card of a store into the virtual reader of the real PC/SC
// service. It returns the name of the reader and the card.
func inReader(t *testing.T, store *practice.Store) (reader string, card *virtual.Card) {
	t.Helper()
	service := pcscdtest.Use(t)
	conn, err := store.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	service.Insert(conn)
	t.Cleanup(service.Remove)
	return service.Reader(), conn.Card()
}

func TestOpenSCMeetsTheCard(t *testing.T) {
	need(t, "pkcs11-tool", "opensc")
	need(t, "openssl", "openssl")
	store := practice.Open(practice.Options{Dir: filepath.Join(t.TempDir(), "practice")})
	reader, card := inReader(t, store)

	if got := run(t, "opensc-tool", "--reader", reader, "-n"); !strings.Contains(got, "jpki") {
		t.Errorf("opensc-tool names the card %q", got)
	}
	dump := run(t, "pkcs15-tool", "--reader", reader, "--dump")
	for _, want := range []string{"User Authentication PIN", "Digital Signature PIN", "Tries left     : 3", "Tries left     : 5"} {
		if !strings.Contains(dump, want) {
			t.Errorf("pkcs15-tool does not show %q:\n%s", want, dump)
		}
	}
	if w := card.Tally().Wrong; w != 0 {
		t.Errorf("looking at the card cost %d tries", w)
	}

	dir := t.TempDir()
	letter, signature, public := filepath.Join(dir, "letter"), filepath.Join(dir, "signature"), filepath.Join(dir, "public.pem")
	info, err := store.Show()
	if err != nil {
		t.Fatal(err)
	}
	for id, slot := range map[string]struct {
		practice.SlotInfo
		label string
	}{"01": {info.Auth, "User Authentication PIN"}, "02": {info.Sign, "Digital Signature PIN"}} {
		write(t, letter, []byte("a letter for "+id))
		run(t, "pkcs11-tool", "--token-label", "JPKI ("+slot.label+")", "--login", "--pin", slot.Secret,
			"--sign", "-m", "SHA256-RSA-PKCS", "--id", id, "-i", letter, "-o", signature)
		der, err := x509.MarshalPKIXPublicKey(slot.Certificate.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		write(t, public, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		if got := run(t, "openssl", "dgst", "-sha256", "-verify", public, "-signature", signature, letter); !strings.Contains(got, "Verified OK") {
			t.Errorf("id %s: openssl says %q", id, got)
		}
	}
}

func TestOpenSCListsThePhone(t *testing.T) {
	need(t, "pkcs15-tool", "opensc")
	store := practice.Open(practice.Options{Dir: filepath.Join(t.TempDir(), "practice")})
	if err := store.Issue(practice.IssueOptions{Kind: practice.KindPhone}); err != nil {
		t.Fatal(err)
	}
	reader, _ := inReader(t, store)
	list := run(t, "pkcs15-tool", "--reader", reader, "--list-certificates", "--list-pins")
	for _, want := range []string{"User Authentication Certificate", "Digital Signature Certificate CA", "Tries left     : 3", "Tries left     : 5"} {
		if !strings.Contains(list, want) {
			t.Errorf("pkcs15-tool does not show %q:\n%s", want, list)
		}
	}
}
