package seal_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"natsuin/sign/pdf/seal"
)

// TestPopplerShowsMarksUpright makes Poppler draw the pages, and checks that
// the colours of a picture are where a reader must see them.
func TestPopplerShowsMarksUpright(t *testing.T) {
	if testing.Short() {
		t.Skip("runs another program")
	}
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		lacking(t, "pdftoppm")
	}
	const pixel = 25.4 / 100 // millimetres
	media := seal.Rect{X0: -50, Y0: -70, X1: 545, Y1: 772}
	for _, box := range []seal.Rect{media, {X0: 100, Y0: 30, X1: 500, Y1: 700}} {
		for _, rotate := range []int{0, 90, 180, 270} {
			page := seal.Page{Box: box, Rotate: rotate}
			placed, err := position(t, "1:20,30,40,20").Place(page, 1, 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			mark := draw(t, nil, seal.Content{Picture: picture(t, 40, 20), PictureOnly: true}, placed.Width, placed.Height)
			shown := rendered(t, onPage(t, page, media, "", placed, mark))
			for _, want := range []struct {
				x, y    float64 // millimetres
				r, g, b int
			}{
				{25, 35, 255, 0, 0}, {55, 35, 0, 255, 0}, {25, 45, 0, 0, 255}, {55, 45, 127, 127, 127},
				{20.5, 30.5, 255, 0, 0}, {59.5, 30.5, 0, 255, 0}, {20.5, 49.5, 0, 0, 255}, {59.5, 49.5, 127, 127, 127},
				{19.5, 40, 255, 255, 255}, {60.5, 40, 255, 255, 255}, {40, 29.5, 255, 255, 255}, {40, 50.5, 255, 255, 255},
			} {
				r, g, b, _ := shown.At(int(want.x/pixel), int(want.y/pixel)).RGBA()
				off := math.Abs(float64(int(r>>8)-want.r)) + math.Abs(float64(int(g>>8)-want.g)) + math.Abs(float64(int(b>>8)-want.b))
				if off > 6 {
					t.Errorf("%v at %d°: %d,%d,%d at %g,%g mm, want %d,%d,%d", box, rotate, r>>8, g>>8, b>>8, want.x, want.y, want.r, want.g, want.b)
				}
			}
		}
	}
}

func rendered(t testing.TB, pdf []byte) image.Image {
	t.Helper()
	name := filepath.Join(t.TempDir(), "page.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftoppm", "-png", "-cropbox", "-r", "100", "-singlefile", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	i, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// onPage returns a PDF of one page that shows a mark, and what content draws
// below it.
func onPage(t testing.TB, page seal.Page, media seal.Rect, content string, p seal.Placement, m *seal.Mark) []byte {
	t.Helper()
	rect := func(r seal.Rect) string { return fmt.Sprintf("[%g %g %g %g]", r.X0, r.Y0, r.X1, r.Y1) }
	stream := func(dict string, data []byte) string {
		return fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
	}
	unit := page.UserUnit
	if unit == 0 {
		unit = 1
	}
	objects := []string{
		"<</Type /Catalog /Pages 2 0 R>>",
		"<</Type /Pages /Kids [3 0 R] /Count 1>>",
		fmt.Sprintf("<</Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox %s /CropBox %s /Rotate %d /UserUnit %g /Annots [5 0 R]>>",
			rect(media), rect(page.Box), page.Rotate, unit),
		stream("", []byte(content)),
		fmt.Sprintf("<</Type /Annot /Subtype /Stamp /F 4 /Rect %s /AP <</N 6 0 R>>>>", rect(p.Rect)),
	}
	resources := ""
	var images []string
	if pic := m.Picture; pic != nil {
		resources = "/XObject <</Im0 7 0 R>>"
		image := fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8", pic.Width, pic.Height)
		mask := ""
		if pic.Alpha() != nil {
			mask = " /SMask 8 0 R"
		}
		images = append(images, stream(image+" /ColorSpace /DeviceRGB"+mask, pic.RGB()))
		if mask != "" {
			images = append(images, stream(image+" /ColorSpace /DeviceGray", pic.Alpha()))
		}
	}
	matrix := ""
	for _, v := range p.Matrix {
		matrix += fmt.Sprintf(" %g", v)
	}
	objects = append(objects, stream(fmt.Sprintf("/Type /XObject /Subtype /Form /BBox [0 0 %g %g] /Matrix [%s] /Resources <<%s>>",
		m.Width, m.Height, matrix, resources), m.Stream))
	objects = append(objects, images...)

	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}
