package sign_test

import (
	"crypto/sha1"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gpgsmFor returns a function that runs gpgsm with a new home directory, in
// which only the CA of id is trusted.
func gpgsmFor(t *testing.T, id identity) func(args ...string) string {
	t.Helper()
	needProgram(t, "gpgsm", "gpgsm")
	home, err := os.MkdirTemp("", "gpgsm") // short, because it will contain sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		os.RemoveAll(home)
	})
	write(t, filepath.Join(home, "trustlist.txt"), fmt.Appendf(nil, "%X S relax\n", sha1.Sum(id.ca.Raw)))
	return func(args ...string) string {
		cmd := exec.Command("gpgsm", append([]string{"--homedir", home, "--batch", "--no-tty", "--status-fd", "1",
			"--disable-crl-checks", "--disable-dirmngr"}, args...)...)
		out, _ := cmd.CombinedOutput() // the status lines show the result
		return string(out)
	}
}

// gpgsm also prints GOODSIG for an unknown root, so only TRUST_FULLY counts.
func TestGpgsmAcceptsTheSignatureAndNotAChangedFile(t *testing.T) {
	content := []byte("申請書\n")
	for _, m := range matrix {
		t.Run(m.name, func(t *testing.T) {
			gpgsm := gpgsmFor(t, m.id())
			f := lay(t, m.id(), complete(t, m.id(), content, m.hash), content)
			if out := gpgsm("--import", f.ca); !strings.Contains(out, "IMPORT_RES 1") {
				t.Fatalf("import: %s", out)
			}
			if out := gpgsm("--verify", f.signature, f.content); !strings.Contains(out, "GOODSIG") || !strings.Contains(out, "TRUST_FULLY") {
				t.Errorf("detached:\n%s", out)
			}
			if out := gpgsm("--verify", f.attached); !strings.Contains(out, "GOODSIG") || !strings.Contains(out, "TRUST_FULLY") {
				t.Errorf("attached:\n%s", out)
			}
			changed := write(t, filepath.Join(f.folder, "changed"), append(content, '\n'))
			if out := gpgsm("--verify", f.signature, changed); !strings.Contains(out, "BADSIG") || strings.Contains(out, "GOODSIG") {
				t.Errorf("changed file:\n%s", out)
			}
		})
	}
}

func TestGpgsmReadsThePEM(t *testing.T) {
	id, content := rsaIdentity(), []byte("content")
	gpgsm := gpgsmFor(t, id)
	s := complete(t, id, content, matrix[0].hash)
	f := lay(t, id, s, content)
	gpgsm("--import", f.ca)
	text := write(t, filepath.Join(f.folder, "c.pem"), s.PEM())
	if out := gpgsm("--verify", text, f.content); !strings.Contains(out, "GOODSIG") {
		t.Errorf("%s", out)
	}
}
