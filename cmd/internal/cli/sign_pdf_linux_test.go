package cli_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"natsuin/cmd/internal/pdftest"
)

// signPDF runs sign --pdf with the practice card.
func (d *stampMachine) signPDF(args ...string) answerOf {
	d.t.Helper()
	return d.ask(append([]string{"sign", "--pdf", "--reader", "practice", "--yes", "--pin-from", "file:@pin"}, args...)...)
}

// An input that is left out because it is the output of another input is
// replaced with --force only if nothing is lost. It is kept if somebody has
// signed or stamped it since, or if it was made of another file.
func TestNoSignedPDFIsLostToForce(t *testing.T) {
	d := newDocumentMachine(t)
	d.write(d.path("other.pdf"), pdftest.Sample("another letter"))
	for _, args := range [][]string{{"-o", "@twice", "@doc_signed.pdf"}, {"-o", "@other", "@other.pdf"}} {
		if a := d.signPDF(args...); a.Exit != 0 {
			t.Fatalf("%s", a.raw)
		}
	}
	d.say("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "-o", "@cms", "@a")
	if a := d.later("-o", "@stamped", "@doc_signed.pdf"); a.Exit != 0 {
		t.Fatalf("%s", a.raw)
	}
	ours := d.read("doc_signed.pdf")
	filled := append(bytes.Clone(ours), "\n% a remark\n"...)
	for name, old := range map[string][]byte{
		"signed twice": d.read("twice"), "stamped": d.read("stamped"), "of another": d.read("other"), "a CMS": d.read("cms"),
		"the input's bytes": d.read("doc.pdf"), "cut": ours[:len(ours)-20], "nothing": nil,
	} {
		d.write(d.path("doc_signed.pdf"), old)
		for _, inputs := range [][]string{{"@doc.pdf", "@doc_signed.pdf"}, {"@other.pdf", "@doc_signed.pdf", "@doc.pdf"}} {
			a := d.signPDF(append([]string{"--force"}, inputs...)...)
			if a.Exit != 2 || a.Code != "usage" || !bytes.Equal(d.read("doc_signed.pdf"), old) {
				t.Errorf("%s: %s", name, a.raw)
			}
			if a := d.signPDF(append([]string{"--force", "--dry-run"}, inputs...)...); a.Exit != 2 {
				t.Errorf("%s: %s", name, a.raw)
			}
		}
	}
	for name, old := range map[string][]byte{"as it was made": ours, "with bytes after": filled} {
		d.write(d.path("doc_signed.pdf"), old)
		d.now = d.now.Add(time.Minute)
		a := d.signPDF("--force", "@doc.pdf", "@doc_signed.pdf")
		if a.Exit != 0 || a.Files[1].Code != "skipped" || bytes.Equal(d.read("doc_signed.pdf"), old) {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	// With -o, only one input is allowed, and doc_signed.pdf counts as one.
	if a := d.signPDF("-o", "@one.pdf", "@doc.pdf", "@doc_signed.pdf"); a.Exit != 2 || a.Code != "usage" {
		t.Errorf("%s", a.raw)
	}
	d.only("doc.pdf", "doc_signed.pdf", "other.pdf", "twice", "other", "cms", "stamped")
}

// The note that a file meets --profile touki is not printed if the certificate
// has expired.
func TestNothingIsPromisedForAnExpiredCertificate(t *testing.T) {
	d := newDocumentMachine(t)
	args := []string{"sign", "--lang", "ja", "--pdf", "--profile", "touki", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "--allow-expired", "--force", "@doc.pdf"}
	const promise = "公表された要件を満たします"
	if exit, _, talk := d.say(args...); exit != 0 || !strings.Contains(talk, promise) {
		t.Errorf("exit %d: %s", exit, talk)
	}
	d.now = d.now.AddDate(6, 0, 0)
	if exit, _, talk := d.say(args...); exit != 0 || strings.Contains(talk, promise) {
		t.Errorf("exit %d: %s", exit, talk)
	}
}
