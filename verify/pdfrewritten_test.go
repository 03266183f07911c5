package verify_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"natsuin/verify"
)

// TestWrittenAgain has honest changes by programs that write more than what
// they change, and changes that look like these.
func TestWrittenAgain(t *testing.T) {
	w := newWorld(t)
	const (
		V = verify.Valid
		I = verify.Indeterminate
		X = verify.Invalid
	)
	box := func(b string) objects { return replaced(t, 2, "0 0 595 842", b) }
	page := func(resources string) objects { return objects{5: resources} }
	form := func(o objects, resources string) objects {
		return objects{6: strings.Replace(o[6], "<</Font<</F1 11 0 R>>>>", resources, 1)}
	}
	// The form has the resources of the page, or only their fonts.
	all, allSigned := form(baseObjects, " 5 0 R"), form(newSignature, " 5 0 R")
	fonts, fontsSigned := form(baseObjects, "<</Font 50 0 R>>"), form(newSignature, "<</Font 50 0 R>>")
	fonts = fonts.with(objects{5: "<</Font 50 0 R>>", 50: "<</F1 11 0 R>>"})
	added := objects{51: stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", "")}
	for name, c := range map[string]struct {
		prepared, signed, later objects
		want                    map[verify.ChangeKind]verify.Verdict
	}{
		"a box that PDFium rounds":     {box("0 0 595.27563 841.8898"), nil, box("0 0 595.27563 841.88977"), map[verify.ChangeKind]verify.Verdict{verify.ChangeEncoding: I}},
		"a box that MuPDF rounds":      {box("0 0 595.27563 841.8898"), nil, box("0 0 595.27566 841.8898"), map[verify.ChangeKind]verify.Verdict{verify.ChangeEncoding: I}},
		"a box that pdfsig rounds":     {box("0 0 595.303937007874 841.889763779528"), nil, box("0 0 595.3039370079 841.8897637795"), map[verify.ChangeKind]verify.Verdict{verify.ChangeRewritten: V}},
		"a box by what cannot be seen": {box("0 0 595 842"), nil, box("0 0 595.0000009 842"), map[verify.ChangeKind]verify.Verdict{verify.ChangeRewritten: V}},
		"a box by more than that":      {box("0 0 595 842"), nil, box("0 0 595.0000011 842"), map[verify.ChangeKind]verify.Verdict{verify.ChangeContent: X}},
		"a box with other numbers too": {box("0 0 595.27563 841.8898"), nil, box("0 0 595.27566 841"), map[verify.ChangeKind]verify.Verdict{verify.ChangeEncoding: I, verify.ChangeContent: X}},
		"a box a little larger":        {box("0 0 595.27563 841.8898"), nil, box("0 0 595.2757 841.8898"), map[verify.ChangeKind]verify.Verdict{verify.ChangeContent: X}},
		"a box of integers":            {box("0 0 16777216 842"), nil, box("0 0 16777217 842"), map[verify.ChangeKind]verify.Verdict{verify.ChangeContent: X}},
		"a box far away":               {box("1000000000.1 0 1000000595.1 842"), nil, box("1000000020.1 0 1000000595.1 842"), map[verify.ChangeKind]verify.Verdict{verify.ChangeContent: X}},
		"numbers of a drawing": {replaced(t, 5, ">>>>", ">>/XObject<</X 51 0 R>>>>").with(objects{51: stream("/Type/XObject/Subtype/Form/BBox[0.000 0 9.5 9]", "")}), nil,
			objects{51: stream("/Type/XObject/Subtype/Form/BBox[0 0 9.5 9]", "")}, map[verify.ChangeKind]verify.Verdict{verify.ChangeEncoding: I}},

		"an empty appearance":               {nil, nil, replaced(t, 20, "/P 3 0 R", "/P 3 0 R/AP<<>>"), map[verify.ChangeKind]verify.Verdict{verify.ChangeRewritten: V}},
		"an appearance without a drawing":   {nil, nil, replaced(t, 20, "/P 3 0 R", "/P 3 0 R/AP<</N<<>>>>"), map[verify.ChangeKind]verify.Verdict{verify.ChangeSignedField: X}},
		"an appearance that becomes empty":  {nil, replaced(t, 20, "/P 3 0 R", "/P 3 0 R/AP<</N 12 0 R>>"), replaced(t, 20, "/P 3 0 R", "/P 3 0 R/AP<<>>"), map[verify.ChangeKind]verify.Verdict{verify.ChangeSignedField: X}},
		"a form's drawing on a page":        {all, allSigned, page("<</Font<</F1 11 0 R>>/XObject<</FRM 51 0 R>>>>").with(added), map[verify.ChangeKind]verify.Verdict{verify.ChangeOther: I, verify.ChangeEntryAdded: V}},
		"a form's font on a page":           {fonts, fontsSigned, objects{50: "<</F1 11 0 R/Helv 11 0 R>>"}, map[verify.ChangeKind]verify.Verdict{verify.ChangeOther: I, verify.ChangeEntryAdded: V}},
		"another font of both":              {fonts, fontsSigned, objects{50: "<</F1 51 0 R>>", 51: "<</Type/Font/Subtype/Type1/BaseFont/Courier>>"}, map[verify.ChangeKind]verify.Verdict{verify.ChangeContent: X}},
		"one font of both less":             {fonts, fontsSigned, objects{50: "<<>>"}, map[verify.ChangeKind]verify.Verdict{verify.ChangeContent: X, verify.ChangeEntryChanged: I}},
		"an entry of a font of both":        {fonts.with(objects{50: "<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"}), fontsSigned, objects{50: "<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>>>"}, map[verify.ChangeKind]verify.Verdict{verify.ChangeContent: X, verify.ChangeEntryChanged: I}},
		"a drawing on a page alone":         {nil, nil, page("<</Font<</F1 11 0 R>>/XObject<</FRM 51 0 R>>>>").with(added), map[verify.ChangeKind]verify.Verdict{verify.ChangeContent: X}},
		"a font of a signed field and form": {fonts.with(objects{5: baseObjects[5], 52: stream("/Type/XObject/Subtype/Form/BBox[0 0 0 0]/Resources<</Font 50 0 R>>", "")}), fontsSigned.with(replaced(t, 20, "/P 3 0 R", "/P 3 0 R/AP<</N 52 0 R>>")), objects{50: "<</F1 11 0 R/Helv 11 0 R>>"}, map[verify.ChangeKind]verify.Verdict{verify.ChangeOther: I, verify.ChangeEntryAdded: V}},
	} {
		t.Run(name, func(t *testing.T) {
			f := basePDF(c.prepared).sign(t, w.signer, newSignature.with(c.signed))
			r := judgePDF(t, f.update(c.later).b, w.policy)
			got := map[verify.ChangeKind]verify.Verdict{}
			for _, change := range r.Signatures[0].Changes {
				got[change.Kind] = change.Result
			}
			want := slices.Min(slices.Collect(maps.Values(c.want)))
			if !maps.Equal(got, c.want) || r.Verdict != want {
				explain(t, r)
				t.Errorf("%v %v, want %v %v", r.Verdict, got, want, c.want)
			}
		})
	}
}
