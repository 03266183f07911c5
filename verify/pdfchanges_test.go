package verify_test

import (
	"bytes"
	"compress/zlib"
	"strconv"
	"strings"
	"testing"

	"natsuin/verify"
)

// change is a revision after a signature: what it does, and the changes that
// are to be reported, as kind and verdict.
type change struct {
	objects objects
	trailer string
	want    map[verify.ChangeKind]verify.Verdict
}

// only returns a change that must be reported as of one kind.
func only(o objects, kind verify.ChangeKind, v verify.Verdict) change {
	return change{objects: o, want: map[verify.ChangeKind]verify.Verdict{kind: v}}
}

// and returns the change with another kind that must be reported.
func (c change) and(kind verify.ChangeKind, v verify.Verdict) change {
	c.want[kind] = v
	return c
}

// pageText is the data of the base's page.
const pageText = "BT /F1 24 Tf 72 700 Td (Pay 1,000 yen) Tj ET"

// compressed returns a stream whose data is compressed.
func compressed(t testing.TB, entries, data string) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return stream("/Filter/FlateDecode"+entries, b.String())
}

// replaced returns a base object with a part replaced.
func replaced(t testing.TB, number int, old, new string) objects {
	t.Helper()
	from := baseObjects.with(newSignature)[number]
	if !strings.Contains(from, old) {
		t.Fatalf("object %d has no %s", number, old)
	}
	return objects{number: strings.Replace(from, old, new, 1)}
}

const (
	box40 = "/F 132/Rect[400 40 500 80]"
	none  = "/F 132/Rect[0 0 0 0]"
)

