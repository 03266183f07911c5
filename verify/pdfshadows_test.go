package verify_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"natsuin/verify"
)

// A trick is a revision after a signature that changes what a document shows or
// means, in a file that somebody prepared for it before it was signed.
type trick struct {
	prepared objects // replace objects of baseObjects and newSignature
	later    objects
	worst    verify.Verdict // the best verdict that is acceptable
	signs    bool           // later holds a signature that verifies
}

// judgeTrick returns the verdict on a file, or Invalid if it is refused.
func judgeTrick(t *testing.T, w world, b []byte) (verify.Verdict, *verify.PDFReport) {
	t.Helper()
	r, err := verify.PDF(t.Context(), bytes.NewReader(b), int64(len(b)), w.policy)
	if errors.As(err, new(*verify.PDFError)) {
		return verify.Invalid, &verify.PDFReport{}
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Verdict, r
}

// Changes that honest programs make are not taken for tricks.
func TestHonestChanges(t *testing.T) {
	w := newWorld(t)
	twoPages := objects{
		2:  "<</Type/Pages/Kids[3 0 R 60 0 R]/Count 2/MediaBox[0 0 595 842]>>",
		60: "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 5 0 R>>",
		13: "<</Type/Annot/Subtype/Link/Rect[72 300 200 320]/Dest[60 0 R/Fit]>>",
	}
	certified := "/Reference[<</TransformMethod/DocMDP/Data 1 0 R/TransformParams<</P 2>>>>]" + detachedEntries
	for name, c := range map[string]struct {
		prepared, later objects
		signs           bool
	}{
		"a signature on a page that is linked to": {twoPages, secondSignature(none, detachedEntries).with(objects{9: newSignature[9], 60: "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 5 0 R/Annots[30 0 R]>>"}), true},
		"a store after a certification":           {objects{21: dictionary(certified)}, objects{1: strings.Replace(baseObjects[1], "/Lang", "/DSS<</Certs[]>>/Lang", 1)}, false},
		"a signature after a certification":       {objects{21: dictionary(certified)}, secondSignature(none, detachedEntries), true},
		"a page written anew by pdfsig":           {replaced(t, 2, "0 0 595 842", "0.0 0.0 595.0 842"), replaced(t, 2, "0 0 595 842", "0 0 595 842."), false},
		"a page written anew by iText":            {nil, replaced(t, 3, "/Parent", "/MediaBox[0 0 595 842]/Parent"), false},
		"an empty field that iText signs and locks": {nil, objects{
			8: strings.Replace(baseObjects[8], "/F 4", "/F 132/V 31 0 R", 1), 31: dictionary(detachedEntries)}, true},
		"a field that gets a widget as its kid": {nil, objects{
			6: "<</Fields[7 0 R 8 0 R 20 0 R 30 0 R]/DR<</Font<</F1 11 0 R>>>>/DA(/F1 0 Tf)/SigFlags 3>>", 9: "[7 0 R 8 0 R 13 0 R 20 0 R 32 0 R]",
			30: "<</FT/Sig/T(second)/V 31 0 R/Kids[32 0 R]>>", 31: dictionary(detachedEntries), 32: "<</Type/Annot/Subtype/Widget/Rect[0 0 0 0]/Parent 30 0 R>>"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := basePDF(nil).sign(t, w.signer, newSignature.with(c.prepared))
			if c.signs {
				f.sign(t, w.signer, c.later)
			} else {
				f.update(c.later)
			}
			if r := judgePDF(t, f.b, w.policy); r.Verdict != verify.Valid {
				explain(t, r)
				t.Error(r.Verdict)
			}
		})
	}
}

// More changes than are kept can hide one that a certification forbids.
func TestMoreChangesThanAreKept(t *testing.T) {
	w := newWorld(t)
	const kept = 500
	for _, n := range []int{kept, kept + 1} {
		var refs strings.Builder
		empty, filled := objects{}, objects{}
		for i := range n {
			fmt.Fprintf(&refs, " %d 0 R", 100+i)
			empty[100+i] = fmt.Sprintf("<</FT/Tx/T(%d)>>", i)
			filled[100+i] = fmt.Sprintf("<</FT/Tx/T(%d)/V(x)>>", i)
		}
		empty[6] = "<</Fields[20 0 R" + refs.String() + "]>>"
		empty[21] = dictionary("/Reference[<</TransformMethod/DocMDP/TransformParams<</P 2>>>>]" + detachedEntries)
		r := judgePDF(t, basePDF(nil).sign(t, w.signer, newSignature.with(empty)).update(filled).b, w.policy)
		if want := map[bool]verify.Verdict{false: verify.Valid, true: verify.Indeterminate}[n > kept]; r.Verdict != want || r.Signatures[0].MoreChanges != (n > kept) {
			t.Errorf("%d fields: %v, more %v", n, r.Verdict, r.Signatures[0].MoreChanges)
		}
	}
}

// Rules count however they are written, and no certification lets anyone fill
// in a field that the user may not change.
func TestRulesAsTheyAreWritten(t *testing.T) {
	w := newWorld(t)
	fill := func(entries string) (string, objects) {
		return strings.Replace(baseObjects[7], "/F 4", "/F 4"+entries, 1), objects{7: strings.Replace(baseObjects[7], "/F 4", "/F 4/V(Taro)"+entries, 1)}
	}
	reference := func(s string) string { return "/Reference" + s + detachedEntries }
	for name, c := range map[string]struct {
		dictionary, field string
		want              verify.Verdict
	}{
		"P 2":                     {reference("[<</TransformMethod/DocMDP/TransformParams<</P 2>>>>]"), "", verify.Valid},
		"P 2, a read-only field":  {reference("[<</TransformMethod/DocMDP/TransformParams<</P 2>>>>]"), "/Ff 1", verify.Indeterminate},
		"P 2, a pushbutton":       {reference("[<</TransformMethod/DocMDP/TransformParams<</P 2>>>>]"), "/Ff 65536", verify.Indeterminate},
		"P 2, several lines":      {reference("[<</TransformMethod/DocMDP/TransformParams<</P 2>>>>]"), "/Ff 4096", verify.Valid},
		"P 1 after null":          {reference("[null<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]"), "", verify.Invalid},
		"P 1 without an array":    {reference("<</TransformMethod/DocMDP/TransformParams<</P 1>>>>"), "", verify.Invalid},
		"P 1 from another object": {reference("[<</TransformMethod 50 0 R/TransformParams<</P 51 0 R>>>>]"), "", verify.Invalid},
		"P that is no integer":    {reference("[<</TransformMethod/DocMDP/TransformParams<</P 2.5>>>>]"), "", verify.Invalid},
	} {
		before, after := fill(c.field)
		if strings.Contains(name, "button") {
			before, after[7] = strings.Replace(before, "/FT/Tx", "/FT/Btn", 1), strings.Replace(after[7], "/FT/Tx", "/FT/Btn", 1)
		}
		f := basePDF(objects{7: before, 50: "/DocMDP", 51: "1"}).sign(t, w.signer, newSignature.with(objects{21: dictionary(c.dictionary)}))
		if r := judgePDF(t, f.update(after).b, w.policy); r.Verdict != c.want {
			explain(t, r)
			t.Errorf("%s: %v, want %v", name, r.Verdict, c.want)
		}
	}
}

// TestTricks makes changes that are easily missed: of objects without a kind,
// objects that are used twice, and objects that some programs read in another
// way.
func TestTricks(t *testing.T) {
	w := newWorld(t)
	const I = verify.Indeterminate
	join := func(all ...objects) objects {
		out := objects{}
		for _, o := range all {
			out = out.with(o)
		}
		return out
	}
	form := func(fields, entries string) objects {
		return objects{6: "<</Fields[7 0 R 8 0 R 20 0 R" + fields + "]/DR<</Font<</F1 11 0 R>>>>/DA(/F1 0 Tf)/SigFlags 3" + entries + ">>"}
	}
	annots := func(refs string) objects { return objects{9: "[7 0 R 8 0 R 13 0 R 20 0 R" + refs + "]"} }
	picture := stream("/Type/XObject/Subtype/Form/BBox[0 0 595 842]", "1 g 0 0 595 842 re f")
	cover := "<</Type/Annot/Subtype/Stamp/Rect[0 0 595 842]/F 4/AP<</N 51 0 R>>>>"
	signs := func(field string) objects { return secondSignature(field, detachedEntries) }
	drawing := "/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
	for name, c := range map[string]trick{
		// objects of a kind that is not expected
		"an annotation that is a stream":                {nil, join(annots(" 50 0 R"), objects{50: stream("/Type/Annot/Subtype/Stamp/Rect[0 0 595 842]/F 4/AP<</N 51 0 R>>", ""), 51: picture}), I, false},
		"a page that is a stream":                       {replaced(t, 2, "3 0 R]", "3 0 R 50 0 R]"), objects{50: stream("/Type/Page/Parent 2 0 R/Contents 4 0 R", "")}, I, false},
		"a page below nothing":                          {replaced(t, 2, "3 0 R]", "3 0 R 50 0 R]"), objects{50: "<</Type/Page/Parent 2 0 R/Contents 4 0 R>>"}, I, false},
		"a page with kids":                              {replaced(t, 3, "/Type/Page/", "/"), replaced(t, 3, "/Type/Page/", "/Kids[]/"), I, false},
		"a visible field with a text for a signature":   {nil, join(form(" 50 0 R", ""), annots(" 50 0 R"), objects{50: "<</Type/Annot/Subtype/Widget/FT/Sig/T(x)/V(x)/F 4/Rect[0 0 60 60]/AP<</N 51 0 R>>>>", 51: picture}), I, false},
		"a visible field with a stream for a signature": {nil, join(form(" 50 0 R", ""), annots(" 50 0 R"), objects{50: "<</Type/Annot/Subtype/Widget/FT/Sig/T(x)/V 52 0 R/F 4/Rect[0 0 60 60]/AP<</N 51 0 R>>>>", 51: picture, 52: stream("/Type/Sig", "")}), I, false},
		"an empty field with a text for a signature":    {nil, objects{8: strings.Replace(baseObjects[8], "/F 4", "/F 4/V(x)/AP<</N 51 0 R>>", 1), 51: picture}, I, false},
		"a page there twice, and now once":              {replaced(t, 2, "3 0 R]", "3 0 R 3 0 R]"), replaced(t, 2, "3 0 R]", "3 0 R 3 1 R]"), I, false},
		"a node that becomes a page":                    {replaced(t, 2, "3 0 R]", "3 0 R 50 0 R]").with(objects{50: "<</Parent 2 0 R/Kids[]>>"}), objects{50: "<</Parent 2 0 R>>"}, I, false},
		"a page that becomes neither":                   {replaced(t, 2, "3 0 R]", "3 0 R 50 0 R]").with(objects{50: "<</Parent 2 0 R/Kids 51 0 R>>"}), objects{51: "(x)"}, I, false},
		"what a page seems to inherit":                  {replaced(t, 3, "/Parent 2 0 R", "/Parent 50 0 R").with(objects{50: "<</Type/Pages/MediaBox[0 0 9 9]>>"}), replaced(t, 3, "/Parent 2 0 R", "/MediaBox[0 0 595 842]/Parent 50 0 R"), I, false},
		"what a page does not inherit":                  {nil, replaced(t, 3, "/Parent", "/MediaBox[0 0 9 9]/Parent"), I, false},
		// boxes
		"a box over one that is malformed": {objects{13: "<</Type/Annot/Subtype/Stamp/Rect[0 0 595]>>"}, signs(box40), I, true},
		"a box of five numbers":            {nil, signs("/F 132/Rect[0 610 80 630 0]"), I, true},
		// twice
		"an annotation again, on top":    {join(annots(" 50 0 R"), objects{50: cover, 51: picture}), annots(" 50 0 R 13 0 R"), I, false},
		"a direct annotation now on top": {objects{9: "[" + cover + "7 0 R 8 0 R 13 0 R 20 0 R]", 51: picture}, objects{9: "[7 0 R 8 0 R 13 0 R 20 0 R" + cover + "]"}, I, false},
		"a visible signature on two pages": {
			join(replaced(t, 2, "3 0 R]/Count 1", "3 0 R 60 0 R]/Count 2"), objects{60: "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 5 0 R/Annots[]>>"}),
			join(signs("/F 132/Rect[0 610 80 630]"), objects{60: "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 5 0 R/Annots[30 0 R]>>"}), I, true},
		// roles that fields and pages play elsewhere
		"glyphs in an empty field": {
			objects{5: "<</Font<</F1 11 0 R/F2 50 0 R>>>>", 50: "<</Type/Font/Subtype/Type3/CharProcs 8 0 R>>", 8: strings.Replace(baseObjects[8], "/F 4", "/F 4/M 52 0 R", 1), 52: stream("", "")},
			join(form("", ""), objects{8: strings.Replace(baseObjects[8], "/F 4", "/F 4/M 53 0 R/V 31 0 R", 1), 53: stream("", "x"), 31: dictionary(detachedEntries)}), I, true},
		"a picture among the entries of a page": {
			objects{5: "<</Font<</F1 11 0 R>>/XObject 3 0 R>>", 3: strings.Replace(baseObjects[3], "/Parent", "/Metadata 52 0 R/Parent", 1), 52: stream(drawing, "")},
			objects{3: strings.Replace(baseObjects[3], "/Parent", "/Metadata 53 0 R/Parent", 1), 53: stream(drawing, "0 0 9 9 re f")}, I, false},
		"a picture among the entries of a page, by way of objects that are written again": {
			objects{5: "<</Font<</F1 11 0 R>>/XObject 54 0 R>>", 54: "3 0 R", 3: strings.Replace(baseObjects[3], "/Parent", "/Metadata 52 0 R/Parent", 1), 52: stream(drawing, "")},
			objects{5: "<</Font<</F1 11 0 R>>/XObject 54 0 R>>", 54: "3 0 R", 3: strings.Replace(baseObjects[3], "/Parent", "/Metadata 53 0 R/Parent", 1), 53: stream(drawing, "0 0 9 9 re f")}, I, false},
		"a picture among the entries of a page, in resources that are written again": {
			objects{5: "<</Font<</F1 11 0 R>>/XObject 3 0 R>>", 3: strings.Replace(baseObjects[3], "/Parent", "/Metadata 52 0 R/Parent", 1), 52: stream(drawing, "")},
			objects{5: "<</Font<</F1 11 0 R>>/XObject 3 0 R>>", 3: strings.Replace(baseObjects[3], "/Parent", "/Metadata 53 0 R/Parent", 1), 53: stream(drawing, "0 0 9 9 re f")}, I, false},
		"an empty field that says what is shown": {
			objects{5: "<</Font<</F1 11 0 R>>/Properties<</Parent 8 0 R>>>>", 8: strings.Replace(baseObjects[8], "/F 4/P 3 0 R", "/F 4/OCGs[50 0 R 51 0 R]/P/AnyOn", 1), 50: "<</Type/OCG/Name(a)>>", 51: "<</Type/OCG/Name(b)>>"},
			join(form("", ""), objects{8: strings.Replace(baseObjects[8], "/F 4/P 3 0 R", "/F 4/OCGs[50 0 R 51 0 R]/P/AllOn/V 31 0 R", 1), 31: dictionary(detachedEntries)}), I, true},
		"a picture in the catalog": {
			objects{5: "<</Font<</F1 11 0 R>>/XObject 1 0 R>>", 1: strings.Replace(baseObjects[1], "/Lang", "/Metadata 52 0 R/Lang", 1), 52: stream(drawing, "")},
			objects{1: strings.Replace(baseObjects[1], "/Lang", "/Metadata 53 0 R/Lang", 1), 53: stream(drawing, "0 0 9 9 re f")}, I, false},
		// generations
		"another generation": {
			objects{5: "<</Font<</F1 11 0 R>>/XObject<</X 50 1 R>>>>"}, objects{50: picture}, I, false},
		// fields
		"a field above a signature's, with a text field": {nil, join(signs(none), objects{
			6: "<</Fields[7 0 R 8 0 R 20 0 R 50 0 R]/DR<</Font<</F1 11 0 R>>>>/DA(/F1 0 Tf)/SigFlags 3>>", 50: "<</T(above)/Kids[30 0 R<</T(sum)/FT/Tx/V(9,000)>>]>>"}), I, true},
		"a signature below a text field": {nil, join(signs(none+"/Parent 7 0 R"), objects{6: newSignature[6], 7: strings.Replace(baseObjects[7], "/F 4", "/F 4/Kids[30 0 R]", 1)}), I, true},
		"a font for a value that was not drawn": {
			objects{7: "<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(9,000 yen)/DA(/F2 9 Tf)/Rect[72 600 300 620]/F 4/P 3 0 R>>"},
			objects{6: strings.Replace(newSignature[6], "/F1 11 0 R", "/F1 11 0 R/F2 11 0 R", 1)}, I, false},
		"a default appearance for a value that was not drawn": {
			objects{6: "<</Fields[7 0 R 8 0 R 20 0 R]/SigFlags 3>>", 7: "<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(9,000 yen)/Rect[72 600 300 620]/F 4/P 3 0 R>>"},
			objects{6: "<</Fields[7 0 R 8 0 R 20 0 R]/SigFlags 3/DA(/F1 12 Tf)/DR<</Font<</F1 11 0 R>>>>>>"}, I, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := basePDF(nil).sign(t, w.signer, newSignature.with(c.prepared))
			if got, r := judgeTrick(t, w, f.b); got != verify.Valid {
				explain(t, r)
				t.Errorf("prepared: %v", got)
			}
			switch {
			case c.signs:
				f.sign(t, w.signer, c.later)
			default:
				f.update(c.later)
			}
			if got, r := judgeTrick(t, w, f.b); got > c.worst {
				explain(t, r)
				t.Errorf("%v, want %v at best", got, c.worst)
			}
		})
	}
}
