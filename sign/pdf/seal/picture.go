package seal

import (
	"bytes"
	"compress/zlib"
	"image"
	"image/color"
	"image/png"
	"io"
	"sync"
)

// Limits of a picture.
const (
	MaxPicture = 16 << 20 // bytes of the file
	MaxSide    = 4000     // pixels, of width and height
)

// A Picture is an image of a seal.
type Picture struct {
	Width, Height int // in pixels

	rgb, alpha []byte

	// Zlib data of rgb, of alpha, and of the picture on white, each made once.
	packedRGB, packedAlpha, packedFlat func() []byte
}

// ParsePicture reads a PNG image. It keeps eight bits per colour and the alpha
// channel, and ignores a colour profile. The error is a [*PictureError].
func ParsePicture(r io.Reader) (*Picture, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxPicture+1))
	if err != nil {
		return nil, &PictureError{Err: err}
	}
	if len(data) > MaxPicture {
		return nil, &PictureError{Err: &LimitError{What: "bytes of a picture", Max: MaxPicture}}
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, &PictureError{Err: err}
	}
	if config.Width > MaxSide || config.Height > MaxSide {
		return nil, &PictureError{Err: &LimitError{What: "pixels a side", Max: MaxSide}}
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, &PictureError{Err: err}
	}
	return newPicture(decoded), nil
}

func newPicture(from image.Image) *Picture {
	b := from.Bounds()
	p := &Picture{Width: b.Dx(), Height: b.Dy()}
	p.rgb = make([]byte, 0, 3*p.Width*p.Height)
	p.alpha = make([]byte, 0, p.Width*p.Height)
	opaque := true
	at := nrgba(from)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := at(x, y)
			p.rgb = append(p.rgb, c.R, c.G, c.B)
			p.alpha = append(p.alpha, c.A)
			opaque = opaque && c.A == 0xFF
		}
	}
	if opaque {
		p.alpha = nil
	}
	p.packedRGB = sync.OnceValue(func() []byte { return deflate(p.RGB()) })
	p.packedAlpha = sync.OnceValue(func() []byte { return deflate(p.Alpha()) })
	p.packedFlat = sync.OnceValue(func() []byte { return deflate(p.Flattened()) })
	return p
}

func deflate(data []byte) []byte {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	w.Write(data)
	w.Close()
	return packed.Bytes()
}

// Deflated returns RGB and Alpha as data for FlateDecode (ISO 32000-1 §7.4.4),
// or, if flat, Flattened and nil. Mask is nil if the picture is opaque. It
// compresses once, however many files show the picture, and is safe for
// concurrent use. The data must not be changed.
func (p *Picture) Deflated(flat bool) (colours, mask []byte) {
	switch {
	case p.alpha == nil:
		return p.packedRGB(), nil
	case flat:
		return p.packedFlat(), nil
	}
	return p.packedRGB(), p.packedAlpha()
}

// nrgba returns how to read a pixel. The usual types of images need no
// conversion and no allocation a pixel.
func nrgba(from image.Image) func(x, y int) color.NRGBA {
	switch from := from.(type) {
	case *image.NRGBA:
		return from.NRGBAAt
	case *image.RGBA: // PNG: without alpha
		return func(x, y int) color.NRGBA { return color.NRGBA(from.RGBAAt(x, y)) }
	}
	return func(x, y int) color.NRGBA { return color.NRGBAModel.Convert(from.At(x, y)).(color.NRGBA) }
}

// RGB returns three bytes a pixel, row by row from the top, for an image
// XObject in DeviceRGB with alpha apart. It must not be changed.
func (p *Picture) RGB() []byte { return p.rgb }

// Alpha returns one byte a pixel for the image's SMask, or nil if the picture
// is opaque. It must not be changed.
func (p *Picture) Alpha() []byte { return p.alpha }

// Flattened returns three bytes a pixel as RGB does, for the picture on white:
// PDF/A-1 forbids transparency (ISO 19005-1 §6.4).
func (p *Picture) Flattened() []byte {
	if p.alpha == nil {
		return p.rgb
	}
	out := make([]byte, len(p.rgb))
	for i, c := range p.rgb {
		a := int(p.alpha[i/3])
		out[i] = byte((int(c)*a + 255*(255-a) + 127) / 255)
	}
	return out
}