// TestLaterChanges makes changes to a signed file in a later revision, and
// checks how they are reported and what verdict they leave (docs/verify.md,
// PDF).
func TestLaterChanges(t *testing.T) {
	w := newWorld(t)
	signed := signedPDF(t, w)
	const (
		V = verify.Valid
		I = verify.Indeterminate
		X = verify.Invalid
	)
	form := func(fields, entries string) objects {
		return objects{6: "<</Fields[7 0 R 8 0 R 20 0 R" + fields + "]/DR<</Font<</F1 11 0 R>>>>/DA(/F1 0 Tf)/SigFlags 3" + entries + ">>"}
	}
	both := func(a, b objects) objects { return a.with(b) }
	for name, c := range map[string]change{
		// nothing that matters
		"nothing":                 only(objects{}, verify.ChangeRewritten, V),
		"objects written again":   only(objects{3: baseObjects[3], 4: baseObjects[4], 7: baseObjects[7]}, verify.ChangeRewritten, V),
		"a new object, not used":  only(objects{50: stream("", "x")}, verify.ChangeRewritten, V),
		"dictionary in new order": only(objects{5: "<< /Font << /F1 11 0 R >> >>", 13: "<</Subtype/Link/Type/Annot/A 14 0 R/Rect[72 300 200 320]>>"}, verify.ChangeRewritten, V),
		"indirect now direct":     only(replaced(t, 3, "/Resources 5 0 R", "/Resources<</Font<</F1 11 0 R>>>>"), verify.ChangeRewritten, V),
		// additions of programs that sign
		"Info":               only(objects{15: "<</Title(another)/ModDate(D:20260601)>>"}, verify.ChangeMetadata, V),
		"metadata":           only(both(replaced(t, 1, "/Lang(ja)", "/Lang(ja)/Metadata 50 0 R"), objects{50: stream("/Type/Metadata/Subtype/XML", "<x/>")}), verify.ChangeMetadata, V),
		"DSS":                only(both(replaced(t, 1, "/Lang(ja)", "/Lang(ja)/DSS 50 0 R"), objects{50: "<</Certs[51 0 R]>>", 51: stream("", "x")}), verify.ChangeSecurityStore, V),
		"Extensions":         only(replaced(t, 1, "/Lang(ja)", "/Lang(ja)/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 5>>>>"), verify.ChangeEntryAdded, V),
		"Version":            only(replaced(t, 1, "/Lang(ja)", "/Lang(ja)/Version/2.0"), verify.ChangeEntryAdded, V),
		"NeedAppearances":    only(form("", "/NeedAppearances true"), verify.ChangeEntryChanged, I),
		"a font in DR":       only(objects{6: strings.Replace(newSignature[6], "/F1 11 0 R", "/F1 11 0 R/F2 11 0 R", 1)}, verify.ChangeEntryAdded, V),
		"another font in DR": only(both(objects{6: strings.Replace(newSignature[6], "/F1 11 0 R", "/F1 50 0 R", 1)}, objects{50: "<</Type/Font/Subtype/Type1/BaseFont/Courier>>"}), verify.ChangeEntryChanged, I),
		"another DA":         only(objects{6: strings.Replace(newSignature[6], "/F1 0 Tf", "/F1 9 Tf", 1)}, verify.ChangeEntryChanged, I),
		"fewer SigFlags":     only(objects{6: strings.Replace(newSignature[6], "/SigFlags 3", "/SigFlags 1", 1)}, verify.ChangeEntryChanged, I),
		// forms and annotations
		"text":                    only(objects{7: strings.Replace(baseObjects[7], "/F 4", "/F 4/V(Taro)", 1)}, verify.ChangeFormFilled, I),
		"its appearance":          only(objects{12: stream("/Type/XObject/Subtype/Form/BBox[0 0 228 20]", "BT ET")}, verify.ChangeFormFilled, I),
		"its place":               only(objects{7: strings.Replace(baseObjects[7], "72 600", "72 700", 1)}, verify.ChangeField, I),
		"its action":              only(objects{7: strings.Replace(baseObjects[7], "/F 4", "/F 4/AA<</K 14 0 R>>", 1)}, verify.ChangeActions, X),
		"field removed":           only(both(objects{6: strings.Replace(newSignature[6], "7 0 R ", "", 1)}, objects{}), verify.ChangeGone, X),
		"field freed":             only(objects{7: ""}, verify.ChangeGone, X),
		"field added":             only(both(form(" 50 0 R", ""), objects{50: "<</FT/Tx/T(more)/V(x)>>"}), verify.ChangeField, I),
		"empty signature field":   only(both(form(" 50 0 R", ""), objects{50: "<</FT/Sig/T(more)>>"}), verify.ChangeField, I),
		"XFA":                     only(form("", "/XFA(x)"), verify.ChangeXFA, X),
		"annotation":              only(both(replaced(t, 9, "20 0 R]", "20 0 R 50 0 R]"), objects{50: "<</Type/Annot/Subtype/FreeText/Rect[0 0 90 90]/Contents(x)>>"}), verify.ChangeAnnotation, I),
		"annotation moved":        only(replaced(t, 13, "72 300", "72 400"), verify.ChangeAnnotation, I),
		"annotation removed":      only(replaced(t, 9, " 13 0 R", ""), verify.ChangeAnnotation, I),
		"annotations in order":    only(objects{9: "[8 0 R 7 0 R 13 0 R 20 0 R]"}, verify.ChangeAnnotation, I),
		"annotation freed":        only(objects{13: ""}, verify.ChangeGone, X),
		"annotation of no kind":   only(objects{13: "<<>>"}, verify.ChangeGone, X),
		"action of an annotation": only(replaced(t, 14, "example.jp", "example.com"), verify.ChangeActions, X),
		// the signed field
		"signed field's box":     only(replaced(t, 20, "[0 0 0 0]", "[0 0 99 99]"), verify.ChangeSignedField, X),
		"signed field's picture": only(both(replaced(t, 20, "/P 3 0 R", "/P 3 0 R/AP<</N 12 0 R>>"), objects{}), verify.ChangeSignedField, X),
		"signed field's name":    only(replaced(t, 20, "(first)", "(other)"), verify.ChangeSignedField, X),
		"signed field removed":   only(objects{6: baseObjects[6]}, verify.ChangeSignedField, X),
		"signed field's widget":  only(objects{9: baseObjects[9]}, verify.ChangeSignedField, X),
		"a widget more":          only(both(replaced(t, 20, "/P 3 0 R", "/P 3 0 R/Kids[50 0 R]"), objects{50: "<</Type/Annot/Subtype/Widget/Rect[0 0 99 99]/Parent 20 0 R>>"}), verify.ChangeSignedField, X),
		"a field of its name":    only(both(form(" 50 0 R", ""), objects{50: "<</FT/Sig/T(first)/V 51 0 R>>", 51: "<</Type/Sig/Contents<00>>>"}), verify.ChangeSignedField, X),
		// what is shown
		"page content":            only(objects{4: stream("", "BT /F1 24 Tf 72 700 Td (Pay 9,000 yen) Tj ET")}, verify.ChangeContent, X),
		"content compressed":      only(objects{4: compressed(t, "", pageText)}, verify.ChangeEncoding, I),
		"all compressed":          only(objects{4: compressed(t, "", pageText), 12: compressed(t, "/Type/XObject/Subtype/Form/BBox[0 0 228 20]", "")}, verify.ChangeEncoding, I).and(verify.ChangeFormFilled, I),
		"compressed and changed":  only(objects{4: compressed(t, "", strings.Replace(pageText, "1,000", "9,000", 1))}, verify.ChangeContent, X),
		"compressed, with more":   only(objects{4: compressed(t, "/Resources<<>>", pageText)}, verify.ChangeEncoding, I).and(verify.ChangeContent, X),
		"filter without data":     only(objects{4: stream("/Filter/FlateDecode", pageText)}, verify.ChangeContent, X),
		"filter of no kind":       only(objects{4: stream("/Filter/Unknown", pageText)}, verify.ChangeContent, X),
		"data elsewhere":          only(objects{4: compressed(t, "/F(x)", pageText)}, verify.ChangeContent, X),
		"content of another page": only(replaced(t, 3, "/Contents 4 0 R", "/Contents 12 0 R"), verify.ChangeContent, X),
		"content freed":           only(objects{4: ""}, verify.ChangeGone, X),
		"font":                    only(objects{11: "<</Type/Font/Subtype/Type1/BaseFont/Courier>>"}, verify.ChangeContent, X),
		"font of another type":    only(objects{11: "<</Type/Font/Subtype/Type3>>"}, verify.ChangeGone, X),
		"resources":               only(objects{5: "<</Font<</F1 11 0 R>>/XObject<</X 12 0 R>>>>"}, verify.ChangeContent, X),
		"media box":               only(replaced(t, 2, "595 842", "595 420"), verify.ChangeContent, X),
		"crop box":                only(replaced(t, 3, "/Parent", "/CropBox[0 0 9 9]/Parent"), verify.ChangeContent, X),
		"page added":              only(both(replaced(t, 2, "3 0 R]/Count 1", "3 0 R 50 0 R]/Count 2"), objects{50: "<</Type/Page/Parent 2 0 R>>"}), verify.ChangePages, X),
		"page removed":            only(replaced(t, 2, "[3 0 R]", "[]"), verify.ChangePages, X),
		"other page":              only(both(replaced(t, 2, "[3 0 R]", "[50 0 R]"), objects{50: baseObjects[3]}), verify.ChangePages, X),
		"page freed":              only(objects{3: ""}, verify.ChangePages, X),
		"unknown entry of a page": only(replaced(t, 3, "/Parent", "/ITXT(x)/Parent"), verify.ChangeOther, I),
		// the rest of the catalog
		"names":                        only(objects{10: "<</Dests<</Names[(top)[3 0 R/FitH 0]]>>>>"}, verify.ChangeNames, X),
		"scripts":                      only(objects{10: "<</JavaScript<</Names[(x)<</S/JavaScript/JS(app.alert)>>]>>/Dests<</Names[(top)[3 0 R/Fit]]>>>>"}, verify.ChangeNames, X),
		"open action":                  only(replaced(t, 1, "[3 0 R/Fit]", "<</S/JavaScript/JS(x)>>"), verify.ChangeActions, X),
		"layers":                       only(replaced(t, 1, "/Lang(ja)", "/Lang(ja)/OCProperties<</OCGs[]/D<<>>>>"), verify.ChangeLayers, X),
		"Perms":                        only(replaced(t, 1, "/Lang(ja)", "/Lang(ja)/Perms<</DocMDP 21 0 R>>"), verify.ChangeOther, I),
		"language":                     only(replaced(t, 1, "(ja)", "(en)"), verify.ChangeOther, I),
		"outlines":                     only(both(replaced(t, 1, "/Lang(ja)", "/Lang(ja)/Outlines 50 0 R"), objects{50: "<</Count 0>>"}), verify.ChangeOther, I),
		"no form":                      only(replaced(t, 1, "/AcroForm 6 0 R", ""), verify.ChangeSignedField, X),
		"unknown entry of the trailer": {objects: objects{}, trailer: "/Foo 4 0 R", want: map[verify.ChangeKind]verify.Verdict{verify.ChangeOther: I}},
	} {
		t.Run(name, func(t *testing.T) {
			var r *verify.PDFReport
			b := signed.clone().update(c.objects, c.trailer).b
			r = judgePDF(t, b, w.policy)
			got := map[verify.ChangeKind]verify.Verdict{}
			worst := V
			for _, change := range r.Signatures[0].Changes {
				got[change.Kind] = change.Result
				worst = min(worst, change.Result)
			}
			for kind, result := range c.want {
				if have, ok := got[kind]; !ok || have != result {
					t.Errorf("no change %s with %v", kind, result)
				}
				worst = min(worst, result)
			}
			if len(r.Signatures) != 1 && name != "a field of its name" || r.Signatures[0].Verdict != worst || len(got) > len(c.want)+1 {
				t.Errorf("%v, want %v", r.Signatures[0].Verdict, worst)
			}
			if t.Failed() {
				explain(t, r)
			}
		})
	}
	// Without fields to be filled in, there is nothing to be drawn anew.
	plain := objects{6: strings.Replace(newSignature[6], "7 0 R ", "", 1)}
	bare := basePDF(objects{6: strings.Replace(baseObjects[6], "7 0 R ", "", 1)}).sign(t, w.signer, newSignature.with(plain))
	if r := judgePDF(t, bare.update(objects{6: strings.Replace(plain[6], "/SigFlags", "/NeedAppearances true/SigFlags", 1)}).b, w.policy); r.Verdict != V {
		explain(t, r)
		t.Error("NeedAppearances without fields is not VALID")
	}
	if r := judgePDF(t, signed.b, w.policy); r.Verdict != V || len(r.Signatures[0].Changes) != 0 || !r.Signatures[0].CoversWholeFile {
		explain(t, r)
		t.Error("the signed file itself is not VALID, without changes")
	}
}

