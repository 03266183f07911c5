package syntax_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"natsuin/sign/pdf/syntax"
)

// corpus is the folder of PDFs of other projects, next to the repository.
const corpus = "../../../../shared/data/pdf"

// damaged holds the files that the manifest allows to be signed or verified,
// but that are broken in a part that is read, with the reason.
var damaged = map[string]string{
	"attack/afirma-Ejemplo_PDF_Shadow_Attack_1.pdf":                                                    "object 1 is said to be where object 21 is said to be",
	"attack/rub-hide-variant-2-hide-form-via-form-4_original-document-shadowed-signed-manipulated.pdf": "an offset outside the file",
	"attack/dss-pdf-signed-corrupted.pdf":                                                              "no object at startxref",
	"attack/dss-malformed-pades.pdf":                                                                   "the header is damaged",
}

// corpusWork is more than any of the files costs.
const corpusWork = 64 << 20

func TestCorpus(t *testing.T) {
	manifest, err := os.Open(filepath.Join(corpus, "manifest.jsonl"))
	if err != nil {
		t.Skipf("no test vectors: %v", err)
	}
	defer manifest.Close()
	lines := bufio.NewScanner(manifest)
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		var row struct {
			File string
			Want string `json:"want_sign"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		t.Run(row.File, func(t *testing.T) {
			file, err := os.Open(filepath.Join(corpus, row.File))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			stat, err := file.Stat()
			if err != nil {
				t.Fatal(err)
			}
			f, err := syntax.Open(file, stat.Size())
			if err == nil {
				err = readAll(t, f, row.File)
			}
			if err != nil && !isBroken(err) && !isLimit(err) {
				t.Errorf("error of another kind: %v", err)
			}
			switch {
			case row.Want == "refuse-encrypted":
				if f == nil || !f.Encrypted() {
					t.Errorf("not seen to be encrypted: %v", err)
				}
			case row.Want == "refuse-header":
				if !errors.Is(err, syntax.ErrHeader) {
					t.Errorf("error %v", err)
				}
			case row.Want == "refuse-broken":
				if err == nil {
					t.Error("no error")
				}
			case row.Want == "refuse-broken|sound": // either
			case damaged[row.File] != "":
				if err == nil {
					t.Errorf("no error, though %s", damaged[row.File])
				}
			case err != nil:
				t.Error(err)
			}
		})
	}
}

// readAll reads what is reachable in each revision. Each signature in the files
// under signed/ must end where a revision does.
func readAll(t *testing.T, f *syntax.File, name string) error {
	f.SetWork(corpusWork)
	revisions, err := f.Revisions()
	if err != nil {
		return err
	}
	for _, r := range revisions {
		p, err := f.Prefix(r.End)
		if err != nil {
			t.Errorf("revision %+v: %v", r, err)
		} else if err := p.Reachable(p.Trailer(), func(*syntax.Indirect) error { return nil }); isLimit(err) {
			t.Errorf("revision %+v: %v", r, err)
		}
	}
	return f.Reachable(f.Trailer(), func(o *syntax.Indirect) error {
		d, _ := o.Value.(*syntax.Dict)
		a, _ := d.Get("ByteRange").(syntax.Array)
		if len(a) != 4 || !strings.HasPrefix(name, "signed/") {
			return nil
		}
		b, _ := a[2].Value.(syntax.Integer)
		c, _ := a[3].Value.(syntax.Integer)
		ends := false
		for _, r := range revisions {
			ends = ends || int64(b+c) == r.EOF || int64(b+c) == r.End
		}
		if !ends {
			t.Errorf("signature %v ends at %d, and the revisions are %+v", o.Ref, b+c, revisions)
		}
		return nil
	})
}
