package seal_test

import (
	"bytes"
	"errors"
	"go/build"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/image/font/gofont/goregular"

	"natsuin/sign/pdf/seal"
)

func TestMissingNamesWhatCannotBeDrawn(t *testing.T) {
	for _, test := range []struct{ text, missing string }{
		{"", ""}, {"Taro Yamada é ß Ω Ж 0123456789", ""}, {"Taro 山田", "山田"}, {"山田山", "山田"},
		{"e\u0301", "\u0301"}, {"\u0301", "\u0301"}, {"A\uFE00", "A\uFE00"}, {"\uFE00", "\uFE00"},
		{"שלום", "שלום"}, {"\uE000", "\uE000"}, {"a\u0000", "\u0000"}, {"a\u202Eb", "\u202E"}, {"\U0001F600", "\U0001F600"},
	} {
		if got := string(latin(t).Missing(test.text)); got != test.missing {
			t.Errorf("%+q: %+q, want %+q", test.text, got, test.missing)
		}
	}
}

// A font may have glyphs for characters that need more than a glyph.
func TestCharactersThatDoNotStandAlone(t *testing.T) {
	const text = "\u0483\u0301\u3099\u20DD\u05D0\u0627\u0E01\u1100\u3164\u00AD\u200D\u202E\uE000\uFE00"
	data := face{glyphs: [][]byte{nil, polygon(3, 500)}, letters: map[rune]uint16{'A': 1}, advance: 500}
	for _, r := range text {
		data.letters[r] = 1
	}
	f := parsed(t, data.bytes())
	for _, r := range text {
		if got := f.Missing("A" + string(r)); len(got) == 0 {
			t.Errorf("%U is drawn", r)
		}
	}
}

func TestNamesOfJapan(t *testing.T) {
	f := japanese(t)
	for _, test := range []struct{ text, missing string }{
		{"髙﨑　辻 山田太郎 ヤマダ タロウ ﾔﾏﾀﾞ 々〆ヶ一 神\uFA19", ""}, {"練習 / PRACTICE", ""},
		{"か\u3099", "\u3099"},                          // が, decomposed
		{"辻\U000E0101", ""},                            // with one dot, a form that the font has
		{"辻\U000E01EF", "辻\U000E01EF"},                 // a form that it lacks
		{"\U000E0101辻", "\U000E0101"},                  // a selector of nothing
		{"\U00020BB7", "\U00020BB7"},                   // 𠮷, which this font lacks
		{"山\uFE0F", "山\uFE0F"}, {"ᄀ", "ᄀ"}, {"ㅤ", "ㅤ"}, // the last is an invisible filler
	} {
		if got := string(f.Missing(test.text)); got != test.missing {
			t.Errorf("%+q: %+q, want %+q", test.text, got, test.missing)
		}
	}
}

func TestVariationSelectors(t *testing.T) {
	// 'A' with selector 0 is the plain glyph 1, with selector 1 the glyph 2.
	data := face{
		glyphs:  [][]byte{nil, polygon(3, 500), polygon(5, 500)},
		letters: map[rune]uint16{'A': 1, 'B': 1},
		advance: 1000,
		sequences: be(uint16(14), uint32(0), uint32(2),
			[]byte{0x0E, 0x01, 0x00}, uint32(32), uint32(0),
			[]byte{0x0E, 0x01, 0x01}, uint32(0), uint32(40),
			uint32(1), []byte{0, 0, 'A', 0},
			uint32(1), []byte{0, 0, 'A'}, uint16(2)),
	}
	f := parsed(t, data.bytes())
	draw := func(text string) []byte {
		m, err := seal.Draw(f, seal.Content{Lines: []string{text}}, 100, 100)
		if err != nil {
			t.Fatalf("%+q: %v", text, err)
		}
		return m.Stream
	}
	if !bytes.Equal(draw("A"), draw("A\U000E0100")) {
		t.Error("the default form is not the plain glyph")
	}
	if bytes.Equal(draw("A"), draw("A\U000E0101")) {
		t.Error("another form is the plain glyph")
	}
	for _, text := range []string{"A\U000E0102", "B\U000E0100", "B\U000E0101", "A\uFE00"} {
		if got := string(f.Missing(text)); got != text {
			t.Errorf("%+q: missing %+q", text, got)
		}
	}
	data.sequences = be(uint16(14), uint32(0), uint32(1<<31), []byte{0x0E, 0x01, 0x00}, uint32(1<<31), uint32(1<<31))
	if got := parsed(t, data.bytes()).Missing("A\U000E0100"); len(got) != 2 {
		t.Errorf("broken subtable: missing %+q", got)
	}
}

