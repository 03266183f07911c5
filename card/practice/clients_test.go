package practice_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/practice"
	"natsuin/card/virtual"
)

// openscModule returns the path of OpenSC's PKCS #11 module.
func openscModule(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/*/opensc-pkcs11.so", "/usr/lib/opensc-pkcs11.so", "/usr/lib64/opensc-pkcs11.so"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
	}
	missing(t, "opensc-pkcs11.so is missing: apt-get install opensc")
	return ""
}

// forClients puts a new practice card into the reader, the only one that OpenSC
// sees, and checks at the end that the clients wasted no try.
func forClients(t *testing.T) (practice.Info, *virtual.Card) {
	t.Helper()
	service := pcscdtest.Use(t)
	store := practice.Open(practice.Options{Dir: filepath.Join(t.TempDir(), "practice")})
	conn, err := store.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	info, err := store.Show()
	if err != nil {
		t.Fatal(err)
	}
	card := conn.Card()
	t.Cleanup(func() {
		if s := card.State(); s.Sign.Tries != 5 || s.Auth.Tries != 3 || card.Tally().Wrong != 0 {
			t.Errorf("the client left %d and %d tries", s.Sign.Tries, s.Auth.Tries)
		}
	})
	service.Insert(conn)
	t.Cleanup(service.Remove)
	service.OnlyForOpenSC()
	return info, card
}

func publicKey(t *testing.T, slot practice.SlotInfo) *rsa.PublicKey {
	t.Helper()
	key, ok := slot.Certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		t.Fatalf("a key of type %T", slot.Certificate.PublicKey)
	}
	return key
}

// The card pads whatever it is given: raw data, as TLS 1.1 signed (36 bytes),
// and digests that natsuin does not use.
func TestPKCS11ToolSignsRawDataAndSHA224(t *testing.T) {
	need(t, "pkcs11-tool", "opensc")
	info, _ := forClients(t)
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for id, slot := range map[string]struct {
		practice.SlotInfo
		label string
	}{"01": {info.Auth, "User Authentication PIN"}, "02": {info.Sign, "Digital Signature PIN"}} {
		sign := func(mechanism string, data []byte) []byte {
			write(t, in, data)
			run(t, "pkcs11-tool", "--token-label", "JPKI ("+slot.label+")", "--login", "--pin", slot.Secret,
				"--sign", "-m", mechanism, "--id", id, "-i", in, "-o", out)
			signature, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			return signature
		}
		key := publicKey(t, slot.SlotInfo)
		for _, n := range []int{1, 36, 245} {
			data := bytes.Repeat([]byte{0x5A}, n)
			if err := rsa.VerifyPKCS1v15(key, 0, data, sign("RSA-PKCS", data)); err != nil {
				t.Errorf("id %s, %d raw bytes: %v", id, n, err)
			}
		}
		digest := sha256.Sum224([]byte("a letter"))
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA224, digest[:], sign("SHA224-RSA-PKCS", []byte("a letter"))); err != nil {
			t.Errorf("id %s, SHA-224: %v", id, err)
		}
	}
}

func TestP11toolListsTheCardAndSigns(t *testing.T) {
	need(t, "p11tool", "gnutls-bin")
	info, card := forClients(t)
	module := openscModule(t)
	p11tool := func(args ...string) string {
		t.Helper()
		return run(t, "p11tool", append([]string{"--provider", module, "--batch"}, args...)...)
	}
	tokens := p11tool("--list-token-urls")
	for _, slot := range []struct {
		practice.SlotInfo
		label, certificate string
	}{
		{info.Auth, "JPKI%20%28User%20Authentication%20PIN%29", "User Authentication Certificate"},
		{info.Sign, "JPKI%20%28Digital%20Signature%20PIN%29", "Digital Signature Certificate"},
	} {
		var url string
		for _, line := range strings.Fields(tokens) {
			if strings.Contains(line, slot.label) {
				url = line
			}
		}
		if url == "" {
			t.Fatalf("no token %s in:\n%s", slot.label, tokens)
		}
		all := p11tool("--login", "--set-pin", slot.Secret, "--list-all", url)
		for _, want := range []string{"Private key", slot.certificate} {
			if !strings.Contains(all, want) {
				t.Errorf("no %q in:\n%s", want, all)
			}
		}
		key, _, _ := strings.Cut(p11tool("--login", "--set-pin", slot.Secret, "--only-urls", "--list-privkeys", url), "\n")
		before := card.Tally().Signatures
		// p11tool fails in the end: OpenSC gives it no object for the public
		// key.
		got, _ := output("p11tool", "--provider", module, "--batch", "--login", "--set-pin", slot.Secret, "--test-sign", key)
		for _, want := range []string{"Signing using RSA-SHA256... ok", "Verifying against private key parameters... ok"} {
			if !strings.Contains(got, want) {
				t.Errorf("p11tool says %q", got)
			}
		}
		if card.Tally().Signatures == before {
			t.Error("the card signed nothing")
		}
	}
}

// ssh-keygen reads the authentication key through OpenSC, and certifies another
// key with it: the card signs a SHA-512 DigestInfo.
func TestSSHKeygenReadsTheKeyAndSigns(t *testing.T) {
	need(t, "ssh-keygen", "openssh-client")
	info, _ := forClients(t)
	module := openscModule(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }

	keys := run(t, "ssh-keygen", "-D", module)
	var authority string
	for line := range strings.Lines(keys) {
		if strings.HasPrefix(line, "ssh-rsa ") && strings.HasSuffix(line, " User Authentication Public Key\n") {
			authority = line
		}
	}
	if authority == "" {
		t.Fatalf("no key in:\n%s", keys)
	}
	write(t, path("ca.pub"), []byte(authority))
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path("key"))

	if err := os.WriteFile(path("askpass"), []byte("#!/bin/sh\necho "+info.Auth.Secret+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSH_ASKPASS", path("askpass"))
	t.Setenv("SSH_ASKPASS_REQUIRE", "force")
	run(t, "ssh-keygen", "-q", "-s", path("ca.pub"), "-D", module, "-I", "practice", path("key.pub"))

	line, err := os.ReadFile(path("key-cert.pub"))
	if err != nil {
		t.Fatal(err)
	}
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(string(line))[1])
	if err != nil {
		t.Fatal(err)
	}
	// The last field is the signature: string (string name, string signature).
	end := len("....") + len("....rsa-sha2-512") + len("....") + 256
	digest := sha512.Sum512(blob[:len(blob)-end])
	if err := rsa.VerifyPKCS1v15(publicKey(t, info.Auth), crypto.SHA512, digest[:], blob[len(blob)-256:]); err != nil {
		t.Error(err)
	}
}
