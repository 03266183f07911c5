package pdf_test

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"natsuin/sign/pdf"
)

// withFields returns changes for a form with these fields, whose objects are
// numbered from 20. Each is also in /Annots of the page.
func withFields(fields ...string) map[int]string {
	changes := map[int]string{}
	var list string
	for i, f := range fields {
		changes[20+i] = f
		list += fmt.Sprintf(" %d 0 R", 20+i)
	}
	changes[1] = "<< /Type /Catalog /Pages 2 0 R /AcroForm 19 0 R >>"
	changes[19] = "<< /Fields [" + list + " ] >>"
	changes[3] = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [" + list + " ] >>"
	return changes
}

const widget = " /Type /Annot /Subtype /Widget /P 3 0 R /Rect [100 100 200 150] /F 4"

func TestNewFieldHasANameOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		fields []string
		want   string
	}{
		{nil, "Natsuin1"},
		{[]string{"<< /FT /Tx /T (Natsuin1) >>"}, "Natsuin2"},
		{[]string{"<< /FT /Tx /T (Natsuin2) >>"}, "Natsuin1"},
		{[]string{"<< /FT /Tx /T <FEFF004E0061007400730075006900 6E0031> >>", "<< /FT /Tx /T <4E61747375696E32> >>"}, "Natsuin3"},
		{[]string{"<< /FT /Tx /T (Na\\\ntsu\\151n1) >>"}, "Natsuin2"},
		{[]string{"<< /FT /Tx /T <EFBBBF4E61747375696E31> >>"}, "Natsuin2"},
		{[]string{"<< /T (Natsuin1) /Kids [21 0 R] >>", "<< /FT /Tx /T (a) /Parent 20 0 R >>"}, "Natsuin2"},      // not a terminal field
		{[]string{"<< /T (a) /Kids [21 0 R] >>", "<< /FT /Tx /T (Natsuin1) /Parent 20 0 R >>"}, "Natsuin2"},      // 21 is in /Fields, too
		{[]string{"<< /Kids [30 0 R] >>", "<< >>"}, "Natsuin1"},                                                  // a kid that is missing
		{[]string{"<< /Kids [<< /Kids [<< /FT /Tx /T (Natsuin1) >>] >>] >>", "<< /FT /Tx /T () >>"}, "Natsuin2"}, // no names above
	} {
		in := minimal(table, withFields(c.fields...)).bytes()
		plan, err := open(t, in).Plan(pdf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if plan.Field() != c.want {
			t.Errorf("%q: field %q, want %q", c.fields, plan.Field(), c.want)
		}
	}
}

