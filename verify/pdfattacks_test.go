package verify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"natsuin/verify"
)

// attack makes a signed file that was tampered with. The file must fail check,
// for the reason why.
type attack struct {
	file  func(t testing.TB, w world) []byte
	check verify.CheckID
	why   verify.Reason
}

// edit replaces a part that occurs exactly once in the signed file.
func edit(old, new string) func(testing.TB, world) []byte {
	return func(t testing.TB, w world) []byte {
		b := signedPDF(t, w).b
		if bytes.Count(b, []byte(old)) != 1 || len(old) != len(new) {
			t.Fatalf("%q is there %d times", old, bytes.Count(b, []byte(old)))
		}
		return bytes.Replace(b, []byte(old), []byte(new), 1)
	}
}

// ranged returns the signed file with its range [0 a b c] rewritten.
func ranged(rewrite func(a, b, c int) string) func(testing.TB, world) []byte {
	return func(t testing.TB, w world) []byte {
		f := signedPDF(t, w).b
		at := bytes.Index(f, []byte("/ByteRange["))
		var a, b, c int
		if _, err := fmt.Sscanf(string(f[at:]), "/ByteRange[0 %d %d %d]", &a, &b, &c); err != nil {
			t.Fatal(err)
		}
		const size = len("/ByteRange[0 0000000000 0000000000 0000000000]")
		text := rewrite(a, b, c)
		copy(f[at:], text+strings.Repeat(" ", size-len(text)))
		return f
	}
}

