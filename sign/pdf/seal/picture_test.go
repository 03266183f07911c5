package seal_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"testing"
	"testing/iotest"

	"natsuin/sign/pdf/seal"
)

func encoded(t testing.TB, i image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, i); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func parsedPicture(t testing.TB, i image.Image) *seal.Picture {
	t.Helper()
	p, err := seal.ParsePicture(bytes.NewReader(encoded(t, i)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// picture returns a picture whose quarters are red, green, blue and, lower
// right, half transparent black.
func picture(t testing.TB, width, height int) *seal.Picture {
	i := image.NewNRGBA(image.Rect(0, 0, width, height))
	quarters := []color.NRGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {0, 0, 0, 128}}
	for y := range height {
		for x := range width {
			i.SetNRGBA(x, y, quarters[2*y/height*2+2*x/width])
		}
	}
	return parsedPicture(t, i)
}

func TestPixels(t *testing.T) {
	p := picture(t, 2, 2)
	if p.Width != 2 || p.Height != 2 {
		t.Errorf("%d by %d", p.Width, p.Height)
	}
	for name, test := range map[string]struct{ got, want []byte }{
		"RGB":       {p.RGB(), []byte{255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0}},
		"alpha":     {p.Alpha(), []byte{255, 255, 255, 128}},
		"flattened": {p.Flattened(), []byte{255, 0, 0, 0, 255, 0, 0, 0, 255, 127, 127, 127}},
	} {
		if !bytes.Equal(test.got, test.want) {
			t.Errorf("%s: %v, want %v", name, test.got, test.want)
		}
	}
}

func TestFlatteningRounds(t *testing.T) {
	i := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	i.SetNRGBA(0, 0, color.NRGBA{250, 100, 52, 60}) // 253.8, 218.5 and 207.2 on white
	if got := parsedPicture(t, i).Flattened(); !bytes.Equal(got, []byte{254, 219, 207}) {
		t.Errorf("%v", got)
	}
}

// The kinds of PNG image that are decoded to different types.
func TestKindsOfPicture(t *testing.T) {
	r := image.Rect(0, 0, 1, 1)
	c := color.NRGBA{200, 100, 50, 255}
	clear := color.NRGBA{200, 100, 50, 60}
	fill := func(i interface {
		image.Image
		Set(x, y int, c color.Color)
	}, c color.Color) image.Image {
		i.Set(0, 0, c)
		return i
	}
	for name, test := range map[string]struct {
		image      image.Image
		rgb, alpha []byte
	}{
		"RGB":              {fill(image.NewRGBA(r), c), []byte{200, 100, 50}, nil},
		"RGBA":             {fill(image.NewNRGBA(r), clear), []byte{200, 100, 50}, []byte{60}},
		"16 bits":          {fill(image.NewRGBA64(r), c), []byte{200, 100, 50}, nil},
		"16 bits, alpha":   {fill(image.NewNRGBA64(r), clear), []byte{200, 100, 50}, []byte{60}},
		"grey":             {fill(image.NewGray(r), color.Gray{77}), []byte{77, 77, 77}, nil},
		"grey, 16 bits":    {fill(image.NewGray16(r), color.Gray{77}), []byte{77, 77, 77}, nil},
		"palette":          {fill(image.NewPaletted(r, color.Palette{c}), c), []byte{200, 100, 50}, nil},
		"palette of clear": {fill(image.NewPaletted(r, color.Palette{clear}), clear), []byte{200, 100, 50}, []byte{60}},
	} {
		p := parsedPicture(t, test.image)
		if !bytes.Equal(p.RGB(), test.rgb) || !bytes.Equal(p.Alpha(), test.alpha) {
			t.Errorf("%s: %v %v, want %v %v", name, p.RGB(), p.Alpha(), test.rgb, test.alpha)
		}
		if p.Alpha() == nil && !bytes.Equal(p.Flattened(), p.RGB()) {
			t.Errorf("%s: flattened %v", name, p.Flattened())
		}
	}
}

func TestPicturesAreRefused(t *testing.T) {
	good := encoded(t, image.NewGray(image.Rect(0, 0, 3, 3)))
	for name, data := range map[string][]byte{
		"nothing": nil, "a JPEG": []byte("\xff\xd8\xff\xe0\x00\x10JFIF"), "half": good[:len(good)/2], "no end": good[:len(good)-12],
		"width": encoded(t, image.NewGray(image.Rect(0, 0, seal.MaxSide+1, 1))), "height": encoded(t, image.NewGray(image.Rect(0, 0, 1, seal.MaxSide+1))),
	} {
		var wrong *seal.PictureError
		if _, err := seal.ParsePicture(bytes.NewReader(data)); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, side := range []int{seal.MaxSide, seal.MaxSide + 1} {
		_, err := seal.ParsePicture(bytes.NewReader(encoded(t, image.NewGray(image.Rect(0, 0, side, 1)))))
		var limit *seal.LimitError
		if (side > seal.MaxSide) != errors.As(err, &limit) || limit == nil && err != nil {
			t.Errorf("%d pixels: %v", side, err)
		}
	}
	for _, size := range []int{seal.MaxPicture, seal.MaxPicture + 1} {
		data := make([]byte, size)
		copy(data, good) // what follows the image is ignored
		_, err := seal.ParsePicture(bytes.NewReader(data))
		var limit *seal.LimitError
		if (size > seal.MaxPicture) != errors.As(err, &limit) || limit == nil && err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if _, err := seal.ParsePicture(io.MultiReader(bytes.NewReader(good[:9]), iotest.ErrReader(io.ErrClosedPipe))); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a read that fails: %v", err)
	}
}

func FuzzParsePicture(f *testing.F) {
	f.Add(encoded(f, image.NewNRGBA(image.Rect(0, 0, 2, 2))))
	f.Add(encoded(f, image.NewPaletted(image.Rect(0, 0, 2, 2), color.Palette{color.White, color.Transparent})))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := seal.ParsePicture(bytes.NewReader(data))
		if err != nil {
			return
		}
		pixels := p.Width * p.Height
		if len(p.RGB()) != 3*pixels || len(p.Flattened()) != 3*pixels || p.Alpha() != nil && len(p.Alpha()) != pixels {
			t.Errorf("%d by %d", p.Width, p.Height)
		}
	})
}
