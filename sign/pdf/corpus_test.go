package pdf_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"natsuin/sign/pdf"
)

// vectors is the folder of PDFs that others made, next to that of the project.
const vectors = "../../../shared/data/pdf"

// samePages is a program that compares the pictures of all pages.
const samePages = "../../../shared/judges/pdf/same-pages"

// A vector is a line of the manifest.
type vector struct {
	File     string
	WantSign string `json:"want_sign"`
}

func readVectors(t *testing.T) []vector {
	t.Helper()
	f, err := os.Open(filepath.Join(vectors, "manifest.jsonl"))
	if err != nil {
		t.Skipf("the PDFs of others are not here: %v", err)
	}
	defer f.Close()
	var all []vector
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// decisions are the files for which the manifest leaves a choice, or has
// overlooked a reason to refuse. "ok" means that the file is signed. Whether
// the signatures that are in it verify is not looked at here.
var decisions = map[string]string{
	// The manifest asks for ok, and overlooks the reason given with each file.
	"attack/dss-annotation-and-visible-change.pdf": "locked", // the last signer's /Lock has /P 1
	"signed/dss-pkcs7-no-message-digest.pdf":       "docmdp", // it is certified with /P 1
	"signed/pdfcpu-usageRights.pdf":                "xfa",    // the form is XFA
	// The manifest allows ok or a refusal as broken for these, or for their
	// verification.
	"attack/dss-malformed-pades.pdf":                "header", // it is damaged
	"attack/afirma-Ejemplo_PDF_Shadow_Attack_1.pdf": "broken", // an entry points to another object; qpdf rebuilds the table
	"attack/dss-pdf-signed-corrupted.pdf":           "broken", // an entry points to no object
	// The header is damaged too, and is the first reason found.
	"broken/qpdf-issue-100.pdf": "header",
	"broken/qpdf-bad1.pdf":      "header",
	// Only what syntax does not have to read is damaged here, if anything is.
	// The output is sound for qpdf and pdfsig.
	"broken/endesive-pdf-buggy.pdf":                       "ok",
	"broken/qpdf-eof-in-inline-image.pdf":                 "ok", // content of a page
	"broken/pyhanko-broken-objstream5.pdf":                "ok",
	"broken/pyhanko-minimal-startxref-obo1.pdf":           "ok", // it points to the line end before the section; /Prev does not
	"broken/pyhanko-minimal-startxref-same-line.pdf":      "ok", // no line end between startxref and its number
	"broken/pyhanko-minimal-broken-xref-size.pdf":         "ok", // /Size too low
	"unsigned/dss-pdf-with-annotations.pdf":               "ok",
	"unsigned/dss-EmptyPage.pdf":                          "ok",
	"unsigned/dss-pdfa2a-rgb.pdf":                         "ok",
	"unsigned/dss-doc-negative-coordinates-rotate-90.pdf": "ok",
}

// fits reports whether a result, "ok" or a reason, is one that is wanted.
func (v vector) fits(result string) bool {
	if decided, ok := decisions[v.File]; ok {
		return result == decided
	}
	if result == "ok" {
		return slices.Contains(strings.Split(v.WantSign, "|"), "ok")
	}
	return slices.Contains(strings.Split(v.WantSign, "|"), "refuse-"+result)
}

// The files of others are signed or refused as the manifest or decisions says.
// Other programs accept what was signed: the new signature, the pages, the
// file, and the signatures before.
func TestFilesOfOthers(t *testing.T) {
	all := readVectors(t)
	for _, p := range []struct{ name, apt string }{{"pdfsig", "poppler-utils"}, {"qpdf", "qpdf"}, {"mutool", "mupdf-tools"}, {"openssl", "openssl"}} {
		need(t, p.name, p.apt)
	}
	dir := t.TempDir()
	var signed []string
	t.Run("files", func(t *testing.T) {
		for i, v := range all {
			in, err := os.ReadFile(filepath.Join(vectors, v.File))
			if err != nil {
				t.Fatal(err)
			}
			out, err := trySign(in, pdf.Options{}, details)
			result := "ok"
			if err != nil {
				var refused *pdf.RefusedError
				if !errors.As(err, &refused) {
					t.Errorf("%s: %v", v.File, err)
					continue
				}
				result = string(refused.Reason)
			}
			if !v.fits(result) {
				t.Errorf("%s: %s (%v), the manifest wants %s", v.File, result, err, v.WantSign)
			}
			if err != nil {
				continue
			}
			file := write(t, filepath.Join(dir, strings.ReplaceAll(v.File, "/", "-")), out)
			signed = append(signed, file)
			t.Run(v.File, func(t *testing.T) {
				t.Parallel()
				updateOf(t, in, out)
				judgeVector(t, all[i], file, out)
			})
		}
	})
	for i, line := range pdfbox(t, signed...) {
		if !strings.HasPrefix(line, "verified ") {
			t.Errorf("%s: PDFBox: %s", filepath.Base(signed[i]), line)
		}
	}
}

// Every file of others that can be signed gets a document time stamp, and so
// does one whose certification allows no changes. For pdfsig, the earlier
// signatures stay what they were.
func TestFilesOfOthersAreStamped(t *testing.T) {
	all := readVectors(t)
	for _, p := range []struct{ name, apt string }{{"pdfsig", "poppler-utils"}, {"qpdf", "qpdf"}, {"openssl", "openssl"}} {
		need(t, p.name, p.apt)
	}
	dir, stamped := t.TempDir(), 0
	for _, v := range all {
		original := filepath.Join(vectors, v.File)
		in, err := os.ReadFile(original)
		if err != nil {
			t.Fatal(err)
		}
		_, signing := tryPlan(in)
		want := reasonOf(signing)
		if want == pdf.ReasonDocMDP || want == pdf.ReasonLocked {
			want = ""
		}
		out, err := tryStamp(in)
		if got := reasonOf(err); got != want {
			t.Errorf("%s: %v, want %q", v.File, err, want)
		}
		if err != nil {
			continue
		}
		stamped++
		t.Run(v.File, func(t *testing.T) {
			updateOf(t, in, out)
			opensslVerifiesToken(t, out)
			file := write(t, filepath.Join(dir, strings.ReplaceAll(v.File, "/", "-")), out)
			before, _ := qpdf(t, original)
			if after, text := qpdf(t, file); after > before && !(before == 2 && after == 3) && !strings.Contains(v.WantSign, "sound") {
				t.Errorf("qpdf: %d after %d: %s", after, before, text)
			}
			is := pdfsig(t, file)
			for _, s := range pdfsig(t, original) {
				_, s, _ = strings.Cut(s, "Signature Validation")
				i := slices.IndexFunc(is, func(now string) bool { return strings.HasSuffix(now, s) })
				if v.File == "attack/dss-pdf-eof.pdf" {
					i = 0 // its range ends beyond the file, so pdfsig reports more after the update
				}
				if i < 0 {
					t.Fatalf("pdfsig: %q is lost: %q", s, is)
				}
				is = slices.Delete(is, i, i+1)
			}
		})
	}
	t.Logf("%d files", stamped)
	if stamped < 100 {
		t.Error("too few files were stamped")
	}
}

// noCertificate holds a signature without certificates, at which mutool stops.
const noCertificate = "attack/dss-pades-bes-no-certificates.pdf"

func judgeVector(t *testing.T, v vector, file string, out []byte) {
	original := filepath.Join(vectors, v.File)
	before, _ := qpdf(t, original)
	after, text := qpdf(t, file)
	if strings.Contains(v.WantSign, "sound") && v.File != "broken/qpdf-eof-in-inline-image.pdf" {
		before = 0
	}
	if after > before && !(before == 2 && after == 3) {
		t.Errorf("qpdf: %d after %d: %s", after, before, text)
	}
	was, is := pdfsig(t, original), pdfsig(t, file)
	whole := 0
	for i, s := range is {
		if s == "Total document signed, "+valid {
			whole++
		}
		is[i] = s[strings.Index(s, "Signature Validation")+1:]
	}
	if whole != 1 {
		t.Errorf("pdfsig: %q", is)
	}
	for _, s := range was {
		s = s[strings.Index(s, "Signature Validation")+1:]
		i := slices.Index(is, s)
		if v.File == "attack/dss-pdf-eof.pdf" {
			i = 0 // its range ends beyond the file, so pdfsig reports more after the update
		}
		if i < 0 {
			t.Fatalf("pdfsig: %q is lost: %q", s, is)
		}
		is = slices.Delete(is, i, i+1)
	}
	if len(is) != 1 {
		t.Errorf("pdfsig: %q are new", is)
	}
	if m := mutool(t, file); strings.Count(strings.Join(m, "\n"), "unchanged") != 1 && v.File != noCertificate {
		t.Errorf("mutool: %q", m)
	}
	opensslVerifies(t, out)
	if _, err := os.Stat(samePages); err == nil {
		if text, err := exec.Command(samePages, original, file).CombinedOutput(); err != nil {
			t.Errorf("same-pages: %s", text)
		}
	}
}