// TestPDFAttacks tries attacks of the kinds that the literature names:
// universal signature forgery, incremental saving, wrapping, spoofing, and
// shadows.
func TestPDFAttacks(t *testing.T) {
	update := func(changes objects) func(testing.TB, world) []byte {
		return func(t testing.TB, w world) []byte { return signedPDF(t, w).update(changes).b }
	}
	shadow := func(prepared, later objects) func(testing.TB, world) []byte {
		return func(t testing.TB, w world) []byte {
			f := basePDF(prepared).sign(t, w.signer, newSignature)
			if r := judgePDF(t, f.b, w.policy); r.Verdict != verify.Valid {
				explain(t, r)
				t.Error("the prepared file is not VALID")
			}
			return f.update(later).b
		}
	}
	for name, a := range map[string]attack{
		// universal signature forgery
		"no range":           {edit("/ByteRange", "/BiteRange"), verify.CheckByteRange, verify.ReasonByteRangeMissing},
		"empty range":        {ranged(func(a, b, c int) string { return "/ByteRange[]" }), verify.CheckByteRange, verify.ReasonByteRangeBad},
		"range of null":      {ranged(func(a, b, c int) string { return "/ByteRange null" }), verify.CheckByteRange, verify.ReasonByteRangeMissing},
		"range of zeros":     {ranged(func(a, b, c int) string { return "/ByteRange[0 0 0 0]" }), verify.CheckByteRange, verify.ReasonByteRangeBad},
		"negative":           {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[0 %d -1 %d]", a, c) }), verify.CheckByteRange, verify.ReasonByteRangeBad},
		"overlapping":        {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[0 %d %d %d]", b, a, c) }), verify.CheckByteRange, verify.ReasonByteRangeBad},
		"too long":           {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[0 %d %d %d]", a, b, c+1) }), verify.CheckByteRange, verify.ReasonByteRangeBad},
		"overflow":           {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[0 %d %d 9223372036854775807]", a, b) }), verify.CheckByteRange, verify.ReasonByteRangeBad},
		"three numbers":      {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[0 %d %d]", a, b) }), verify.CheckByteRange, verify.ReasonByteRangeBad},
		"not from 0":         {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[1 %d %d %d]", a-1, b, c) }), verify.CheckByteRange, verify.ReasonByteRangeBad},
		"reals":              {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[0 %d. %d %d]", a, b, c) }), verify.CheckByteRange, verify.ReasonByteRangeBad},
		"hole without <":     {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[0 %d %d %d]", a+1, b, c) }), verify.CheckByteRange, verify.ReasonByteRangeHole},
		"hole without >":     {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[0 %d %d %d]", a, b-1, c+1) }), verify.CheckByteRange, verify.ReasonByteRangeHole},
		"wider hole":         {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[0 %d %d %d]", a-9, b, c) }), verify.CheckByteRange, verify.ReasonByteRangeHole},
		"hole to another >":  {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[0 %d %d %d]", a, b+1, c-1) }), verify.CheckByteRange, verify.ReasonByteRangeHole},
		"not to the end":     {ranged(func(a, b, c int) string { return fmt.Sprintf("/ByteRange[0 %d %d %d]", a, b, c-7) }), verify.CheckRevision, verify.ReasonNoRevision},
		"no contents":        {edit("/Contents<3", "/Kontents<3"), verify.CheckContents, verify.ReasonContentsMissing},
		"contents of zeros":  {zeroContents, verify.CheckContents, verify.ReasonContentsMissing},
		"contents with more": {contentsWithMore, verify.CheckContents, verify.ReasonContentsTrailer},
		"contents in a text": {contentsInParentheses, verify.CheckByteRange, verify.ReasonByteRangeHole},
		"attached content":   {sealed(func(w world, content []byte) message { m := by(w.signer, nil); m.content = content; return m }), verify.CheckContents, verify.ReasonContentsFull},
		"two signers": {sealed(func(w world, content []byte) message {
			m := by(w.signer, nil)
			m.content, m.detached = content, true
			m.signers = append(m.signers, m.signers[0])
			return m
		}), verify.CheckContents, verify.ReasonContentsSigners},
		"other content": {sealed(func(w world, content []byte) message {
			m := by(w.signer, nil)
			m.content, m.detached = content[1:], true
			return m
		}), verify.CheckMessageDigest, verify.ReasonDiffers},
		"wrong signature": {sealed(func(w world, content []byte) message {
			m := by(w.signer, func(s *info) { s.flip = true })
			m.content, m.detached = content, true
			return m
		}), verify.CheckSignature, verify.ReasonSignatureWrong},
		"a byte of the text":  {edit("Pay 1,000", "Pay 9,000"), verify.CheckMessageDigest, verify.ReasonDiffers},
		"a byte of the claim": {edit("/Name(A)", "/Name(B)"), verify.CheckMessageDigest, verify.ReasonDiffers},
		// incremental saving
		"bytes at the end":      {appended("x"), verify.CheckChanges, verify.ReasonChanged},
		"a line at the end":     {appended("\n"), verify.CheckChanges, verify.ReasonChanged},
		"objects at the end":    {appended("4 0 obj<</Length 0>>\nstream\n\nendstream endobj\n"), verify.CheckChanges, verify.ReasonChanged},
		"bytes after an update": {func(t testing.TB, w world) []byte { return append(signedPDF(t, w).update(objects{}).b, 'x') }, verify.CheckChanges, verify.ReasonChanged},
		"a line end that is not covered": {func(t testing.TB, w world) []byte {
			return append(basePDF(nil).seal(t, newSignature, func(content []byte) []byte { return detached(t, w.signer, bytes.TrimSuffix(content, []byte("\n"))) }).shorten().b, '\n')
		}, verify.CheckChanges, verify.ReasonChanged},
		"content replaced":   {update(objects{4: stream("", "BT (Pay 9,000 yen) Tj ET")}), verify.CheckChanges, verify.ReasonChanged},
		"resources replaced": {update(objects{5: "<</Font<</F1 7 0 R>>>>"}), verify.CheckChanges, verify.ReasonChanged},
		// wrapping: the bytes of the second range were moved to the end
		"wrapped": {wrappedRange, verify.CheckByteRange, verify.ReasonByteRangeHole},
		// spoofing: the dictionary was replaced
		"another dictionary": {update(objects{21: strings.Replace(dictionary(detachedEntries), "(A)", "(B)", 1)}), verify.CheckDictionary, verify.ReasonDictionaryChanged},
		"dictionary freed":   {update(objects{21: ""}), verify.CheckDictionary, verify.ReasonDictionaryChanged},
		"another reference":  {update(objects{20: strings.Replace(newSignature[20], "21 0 R", "50 0 R", 1), 50: dictionary(detachedEntries)}), verify.CheckChanges, verify.ReasonChanged},
		// shadows
		"hide": {shadow(objects{
			3:  strings.Replace(baseObjects[3], "/Contents 4 0 R", "/Contents[4 0 R 40 0 R]", 1),
			40: stream("", "1 g 0 0 595 842 re f"),
		}, objects{40: stream("", "")}), verify.CheckChanges, verify.ReasonChanged},
		"hide by freeing": {shadow(objects{
			3:  strings.Replace(baseObjects[3], "/Contents 4 0 R", "/Contents[4 0 R 40 0 R]", 1),
			40: stream("", "1 g 0 0 595 842 re f"),
		}, objects{40: ""}), verify.CheckChanges, verify.ReasonChanged},
		"hide by an annotation": {shadow(objects{13: "<</Type/Annot/Subtype/Stamp/Rect[0 0 595 842]>>"}, objects{13: ""}), verify.CheckChanges, verify.ReasonChanged},
		"replace a font": {shadow(objects{
			11: "<</Type/Font/Subtype/TrueType/BaseFont/X/FontDescriptor 41 0 R>>", 41: "<</Type/FontDescriptor/FontFile2 42 0 R>>", 42: stream("", "font one"),
		}, objects{42: stream("", "font two")}), verify.CheckChanges, verify.ReasonChanged},
		"a reference that led nowhere": {shadow(objects{
			5: "<</Font<</F1 11 0 R>>/XObject<</X 44 0 R>>>>",
		}, objects{44: stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", "")}), verify.CheckChanges, verify.ReasonChanged},
		"hide and replace": {shadow(objects{
			45: "<</Type/Pages/Kids[46 0 R]/Count 1>>", 46: "<</Type/Page/Parent 45 0 R/MediaBox[0 0 9 9]>>",
		}, objects{1: strings.Replace(baseObjects[1], "/Pages 2 0 R", "/Pages 45 0 R", 1)}), verify.CheckChanges, verify.ReasonChanged},
		"an appearance that is content too": {shadow(objects{
			5: "<</Font<</F1 11 0 R>>/XObject<</X 12 0 R>>>>",
		}, objects{12: stream("/Type/XObject/Subtype/Form/BBox[0 0 228 20]", "BT ET")}), verify.CheckChanges, verify.ReasonChanged},
		"a length from elsewhere": {shadow(objects{
			4: "<</Length 47 0 R>>\nstream\nBT ET\nendstream\n%", 47: "5",
		}, objects{47: "3"}), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := a.file(t, w)
			r, err := verify.PDF(t.Context(), bytes.NewReader(b), int64(len(b)), w.policy)
			if errors.As(err, new(*verify.PDFError)) && a.check == "" {
				return // refused
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Signatures) == 0 {
				t.Fatal("no signature")
			}
			check, _ := r.Signatures[0].Check(a.check)
			if r.Verdict != verify.Invalid || check.Result != verify.Failed || check.Detail != a.why {
				explain(t, r)
				t.Errorf("%v (%s)", r.Verdict, r.Reason)
			}
		})
	}
}

func appended(s string) func(testing.TB, world) []byte {
	return func(t testing.TB, w world) []byte { return append(signedPDF(t, w).b, s...) }
}

// sealed returns a file whose message is made from what the range covers.
func sealed(make func(w world, content []byte) message) func(testing.TB, world) []byte {
	return func(t testing.TB, w world) []byte {
		return basePDF(nil).seal(t, newSignature, func(content []byte) []byte { return make(w, content).encode(t) }).b
	}
}

func zeroContents(t testing.TB, w world) []byte {
	return basePDF(nil).seal(t, newSignature, func([]byte) []byte { return nil }).b
}

func contentsWithMore(t testing.TB, w world) []byte {
	return basePDF(nil).seal(t, newSignature, func(content []byte) []byte {
		return append(detached(t, w.signer, content), 0, 0, 1)
	}).b
}

// contentsInParentheses makes /Contents a literal string of the same length.
func contentsInParentheses(t testing.TB, w world) []byte {
	b := signedPDF(t, w).b
	at := bytes.Index(b, []byte("/Contents<")) + len("/Contents")
	b[at], b[at+gapDigits+1] = '(', ')'
	return b
}

// wrappedRange moves what follows the hole to the end, and puts other objects
// in between.
func wrappedRange(t testing.TB, w world) []byte {
	f := signedPDF(t, w)
	at := bytes.Index(f.b, []byte("/ByteRange["))
	var a, b, c int
	if _, err := fmt.Sscanf(string(f.b[at:]), "/ByteRange[0 %d %d %d]", &a, &b, &c); err != nil {
		t.Fatal(err)
	}
	tail := bytes.Clone(f.b[b:])
	f.update(objects{4: stream("", "BT (Pay 9,000 yen) Tj ET")})
	f.b = append(f.b, tail...)
	copy(f.b[at:], fmt.Sprintf("/ByteRange[0 %010d %010d %010d]", a, len(f.b)-len(tail), len(tail)))
	return f.b
}

// A SubFilter that rests on SHA-1, or that is not known, is INDETERMINATE.
func TestSubFilters(t *testing.T) {
	w := newWorld(t)
	for subFilter, want := range map[string]expect{
		"/SubFilter/adbe.pkcs7.detached":  valid,
		"/SubFilter/ETSI.CAdES.detached":  valid,
		"/SubFilter/adbe.pkcs7.sha1":      open(verify.CheckContents, verify.ReasonSHA1Forbidden),
		"/SubFilter/adbe.x509.rsa_sha1":   open(verify.CheckContents, verify.ReasonSHA1Forbidden),
		"/SubFilter/example.other":        open(verify.CheckContents, verify.ReasonSubFilter),
		"":                                open(verify.CheckContents, verify.ReasonSubFilter),
		"/SubFilter(adbe.pkcs7.detached)": open(verify.CheckContents, verify.ReasonSubFilter),
	} {
		f := basePDF(nil).sign(t, w.signer, newSignature.with(objects{21: dictionary(subFilter)}))
		r := judgePDF(t, f.b, w.policy)
		s := r.Signatures[0]
		check, _ := s.Check(want.check)
		if r.Verdict != want.verdict || s.Reason != want.reason || check.Detail != want.reason {
			explain(t, r)
			t.Errorf("%s: %v (%s)", subFilter, r.Verdict, s.Reason)
		}
	}
}

// A signature dictionary that no field has is named and not judged; one that
// two fields have is judged once.
func TestUndeclaredAndSharedSignatures(t *testing.T) {
	w := newWorld(t)
	stray := basePDF(nil).sign(t, w.signer, objects{21: dictionary(detachedEntries)})
	r := judgePDF(t, stray.b, w.policy)
	if r.Reason != verify.ReasonNoSignature || r.Verdict != verify.Invalid || len(r.Undeclared) != 1 || r.Undeclared[0] != (verify.PDFUndeclared{Object: 21, SubFilter: "adbe.pkcs7.detached"}) {
		t.Errorf("%v (%s), undeclared %v", r.Verdict, r.Reason, r.Undeclared)
	}
	// The signature is named even if a later revision has replaced its object.
	r = judgePDF(t, stray.clone().update(objects{21: ""}).sign(t, w.signer, newSignature.with(objects{21: "null", 20: strings.Replace(newSignature[20], "21 0 R", "22 0 R", 1), 22: dictionary(detachedEntries)})).b, w.policy)
	if r.Verdict != verify.Valid || len(r.Undeclared) != 1 || r.Checks[0].Detail != verify.RemarkUndeclared {
		explain(t, r)
		t.Errorf("%v, undeclared %v, %v", r.Verdict, r.Undeclared, r.Checks)
	}
	two := newSignature.with(objects{
		6:  strings.Replace(newSignature[6], "20 0 R", "20 0 R 22 0 R", 1),
		22: "<</FT/Sig/T(other)/V 21 0 R>>",
	})
	r = judgePDF(t, basePDF(nil).sign(t, w.signer, two).b, w.policy)
	if len(r.Signatures) != 1 || r.Verdict != verify.Valid || len(r.Signatures[0].OtherFields) != 1 || r.Signatures[0].Checks[0].Detail != verify.RemarkSeveralFields {
		explain(t, r)
		t.Errorf("%d signatures", len(r.Signatures))
	}
	// A field that takes the signature of another one later has none of its
	// own.
	later := signedPDF(t, w).update(objects{
		6:  strings.Replace(newSignature[6], "20 0 R", "20 0 R 22 0 R", 1),
		22: "<</FT/Sig/T(other)/V 21 0 R>>",
	})
	if r = judgePDF(t, later.b, w.policy); r.Verdict != verify.Indeterminate || len(r.Signatures) != 1 {
		explain(t, r)
		t.Errorf("copied: %v", r.Verdict)
	}
}

// A document time stamp proves a time if it verifies; a bad one does no harm.
func TestDocumentTimestamps(t *testing.T) {
	w := newWorld(t)
	tsa := issue(t, "tsa", ecKey(t), w.root, onlyStamps)
	p := w.policy
	p.TSAAnchors = append(p.TSAAnchors, w.root.cert)
	entries := "/SubFilter/ETSI.RFC3161"
	at := now.AddDate(0, -1, 0)
	token := func(spoil bool) func([]byte) []byte {
		return func(content []byte) []byte {
			sum := sha256.Sum256(content)
			if spoil {
				sum[0]++
			}
			return stamp{tsa: tsa, at: at, imprint: sum[:]}.encode(t, nil)
		}
	}
	dictionaryOf := objects{31: strings.Replace(dictionary(entries), "/Type/Sig", "/Type/DocTimeStamp", 1)}
	alone := basePDF(nil).seal(t, newSignature.with(objects{21: dictionaryOf[31]}), token(false))
	r := judgePDF(t, alone.b, p)
	if r.Reason != verify.ReasonNoSignature || len(r.Timestamps) != 1 {
		t.Fatalf("%v, %d time stamps", r.Reason, len(r.Timestamps))
	}
	if ts := r.Timestamps[0]; !ts.Verified || !ts.Time.Equal(at) || !ts.CoversWholeFile || !ts.Unchanged || ts.Certificate == nil {
		t.Errorf("%+v", ts)
	}
	if r = judgePDF(t, alone.clone().update(objects{4: stream("", "")}).b, p); r.Timestamps[0].Unchanged || !r.Timestamps[0].Verified {
		t.Errorf("%+v", r.Timestamps[0])
	}
	for _, spoil := range []bool{false, true} {
		f := signedPDF(t, w).seal(t, secondSignature(none, entries).with(dictionaryOf), token(spoil))
		r := judgePDF(t, f.b, p)
		if r.Verdict != verify.Valid || len(r.Signatures) != 1 || len(r.Timestamps) != 1 || r.Timestamps[0].Verified == spoil {
			explain(t, r)
			t.Fatalf("spoiled %v: %v, %d time stamps", spoil, r.Verdict, len(r.Timestamps))
		}
		s := r.Signatures[0]
		if s.Changes[0].Kind != verify.ChangeTimestamp || (s.ReferenceFrom == verify.FromTimestamp) == spoil || !spoil && !s.Reference.Equal(at) {
			t.Errorf("spoiled %v: time from %s, %v", spoil, s.ReferenceFrom, s.Changes)
		}
	}
	// With a box, a document time stamp could show anything, whether it proves
	// a time or not.
	for field, changes := range map[string]objects{
		"new":   secondSignature(box40, entries).with(dictionaryOf),
		"empty": {8: strings.Replace(baseObjects[8], "/F 4", "/F 4/V 31 0 R", 1), 31: dictionaryOf[31]},
	} {
		r := judgePDF(t, signedPDF(t, w).seal(t, changes, token(true)).b, p)
		if r.Verdict != verify.Indeterminate || r.Reason != verify.ReasonChangesUnclear {
			explain(t, r)
			t.Errorf("%s field with a box: %v", field, r.Verdict)
		}
	}
	// A time stamp proves nothing about a signature that came after it.
	f := alone.clone().sign(t, w.signer, secondSignature(none, detachedEntries))
	if r = judgePDF(t, f.b, p); r.Verdict != verify.Valid || r.Signatures[0].ReferenceFrom != verify.FromNow {
		explain(t, r)
		t.Errorf("%v from %s", r.Verdict, r.Signatures[0].ReferenceFrom)
	}
}

// The signed revisions of a file that was changed later can be extracted.
func TestSignedRevision(t *testing.T) {
	w := newWorld(t)
	signed := signedPDF(t, w)
	twice := signed.clone().sign(t, w.signer, secondSignature(none, detachedEntries))
	spoiled := twice.clone().update(objects{4: stream("", "BT (Pay 9,000 yen) Tj ET")})
	r := judgePDF(t, spoiled.b, w.policy)
	for n, want := range [][]byte{signed.b, twice.b} {
		section, alone, err := r.Revision(t.Context(), bytes.NewReader(spoiled.b), n+1, w.policy)
		if err != nil || r.Verdict != verify.Invalid || alone.Verdict != verify.Valid || len(alone.Signatures) != n+1 {
			t.Fatal(n, err, r.Verdict, alone)
		}
		got := make([]byte, section.Size())
		if _, err := section.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
			t.Errorf("revision %d: %d bytes, want %d (%v)", n+1, len(got), len(want), err)
		}
	}
	// A revision that is not VALID by itself is not returned.
	between := signed.clone().update(objects{4: stream("", "x")}).sign(t, w.signer, secondSignature(none, detachedEntries))
	r = judgePDF(t, between.b, w.policy)
	if section, alone, err := r.Revision(t.Context(), bytes.NewReader(between.b), 2, w.policy); err != nil || section != nil || alone.Verdict != verify.Invalid {
		t.Error(section, alone, err)
	}
	uncovered := edit("/ByteRange", "/BiteRange")(t, w)
	r = judgePDF(t, uncovered, w.policy)
	if section, alone, err := r.Revision(t.Context(), bytes.NewReader(uncovered), 1, w.policy); err != nil || section != nil || alone.Verdict != verify.Invalid {
		t.Error(section, alone, err)
	}
	r = judgePDF(t, between.b, w.policy)
	untrusted := verify.Policy{Now: now}
	if section, alone, err := r.Revision(t.Context(), bytes.NewReader(between.b), 1, untrusted); err != nil || section != nil || alone.Verdict != verify.Indeterminate {
		t.Error(section, alone, err)
	}
}

// A file that cannot be judged leads to an error that says why.
func TestPDFsThatAreNotJudged(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		b    []byte
		want verify.PDFProblem
	}{
		"encrypted":           {signedPDF(t, w).update(objects{}, "/Encrypt<</Filter/Standard>>").b, verify.PDFEncrypted},
		"encrypted with null": {signedPDF(t, w).update(objects{}, "/Encrypt null").b, verify.PDFEncrypted},
		"empty":               {nil, verify.PDFBroken},
		"text":                {[]byte("not a PDF"), verify.PDFBroken},
		"no startxref":        {bytes.ReplaceAll(signedPDF(t, w).b, []byte("startxref"), []byte("STARTXREF")), verify.PDFBroken},
		"junk in front":       {append([]byte("junk\n"), signedPDF(t, w).b...), verify.PDFBroken},
	} {
		_, err := verify.PDF(t.Context(), bytes.NewReader(c.b), int64(len(c.b)), w.policy)
		var refused *verify.PDFError
		if !errors.As(err, &refused) || refused.Problem != c.want || refused.Error() == "" || errors.Unwrap(refused) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := w.policy
	p.At = now.AddDate(1, 0, 0)
	if _, err := verify.PDF(t.Context(), bytes.NewReader(nil), 0, p); !errors.Is(err, verify.ErrFuture) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := signedPDF(t, w).b
	if _, err := verify.PDF(ctx, bytes.NewReader(b), int64(len(b)), w.policy); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	broken := brokenAt{bytes.NewReader(b), errors.New("no disk")}
	if _, err := verify.PDF(t.Context(), broken, int64(len(b)), w.policy); !errors.Is(err, broken.err) {
		t.Error(err)
	}
}

// brokenAt is a file of which the first bytes cannot be read.
type brokenAt struct {
	*bytes.Reader
	err error
}

func (b brokenAt) ReadAt(p []byte, off int64) (int, error) {
	if off < 100 {
		return 0, b.err
	}
	return b.Reader.ReadAt(p, off)
}

// The demanded signer must be one of the signers of the file.
func TestDemandedSignerOfAPDF(t *testing.T) {
	w := newWorld(t)
	b := signedPDF(t, w).b
	p := w.policy
	mine := sha256.Sum256(w.signer.cert.Raw)
	if p.SignerSHA256 = &mine; judgePDF(t, b, p).Verdict != verify.Valid {
		t.Error("the signer is not found")
	}
	other := sha256.Sum256(nil)
	p.SignerSHA256 = &other
	if r := judgePDF(t, b, p); r.Verdict != verify.Invalid || r.Reason != verify.ReasonOtherSigner {
		t.Errorf("%v (%s)", r.Verdict, r.Reason)
	}
}

// rewriteTable appends a cross-reference table of all objects, without /Prev.
func (f *pdfFile) rewriteTable() *pdfFile {
	newest := objects{}
	offsets := map[int]int{}
	for _, m := range regexp.MustCompile(`(?m)^(\d+) 0 obj`).FindAllSubmatchIndex(f.b, -1) {
		number, _ := strconv.Atoi(string(f.b[m[2]:m[3]]))
		offsets[number], newest[number] = m[0], "used"
	}
	start := len(f.b)
	f.b = append(f.b, "xref\n0 1\n0000000000 65535 f\r\n"...)
	for _, number := range slices.Sorted(maps.Keys(newest)) {
		f.b = fmt.Appendf(f.b, "%d 1\n%010d 00000 n\r\n", number, offsets[number])
	}
	f.b = fmt.Appendf(f.b, "trailer\n<</Size %d/Root %s/Info %s>>\nstartxref\n%d\n%%%%EOF\n", f.size, f.root, f.info, start)
	f.last = start
	return f
}

// Cross references that are written anew change nothing, even if they no longer
// lead back to the revision that was signed.
func TestRewrittenCrossReferences(t *testing.T) {
	w := newWorld(t)
	f := signedPDF(t, w)
	end := int64(len(f.b))
	r := judgePDF(t, f.clone().rewriteTable().b, w.policy)
	if s := r.Signatures[0]; r.Verdict != verify.Valid || s.Revision != 0 || s.End != end || s.CoversWholeFile || len(s.Changes) != 1 || s.Changes[0].Kind != verify.ChangeRewritten {
		explain(t, r)
		t.Errorf("%v, %+v", r.Verdict, s)
	}
	r = judgePDF(t, f.clone().update(objects{4: stream("", "x")}).rewriteTable().b, w.policy)
	if r.Verdict != verify.Invalid || r.Reason != verify.ReasonChanged {
		explain(t, r)
		t.Error("changed content")
	}
	// A range that ends within a comment ends no revision.
	f = basePDF(nil)
	f.seal(t, newSignature, func(content []byte) []byte { return nil })
	f.b = append(f.b, "% more\n"...)
	at := bytes.LastIndex(f.b, []byte("/ByteRange["))
	var a, b, c int
	if _, err := fmt.Sscanf(string(f.b[at:]), "/ByteRange[0 %d %d %d]", &a, &b, &c); err != nil {
		t.Fatal(err)
	}
	copy(f.b[at:], fmt.Sprintf("/ByteRange[0 %010d %010d %010d]", a, b, len(f.b)-b))
	copy(f.b[a+1:], hex.EncodeToString(detached(t, w.signer, slices.Concat(f.b[:a], f.b[b:]))))
	for _, b := range [][]byte{f.b, f.clone().rewriteTable().b} {
		r = judgePDF(t, b, w.policy)
		if revision, _ := r.Signatures[0].Check(verify.CheckRevision); r.Verdict != verify.Invalid || revision.Detail != verify.ReasonNoRevision {
			explain(t, r)
			t.Errorf("%v, %v", r.Verdict, revision)
		}
	}
}

// If a later signature replaces an appearance that something else uses too, the
// earlier signature is INDETERMINATE.
func TestSharedAppearance(t *testing.T) {
	w := newWorld(t)
	f := basePDF(objects{
		1: strings.Replace(baseObjects[1], "/Lang", "/Foo 40 0 R/Lang", 1),
		8: strings.Replace(baseObjects[8], "/F 4", "/F 4/AP<</N 40 0 R>>", 1), 40: stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", ""),
	}).sign(t, w.signer, newSignature)
	f.sign(t, w.signer, objects{8: strings.Replace(baseObjects[8], "/F 4", "/F 4/V 31 0 R/AP<</N 12 0 R>>", 1), 31: dictionary(detachedEntries)})
	r := judgePDF(t, f.b, w.policy)
	if s := r.Signatures[0]; s.Verdict != verify.Indeterminate || len(s.Changes) != 2 || s.Changes[1].Kind != verify.ChangeOther {
		explain(t, r)
		t.Error(s.Verdict)
	}
}

// Usage rights are reported. Removing them changes the permissions.
func TestUsageRights(t *testing.T) {
	w := newWorld(t)
	f := basePDF(objects{
		1:  strings.Replace(baseObjects[1], "/Lang", "/Perms<</UR3 41 0 R>>/Lang", 1),
		41: "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange[0 1 2 3]/Contents<00>>>",
	})
	if r := judgePDF(t, f.b, w.policy); r.Reason != verify.ReasonNoSignature || !r.UsageRights || len(r.Undeclared) != 0 {
		t.Errorf("%s, usage rights %v, undeclared %v", r.Reason, r.UsageRights, r.Undeclared)
	}
	f.sign(t, w.signer, newSignature)
	if r := judgePDF(t, f.b, w.policy); r.Verdict != verify.Valid || !r.UsageRights {
		t.Error(r.Verdict)
	}
	r := judgePDF(t, f.update(objects{1: baseObjects[1]}).b, w.policy)
	if r.Verdict != verify.Invalid || r.UsageRights || r.Signatures[0].Changes[0].Kind != verify.ChangePermissions {
		explain(t, r)
		t.Error(r.Verdict)
	}
}

// shorten cuts the line end at the end, and from the range.
func (f *pdfFile) shorten() *pdfFile {
	at := bytes.LastIndex(f.b, []byte("/ByteRange["))
	var a, b, c int
	fmt.Sscanf(string(f.b[at:]), "/ByteRange[0 %d %d %d]", &a, &b, &c)
	copy(f.b[at:], fmt.Sprintf("/ByteRange[0 %010d %010d %010d]", a, b, c-1))
	f.b = f.b[:len(f.b)-1]
	return f
}

// A remark says that the file contains parts of pages that are not in use.
func TestUnusedContent(t *testing.T) {
	w := newWorld(t)
	for body, want := range map[string]bool{
		stream("/Type/XObject/Subtype/Image", ""): true,
		"<</Type/Page/Parent 2 0 R>>":             true,
		"<</Type/Font/Subtype/Type1>>":            true,
		stream("", "x"):                           false,
		"<</Type/Metadata>>":                      false,
	} {
		r := judgePDF(t, basePDF(objects{40: body}).sign(t, w.signer, newSignature).b, w.policy)
		if r.Verdict != verify.Valid || (r.Checks[0].Detail == verify.RemarkUnusedContent) != want {
			t.Errorf("%s: %v, %v", body, r.Verdict, r.Checks)
		}
		used := basePDF(objects{40: body, 1: strings.Replace(baseObjects[1], "/Lang", "/Foo 40 0 R/Lang", 1)})
		if r := judgePDF(t, used.sign(t, w.signer, newSignature).b, w.policy); r.Checks[0].Detail != "" {
			t.Errorf("%s in use: %v", body, r.Checks)
		}
	}
}