func TestNewFieldMayBeNamed(t *testing.T) {
	in := minimal(table, withFields("<< /T (a) /Kids [21 0 R] >>", "<< /FT /Tx /T (b) /Parent 20 0 R >>", "<< /FT /Sig /T (twice) >>", "<< /FT /Sig /T (twice) >>")).bytes()
	for name, want := range map[string]pdf.FieldProblem{
		"承認": "", "approval 1": "", "b.c": pdf.FieldName, "a": pdf.FieldType, "a.b": pdf.FieldType, "bad\xff": pdf.FieldName, "twice": pdf.FieldMultiple,
	} {
		out, err := trySign(in, pdf.Options{Field: name}, details)
		var failed *pdf.FieldError
		if errors.As(err, &failed); want != "" && (failed == nil || failed.Problem != want || failed.Field != name) || want == "" && err != nil {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
		if want == "" {
			_, err := trySign(out, pdf.Options{Field: name}, details)
			if !errors.As(err, &failed) || failed.Problem != pdf.FieldSigned {
				t.Errorf("%q again: %v", name, err)
			}
		}
	}
}

// An empty field is filled where it is: its dictionary gets /V, and nothing
// else of it or of the page changes (laravel-a1-pdf-sign #225: another field
// was added beside the empty one).
func TestEmptyFieldIsFilled(t *testing.T) {
	for _, c := range []struct {
		name, field string
		objects     map[int]string
		changed     []int
		object      int
		want        string
	}{
		{"field and widget in one", "approval", withFields("<< /FT /Sig /T (approval)" + widget + " >>"), []int{19, 20}, 20,
			"<< /FT /Sig /T (approval)" + widget + "  /V 6 0 R>>"},
		{"null value", "approval", withFields("<</V null/FT/Sig/T(approval)" + widget + ">>"), []int{19, 20}, 20,
			"<</V  6 0 R/FT/Sig/T(approval)" + widget + ">>"},
		{"value that is missing", "approval", withFields("<</V 99 0 R/FT/Sig/T(approval)" + widget + ">>"), []int{19, 20}, 20,
			"<</V  6 0 R/FT/Sig/T(approval)" + widget + ">>"},
		{"separate widget", "approval", withFields("<< /FT /Sig /T (approval) /Kids [25 0 R] >>"), []int{19, 20}, 20,
			"<< /FT /Sig /T (approval) /Kids [25 0 R]  /V 6 0 R>>"},
		{"no widget", "approval", withFields("<< /FT /Sig /T (approval) >>"), []int{19, 20}, 20,
			"<< /FT /Sig /T (approval)  /V 6 0 R>>"},
		{"inherited type and name", "a.b.c", withFields("<< /T (a) /FT /Sig /Kids [25 0 R] >>"), []int{19, 26}, 26,
			"<< /T (c) /Parent 25 0 R  /V 6 0 R>>"},
		{"indirect parts", "approval", withFields("<< /FT 27 0 R /T 28 0 R >>"), []int{19, 20}, 20,
			"<< /FT 27 0 R /T 28 0 R  /V 6 0 R>>"},
		{"direct in /Fields", "approval", map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /AcroForm << /SigFlags 3 /Fields [<< /FT /Sig /T (approval) >>] >> >>"}, []int{1}, 1,
			"<< /Type /Catalog /Pages 2 0 R /AcroForm << /SigFlags 3 /Fields [<< /FT /Sig /T (approval)  /V 6 0 R>>] >> >>"},
	} {
		for _, k := range kinds {
			t.Run(c.name+"/"+string(k), func(t *testing.T) {
				more := map[int]string{
					25: "<< /T (b) /Parent 20 0 R /Kids [26 0 R] >>", 26: "<< /T (c) /Parent 25 0 R >>", 27: "/Sig", 28: "(approval)",
				}
				if c.name == "separate widget" {
					more[25] = "<< /Parent 20 0 R" + widget + " >>"
				}
				in := minimal(k, c.objects, more).bytes()
				first := highest(t, in) + 1
				out := signPDF(t, in, pdf.Options{Field: c.field}, details)
				u := updateOf(t, in, out)
				if got := u.changed(first); !slices.Equal(got, c.changed) {
					t.Errorf("objects %v changed, want %v", got, c.changed)
				}
				want := fmt.Sprintf("%d 0 obj\n%s\nendobj\n", c.object, strings.Replace(c.want, "V 6 0 R", fmt.Sprintf("V %d 0 R", first), 1))
				want = strings.Replace(want, "/V  6 0 R", fmt.Sprintf("/V  %d 0 R", first), 1)
				if u.objects[c.object] != want {
					t.Errorf("object\n%q, want\n%q", u.objects[c.object], want)
				}
				if len(u.objects) != len(c.changed)+1 {
					t.Errorf("%d objects", len(u.objects))
				}
			})
		}
	}
}

// A lock that comes with the field is carried out, and no other is added
// (pyHanko #55).
func TestLockOfTheFieldIsCarriedOut(t *testing.T) {
	for lock, want := range map[string]string{
		"/Lock << /Type /SigFieldLock /Action /All >>":                "/Action /All",
		"/Lock << /Action /Include /Fields [(a) <FEFF540D> (b.c)] >>": "/Action /Include /Fields [(a) <FEFF540D> (b.c)]",
		"/Lock << /Action /Exclude /Fields [] /P 2 >>":                "/Action /Exclude /Fields [] /P 2",
		"/Lock 30 0 R": "/Action /Include /Fields [(x)] /P 1",
		"":             "",
	} {
		in := minimal(table, withFields("<< /FT /Sig /T (approval) "+lock+" >>"),
			map[int]string{30: "<< /Action 31 0 R /Fields 32 0 R /P 33 0 R >>", 31: "/Include", 32: "[34 0 R]", 33: "1", 34: "(x)"}).bytes()
		u := updateOf(t, in, signPDF(t, in, pdf.Options{Field: "approval"}, details))
		object := u.find(t, "/Type /Sig ")
		i := strings.Index(object, "/Reference")
		if want == "" {
			if i >= 0 {
				t.Errorf("a lock that nobody asked for: %s", object[i:])
			}
			continue
		}
		want = "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type /TransformParams /V /1.2 " + want + " >> /Data 1 0 R >>] >>\nendobj\n"
		if i < 0 || object[i:] != want {
			t.Errorf("%s: %s", lock, object[max(0, i):])
		}
	}
}

func TestSeedValueIsMetOrRefused(t *testing.T) {
	for _, c := range []struct {
		sv string
		o  pdf.Options
		h  crypto.Hash
		ok bool
	}{
		{"<< >>", pdf.Options{}, crypto.SHA256, true},
		{"<< /Filter /Other /SubFilter [/x] /DigestMethod [(SHA1)] /V 9 /Reasons [(a)] >>", pdf.Options{}, crypto.SHA256, true}, // all optional
		{"<< /Ff 1 /Filter /Adobe.PPKLite >>", pdf.Options{}, crypto.SHA256, true},
		{"<< /Ff 1 /Filter /Other >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff 1 >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff 2 /SubFilter [/adbe.pkcs7.detached] >>", pdf.Options{}, crypto.SHA256, true},
		{"<< /Ff 2 /SubFilter [/adbe.pkcs7.detached] >>", pdf.Options{SubFilter: pdf.ETSICAdESDetached}, crypto.SHA256, false},
		{"<< /Ff 2 /SubFilter [/adbe.pkcs7.sha1 /ETSI.CAdES.detached] >>", pdf.Options{SubFilter: pdf.ETSICAdESDetached}, crypto.SHA256, true},
		{"<< /Ff 2 >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff 4 /V 3 >>", pdf.Options{}, crypto.SHA256, true},
		{"<< /Ff 4 /V 3.5 >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff 4 /V 4 >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff 8 /Reasons [(a)] >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff 16 >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff 32 /AddRevInfo true >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff 64 /DigestMethod [(SHA1) (SHA256)] >>", pdf.Options{}, crypto.SHA256, true},
		{"<< /Ff 64 /DigestMethod [(SHA384)] >>", pdf.Options{}, crypto.SHA384, true},
		{"<< /Ff 64 /DigestMethod [(SHA384)] >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff 64 /DigestMethod [(SHA1)] >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff 128 /LockDocument /true >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff 256 >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff -1 >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Ff (1) >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Cert << /Ff 1 /Subject [(x)] >> >>", pdf.Options{}, crypto.SHA256, false},
		{"<< /Cert << /Issuer [(x)] >> >>", pdf.Options{}, crypto.SHA256, true},
		{"<< /TimeStamp << /URL (http://tsa) /Ff 1 >> >>", pdf.Options{TimeStamp: true}, crypto.SHA256, false},
		{"<< /TimeStamp << /URL (http://tsa) >> >>", pdf.Options{}, crypto.SHA256, true},
		{"<< /MDP << /P 0 >> >>", pdf.Options{}, crypto.SHA256, true},
		{"<< /MDP << /P 2 >> >>", pdf.Options{}, crypto.SHA256, false},
	} {
		in := minimal(table, withFields("<< /FT /Sig /T (approval) /SV 30 0 R >>"), map[int]string{30: c.sv}).bytes()
		d := details
		d.Hash = c.h
		c.o.Field = "approval"
		_, err := trySign(in, c.o, d)
		var refused *pdf.RefusedError
		if c.ok && err != nil || !c.ok && (!errors.As(err, &refused) || refused.Reason != pdf.ReasonSeedValue) {
			t.Errorf("%s: %v, want ok %v", c.sv, err, c.ok)
		}
	}
}

// signedWith returns a sample in which a signature has the dictionary entries
// reference, its field the entries lock, and the catalog the entries catalog.
func signedWith(reference, lock, catalog string) []byte {
	changes := withFields("<< /FT /Sig /T (first) /V 30 0 R "+lock+" >>", "<< /FT /Sig /T (second)"+widget+" >>", "<< /FT /Tx /T (text) >>")
	changes[1] = "<< /Type /Catalog /Pages 2 0 R /AcroForm 19 0 R " + catalog + " >>"
	changes[30] = "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 1 2 3] /Contents <00> " + reference + " >>"
	return minimal(table, changes).bytes()
}

func TestPermissionsOfEarlierSigners(t *testing.T) {
	docMDP := func(p string) string {
		return "/Reference [<< /TransformMethod /DocMDP /TransformParams << " + p + " >> >>]"
	}
	fieldMDP := func(p string) string {
		return "/Reference [<< /TransformMethod /FieldMDP /TransformParams << " + p + " >> >>]"
	}
	const perms = "/Perms << /DocMDP 30 0 R >>"
	for _, c := range []struct {
		name, reference, lock, catalog string
		invisible, fill                pdf.Reason
	}{
		{"none", "", "", "", "", ""},
		{"certified, P 1", docMDP("/P 1"), "", perms, "docmdp", "docmdp"},
		{"certified, P 2", docMDP("/P 2"), "", perms, "", ""},
		{"certified, P 3", docMDP("/P 3"), "", perms, "", ""},
		{"certified, P missing", docMDP(""), "", perms, "", ""},
		{"certified, P unknown", docMDP("/P 4"), "", perms, "docmdp", "docmdp"},
		{"P 1 without /Perms", docMDP("/P 1"), "", "", "docmdp", "docmdp"},
		{"P indirect", docMDP("/P 40 0 R"), "", "", "", ""}, // missing: the default
		{"/Perms without transform", "", "", perms, "", ""},
		{"lock of all", "", "/Lock << /Action /All >>", "", "", "locked"},
		{"lock of all, P 1", "", "/Lock << /Action /All /P 1 >>", "", "locked", "locked"},
		{"lock of all, P 2", "", "/Lock << /Action /All /P 2 >>", "", "", "locked"},
		{"lock of others", "", "/Lock << /Action /Include /Fields [(text)] >>", "", "", ""},
		{"lock of a name that begins so", "", "/Lock << /Action /Include /Fields [(sec)] >>", "", "", ""},
		{"lock of the field", "", "/Lock << /Action /Include /Fields [(second)] >>", "", "", "locked"},
		{"lock of the new field", "", "/Lock << /Action /Include /Fields [(Natsuin1)] >>", "", "locked", ""},
		{"lock of all but the field", "", "/Lock << /Action /Exclude /Fields [(second)] >>", "", "", ""},
		{"lock of all but others", "", "/Lock << /Action /Exclude /Fields [(text)] >>", "", "", "locked"},
		{"lock of unknown kind", "", "/Lock << /Action /Some >>", "", "", "locked"},
		{"FieldMDP of all", fieldMDP("/Action /All"), "", "", "", "locked"},
		{"FieldMDP, P 1", fieldMDP("/Action /Include /Fields [(text)] /P 1"), "", "", "locked", "locked"},
		{"FieldMDP of the field", fieldMDP("/Action /Include /Fields [(second)]"), "", "", "", "locked"},
		{"FieldMDP without parameters", "/Reference [<< /TransformMethod /FieldMDP >>]", "", "", "", "locked"},
	} {
		in := signedWith(c.reference, c.lock, c.catalog)
		for field, want := range map[string]pdf.Reason{"": c.invisible, "second": c.fill} {
			_, err := trySign(in, pdf.Options{Field: field}, details)
			if got := reasonOf(err); got != want {
				t.Errorf("%s, field %q: %v, want %q", c.name, field, err, want)
			}
		}
		if _, err := tryStamp(in); err != nil { // never against a permission
			t.Errorf("%s: document time stamp: %v", c.name, err)
		}
	}
}

// reasonOf returns the reason of a refusal, the text of another error, or "".
func reasonOf(err error) pdf.Reason {
	var refused *pdf.RefusedError
	if errors.As(err, &refused) {
		return refused.Reason
	}
	if err != nil {
		return pdf.Reason(err.Error())
	}
	return ""
}
