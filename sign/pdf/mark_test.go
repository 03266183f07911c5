package pdf_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"natsuin/sign/pdf"
	"natsuin/sign/pdf/seal"
)

// picture returns an image of 4 by 2 pixels: red, green, blue and grey
// quarters. Its grey is half transparent black unless opaque.
func picture(t testing.TB, opaque bool) *seal.Picture {
	t.Helper()
	i := image.NewNRGBA(image.Rect(0, 0, 4, 2))
	grey := color.NRGBA{0, 0, 0, 128}
	if opaque {
		grey = color.NRGBA{127, 127, 127, 255}
	}
	for x := range 4 {
		i.Set(x, 0, []color.Color{color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}}[x/2])
		i.Set(x, 1, []color.Color{color.NRGBA{0, 0, 255, 255}, grey}[x/2])
	}
	var b bytes.Buffer
	if err := png.Encode(&b, i); err != nil {
		t.Fatal(err)
	}
	p, err := seal.ParsePicture(&b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func position(t testing.TB, s string) *seal.Position {
	t.Helper()
	p, err := seal.ParsePosition(s)
	if err != nil {
		t.Fatal(err)
	}
	return &p
}

// signWithMark signs with a mark of the picture alone that fills the box.
func signWithMark(t testing.TB, in []byte, o pdf.Options, p *seal.Picture) []byte {
	t.Helper()
	out, err := tryMark(in, o, p)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryMark(in []byte, o pdf.Options, p *seal.Picture) ([]byte, error) {
	d, err := pdf.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		return nil, err
	}
	o.Mark = true
	plan, err := d.Plan(o)
	if err != nil {
		return nil, err
	}
	width, height, ok := plan.Box()
	if !ok {
		return nil, errors.New("no box")
	}
	with := details
	with.Mark, err = seal.Draw(nil, seal.Content{Lines: []string{"署名 太郎"}, Picture: p, PictureOnly: true}, width, height)
	if err != nil {
		return nil, err
	}
	return trySign(in, o, with)
}

// inflated returns the data of a stream object.
func inflated(t *testing.T, object string) []byte {
	t.Helper()
	m := regexp.MustCompile(`(?s)/Filter /FlateDecode /Length (\d+) >>\nstream\n(.*)\nendstream\nendobj\n$`).FindStringSubmatch(object)
	if m == nil || fmt.Sprint(len(m[2])) != m[1] {
		t.Fatalf("no stream: %q", object)
	}
	r, err := zlib.NewReader(strings.NewReader(m[2]))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func pdfa(entries string) map[int]string {
	xmp := `<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` + entries + `</rdf:RDF></x:xmpmeta>`
	return map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /Metadata 10 0 R >>",
		10: fmt.Sprintf("<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream", len(xmp), xmp)}
}

// part returns metadata that claims a part of PDF/A.
func part(n string) map[int]string {
	return pdfa(`<rdf:Description xmlns:id="http://www.aiim.org/pdfa/ns/id/" id:part="` + n + `" id:conformance="B"/>`)
}

// A mark is a form XObject whose content is compressed, with the picture as an
// image; PDF/A-1 has no transparency, so that the picture is on white there.
// The content of the page stays (pyHanko #259).
func TestMarkIsAForm(t *testing.T) {
	rgb := []byte{255, 0, 0, 255, 0, 0, 0, 255, 0, 0, 255, 0, 0, 0, 255, 0, 0, 255}
	transparent := append(bytes.Clone(rgb), 0, 0, 0, 0, 0, 0)
	flat := append(bytes.Clone(rgb), 127, 127, 127, 127, 127, 127)
	for _, c := range []struct {
		name    string
		changes map[int]string
		opaque  bool
		colours []byte
		mask    bool
	}{
		{"transparent", nil, false, transparent, true},
		{"opaque", nil, true, flat, false},
		{"PDF/A-1", part("1"), false, flat, false},
		{"PDF/A-2", part("2"), false, transparent, true},
	} {
		for _, k := range kinds {
			in := minimal(k, c.changes).bytes()
			out := signWithMark(t, in, pdf.Options{Visible: position(t, "1:20,30,60,30")}, picture(t, c.opaque))
			u := updateOf(t, in, out)
			n := highest(t, in) + 1
			field := u.objects[n+1]
			// 20 and 30 mm from the upper left, 60 by 30 mm, in points.
			want := regexp.MustCompile(fmt.Sprintf(`^%d 0 obj\n<< /Type /Annot /Subtype /Widget /FT /Sig /T \(Natsuin1\) /F 132 /Rect \[56\.69\d* 671\.92\d* 226\.77\d* 756\.96\d*\] `+
				`/P 3 0 R /V %d 0 R /AP << /N %d 0 R >> /TU <FEFF7F72540D0020592A90CE> >>\nendobj\n$`, n+1, n, n+2))
			if !want.MatchString(field) {
				t.Errorf("%s, %s: field %s", c.name, k, field)
			}
			form := u.objects[n+2]
			want = regexp.MustCompile(fmt.Sprintf(`^%d 0 obj\n<< /Type /XObject /Subtype /Form /BBox \[0 0 170\.0\d* 85\.0\d*\] /Matrix \[1 0 0 1 0 0\] /Resources << /XObject << /Im0 %d 0 R >> >> /Filter`, n+2, n+3))
			if !want.MatchString(form) || !bytes.Contains(inflated(t, form), []byte("/Im0 Do")) {
				t.Errorf("%s, %s: form %q", c.name, k, form)
			}
			image := u.objects[n+3]
			soft := ""
			if c.mask {
				soft = fmt.Sprintf(" /SMask %d 0 R", n+4)
				if mask := inflated(t, u.objects[n+4]); !bytes.Equal(mask, []byte{255, 255, 255, 255, 255, 255, 128, 128}) ||
					!strings.Contains(u.objects[n+4], "/Width 4 /Height 2 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter") {
					t.Errorf("%s, %s: mask %q", c.name, k, u.objects[n+4])
				}
			}
			if !strings.Contains(image, "/Width 4 /Height 2 /BitsPerComponent 8 /ColorSpace /DeviceRGB"+soft+" /Filter") || !bytes.Equal(inflated(t, image), c.colours) {
				t.Errorf("%s, %s: image %q %v", c.name, k, image, inflated(t, image))
			}
			objects := 6
			if c.mask {
				objects++
			}
			if len(u.objects) != objects {
				t.Errorf("%s, %s: %d objects", c.name, k, len(u.objects))
			}
		}
	}
}

// PDF/A-1 requires an appearance for every widget, so an invisible widget gets
// an empty one.
func TestPDFA1HasAnEmptyAppearance(t *testing.T) {
	const ns = ` xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"`
	for _, c := range []struct {
		name    string
		changes map[int]string
		want    bool
	}{
		{"no metadata", nil, false},
		{"attribute", part("1"), true},
		{"element", pdfa(`<rdf:Description` + ns + `><pdfaid:part> 1 </pdfaid:part><pdfaid:conformance>A</pdfaid:conformance></rdf:Description>`), true},
		{"part 2", part("2"), false},
		{"part 2, element", pdfa(`<rdf:Description` + ns + `><pdfaid:part>2</pdfaid:part><pdfaid:rev>1</pdfaid:rev></rdf:Description>`), false},
		{"another namespace", pdfa(`<rdf:Description xmlns:pdfaid="http://example.com/" pdfaid:part="1"/>`), false},
		{"another attribute", pdfa(`<rdf:Description` + ns + ` pdfaid:amd="1"/>`), false},
		{"not XML", pdfa(`<<<`), false},
		{"filter that is not known", map[int]string{1: "<< /Pages 2 0 R /Metadata 10 0 R >>", 10: "<< /Filter /JPXDecode /Length 1 >>\nstream\nx\nendstream"}, false},
		{"data that is broken", map[int]string{1: "<< /Pages 2 0 R /Metadata 10 0 R >>", 10: "<< /Filter /FlateDecode /Length 1 >>\nstream\nx\nendstream"}, false},
		{"not a stream", map[int]string{1: "<< /Pages 2 0 R /Metadata (x) >>"}, false},
	} {
		in := minimal(table, c.changes).bytes()
		u := updateOf(t, in, signPDF(t, in, pdf.Options{}, details))
		n := highest(t, in) + 1
		if got := strings.Contains(u.objects[n+1], fmt.Sprintf("/AP << /N %d 0 R >>", n+2)); got != c.want {
			t.Errorf("%s: field %s", c.name, u.objects[n+1])
		}
		form := fmt.Sprintf("%d 0 obj\n<< /Type /XObject /Subtype /Form /BBox [0 0 0 0] /Length 0 >>\nstream\n\nendstream\nendobj\n", n+2)
		if c.want && u.objects[n+2] != form || !c.want && len(u.objects) != 4 {
			t.Errorf("%s: %q", c.name, u.objects[n+2])
		}
		if c.want {
			in := minimal(table, withFields("<< /FT /Sig /T (approval)"+widget+" >>", "<< /FT /Sig /T (with)"+widget+" /AP << /N 4 0 R >> >>"), c.changes,
				map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /Metadata 10 0 R /AcroForm 19 0 R >>"}).bytes()
			u := updateOf(t, in, signPDF(t, in, pdf.Options{Field: "approval"}, details))
			if !strings.Contains(u.objects[20], "/AP << /N ") || !strings.Contains(u.text, "/BBox [0 0 0 0]") {
				t.Errorf("filled field: %s", u.objects[20])
			}
			u = updateOf(t, in, signPDF(t, in, pdf.Options{Field: "with"}, details))
			if !strings.Contains(u.objects[21], "/AP << /N 4 0 R >> ") || strings.Contains(u.text, "/BBox") {
				t.Errorf("filled field with an appearance: %s", u.objects[21])
			}
		}
	}
}

// The mark goes into the box of the field that is filled: its appearance is
// replaced, even if it is inline (pyHanko #719), and its box stays.
func TestMarkFillsTheFieldThatIsThere(t *testing.T) {
	turned := map[int]string{2: "<< /Type /Pages /Kids [3 0 R] /Count 1 /Rotate 90 /MediaBox [0 0 595 842] >>"}
	for _, c := range []struct {
		name, field string
		more        []map[int]string
		object      int
		want        string
	}{
		{"in one", "<< /FT /Sig /T (a)" + widget + " >>", nil, 20, "<< /FT /Sig /T (a)" + widget + "  /AP << /N 27 0 R >> /V 26 0 R>>"},
		{"inline appearance", "<</AP<</N<</Type/XObject>>>>/FT/Sig/T(a)" + widget + ">>", nil, 20, "<</AP << /N 27 0 R >>/FT/Sig/T(a)" + widget + " /V 26 0 R>>"},
		{"separate", "<< /FT /Sig /T (a) /Kids [25 0 R] >>", []map[int]string{{25: "<<" + widget + " /MK << /R 90 >> >>",
			3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [25 0 R] >>"}}, 25, "<<" + widget + " /MK << /R 90 >>  /AP << /N 27 0 R >>>>"},
		{"turned page", "<< /FT /Sig /T (a)" + widget + " >>", []map[int]string{turned}, 20, "<< /FT /Sig /T (a)" + widget + "  /AP << /N 27 0 R >> /V 26 0 R>>"},
	} {
		for _, k := range []kind{table, objStreams} {
			in := minimal(k, append([]map[int]string{{25: "null"}, withFields(c.field)}, c.more...)...).bytes()
			n := highest(t, in) + 1
			out := signWithMark(t, in, pdf.Options{Field: "a"}, picture(t, true))
			u := updateOf(t, in, out)
			want := strings.NewReplacer("27 0 R", fmt.Sprintf("%d 0 R", n+1), "26 0 R", fmt.Sprintf("%d 0 R", n)).Replace(c.want)
			got := strings.TrimSuffix(strings.TrimPrefix(u.objects[c.object], fmt.Sprintf("%d 0 obj\n", c.object)), "\nendobj\n")
			if strings.ReplaceAll(got, "  ", " ") != strings.ReplaceAll(want, "  ", " ") {
				t.Errorf("%s: object\n%q, want\n%q", c.name, got, want)
			}
			box, matrix := "/BBox [0 0 100 50]", "/Matrix [1 0 0 1 0 0]"
			if c.name == "turned page" {
				box, matrix = "/BBox [0 0 50 100]", "/Matrix [0 1 -1 0 100 0]"
			}
			if form := u.find(t, "/Subtype /Form"); !strings.Contains(form, box) || !strings.Contains(form, matrix) {
				t.Errorf("%s: %.200s", c.name, form)
			}
		}
	}
}

func TestMarksThatHaveNoPlace(t *testing.T) {
	field := func(f string) []byte { return minimal(table, withFields(f)).bytes() }
	for _, c := range []struct {
		name string
		in   []byte
		o    pdf.Options
		want pdf.FieldProblem
	}{
		{"a place for a field that has one", field("<< /FT /Sig /T (a)" + widget + " >>"), pdf.Options{Field: "a", Visible: position(t, "1:top-left")}, pdf.FieldHasBox},
		{"a field without widget", field("<< /FT /Sig /T (a) >>"), pdf.Options{Field: "a"}, pdf.FieldWithout},
		{"a field without area", field("<< /FT /Sig /T (a) /Rect [9 9 9 20] >>"), pdf.Options{Field: "a"}, pdf.FieldWithout},
		{"a box that is none", field("<< /FT /Sig /T (a) /Rect [1 2 3 /x] >>"), pdf.Options{Field: "a"}, pdf.FieldWithout},
		{"a new field without place", minimal(table).bytes(), pdf.Options{}, pdf.FieldWithout},
	} {
		_, err := tryMark(c.in, c.o, picture(t, true))
		var failed *pdf.FieldError
		if !errors.As(err, &failed) || failed.Problem != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	var noPage *seal.PageError
	if _, err := tryMark(minimal(table).bytes(), pdf.Options{Visible: position(t, "2:top-left")}, picture(t, true)); !errors.As(err, &noPage) || noPage.Count != 1 {
		t.Errorf("page 2 of 1: %v", err)
	}
	var outside *seal.OutsideError
	if _, err := tryMark(minimal(table).bytes(), pdf.Options{Visible: position(t, "1:200,1,60,20")}, picture(t, true)); !errors.As(err, &outside) {
		t.Errorf("outside: %v", err)
	}
	lost := minimal(table, withFields("<< /FT /Sig /T (a)"+widget+" >>"), map[int]string{3: "<< /Type /Page /MediaBox [0 0 9 9] >>"}).bytes()
	if _, err := tryMark(lost, pdf.Options{Field: "a"}, picture(t, true)); reasonOf(err) != "broken" {
		t.Errorf("a widget that no page has: %v", err)
	}
	boxless := minimal(table, map[int]string{3: "<< /Type /Page /Parent 2 0 R >>"}).bytes()
	if _, err := tryMark(boxless, pdf.Options{Visible: position(t, "1:top-left"), VisibleWidth: 60, VisibleHeight: 20}, picture(t, true)); reasonOf(err) != "broken" {
		t.Errorf("a page without box: %v", err)
	}
	signPDF(t, boxless, pdf.Options{}, details)
	// These locks and certifications, except the last lock, forbid a visible
	// field. None of them forbids an invisible one.
	for in, reason := range map[string]pdf.Reason{
		string(signedWith("", "/Lock << /Action /All >>", "")):                          "locked",
		string(signedWith("/Reference [<< /TransformMethod /DocMDP >>]", "", "")):       "docmdp",
		string(signedWith("", "", "/Perms << /DocMDP 30 0 R >>")):                       "docmdp",
		string(signedWith("", "/Lock << /Action /Exclude /Fields [(Natsuin1)] >>", "")): "",
	} {
		in := []byte(in)
		if _, err := tryMark(in, pdf.Options{Visible: position(t, "1:20,30,60,30")}, picture(t, true)); reasonOf(err) != reason {
			t.Errorf("%v, want %s", err, reason)
		}
		signPDF(t, in, pdf.Options{}, details)
	}
}

// Three marks in a corner do not cover each other.
func TestMarksStepAside(t *testing.T) {
	o := pdf.Options{Visible: position(t, "last:bottom-right"), VisibleWidth: 60, VisibleHeight: 20}
	in := minimal(table).bytes()
	var boxes [][4]float64
	for range 3 {
		out := signWithMark(t, in, o, picture(t, true))
		var b [4]float64
		fmt.Sscanf(regexp.MustCompile(`/Rect \[(.*?)\]`).FindStringSubmatch(updateOf(t, in, out).find(t, "/FT /Sig"))[1], "%g %g %g %g", &b[0], &b[1], &b[2], &b[3])
		for _, a := range boxes {
			if a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3] {
				t.Errorf("%v covers %v", b, a)
			}
		}
		boxes, in = append(boxes, b), out
	}
}

// Poppler shows the mark upright where it was asked for, on pages that are
// turned, cropped, and inherit their boxes.
func TestMarkIsSeenWhereItWasAskedFor(t *testing.T) {
	need(t, "pdftoppm", "poppler-utils")
	for _, rotate := range []int{0, 90, 180, 270, -90} {
		for _, k := range []kind{table, objStreams} {
			in := minimal(k, map[int]string{
				2: fmt.Sprintf("<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [-50 772 545 -70] /CropBox 10 0 R /Rotate %d >>", rotate),
				3: "<< /Type /Page /Parent 2 0 R >>", 10: "[100 30 11 0 R 700]", 11: "500",
			}).bytes()
			out := signWithMark(t, in, pdf.Options{Visible: position(t, "1:20,30,40,20")}, picture(t, false))
			file := write(t, filepath.Join(t.TempDir(), "page.pdf"), out)
			shown, err := exec.Command("pdftoppm", "-png", "-cropbox", "-r", "100", "-singlefile", file).Output()
			if err != nil {
				t.Fatal(err)
			}
			page, err := png.Decode(bytes.NewReader(shown))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []struct{ x, y, r, g, b int }{
				{25, 35, 255, 0, 0}, {55, 35, 0, 255, 0}, {25, 45, 0, 0, 255}, {55, 45, 127, 127, 127}, {19, 40, 255, 255, 255}, {61, 40, 255, 255, 255},
			} {
				r, g, b, _ := page.At(want.x*1000/254, want.y*1000/254).RGBA()
				off := math.Abs(float64(int(r>>8)-want.r)) + math.Abs(float64(int(g>>8)-want.g)) + math.Abs(float64(int(b>>8)-want.b))
				if off > 6 {
					t.Errorf("%d°, %s: %d,%d,%d at %d,%d mm", rotate, k, r>>8, g>>8, b>>8, want.x, want.y)
				}
			}
		}
	}
}
