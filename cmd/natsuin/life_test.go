//go:build linux

package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/card/pcsc/pcscdtest"
	"natsuin/sign/timestamp"
)

// TestLife goes through the life of a certificate, from the issue of the card
// to the letter of an official, with the practice card in process.
func TestLife(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			life(t, lang, func(testing.TB) string { return "practice" })
		})
	}
}

// TestLifeThroughPCSC does the same with the practice card in a reader of the
// real PC/SC service. The program itself serves the card, while its town hall
// changes it.
func TestLifeThroughPCSC(t *testing.T) {
	t.Parallel()
	life(t, "ja", func(t testing.TB) string { return pcscdtest.Use(t).Reader() })
}

// life runs the script with the card in the reader that take returns.
func life(t *testing.T, lang string, take func(testing.TB) (reader string)) {
	locales := map[string]string{"ja": "ja_JP.UTF-8", "en": "en_US.UTF-8"}
	pcscdtest.Need(t, "openssl")
	var reader string
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "life"),
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			reader = take(e.T().(testing.TB))
			e.Setenv("LANG", locales[lang])
			e.Setenv("GORACE", os.Getenv("GORACE"))
			e.Setenv("READER", reader)
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("XDG_DATA_HOME", filepath.Join(e.WorkDir, "data"))
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			if err := ownerOnly(e.WorkDir); err != nil {
				return err
			}
			return newTSA(e.WorkDir)
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "ja", "en":
				return cond == lang, nil
			case "pcsc":
				return reader != "practice", nil
			}
			return false, fmt.Errorf("no condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "json": jsonIs, "tries": tries, "pty": onTerminal,
			"let": let, "now": nowIs, "stamp": stampSignature,
		},
	})
}

// let NAME PATH sets a variable to a member of the JSON object on stdout.
func let(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: let name path")
	}
	var object any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &object))
	value := member(object, strings.Split(args[1], "."))
	if value == "absent" || value == "null" {
		ts.Fatalf("%s is %s", args[1], value)
	}
	ts.Setenv(args[0], value)
}

// now NAME sets a variable to the current second, and waits for the next one,
// so that later events differ in the whole seconds of certificates and lists.
func nowIs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: now name")
	}
	at := time.Now().Truncate(time.Second)
	ts.Setenv(args[0], at.UTC().Format(time.RFC3339))
	time.Sleep(time.Until(at.Add(time.Second)))
}

const tsaConfiguration = `[tsa]
default_tsa = authority
[authority]
serial = tsa.serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`

// newTSA makes a time-stamp authority for openssl ts, with its own root.
func newTSA(dir string) error {
	certify := func(name string, parent *x509.Certificate, signer *ecdsa.PrivateKey, edit func(*x509.Certificate)) (*x509.Certificate, *ecdsa.PrivateKey, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}
		edit(template)
		if parent == nil {
			parent, signer = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
		if err != nil {
			return nil, nil, err
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, nil, err
		}
		return cert, key, nil
	}
	root, rootKey, err := certify("Time root", nil, nil, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign
	})
	if err != nil {
		return err
	}
	tsa, key, err := certify("Time", root, rootKey, func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageDigitalSignature
		usage, _ := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}
	})
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"tsa.root":   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}),
		"tsa.pem":    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tsa.Raw}),
		"tsa.key":    pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}),
		"tsa.serial": []byte("01\n"),
		"tsa.cnf":    []byte(tsaConfiguration),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// stamp SIG OUT gets a time stamp for a signature from openssl ts, and writes
// the signature with the token among its unsigned attributes (RFC 3161 appendix
// A).
func stampSignature(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: stamp signature output")
	}
	stamped, ok := rebuild([]byte(ts.ReadFile(args[0])), func(signature []byte) []byte {
		ts.Check(os.WriteFile(ts.MkAbs("value"), signature, 0o600))
		ts.Check(ts.Exec("openssl", "ts", "-query", "-data", "value", "-sha256", "-cert", "-out", "query"))
		ts.Check(ts.Exec("openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-token_out", "-out", "token"))
		return []byte(ts.ReadFile("token"))
	})
	if !ok {
		ts.Fatalf("%s is not a SignedData with one signer", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), stamped, 0o600))
}

// rebuild copies a DER SignedData with one SignerInfo (RFC 5652 §5.1, §5.3),
// and adds the token that stamp returns for its signature value.
func rebuild(message []byte, stamp func(signature []byte) []byte) ([]byte, bool) {
	context0, context1 := tag.Tag(0).Constructed().ContextSpecific(), tag.Tag(1).Constructed().ContextSpecific()
	input := cryptobyte.String(message)
	var content, contentType, explicit, data, signers, signer, signature cryptobyte.String
	if !input.ReadASN1(&content, tag.SEQUENCE) || !content.ReadASN1Element(&contentType, tag.OBJECT_IDENTIFIER) ||
		!content.ReadASN1(&explicit, context0) || !explicit.ReadASN1(&data, tag.SEQUENCE) {
		return nil, false
	}
	before := data
	if !data.SkipASN1(tag.INTEGER) || !data.SkipASN1(tag.SET) || !data.SkipASN1(tag.SEQUENCE) || !data.SkipOptionalASN1(context0) {
		return nil, false
	}
	before = before[:len(before)-len(data)]
	if !data.ReadASN1(&signers, tag.SET) || !signers.ReadASN1(&signer, tag.SEQUENCE) || !signers.Empty() {
		return nil, false
	}
	inside := signer
	if !signer.SkipASN1(tag.INTEGER) || !signer.SkipASN1(tag.SEQUENCE) || !signer.SkipASN1(tag.SEQUENCE) ||
		!signer.SkipOptionalASN1(context0) || !signer.SkipASN1(tag.SEQUENCE) || !signer.ReadASN1(&signature, tag.OCTET_STRING) {
		return nil, false
	}
	token := stamp(signature)
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(contentType)
		b.AddASN1(context0, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddBytes(before)
				b.AddASN1(tag.SET, func(b *cryptobyte.Builder) {
					b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddBytes(inside)
						b.AddASN1(context1, func(b *cryptobyte.Builder) {
							b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
								b.AddASN1ObjectIdentifier(timestamp.OIDAttribute)
								b.AddASN1(tag.SET, func(b *cryptobyte.Builder) { b.AddBytes(token) })
							})
						})
					})
				})
			})
		})
	})
	stamped, err := b.Bytes()
	return stamped, err == nil
}