// TestFurtherSignatures signs a signed file again, as programs do and as
// attackers may.
func TestFurtherSignatures(t *testing.T) {
	w := newWorld(t)
	signed := signedPDF(t, w)
	for name, c := range map[string]struct {
		objects objects
		kind    verify.ChangeKind
		want    verify.Verdict
		page    int
	}{
		"invisible":         {secondSignature(none, detachedEntries), verify.ChangeSignature, verify.Valid, 1},
		"hidden":            {secondSignature("/F 2/Rect[400 40 500 80]", detachedEntries), verify.ChangeSignature, verify.Valid, 1},
		"visible":           {secondSignature(box40, detachedEntries), verify.ChangeVisibleSignature, verify.Valid, 1},
		"over the text box": {secondSignature("/F 132/Rect[0 610 80 630]", detachedEntries), verify.ChangeOverlap, verify.Indeterminate, 1},
		"over a link":       {secondSignature("/F 132/Rect[190 310 300 400]", detachedEntries), verify.ChangeOverlap, verify.Indeterminate, 1},
		"in an empty field": {objects{6: newSignature[6], 8: strings.Replace(baseObjects[8], "/F 4", "/F 4/V 31 0 R/AP<</N 12 0 R>>", 1), 31: dictionary(detachedEntries)}, verify.ChangeSignature, verify.Valid, 1},
		"below a picture":   {secondSignature(none+"/Parent 32 0 R", detachedEntries).with(pictureAbove), verify.ChangeField, verify.Indeterminate, 1},
		"with an action":    {secondSignature(none+"/AA<</Fo 14 0 R>>", detachedEntries), verify.ChangeActions, verify.Invalid, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := judgePDF(t, signed.clone().sign(t, w.signer, c.objects).b, w.policy)
			if len(r.Signatures) != 2 || r.Signatures[0].Verdict != c.want || r.Signatures[1].Verdict != verify.Valid || r.Verdict != c.want {
				explain(t, r)
				t.Fatalf("%v, want %v", r.Verdict, c.want)
			}
			first := r.Signatures[0]
			if first.Revision != 2 || first.Revisions != 3 || first.CoversWholeFile || !r.Signatures[1].CoversWholeFile || r.Signatures[1].Revision != 3 {
				t.Errorf("revisions %d of %d, %d", first.Revision, first.Revisions, r.Signatures[1].Revision)
			}
			found := false
			for _, change := range first.Changes {
				found = found || change.Kind == c.kind && change.Page == c.page
			}
			if !found {
				explain(t, r)
				t.Errorf("no change %s on page %d", c.kind, c.page)
			}
		})
	}
	moved := objects{8: strings.NewReplacer("72 500", "72 100", "/F 4", "/F 4/V 31 0 R").Replace(baseObjects[8]), 31: dictionary(detachedEntries)}
	if r := judgePDF(t, signed.clone().sign(t, w.signer, moved).b, w.policy); r.Signatures[0].Verdict != verify.Indeterminate {
		explain(t, r)
		t.Error("an empty field that was moved is not INDETERMINATE")
	}
}