func TestGlyphsThatDeceiveAreMissing(t *testing.T) {
	data := face{
		advance: 1000,
		glyphs: [][]byte{
			polygon(3, 100), nil, polygon(3999, 500), polygon(4000, 500), polygon(3, 8000), polygon(3, 8001),
			compound(2, 1), compound(7, 1), compound(6, 60), be(int16(1)),
		},
		letters: map[rune]uint16{
			'n': 0, ' ': 1, 'e': 1, 'c': 2, 'C': 3, 'r': 4, 'R': 5, 'g': 6, 'l': 7, 'b': 8, 'd': 9, 'o': 10, 'x': 0xFFFF,
		},
	}
	// n: the glyph for missing ones; e: nothing to see; C: too many operators;
	// R: too far out; l: a component of itself; b: too many of them; d:
	// damaged; o, x: no such glyph.
	if got, want := string(parsed(t, data.bytes()).Missing("c rgneCRlbdoxz")), "neCRlbdoxz"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A glyph of 1,000 components, which are of 4,000 points each, would take
// hundreds of megabytes. With more levels it would take all memory.
func TestWorkIsBounded(t *testing.T) {
	data := face{advance: 1000, letters: map[rune]uint16{'a': 4}, glyphs: [][]byte{nil, polygon(4000, 10)}}
	for i := range 3 {
		data.glyphs = append(data.glyphs, compound(uint16(i+1), 10))
	}
	f := parsed(t, data.bytes())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if got := f.Missing("a"); len(got) != 1 {
		t.Error("the glyph is drawn")
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 100<<20 {
		t.Errorf("%d bytes are allocated", allocated)
	}
}

// No font is known with which sfnt panics; fuzzing has found none.
func TestPanicsAreContained(t *testing.T) {
	if err := seal.Contain(func() error { panic("index out of range") }); err == nil {
		t.Error("no error")
	}
	if err := seal.Contain(func() error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestFontsAreRefused(t *testing.T) {
	good := face{glyphs: [][]byte{nil, polygon(3, 500)}, letters: map[rune]uint16{'A': 1}, advance: 500}
	roman := good
	roman.platform = 1 // Macintosh: codes are not Unicode's
	none := good
	none.glyphs, none.letters = nil, nil
	for name, data := range map[string][]byte{
		"nothing": nil, "a PDF": []byte("%PDF-1.7 is not a font at all"), "half": goregular.TTF[:len(goregular.TTF)/2],
		"no Unicode": roman.bytes(), "a collection of none": be("ttcf", uint32(0x10000), uint32(0), uint32(0)),
		"a collection beyond the end": be("ttcf", uint32(0x10000), uint32(1), uint32(1<<31)),
	} {
		var wrong *seal.FontError
		if _, err := seal.ParseFont(data); !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, size := range []int{seal.MaxFont, seal.MaxFont + 1} {
		data := make([]byte, size)
		copy(data, goregular.TTF)
		_, err := seal.ParseFont(data)
		var limit *seal.LimitError
		if (size > seal.MaxFont) != errors.As(err, &limit) || limit == nil && err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestFirstFaceOfACollection(t *testing.T) {
	first := face{glyphs: [][]byte{nil, polygon(3, 500)}, letters: map[rune]uint16{'A': 1}, advance: 500}.bytes()
	const base = 64
	for i := 12; i < 12+16*9; i += 16 { // offsets are from the start of the file
		first = append(first[:i+8:i+8], append(be(uint32(base+int(first[i+10])<<8+int(first[i+11]))), first[i+12:]...)...)
	}
	data := be("ttcf", uint32(0x10000), uint32(2), uint32(base), uint32(0), make([]byte, base-20), first)
	if got := string(parsed(t, data).Missing("AB")); got != "B" {
		t.Errorf("missing %q", got)
	}
}

// sample returns a font that x/image has for its own tests.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	sfnt, err := build.Import("golang.org/x/image/font/sfnt", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(sfnt.Dir, "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// In this font, 0 consists of lines and curves and 1 of lines only, with 1,000
// units an em.
func TestPostScriptOutlines(t *testing.T) {
	all := checkStream(t, draw(t, parsed(t, sample(t, "CFFTest.otf")), seal.Content{Lines: []string{"01"}}, 100, 100).Stream)
	count := map[string]int{}
	for _, op := range all {
		count[op.operator]++
	}
	if count["m"] != 3 || count["c"] < 8 || count["l"] < 4 || count["f"] != 1 {
		t.Errorf("%v", count)
	}
}

func FuzzParseFont(f *testing.F) {
	f.Add(face{glyphs: [][]byte{nil, polygon(3, 500), compound(1, 3)}, letters: map[rune]uint16{'山': 1, '田': 2, 'x': 1, 'H': 2}, advance: 500}.bytes())
	f.Add(face{glyphs: [][]byte{nil, polygon(3, 500)}, letters: map[rune]uint16{'山': 1, '田': 1}, advance: 500,
		sequences: be(uint16(14), uint32(0), uint32(1), []byte{0x0E, 0x01, 0x00}, uint32(21), uint32(21), uint32(1), []byte{0, 0x5C, 0x71, 0, 1})}.bytes())
	for _, name := range []string{"CFFTest.otf", "cmapTest.ttf", "glyfTest.ttf"} {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		font, err := seal.ParseFont(data)
		if err != nil {
			return
		}
		font.Missing("山\U000E0100xH")
		m, err := seal.Draw(font, seal.Content{Lines: []string{"山田"}, Practice: len(data)%2 == 0}, 170, 57)
		if err == nil {
			checkStream(t, m.Stream)
		}
	})
}
