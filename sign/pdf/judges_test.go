package pdf_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"natsuin/sign/pdf"
)

// need skips the test without the program or file, or with -short. In CI a
// missing program or file fails the test.
func need(t *testing.T, what, apt string) {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs are not used with -short")
	}
	_, err := exec.LookPath(what)
	if filepath.IsAbs(what) {
		_, err = os.Stat(what)
	}
	if err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install %s", what, apt)
	}
	t.Skipf("%s is missing: apt-get install %s", what, apt)
}

func write(t testing.TB, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a program that reads a file and must end within a minute.
func run(t *testing.T, name string, args ...string) (output string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	if ctx.Err() != nil {
		return string(out), -1
	}
	if exit != nil {
		return string(out), exit.ExitCode()
	}
	return string(out), 0
}

var (
	validation = regexp.MustCompile(`(?:Total|Not total) document signed|Signature Validation: .*`)
	signatures = regexp.MustCompile(`(?m)^Signature #\d+:`)
)

// pdfsig returns what pdfsig says of each signature, in the order of the
// fields. Its exit code is ignored.
func pdfsig(t *testing.T, file string) []string {
	t.Helper()
	out, _ := run(t, "pdfsig", "-nocert", file)
	var all []string
	for _, part := range signatures.Split(out, -1)[1:] {
		all = append(all, strings.Join(validation.FindAllString(part, -1), ", "))
	}
	return all
}

const valid = "Signature Validation: Signature is Valid."

// qpdf returns the exit code of qpdf --check: 0 clean, 3 warnings, 2 errors.
func qpdf(t *testing.T, file string) (int, string) {
	t.Helper()
	out, code := run(t, "qpdf", "--check", file)
	return code, out
}

// mutool returns what mutool says of each signature, in the order of the pages.
func mutool(t *testing.T, file string) []string {
	t.Helper()
	out, _ := run(t, "mutool", "sign", "-v", file)
	return regexp.MustCompile(`The document is unchanged since signing|there have been edits since signing|Digest error.*`).FindAllString(out, -1)
}

// pdfbox returns what PDFBox and Bouncy Castle say of each file.
func pdfbox(t *testing.T, files ...string) []string {
	t.Helper()
	need(t, "java", "openjdk-17-jdk-headless")
	var jars []string
	for _, jar := range []struct{ name, apt string }{
		{"pdfbox2", "libpdfbox2-java"}, {"fontbox2", "libpdfbox2-java"}, {"commons-logging", "libcommons-logging-java"},
		{"bcpkix", "libbcpkix-java"}, {"bcprov", "libbcpkix-java"}, {"bcutil", "libbcpkix-java"},
	} {
		path := "/usr/share/java/" + jar.name + ".jar"
		need(t, path, jar.apt)
		jars = append(jars, path)
	}
	args := append([]string{"-cp", strings.Join(jars, ":"), filepath.Join("testdata", "Judge.java")}, files...)
	out, err := exec.Command("java", args...).Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || len(lines) != len(files) {
		t.Fatalf("%d lines for %d files: %v", len(lines), len(files), err)
	}
	return lines
}

// opensslVerifies verifies the newest signature as a detached one over the
// ranges that /ByteRange names.
func opensslVerifies(t *testing.T, out []byte) {
	t.Helper()
	dir := t.TempDir()
	ranges, contents := signature(t, out)
	cms, err := hex.DecodeString(contents)
	if err != nil {
		t.Fatal(err)
	}
	content := append(bytes.Clone(out[:ranges[0]]), out[ranges[1]:]...)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer().ca.Raw})
	text, code := run(t, "openssl", "cms", "-verify", "-binary", "-inform", "DER",
		"-in", write(t, filepath.Join(dir, "cms"), cms), "-content", write(t, filepath.Join(dir, "content"), content),
		"-CAfile", write(t, filepath.Join(dir, "ca"), ca), "-no-CApath", "-purpose", "any", "-no_check_time", "-out", os.DevNull)
	if code != 0 {
		t.Errorf("openssl: %s", text)
	}
}

// opensslVerifiesToken verifies the newest document time stamp over the ranges
// that /ByteRange names.
func opensslVerifiesToken(t *testing.T, out []byte) {
	t.Helper()
	dir := t.TempDir()
	ranges, contents := signature(t, out)
	der, err := hex.DecodeString(contents)
	if err != nil {
		t.Fatal(err)
	}
	der = der[:4+int(der[2])<<8+int(der[3])]
	covered := append(bytes.Clone(out[:ranges[0]]), out[ranges[1]:]...)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority().Root.Raw})
	text, code := run(t, "openssl", "ts", "-verify", "-token_in", "-in", write(t, filepath.Join(dir, "token"), der),
		"-data", write(t, filepath.Join(dir, "covered"), covered), "-CAfile", write(t, filepath.Join(dir, "ca"), ca))
	if code != 0 {
		t.Errorf("openssl ts: %s", text)
	}
}