// pictureAbove adds a node above the field of the second signature that is an
// annotation too, and covers the page.
var pictureAbove = objects{
	6:  "<</Fields[7 0 R 8 0 R 20 0 R 32 0 R]/DR<</Font<</F1 11 0 R>>>>/DA(/F1 0 Tf)/SigFlags 3>>",
	9:  "[7 0 R 8 0 R 13 0 R 20 0 R 30 0 R 32 0 R]",
	32: "<</Type/Annot/Subtype/Widget/T(above)/Kids[30 0 R]/Rect[0 0 595 842]/F 4/P 3 0 R/AP<</N 33 0 R>>>>",
	33: stream("/Type/XObject/Subtype/Form/BBox[0 0 595 842]", "1 g 0 0 595 842 re f"),
}

// TestAnnotationsThatAreNoObjects changes annotations that are direct objects
// in /Annots.
func TestAnnotationsThatAreNoObjects(t *testing.T) {
	w := newWorld(t)
	const note = "<</Type/Annot/Subtype/FreeText/Rect[72 400 300 420]/Contents(VOID)>>"
	annots := func(direct string) objects { return objects{9: "[7 0 R 8 0 R 13 0 R " + direct + " 20 0 R]"} }
	signed := basePDF(nil).sign(t, w.signer, newSignature.with(annots(note)))
	for name, c := range map[string]struct {
		direct string
		want   verify.Verdict
	}{
		"unchanged": {note, verify.Valid},
		"removed":   {"", verify.Indeterminate},
		"changed":   {strings.Replace(note, "VOID", "PAID", 1), verify.Indeterminate},
		"added":     {note + note, verify.Indeterminate},
	} {
		t.Run(name, func(t *testing.T) {
			if r := judgePDF(t, signed.clone().update(annots(c.direct)).b, w.policy); r.Verdict != c.want {
				explain(t, r)
				t.Errorf("%v, want %v", r.Verdict, c.want)
			}
		})
	}
}

