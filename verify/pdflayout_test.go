package verify_test

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"natsuin/verify"
)

// object appends an object that no cross reference has yet.
func (f *pdfFile) object(number int, body string) (offset int) {
	offset = len(f.b)
	f.b = fmt.Appendf(f.b, "%d 0 obj\n%s\nendobj\n", number, body)
	f.size = max(f.size, number+1)
	return offset
}

// hidden appends a cross-reference stream, number, with rows of an object number
// and the three fields of its entry, and returns the entry of a trailer for it.
func (f *pdfFile) hidden(number int, rows ...[4]int) string {
	var index, data strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&index, "%d 1 ", r[0])
		data.Write([]byte{byte(r[1]), byte(r[2] >> 16), byte(r[2] >> 8), byte(r[2]), byte(r[3])})
	}
	at := f.object(number, stream(fmt.Sprintf("/Type/XRef/Size %d/W[1 3 1]/Index[%s]/Root 1 0 R", number+1, index.String()), data.String()))
	return fmt.Sprintf("/XRefStm %d", at)
}

// entry rewrites the entry of an object in the last table.
func (f *pdfFile) entry(t *testing.T, number int, offset int) {
	t.Helper()
	header := fmt.Sprintf("\n%d 1\n", number)
	at := bytes.LastIndex(f.b, []byte(header))
	if at < f.last-1 {
		t.Fatalf("no entry of %d in the last table", number)
	}
	copy(f.b[at+len(header):], fmt.Sprintf("%010d 00000 n", offset))
}

// TestLayout appends updates after which some programs may read another
// document than others: those that repair files, that know no cross-reference
// streams, or that begin with the first page.
func TestLayout(t *testing.T) {
	w := newWorld(t)
	other := stream("", "BT /F1 24 Tf 72 700 Td (Pay 9,000 yen) Tj ET")
	offset := func(f *pdfFile, number int) int { return bytes.Index(f.b, fmt.Appendf(nil, "\n%d 0 obj", number)) + 1 }
	for name, c := range map[string]struct {
		update func(t *testing.T, f *pdfFile)
		want   verify.Verdict
	}{
		"an update": {func(t *testing.T, f *pdfFile) { f.update(objects{50: other}) }, verify.Valid},
		"an update with comments": {func(t *testing.T, f *pdfFile) {
			f.b = append(f.b, "%a program 1.0\n\n"...)
			f.update(objects{50: other})
		}, verify.Valid},
		"an object without entry": {func(t *testing.T, f *pdfFile) {
			f.object(4, other)
			f.update(objects{})
		}, verify.Indeterminate},
		"bytes of nothing": {func(t *testing.T, f *pdfFile) {
			f.b = append(f.b, "xref\n"...)
			f.update(objects{})
		}, verify.Indeterminate},
		"an entry outside the file": {func(t *testing.T, f *pdfFile) {
			f.update(objects{50: "<<>>"})
			f.entry(t, 50, 999_999_999)
		}, verify.Indeterminate},
		"an entry of another object": {func(t *testing.T, f *pdfFile) {
			f.update(objects{50: "<<>>", 51: "<<>>"})
			f.entry(t, 50, offset(f, 51))
		}, verify.Indeterminate},
		"an object in another one": {func(t *testing.T, f *pdfFile) {
			f.update(objects{50: stream("", "51 0 obj <<>> endobj"), 51: ""})
			f.entry(t, 51, bytes.LastIndex(f.b, []byte("51 0 obj <<")))
		}, verify.Indeterminate},
		"an object taken back": {func(t *testing.T, f *pdfFile) {
			was := offset(f, 4)
			f.update(objects{4: other}).update(objects{4: ""})
			f.entry(t, 4, was)
		}, verify.Indeterminate},
		"members of an object stream": {func(t *testing.T, f *pdfFile) {
			at := f.object(60, stream("/Type/ObjStm/N 1/First 5", "50 0 <<>>"))
			f.update(objects{}, f.hidden(61, [4]int{60, 1, at, 0}, [4]int{50, 2, 60, 0}))
		}, verify.Valid},
		"a member without entry": {func(t *testing.T, f *pdfFile) {
			at := f.object(60, stream("/Type/ObjStm/N 1/First 4", "5 0 <<>>"))
			f.update(objects{}, f.hidden(61, [4]int{60, 1, at, 0}))
		}, verify.Indeterminate},
		"an object stream that cannot be read": {func(t *testing.T, f *pdfFile) {
			at := f.object(60, stream("/Type/ObjStm/N 1/First 4/Filter/LZWDecode", "5 0 <<>>"))
			f.update(objects{}, f.hidden(61, [4]int{60, 1, at, 0}))
		}, verify.Indeterminate},
		"seen, and now hidden": {func(t *testing.T, f *pdfFile) {
			f.update(objects{4: ""}, f.hidden(61, [4]int{4, 1, offset(f, 4), 0}))
		}, verify.Indeterminate},
	} {
		t.Run(name, func(t *testing.T) {
			f := signedPDF(t, w)
			c.update(t, f)
			if got, r := judgeTrick(t, w, f.b); got != c.want {
				explain(t, r)
				t.Errorf("%v, want %v", got, c.want)
			}
			// The update does not affect a signature that came later.
			if c.want == verify.Indeterminate && name != "seen, and now hidden" {
				r := judgePDF(t, f.sign(t, w.signer, secondSignature(none, detachedEntries)).b, w.policy)
				if len(r.Signatures) != 2 || r.Signatures[0].Verdict != c.want || r.Signatures[1].Verdict != verify.Valid {
					explain(t, r)
					t.Error("the later signature")
				}
			}
		})
	}
}

