package verify_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"natsuin/verify"
)

// The functions of this file make PDF files, signed with messages from
// maker_test.go. They use none of the packages that write PDF files.

// objects are the bodies of indirect objects by number; "" frees one.
type objects map[int]string

// pdfFile is a PDF file that is being written.
type pdfFile struct {
	b    []byte
	last int // offset of the newest cross reference
	size int // of the cross references
	root string
	info string
}

// baseObjects are those of a page with text, a text field, an empty signature
// field and a link.
var baseObjects = objects{
	1:  "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R/Names 10 0 R/OpenAction[3 0 R/Fit]/Lang(ja)>>",
	2:  "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>",
	3:  "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 5 0 R/Annots 9 0 R>>",
	4:  stream("", pageText),
	5:  "<</Font<</F1 11 0 R>>>>",
	6:  "<</Fields[7 0 R 8 0 R]/DR<</Font<</F1 11 0 R>>>>/DA(/F1 0 Tf)>>",
	7:  "<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/Rect[72 600 300 620]/F 4/P 3 0 R/AP<</N 12 0 R>>>>",
	8:  "<</Type/Annot/Subtype/Widget/FT/Sig/T(empty)/Rect[72 500 300 560]/F 4/P 3 0 R>>",
	9:  "[7 0 R 8 0 R 13 0 R]",
	10: "<</Dests<</Names[(top)[3 0 R/Fit]]>>>>",
	11: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	12: stream("/Type/XObject/Subtype/Form/BBox[0 0 228 20]", ""),
	13: "<</Type/Annot/Subtype/Link/Rect[72 300 200 320]/A 14 0 R>>",
	14: "<</S/URI/URI(https://example.jp/)>>",
	15: "<</Title(a contract)>>",
}

func stream(entries, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", entries, len(data), data)
}

// basePDF returns the base as a file, with changes.
func basePDF(changes objects) *pdfFile {
	all := maps.Clone(baseObjects)
	maps.Copy(all, changes)
	f := &pdfFile{b: []byte("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"), root: "1 0 R", info: "15 0 R"}
	f.update(all)
	return f
}

// clone returns a copy, to be continued in another way.
func (f *pdfFile) clone() *pdfFile {
	c := *f
	c.b = bytes.Clone(f.b)
	return &c
}

// update appends a revision with a classic cross-reference table.
func (f *pdfFile) update(changes objects, trailer ...string) *pdfFile {
	offsets := map[int]int{}
	for _, number := range slices.Sorted(maps.Keys(changes)) {
		if changes[number] == "" {
			continue
		}
		offsets[number] = len(f.b)
		f.b = fmt.Appendf(f.b, "%d 0 obj\n%s\nendobj\n", number, changes[number])
		f.size = max(f.size, number+1)
	}
	start := len(f.b)
	f.b = append(f.b, "xref\n0 1\n0000000000 65535 f\r\n"...)
	for _, number := range slices.Sorted(maps.Keys(changes)) {
		if at, used := offsets[number]; used {
			f.b = fmt.Appendf(f.b, "%d 1\n%010d 00000 n\r\n", number, at)
		} else {
			f.b = fmt.Appendf(f.b, "%d 1\n0000000000 00001 f\r\n", number)
		}
	}
	f.b = fmt.Appendf(f.b, "trailer\n<</Size %d/Root %s/Info %s/ID[<00><%02x>]", f.size, f.root, f.info, len(f.b)%256)
	if f.last != 0 {
		f.b = fmt.Appendf(f.b, "/Prev %d", f.last)
	}
	f.b = fmt.Appendf(f.b, "%s>>\nstartxref\n%d\n%%%%EOF\n", strings.Join(trailer, ""), start)
	f.last = start
	return f
}

// gapDigits is the number of hexadecimal digits in /Contents.
const gapDigits = 8192

var byteRange = regexp.MustCompile(`/ByteRange\[0 0{10} 0{10} 0{10}\]`)

// dictionary returns a signature dictionary to be filled in by sign.
func dictionary(entries string) string {
	return "<</Type/Sig/Filter/Adobe.PPKLite" + entries + "/ByteRange[0 0000000000 0000000000 0000000000]/Contents<" + strings.Repeat("0", gapDigits) + ">>>"
}