// TestPermissions changes files whose signer restricts later changes.
func TestPermissions(t *testing.T) {
	w := newWorld(t)
	certified := func(p string) string {
		return "/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2" + p + ">>>>]" + detachedEntries
	}
	fields := func(params string) string {
		return "/Reference[<</TransformMethod/FieldMDP/TransformParams<<" + params + ">>>>]" + detachedEntries
	}
	plain, fill := detachedEntries, objects{7: strings.Replace(baseObjects[7], "/F 4", "/F 4/V(Taro)", 1)}
	note := objects{9: "[7 0 R 8 0 R 13 0 R 20 0 R 50 0 R]", 50: "<</Type/Annot/Subtype/Text/Rect[9 9 20 20]>>"}
	store := objects{1: strings.Replace(baseObjects[1], "/Lang", "/DSS<</Certs[]>>/Lang", 1)}
	for name, c := range map[string]struct {
		dictionary, lock string
		change           objects
		signs            bool
		want             verify.Verdict
		against          verify.Permission
	}{
		"P 1, DSS":                   {certified("/P 1"), "", store, false, verify.Valid, ""},
		"P 1, form":                  {certified("/P 1"), "", fill, false, verify.Invalid, verify.PermissionDocMDP},
		"P 1, note":                  {certified("/P 1"), "", note, false, verify.Invalid, verify.PermissionDocMDP},
		"P 1, signature":             {certified("/P 1"), "", secondSignature(none, plain), true, verify.Invalid, verify.PermissionDocMDP},
		"P 2, form":                  {certified("/P 2"), "", fill, false, verify.Valid, ""},
		"P by default, form":         {certified(""), "", fill, false, verify.Valid, ""},
		"P 2, note":                  {certified("/P 2"), "", note, false, verify.Invalid, verify.PermissionDocMDP},
		"P 2, field moved":           {certified("/P 2"), "", objects{7: strings.Replace(baseObjects[7], "72 600", "72 700", 1)}, false, verify.Invalid, verify.PermissionDocMDP},
		"P 2, signature":             {certified("/P 2"), "", secondSignature(none, plain), true, verify.Valid, ""},
		"P 2, visible signature":     {certified("/P 2"), "", secondSignature(box40, plain), true, verify.Invalid, verify.PermissionDocMDP},
		"P 3, note":                  {certified("/P 3"), "", note, false, verify.Indeterminate, ""},
		"P 3, visible signature":     {certified("/P 3"), "", secondSignature(box40, plain), true, verify.Invalid, verify.PermissionDocMDP},
		"FieldMDP All, form":         {fields("/Action/All"), "", fill, false, verify.Invalid, verify.PermissionFieldMDP},
		"FieldMDP All, signature":    {fields("/Action/All"), "", secondSignature(none, plain), true, verify.Valid, ""},
		"FieldMDP All, visible":      {fields("/Action/All"), "", secondSignature(box40, plain), true, verify.Invalid, verify.PermissionFieldMDP},
		"FieldMDP Include, form":     {fields("/Action/Include/Fields[(name)]"), "", fill, false, verify.Invalid, verify.PermissionFieldMDP},
		"FieldMDP Include, others":   {fields("/Action/Include/Fields[(nam)]"), "", fill, false, verify.Indeterminate, ""},
		"FieldMDP Exclude, form":     {fields("/Action/Exclude/Fields[(name)]"), "", fill, false, verify.Indeterminate, ""},
		"FieldMDP Exclude, others":   {fields("/Action/Exclude/Fields[(x)]"), "", fill, false, verify.Invalid, verify.PermissionFieldMDP},
		"lock, form":                 {plain, "/Lock<</Action/Include/Fields[(name)]>>", fill, false, verify.Invalid, verify.PermissionLock},
		"lock P 1, signature":        {plain, "/Lock<</Action/Include/Fields[]/P 1>>", secondSignature(none, plain), true, verify.Invalid, verify.PermissionLock},
		"an unknown action":          {fields("/Action/Whatever"), "", fill, false, verify.Invalid, verify.PermissionFieldMDP},
		"approval, form":             {plain, "", fill, false, verify.Indeterminate, ""},
		"certified, content changed": {certified("/P 3"), "", objects{4: stream("", "x")}, false, verify.Invalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			first := newSignature.with(objects{21: dictionary(c.dictionary)})
			first[20] = strings.Replace(first[20], "/P 3 0 R", "/P 3 0 R"+c.lock, 1)
			f := basePDF(nil).sign(t, w.signer, first)
			if c.signs {
				f.sign(t, w.signer, c.change)
			} else {
				f.update(c.change)
			}
			r := judgePDF(t, f.b, w.policy)
			permissions, _ := r.Signatures[0].Check(verify.CheckPermissions)
			var against verify.Permission
			for _, change := range r.Signatures[0].Changes {
				if change.Against != "" {
					against = change.Against
				}
			}
			if r.Verdict != c.want || against != c.against || (permissions.Result == verify.Failed) != (c.against != "") || permissions.Values["permission"] != string(c.against) {
				explain(t, r)
				t.Errorf("%v against %q, want %v against %q", r.Verdict, against, c.want, c.against)
			}
		})
	}
}