// Programs that begin with the first page of a linearised file read other
// objects once the file has the length that its /L says.
func TestLinearizedAfterSigning(t *testing.T) {
	w := newWorld(t)
	for _, more := range []int{0, 1} {
		f := &pdfFile{b: []byte("%PDF-1.7\n"), root: "1 0 R", info: "15 0 R"}
		f.b = append(f.b, "70 0 obj\n<</Linearized 1/L 0000000000>>\nendobj\n"...)
		f.update(objects{1: baseObjects[1], 2: "<</Type/Pages/Kids[]/Count 0>>"})
		f.last = 0
		f.update(baseObjects)
		length := len(f.clone().sign(t, w.signer, newSignature).update(objects{}).b)
		copy(f.b[bytes.Index(f.b, []byte("/L 0"))+3:], fmt.Sprintf("%010d", length+more))
		f.sign(t, w.signer, newSignature)
		if got, r := judgeTrick(t, w, f.b); got != verify.Valid {
			explain(t, r)
			t.Fatalf("prepared: %v", got)
		}
		got, r := judgeTrick(t, w, f.update(objects{}).b)
		if want := (map[int]verify.Verdict{0: verify.Indeterminate, 1: verify.Valid})[more]; got != want {
			explain(t, r)
			t.Errorf("length %d: %v", more, got)
		}
	}
}

// An object stream can depend on further objects. If one of these changes, the
// members of the stream have changed.
func TestObjectStreamThatChanges(t *testing.T) {
	w := newWorld(t)
	const first, second = "<</Font<</F1 11 0 R>>/XObject<</X 41 0 R>>>>", "<</Font<</F1 11 0 R>>/XObject<</X 42 0 R>>>>"
	f := basePDF(objects{5: "", 41: stream("", ""), 42: stream("", "BT ET"), 62: "4"})
	at := f.object(60, stream("/Type/ObjStm/N 1/First 62 0 R", "5 0 "+first+second))
	f.update(objects{}, f.hidden(61, [4]int{60, 1, at, 0}, [4]int{5, 2, 60, 0}))
	f.sign(t, w.signer, newSignature)
	if r := judgePDF(t, f.b, w.policy); r.Verdict != verify.Valid {
		t.Fatal("prepared:", r.Verdict)
	}
	if r := judgePDF(t, f.clone().update(objects{50: "null"}).b, w.policy); r.Verdict != verify.Valid {
		explain(t, r)
		t.Error("unchanged:", r.Verdict)
	}
	if r := judgePDF(t, f.update(objects{62: fmt.Sprint(4 + len(first))}).b, w.policy); r.Verdict != verify.Invalid {
		explain(t, r)
		t.Error("changed:", r.Verdict)
	}
}

// The hole may have only the digits of the signature. Here it also contains the
// object stream with the form and the signature dictionary.
func TestHoleWithMore(t *testing.T) {
	w := newWorld(t)
	f := basePDF(objects{6: ""})
	const digits = 40_000
	gap := "<" + strings.Repeat("0", digits) + ">"
	start := bytes.LastIndex(f.b, []byte("%%EOF")) + len("%%EOF\n60 0 obj\n<")
	size := len(gap)
	head := fmt.Sprintf("<</Fields[<</FT/Sig/T(x)/V<</Type/Sig/SubFilter/adbe.pkcs7.detached/ByteRange[0 %010d %010d 0000000000]/Contents", start, start+size)
	build := func(message []byte, end int) *pdfFile {
		g := f.clone()
		contents := "<" + hex.EncodeToString(message) + strings.Repeat("0", digits-2*len(message)) + ">"
		body := "6 0 " + strings.Replace(head, "0000000000]", fmt.Sprintf("%010d]", end), 1)
		body = body[:4] + strings.Repeat(" ", start-len(body)) + body[4:] + contents + ">>>>]>>"
		var packed bytes.Buffer
		z := zlib.NewWriter(&packed)
		z.Write([]byte(body))
		z.Close()
		data := packed.String()
		at := g.object(60, fmt.Sprintf("<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(data), data))
		if at+len("60 0 obj\n<") != start {
			t.Fatal("the hole is elsewhere")
		}
		g.b = append(g.b, "%"...)
		for len(g.b) < start+size-1 {
			g.b = append(g.b, ' ')
		}
		g.b = append(g.b, ">\n"...)
		return g.update(objects{}, g.hidden(61, [4]int{60, 1, at, 0}, [4]int{6, 2, 60, 0}))
	}
	end := len(build(nil, 0).b) - start - size
	b := build(nil, end).b
	b = build(detached(t, w.signer, slices.Concat(b[:start], b[start+size:])), end).b
	r := judgePDF(t, b, w.policy)
	if len(r.Signatures) != 1 || r.Verdict != verify.Invalid || r.Reason != verify.ReasonByteRangeHole {
		explain(t, r)
		t.Errorf("%v (%s)", r.Verdict, r.Reason)
	}
}