// samples returns PDFs made by these tests, by name, for other programs to
// check.
func samples() map[string][]byte {
	all := map[string][]byte{}
	for _, k := range kinds {
		all[string(k)] = minimal(k).bytes()
		all[string(k)+", empty field"] = minimal(k, withFields("<< /FT /Sig /T (approval)"+widget+" >>")).bytes()
		all[string(k)+", separate widget"] = minimal(k, withFields("<< /FT /Sig /T (approval) /Kids [25 0 R] >>"),
			map[int]string{25: "<< /Parent 20 0 R" + widget + " >>", 3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [25 0 R] >>"}).bytes()
		all[string(k)+", indirect arrays"] = minimal(k, withFields("<< /FT /Tx /T (text)"+widget+" >>"),
			map[int]string{19: "<< /Fields 21 0 R /DA (/Helv 0 Tf 0 g) >>", 21: "[20 0 R]",
				3: "<< /Type /Page /Parent 2 0 R /Annots 22 0 R >>", 22: "[20 0 R]", 2: "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] /Rotate 90 >>"}).bytes()
		bare := minimal(k)
		bare.end = ""
		all[string(k)+", no line end"] = bare.bytes()
		bare.end = "\nsome junk"
		all[string(k)+", junk"] = bare.bytes()
	}
	return all
}

func TestOtherProgramsAcceptTheSignatures(t *testing.T) {
	for _, p := range []struct{ name, apt string }{{"pdfsig", "poppler-utils"}, {"qpdf", "qpdf"}, {"mutool", "mupdf-tools"}, {"openssl", "openssl"}} {
		need(t, p.name, p.apt)
	}
	dir := t.TempDir()
	var files, names []string
	i := 0
	for name, in := range samples() {
		i++
		original := write(t, filepath.Join(dir, fmt.Sprintf("%03d.pdf", i)), in)
		before, text := qpdf(t, original)
		if before != 0 {
			t.Fatalf("%s: the sample itself: %s", name, text)
		}
		for n, o := range []pdf.Options{{}, {SubFilter: pdf.ETSICAdESDetached}, {Field: "approval", TimeStamp: true}} {
			in = signPDF(t, in, o, details)
			file := write(t, filepath.Join(dir, fmt.Sprintf("%03d-%d.pdf", i, n)), in)
			files, names = append(files, file), append(names, fmt.Sprintf("verified %d", n+1)+map[bool]string{true: ", stamped"}[o.TimeStamp])
			if code, out := qpdf(t, file); code != 0 {
				t.Errorf("%s, signature %d: qpdf: %s", name, n+1, out)
			}
			opensslVerifies(t, in)
			if n == 2 && strings.Contains(name, "separate widget") {
				// pdfsig and mutool look for /V in the widget.
				continue
			}
			if got := pdfsig(t, file); strings.Count("\n"+strings.Join(got, "\n"), "\nTotal document signed, "+valid) != 1 ||
				strings.Count(strings.Join(got, "\n"), valid) != n+1 {
				t.Errorf("%s, signature %d: pdfsig: %q", name, n+1, got)
			}
			if got := mutool(t, file); len(got) != n+1 || strings.Count(strings.Join(got, "\n"), "unchanged") != 1 ||
				strings.Count(strings.Join(got, "\n"), "edits") != n {
				t.Errorf("%s, signature %d: mutool: %q", name, n+1, got)
			}
		}
		// A document time stamp is added. pdfsig does not verify it, and must
		// say the same of the signatures as before.
		in = stampPDF(t, in)
		file := write(t, filepath.Join(dir, fmt.Sprintf("%03d-stamp.pdf", i)), in)
		files, names = append(files, file), append(names, "stamp verified 4")
		if code, out := qpdf(t, file); code != 0 {
			t.Errorf("%s, time stamp: qpdf: %s", name, out)
		}
		opensslVerifiesToken(t, in)
		if got := strings.Join(pdfsig(t, file), "\n"); !strings.Contains(name, "separate widget") && strings.Count(got, valid) != 3 {
			t.Errorf("%s, time stamp: pdfsig: %q", name, got)
		}
		if name == string(table) { // the judge does judge
			changed := bytes.Replace(in, []byte("0.5 g"), []byte("0.6 g"), 1)
			files, names = append(files, write(t, filepath.Join(dir, "changed.pdf"), changed)), append(names, "another time stamp")
		}
	}
	for i, line := range pdfbox(t, files...) {
		if line != names[i] {
			t.Errorf("%s: PDFBox: %s, want %s", files[i], line, names[i])
		}
	}
}
