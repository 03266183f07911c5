package seal_test

import (
	"encoding/binary"
	"os"
	"slices"
	"testing"

	"golang.org/x/image/font/gofont/goregular"

	"natsuin/sign/pdf/seal"
)

// A face is a TrueType font that the tests make.
type face struct {
	glyphs    [][]byte // tables glyf; the first is .notdef
	letters   map[rune]uint16
	platform  uint16 // of cmap: 0 means Windows
	sequences []byte // subtable of format 14
	advance   uint16
}

func be(values ...any) (b []byte) {
	for _, v := range values {
		switch v := v.(type) {
		case []byte:
			b = append(b, v...)
		case string:
			b = append(b, v...)
		default:
			var err error
			if b, err = binary.Append(b, binary.BigEndian, v); err != nil {
				panic(err)
			}
		}
	}
	return b
}

// bytes returns the font with 1,000 units an em.
func (f face) bytes() []byte {
	var glyf, loca []byte
	for _, g := range f.glyphs {
		loca = be(loca, uint32(len(glyf)))
		glyf = append(glyf, g...)
		glyf = append(glyf, make([]byte, -len(glyf)&3)...)
	}
	loca = be(loca, uint32(len(glyf)))

	var letters []rune
	for r := range f.letters {
		letters = append(letters, r)
	}
	slices.Sort(letters)
	groups := be(uint16(12), uint16(0), uint32(16+12*len(letters)), uint32(0), uint32(len(letters)))
	for _, r := range letters {
		groups = be(groups, r, r, uint32(f.letters[r]))
	}
	platform, encoding := uint16(3), uint16(10)
	if f.platform != 0 {
		platform, encoding = f.platform, 0
	}
	cmap := be(uint16(0), uint16(1), platform, encoding, uint32(12), groups)
	if f.sequences != nil {
		cmap = be(uint16(0), uint16(2), uint16(0), uint16(5), uint32(20+len(groups)), platform, encoding, uint32(20), groups, f.sequences)
	}
	n := uint16(len(f.glyphs))
	tables := []struct {
		tag  string
		data []byte
	}{
		{"OS/2", be(uint16(4), make([]byte, 94))},
		{"cmap", cmap},
		{"glyf", glyf},
		{"head", be(make([]byte, 18), uint16(1000), make([]byte, 30), uint16(1), uint16(0))},
		{"hhea", be(make([]byte, 34), uint16(1))},
		{"hmtx", be(f.advance, uint16(0), make([]byte, 2*(n-1)))},
		{"loca", loca},
		{"maxp", be(uint32(0x10000), n, make([]byte, 26))},
		{"post", be(uint32(0x30000), make([]byte, 28))},
	}
	out := be(uint32(0x10000), uint16(len(tables)), make([]byte, 6))
	offset := len(out) + 16*len(tables)
	var body []byte
	for _, t := range tables {
		out = be(out, t.tag, uint32(0), uint32(offset+len(body)), uint32(len(t.data)))
		body = append(body, t.data...)
		body = append(body, make([]byte, -len(body)&3)...)
	}
	return append(out, body...)
}

// polygon returns a glyph of one contour with n points, on a zigzag that is
// side units high and one unit wide.
func polygon(n int, side int16) []byte {
	g := be(int16(1), make([]byte, 8), uint16(n-1), uint16(0))
	for range n {
		g = append(g, 1) // on the curve, both coordinates of two bytes
	}
	for i := range n {
		g = be(g, int16(2-4*(i&1))/2)
	}
	for i := range n {
		step := side
		if i&1 == 1 {
			step = -side
		}
		g = be(g, step)
	}
	return g
}

// compound returns a glyph that shows another one several times.
func compound(glyph uint16, times int) []byte {
	g := be(int16(-1), make([]byte, 8))
	for i := range times {
		flags := uint16(0x0002) // arguments are offsets
		if i+1 < times {
			flags |= 0x0020 // more components
		}
		g = be(g, flags, glyph, int8(0), int8(0))
	}
	return g
}

func latin(t testing.TB) *seal.Font { return parsed(t, goregular.TTF) }

func parsed(t testing.TB, data []byte) *seal.Font {
	t.Helper()
	f, err := seal.ParseFont(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const ipaexGothic = "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf"

// japanese returns a font of Debian's package fonts-ipaexfont-gothic.
func japanese(t testing.TB) *seal.Font {
	t.Helper()
	data, err := os.ReadFile(ipaexGothic)
	if err != nil {
		lacking(t, "fonts-ipaexfont-gothic")
	}
	return parsed(t, data)
}

// lacking skips a test, but fails it in continuous integration.
func lacking(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", what)
	}
	t.Skipf("%s is not installed", what)
}
