package sign_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"natsuin/sign"
)

// judge is another program that verifies signatures over files.
type judge struct {
	name    string
	program string
	apt     string
	args    func(f files) []string
}

// files holds the paths of a judge's inputs, in a separate folder.
type files struct{ folder, content, signature, attached, ca, caPEM string }

var judges = []judge{
	{"openssl cms", "openssl", "openssl", func(f files) []string {
		return []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", f.signature, "-content", f.content,
			"-CAfile", f.caPEM, "-no-CApath", "-purpose", "any", "-out", os.DevNull}
	}},
	{"openssl cms -cades", "openssl", "openssl", func(f files) []string {
		return []string{"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", f.signature, "-content", f.content,
			"-CAfile", f.caPEM, "-no-CApath", "-purpose", "any", "-out", os.DevNull}
	}},
	{"openssl smime", "openssl", "openssl", func(f files) []string {
		return []string{"smime", "-verify", "-binary", "-inform", "DER", "-in", f.signature, "-content", f.content,
			"-CAfile", f.caPEM, "-no-CApath", "-purpose", "any", "-out", os.DevNull}
	}},
	{"certtool", "certtool", "gnutls-bin", func(f files) []string {
		return []string{"--p7-verify", "--inder", "--infile", f.signature, "--load-data", f.content, "--load-ca-certificate", f.caPEM}
	}},
}

// needProgram skips the test with -short, or if the program is missing. In CI a
// missing program fails the test instead.
func needProgram(t *testing.T, program, apt string) {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs are not used with -short")
	}
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install %s", program, apt)
	}
	t.Skipf("%s is missing: apt-get install %s", program, apt)
}

func write(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func lay(t *testing.T, id identity, s *sign.Signature, content []byte) files {
	t.Helper()
	dir := t.TempDir()
	var attached bytes.Buffer
	if err := s.WriteAttached(context.Background(), &attached, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return files{
		folder:    dir,
		content:   write(t, filepath.Join(dir, "c"), content),
		signature: write(t, filepath.Join(dir, "c.p7s"), s.DER()),
		attached:  write(t, filepath.Join(dir, "c.p7m"), attached.Bytes()),
		ca:        write(t, filepath.Join(dir, "ca.der"), id.ca.Raw),
		caPEM:     write(t, filepath.Join(dir, "ca.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.ca.Raw})),
	}
}

var matrix = []struct {
	name string
	id   func() identity
	hash crypto.Hash
}{
	{"RSA with SHA-256", rsaIdentity, crypto.SHA256},
	{"RSA with SHA-384", rsaIdentity, crypto.SHA384},
	{"RSA with SHA-512", rsaIdentity, crypto.SHA512},
	{"P-384 with SHA-384", p384Identity, crypto.SHA384},
	{"P-384 with SHA-256", p384Identity, crypto.SHA256},
}

func TestOtherProgramsAcceptTheSignatureAndNotAChangedFile(t *testing.T) {
	content := []byte("\x00first byte is NUL\r\n申請書\n")
	for _, m := range matrix {
		f := lay(t, m.id(), complete(t, m.id(), content, m.hash), content)
		changed := f
		changed.content = write(t, filepath.Join(f.folder, "changed"), append(content, '\n'))
		for _, j := range judges {
			t.Run(m.name+"/"+j.name, func(t *testing.T) {
				needProgram(t, j.program, j.apt)
				if out, err := exec.Command(j.program, j.args(f)...).CombinedOutput(); err != nil {
					t.Errorf("refused: %v\n%s", err, out)
				}
				if out, err := exec.Command(j.program, j.args(changed)...).CombinedOutput(); err == nil {
					t.Errorf("accepted for another content:\n%s", out)
				}
			})
		}
	}
}

func TestOtherProgramsReadTheAttachedContent(t *testing.T) {
	needProgram(t, "openssl", "openssl")
	needProgram(t, "certtool", "gnutls-bin")
	content := pattern(70000)
	for _, m := range matrix {
		t.Run(m.name, func(t *testing.T) {
			f := lay(t, m.id(), complete(t, m.id(), content, m.hash), content)
			out := filepath.Join(f.folder, "out")
			verify := exec.Command("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", f.attached,
				"-CAfile", f.caPEM, "-no-CApath", "-purpose", "any", "-out", out)
			if text, err := verify.CombinedOutput(); err != nil {
				t.Fatalf("refused: %v\n%s", err, text)
			}
			if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes came out of %d: %v", len(got), len(content), err)
			}
			verify = exec.Command("certtool", "--p7-verify", "--inder", "--infile", f.attached, "--load-ca-certificate", f.caPEM)
			if text, err := verify.CombinedOutput(); err != nil {
				t.Errorf("refused by certtool: %v\n%s", err, text)
			}
		})
	}
}

// OpenSSL must refuse a SignedData in which a byte outside the additional
// certificate was changed. Every 37th byte is tried.
func TestOpenSSLRefusesChangedSignatures(t *testing.T) {
	needProgram(t, "openssl", "openssl")
	id, content := rsaIdentity(), []byte("content")
	s := complete(t, id, content, crypto.SHA256)
	f := lay(t, id, s, content)
	envelope := s.DER()
	caFrom := bytes.Index(envelope, id.ca.Raw)
	for i := 0; i < len(envelope); i += 37 {
		if caFrom <= i && i < caFrom+len(id.ca.Raw) {
			continue // OpenSSL reads the CA from another file
		}
		f.signature = write(t, filepath.Join(f.folder, "changed.p7s"), flip(envelope, i))
		if out, err := exec.Command("openssl", judges[1].args(f)...).CombinedOutput(); err == nil {
			t.Errorf("octet %d of %d changed and accepted:\n%s", i, len(envelope), out)
		}
	}
}

// Each of these programs must accept the label of the PEM text.
func TestOtherProgramsReadThePEM(t *testing.T) {
	id, content := rsaIdentity(), []byte("content")
	s := complete(t, id, content, crypto.SHA256)
	f := lay(t, id, s, content)
	text := write(t, filepath.Join(f.folder, "c.pem"), s.PEM())
	bundle, err := sign.Bundle(id.cert, id.ca)
	if err != nil {
		t.Fatal(err)
	}
	p7b := write(t, filepath.Join(f.folder, "c.p7b"), bundle)
	for _, c := range []struct {
		program, apt string
		args         []string
	}{
		{"openssl", "openssl", []string{"cms", "-verify", "-binary", "-inform", "PEM", "-in", text, "-content", f.content, "-CAfile", f.caPEM, "-purpose", "any", "-out", os.DevNull}},
		{"openssl", "openssl", []string{"smime", "-verify", "-binary", "-inform", "PEM", "-in", text, "-content", f.content, "-CAfile", f.caPEM, "-purpose", "any", "-out", os.DevNull}},
		{"openssl", "openssl", []string{"pkcs7", "-inform", "PEM", "-in", text, "-noout"}},
		{"certtool", "gnutls-bin", []string{"--p7-verify", "--infile", text, "--load-data", f.content, "--load-ca-certificate", f.caPEM}},
		{"openssl", "openssl", []string{"pkcs7", "-inform", "DER", "-in", p7b, "-print_certs", "-noout"}},
		{"certtool", "gnutls-bin", []string{"--p7-info", "--inder", "--infile", p7b}},
	} {
		t.Run(c.program+" "+c.args[0], func(t *testing.T) {
			needProgram(t, c.program, c.apt)
			if out, err := exec.Command(c.program, c.args...).CombinedOutput(); err != nil {
				t.Errorf("refused: %v\n%s", err, out)
			}
		})
	}
}