// A later signer is bound by what an earlier one permits.
func TestEarlierSignersBind(t *testing.T) {
	w := newWorld(t)
	first := newSignature.with(objects{21: dictionary("/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[(name)]>>>>]" + detachedEntries)})
	f := basePDF(nil).sign(t, w.signer, first).sign(t, w.signer, secondSignature(none, detachedEntries))
	f.update(objects{7: strings.Replace(baseObjects[7], "/F 4", "/F 4/V(Taro)", 1)})
	r := judgePDF(t, f.b, w.policy)
	for _, s := range r.Signatures {
		if s.Verdict != verify.Invalid || s.Reason != verify.ReasonChanged {
			explain(t, r)
			t.Errorf("%s: %v (%s)", s.Field, s.Verdict, s.Reason)
		}
	}
}

// In a hybrid file, programs that do not read cross-reference streams must find
// the same objects as others, apart from those that are hidden from them.
func TestBothReadingsOfHybridFiles(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		number int
		body   string
		want   verify.Verdict
	}{
		"hidden object": {60, stream("", "x"), verify.Valid},
		"other content": {4, stream("", "BT ET"), verify.Invalid},
		"other font":    {11, baseObjects[11], verify.Indeterminate},
	} {
		f := signedPDF(t, w)
		at := len(f.b)
		f.b = append(f.b, []byte(strings.Join([]string{strconv.Itoa(c.number), " 0 obj\n", c.body, "\nendobj\n"}, ""))...)
		xref := len(f.b)
		row := []byte{1, byte(at >> 16), byte(at >> 8), byte(at), 0}
		f.b = append(f.b, []byte("61 0 obj\n"+stream("/Type/XRef/Size 62/W[1 3 1]/Index["+strconv.Itoa(c.number)+" 1]/Root 1 0 R", string(row))+"\nendobj\n")...)
		f.size = 62
		f.update(objects{}, "/XRefStm "+strconv.Itoa(xref))
		r := judgePDF(t, f.b, w.policy)
		check := r.Checks[0]
		if r.Verdict != c.want {
			explain(t, r)
			t.Errorf("%s: %v (%s), %v", name, r.Verdict, r.Reason, check)
		}
		if differs := check.Detail == verify.ReasonReadingsDiffer; differs != (name != "hidden object") {
			t.Errorf("%s: %v", name, check)
		}
	}
}
