package verify_test

import (
	"bytes"
	"crypto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"natsuin/sign"
	"natsuin/sign/pdf"
	"natsuin/verify"
)

// natsuin signs a PDF as the command does.
func natsuin(t testing.TB, id *identity, in []byte, o pdf.Options) ([]byte, error) {
	t.Helper()
	doc, err := pdf.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		return nil, err
	}
	plan, err := doc.Plan(o)
	if err != nil {
		return nil, err
	}
	if err := plan.Digest(t.Context(), bytes.NewReader(in), crypto.SHA256); err != nil {
		return nil, err
	}
	pending, err := plan.Prepare(pdf.Details{Hash: crypto.SHA256, Name: "山田太郎", Reason: "承認", Time: now})
	if err != nil {
		return nil, err
	}
	prepared, err := sign.Prepare(pending.Content(), id.cert, sign.Options{SigningTime: now, OmitSigningTime: o.SubFilter == pdf.ETSICAdESDetached})
	if err != nil {
		return nil, err
	}
	signature, err := prepared.Sign(id.key)
	if err != nil {
		return nil, err
	}
	signed, err := pending.Complete(signature.DER())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = signed.Write(t.Context(), &out, bytes.NewReader(in))
	return out.Bytes(), err
}

// TestWhatNatsuinSignsIsValid signs the files of other projects twice: both
// signatures are VALID, and no longer once another program has rewritten the
// file.
func TestWhatNatsuinSignsIsValid(t *testing.T) {
	qpdf, mutool := tool(t, "qpdf", "qpdf"), tool(t, "mutool", "mupdf-tools")
	w := newWorldFor(t, rsaKey(), nil)
	folder, signedFiles := t.TempDir(), 0
	for _, c := range pdfCases(t) {
		if !strings.HasPrefix(c.File, "unsigned/") {
			continue
		}
		in := sharedFile(t, "pdf/"+c.File)
		if got, _ := c.judge(t, in); got != "no-signature" {
			continue // refused by both
		}
		once, err := natsuin(t, w.signer, in, pdf.Options{})
		if err != nil {
			t.Logf("%s: %v", c.File, err)
			continue
		}
		twice, err := natsuin(t, w.signer, once, pdf.Options{SubFilter: pdf.ETSICAdESDetached})
		if err != nil {
			t.Errorf("%s: second signature: %v", c.File, err)
			continue
		}
		signedFiles++
		for n, b := range [][]byte{once, twice} {
			r := judgePDF(t, b, w.policy)
			if r.Verdict != verify.Valid || len(r.Signatures) != n+1 {
				explain(t, r)
				t.Errorf("%s, %d signatures: %v (%s)", c.File, n+1, r.Verdict, r.Reason)
			}
			for i, s := range r.Signatures {
				if s.CoversWholeFile != (i == n) || s.Dictionary.Name != "山田太郎" || s.Dictionary.Reason != "承認" || s.Dictionary.Time == nil || !s.Dictionary.Time.Equal(now) || !s.Dictionary.Type || !s.Enclosed {
					t.Errorf("%s: signature %d: %+v", c.File, i+1, s.Dictionary)
				}
			}
		}
		if signedFiles > 5 {
			continue // the programs take long
		}
		name, rewritten := filepath.Join(folder, "in.pdf"), filepath.Join(folder, "out.pdf")
		if err := os.WriteFile(name, twice, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{qpdf, name, rewritten}, {mutool, "clean", name, rewritten}} {
			out, _ := exec.Command(args[0], args[1:]...).CombinedOutput() // qpdf fails on warnings
			b, err := os.ReadFile(rewritten)
			if err != nil {
				t.Fatalf("%v: %s", args, out)
			}
			os.Remove(rewritten)
			if got, r := (pdfCase{File: c.File}).judge(t, b); got == "VALID" || r != nil && len(r.Signatures) == 0 && got != "no-signature" {
				t.Errorf("%s, by %s: %s", c.File, filepath.Base(args[0]), got)
			} else {
				t.Logf("%s, by %s: %s", c.File, filepath.Base(args[0]), got)
			}
		}
	}
	t.Logf("%d files", signedFiles)
	if signedFiles < 30 {
		t.Error("too few files were signed")
	}
}
