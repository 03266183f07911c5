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

// judge is another program that verifies a signature over a file.
type judge struct {
	name    string
	program string
	apt     string
	args    func(f files) []string
}

// files are the paths a judge works on, in a folder of their own.
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

// needProgram skips without the program, but not in CI.
func needProgram(t *testing.T, program, apt string) {
	t.Helper()
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