const detachedEntries = "/SubFilter/adbe.pkcs7.detached/Name(A)/M(D:20260601120000Z)"

// sign appends a revision with the changes, which contain one signature
// dictionary, and signs it.
func (f *pdfFile) sign(t testing.TB, id *identity, changes objects) *pdfFile {
	t.Helper()
	return f.seal(t, changes, func(content []byte) []byte { return detached(t, id, content) })
}

// seal is like sign, but the function message makes the message from the
// content.
func (f *pdfFile) seal(t testing.TB, changes objects, message func([]byte) []byte) *pdfFile {
	t.Helper()
	before := len(f.b)
	f.update(changes)
	at := byteRange.FindIndex(f.b[before:])
	gap := bytes.Index(f.b[before:], []byte("<"+strings.Repeat("0", gapDigits)+">"))
	if at == nil || gap < 0 {
		t.Fatal("no signature to fill in")
	}
	a := before + gap
	b := a + gapDigits + 2
	copy(f.b[before+at[0]:], fmt.Sprintf("/ByteRange[0 %010d %010d %010d]", a, b, len(f.b)-b))
	copy(f.b[a+1:], hex.EncodeToString(message(slices.Concat(f.b[:a], f.b[b:]))))
	return f
}

// detached returns a detached message over content.
func detached(t testing.TB, id *identity, content []byte) []byte {
	t.Helper()
	m := by(id, nil)
	m.content, m.detached = content, true
	return m.encode(t)
}

// newSignature adds a signature in a field of its own: object 20, whose value
// is object 21.
var newSignature = objects{
	6:  "<</Fields[7 0 R 8 0 R 20 0 R]/DR<</Font<</F1 11 0 R>>>>/DA(/F1 0 Tf)/SigFlags 3>>",
	9:  "[7 0 R 8 0 R 13 0 R 20 0 R]",
	20: "<</Type/Annot/Subtype/Widget/FT/Sig/T(first)/Rect[0 0 0 0]/F 132/P 3 0 R/V 21 0 R>>",
	21: dictionary(detachedEntries),
}

// with returns the objects with those of more added or replaced.
func (o objects) with(more objects) objects {
	all := maps.Clone(o)
	maps.Copy(all, more)
	return all
}

// signedPDF returns the base, signed by the signer of the world.
func signedPDF(t testing.TB, w world) *pdfFile { return basePDF(nil).sign(t, w.signer, newSignature) }

// secondSignature returns the objects of a further signature, in the field 30
// with those entries.
func secondSignature(field, entries string) objects {
	return objects{
		6:  "<</Fields[7 0 R 8 0 R 20 0 R 30 0 R]/DR<</Font<</F1 11 0 R>>>>/DA(/F1 0 Tf)/SigFlags 3>>",
		9:  "[7 0 R 8 0 R 13 0 R 20 0 R 30 0 R]",
		30: "<</Type/Annot/Subtype/Widget/FT/Sig/T(second)" + field + "/P 3 0 R/V 31 0 R>>",
		31: dictionary(entries),
	}
}

// judgePDF judges a file that must be readable.
func judgePDF(t testing.TB, b []byte, p verify.Policy) *verify.PDFReport {
	t.Helper()
	r, err := verify.PDF(t.Context(), bytes.NewReader(b), int64(len(b)), p)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Signatures {
		inOrder(t, s.Checks)
		if (s.Verdict == verify.Valid) != (s.Reason == "") {
			t.Errorf("%s: %v with reason %q", s.Field, s.Verdict, s.Reason)
		}
	}
	return r
}

// explain logs the checks and changes that led to the verdict.
func explain(t testing.TB, r *verify.PDFReport) {
	t.Helper()
	for _, s := range r.Signatures {
		t.Logf("%q: %v (%s), revision %d of %d", s.Field, s.Verdict, s.Reason, s.Revision, s.Revisions)
		for _, c := range s.Checks {
			if c.Best != verify.Valid {
				t.Logf("  %s %s %s %v", c.ID, c.Result, c.Detail, c.Values)
			}
		}
		for _, c := range s.Changes {
			t.Logf("  %s %v %q page %d %v %s", c.Kind, c.Result, c.Detail, c.Page, c.Box, c.Against)
		}
	}
}
