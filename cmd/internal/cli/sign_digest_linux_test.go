package cli_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mozilla.org/pkcs7"

	"natsuin/card/virtual"
	"natsuin/cmd/internal/cli"
)

// withP384 gives the slots of a card P-384 keys, which are reported for the
// next generation (docs/card.md §9).
func withP384(t *testing.T, slots ...func(*virtual.State) *virtual.Slot) func(*virtual.Options) {
	t.Helper()
	return func(o *virtual.Options) {
		for _, slot := range slots {
			ca := p384(t)
			key := p384(t)
			s := slot(&o.State)
			s.CA = long(t, 1000, x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign}, nil, ca)
			s.Certificate = issuedTo(t, s.CA, ca, key)
			s.Key = key
		}
	}
}

func p384(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issuedTo makes a certificate for key, signed by the CA.
func issuedTo(t *testing.T, ca []byte, caKey, key crypto.Signer) []byte {
	t.Helper()
	issuer, err := x509.ParseCertificate(ca)
	if err != nil {
		t.Fatal(err)
	}
	template := *issuer
	template.IsCA, template.KeyUsage = false, x509.KeyUsageDigitalSignature
	template.Subject.CommonName = "holder"
	template.ExtraExtensions = nil
	der, err := x509.CreateCertificate(rand.Reader, &template, issuer, key.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func signHalf(s *virtual.State) *virtual.Slot { return &s.Sign }
func authHalf(s *virtual.State) *virtual.Slot { return &s.Auth }

func labelled(label string) func(*virtual.Options) {
	return func(o *virtual.Options) { o.State.Label = label }
}

// signHeld signs files with the card. From the given command on, opening any of
// the files blocks, so that a run that opens one later does not end.
func signHeld(t *testing.T, card *virtual.Card, from func(command []byte) bool, stdin []byte, files []string, args ...string) (exit int, object map[string]any) {
	t.Helper()
	d := newFakeService()
	d.plug("reader", card)
	var out, errs bytes.Buffer
	env := d.env(t, &out, &errs, append(append([]string{"sign", "--json", "--yes", "--pin-from", secretFile(t, signPassword)}, args...), files...))
	env.Streams.In = bytes.NewReader(stdin)
	var named []string
	for _, f := range files {
		if f != "-" {
			named = append(named, f)
		}
	}
	var held leases
	hold := sync.OnceFunc(func() { held = hang(t, named...) })
	env.Readers = &tap{d, func(command []byte) {
		if from(command) {
			hold()
		}
	}}
	ended := make(chan int, 1)
	go func() { ended <- cli.Main(env) }()
	select {
	case exit = <-ended:
		held.answer()
	case <-time.After(10 * time.Second):
		t.Fatal("a file was read after it must not be read any more")
	}
	if err := json.Unmarshal(out.Bytes(), &object); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	return exit, object
}

// isVerify reports whether a command is a VERIFY with a secret.
func isVerify(command []byte) bool { return command[1] == 0x20 && len(command) > 5 }

func anyCommand([]byte) bool { return true }

func TestAKeyThatWantsSHA384IsForeseenBeforeThePassword(t *testing.T) {
	for name, change := range map[string][]func(*virtual.Options){
		"both keys on P-384, a known label":   {withP384(t, signHalf, authHalf)},
		"an unknown label":                    {withP384(t, signHalf), labelled("JPKIAPICCTOKEN9")},
		"an unknown label, no authentication": {withP384(t, signHalf), labelled("JPKIAPICCTOKEN9"), noAuth},
	} {
		t.Run(name, func(t *testing.T) {
			m, card := newBatch(t, 3), laidCard(t, change...)
			exit, object := signHeld(t, card, isVerify, nil, m.files)
			if exit != 0 {
				t.Fatalf("exit code %d: %v", exit, object)
			}
			for i, f := range m.files {
				if report := object["files"].([]any)[i].(map[string]any); report["digest_alg"] != "sha384" || len(report["digest"].(string)) != 96 {
					t.Errorf("reported as %v", report)
				}
				content, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				checkDetached(t, f+".p7s", content)
			}
		})
	}
}

func noAuth(o *virtual.Options) { o.State.Auth.Certificate, o.State.Auth.Key = nil, nil }

// checkDetached verifies a detached signature over content with another
// implementation.
func checkDetached(t *testing.T, name string, content []byte) {
	t.Helper()
	der, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p7, err := pkcs7.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	p7.Content = content
	if err := p7.Verify(); err != nil {
		t.Error(err)
	}
}

func TestStandardInputIsReadOnceForEitherHash(t *testing.T) {
	out := t.TempDir() + "/out.p7s"
	exit, object := signHeld(t, laidCard(t, withP384(t, signHalf, authHalf)), isVerify, []byte("letter"), []string{"-"}, "-o", out)
	if exit != 0 {
		t.Fatalf("exit code %d: %v", exit, object)
	}
	checkDetached(t, out, []byte("letter"))
	exit, object = signHeld(t, laidCard(t), isVerify, []byte("letter"), []string{"-"}, "-o", out, "--force")
	if report := object["files"].([]any)[0].(map[string]any); exit != 0 || report["digest_alg"] != "sha256" {
		t.Fatalf("exit code %d: %v", exit, object)
	}
	checkDetached(t, out, []byte("letter"))
}

// With the current generation of cards, each file is opened once, before the
// first command to the card.
func TestAFileIsReadOnceForTodaysCard(t *testing.T) {
	m := newBatch(t, 2)
	if exit, object := signHeld(t, laidCard(t), anyCommand, nil, m.files); exit != 0 {
		t.Fatalf("exit code %d: %v", exit, object)
	}
}

func TestAHashThatWasNotForeseenEndsTheRunWithoutALostTry(t *testing.T) {
	for name, args := range map[string][]string{"nothing foretold it": nil, "another was demanded": {"--hash", "sha256"}} {
		change := []func(*virtual.Options){withP384(t, signHalf)}
		if args != nil {
			change = append(change, labelled("JPKIAPICCTOKEN9"))
		}
		m, card := newBatch(t, 1), laidCard(t, change...)
		exit, object := signHeld(t, card, isVerify, nil, m.files, args...)
		if exit != 2 || object["code"] != "usage" || exists(m.files[0]+".p7s") {
			t.Errorf("%s: exit code %d: %v", name, exit, object)
		}
		for _, word := range []string{"sha384", "no try"} {
			if !strings.Contains(object["message"].(string), word) {
				t.Errorf("%s: no word of %s: %v", name, word, object["message"])
			}
		}
		if n := card.Tally(); n.Wrong != 0 || n.Signatures != 0 || card.State().Sign.Tries != 5 {
			t.Errorf("%s: %+v", name, n)
		}
		exit, object = signHeld(t, card, isVerify, nil, m.files, "--hash", "sha384")
		if exit != 0 {
			t.Errorf("%s, as the hint says: exit code %d: %v", name, exit, object)
		}
	}
}
