package sign_test

import (
	"bytes"
	"crypto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// needBouncyCastle returns the class path of Debian's packages.
func needBouncyCastle(t *testing.T) string {
	t.Helper()
	needProgram(t, "java", "openjdk-17-jdk-headless")
	var jars []string
	for _, name := range []string{"bcpkix", "bcprov", "bcutil"} {
		jar := filepath.Join("/usr/share/java", name+".jar")
		if _, err := os.Stat(jar); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%v: apt-get install libbcpkix-java", err)
			}
			t.Skipf("%v: apt-get install libbcpkix-java", err)
		}
		jars = append(jars, jar)
	}
	return strings.Join(jars, string(filepath.ListSeparator))
}

func TestBouncyCastleAcceptsTheSignatureAndNotAChangedFile(t *testing.T) {
	args := []string{"-cp", needBouncyCastle(t), filepath.Join("testdata", "Judge.java")}
	content, a := []byte("申請書\n"), newAuthority(t)
	var want []string
	for _, m := range matrix {
		f := lay(t, m.id(), complete(t, m.id(), content, m.hash), content)
		changed := write(t, filepath.Join(f.folder, "changed"), append(content, '\n'))
		args = append(args, f.signature, f.content, f.attached, "-", f.signature, changed)
		want = append(want, "verified 1", "verified 1", "refused: message-digest attribute value does not match calculated value")
		s := complete(t, m.id(), content, m.hash)
		stamped, err := s.WithTimeStamp(tokenFrom(t, a, s.Imprint()))
		if err != nil {
			t.Fatal(err)
		}
		f = lay(t, m.id(), stamped, content)
		args = append(args, f.signature, f.content, f.attached, "-")
		want = append(want, "verified 1, stamped", "verified 1, stamped")
	}
	// The time stamp of another signature, which package sign would refuse to
	// add.
	s := complete(t, rsaIdentity(), content, crypto.SHA256)
	stamped, err := s.WithTimeStamp(tokenFrom(t, a, s.Imprint()))
	if err != nil {
		t.Fatal(err)
	}
	imprint := s.Imprint().Sum
	other := bytes.Replace(stamped.DER(), imprint, make([]byte, len(imprint)), 1)
	args = append(args, write(t, filepath.Join(t.TempDir(), "other"), other), write(t, filepath.Join(t.TempDir(), "c"), content))
	want = append(want, "refused: CMS exception: org.bouncycastle.cms.CMSSignerDigestMismatchException: message-digest attribute value does not match calculated value")
	out, err := exec.Command("java", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Split(strings.TrimSpace(string(out)), "\n"); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("verdicts:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
