package seal

import (
	"errors"
	"io"
	"slices"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// MaxFont is the greatest size of a font, in bytes.
const MaxFont = 64 << 20

// The budgets for reading a font, in bytes. Each read counts for more than its
// bytes, because components of glyphs and subroutines can be nested and
// repeated without end. A component costs most, since a few bytes of it can be
// 65,536 points. Of the fonts measured, Noto Serif CJK needs most: 0.7 MB in
// 200 reads when it is parsed, 29 KB in 205 reads for a glyph. TrueType fonts
// need 70 and 12 reads.
const (
	parseBudget = 4 << 20
	glyphBudget = 2 << 20
	component   = 16 << 10
	subroutine  = 64
	maxGlyph    = 4000 // operators of an outline
)

// A Font draws text. It is safe for concurrent use.
//
// Glyphs are set side by side, without kerning and without substitution. That
// is enough for Latin, Greek and Cyrillic letters, kana, kanji and Hangul
// syllables. Characters that need more (combining marks, other scripts) count
// as missing, and so does a variation selector unless the font has that very
// form of the character: the plain form may be another person's name.
type Font struct {
	mu        sync.Mutex
	source    *source
	face      *sfnt.Font
	buffer    sfnt.Buffer
	em        float64 // font units
	sequences sequences
}

// ParseFont parses a TrueType or OpenType font, or the first face of a
// collection. It keeps data, which must not be changed. The error is a
// [*FontError].
func ParseFont(data []byte) (f *Font, err error) {
	if len(data) > MaxFont {
		return nil, &FontError{Err: &LimitError{What: "bytes of a font", Max: MaxFont}}
	}
	tables, err := readDirectory(data)
	if err != nil {
		return nil, &FontError{Err: err}
	}
	f = &Font{source: &source{data: data, budget: parseBudget, cost: component}, sequences: tables.sequences}
	if tables.postScript {
		f.source.cost = subroutine
	}
	if err := contain(func() (err error) {
		f.face, err = parseFace(f.source)
		return err
	}); err != nil {
		return nil, &FontError{Err: err}
	}
	f.em = float64(f.face.UnitsPerEm())
	if f.em < 16 || f.em > 16384 { // OpenType, table head
		return nil, &FontError{Err: errDamaged}
	}
	return f, nil
}

func parseFace(source *source) (*sfnt.Font, error) {
	c, err := sfnt.ParseCollectionReaderAt(source)
	if err != nil {
		return nil, err
	}
	return c.Font(0)
}

// Missing returns the characters of text that cannot be drawn with the font,
// each once, in the order of the text. A missing variation selector follows its
// character.
func (f *Font) Missing(text string) []rune {
	_, missing := f.shape(text)
	return missing
}

// A glyph is the outline of a character. Its unit is the em.
type glyph struct {
	curves  []curve
	advance float64
}

// A shaped is a text as glyphs.
type shaped struct {
	glyphs []glyph
	width  float64 // em
	curves int
}

// shape returns the glyphs of a text, and its characters that have none.
func (f *Font) shape(text string) (line shaped, missing []rune) {
	f.mu.Lock()
	defer f.mu.Unlock()
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		character := runes[i : i+1]
		if i+1 < len(runes) && isSelector(runes[i+1]) {
			character = runes[i : i+2]
			i++
		}
		g, ok := f.glyph(character)
		if !ok {
			missing = appendNew(missing, character)
			continue
		}
		line.glyphs = append(line.glyphs, g)
		line.width += g.advance
		line.curves += len(g.curves)
	}
	return line, missing
}

// appendNew appends the runes that are not there yet.
func appendNew(to, runes []rune) []rune {
	for _, r := range runes {
		if !slices.Contains(to, r) {
			to = append(to, r)
		}
	}
	return to
}

// glyph returns the glyph of a character, which a variation selector may
// follow. ok is false if the font lacks it or it cannot be read.
func (f *Font) glyph(character []rune) (g glyph, ok bool) {
	r := character[0]
	if !stands(r) {
		return glyph{}, false
	}
	f.source.budget = glyphBudget
	err := contain(func() error {
		index, err := f.face.GlyphIndex(&f.buffer, r)
		if err == nil && len(character) > 1 {
			index = f.sequences.find(r, character[1], index)
		}
		if err != nil || index == 0 { // .notdef
			return errors.Join(err, sfnt.ErrNotFound)
		}
		units := fixed.Int26_6(f.em) // coordinates are then font units
		advance, err := f.face.GlyphAdvance(&f.buffer, index, units, font.HintingNone)
		if err != nil {
			return err
		}
		segments, err := f.face.LoadGlyph(&f.buffer, index, units, nil)
		if err != nil {
			return err
		}
		if len(segments) > maxGlyph || len(segments) == 0 && !unicode.IsSpace(r) {
			return errDamaged
		}
		g.advance = float64(advance) / f.em
		g.curves, err = curves(segments, f.em)
		return err
	})
	if err != nil {
		f.buffer = sfnt.Buffer{} // what it holds may be large
	}
	return g, err == nil
}

// isInvisible reports whether r is a control or format character or a line or
// paragraph separator: it has no visible form, or changes that of others.
func isInvisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// stands reports whether r is drawn by its glyph alone.
func stands(r rune) bool {
	switch {
	case isInvisible(r) || unicode.IsMark(r):
		return false
	case unicode.Is(unicode.Hangul, r):
		return '가' <= r && r <= '힣' // not the letters that compose syllables
	}
	return unicode.In(r, unicode.Common, unicode.Latin, unicode.Greek, unicode.Cyrillic,
		unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo)
}

// errDamaged means that a font contradicts its specification or exceeds a
// limit, errBudget that reading it takes more than is allowed.
var (
	errDamaged = errors.New("damaged font")
	errBudget  = errors.New("too much work")
)

// contain calls f, and returns errDamaged if f panics. Package sfnt says of
// itself that it is not hardened against malicious fonts.
func contain(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errDamaged
		}
	}()
	return f()
}

// A source is the data of a font. Package sfnt reads from it each table,
// component of a glyph and subroutine when it needs it.
type source struct {
	data   []byte
	budget int // bytes that may still be read
	cost   int // of a read, besides its bytes
}

func (s *source) ReadAt(p []byte, offset int64) (int, error) {
	s.budget -= len(p) + s.cost
	switch {
	case s.budget < 0:
		return 0, errBudget
	case offset < 0 || offset > int64(len(s.data)):
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, s.data[offset:])
	if n < len(p) {
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}
