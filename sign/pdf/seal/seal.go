// Package seal draws the visible mark of a PDF signature, with text and a
// picture of a seal, and computes where it goes on a page.
//
// Text is drawn as outlines of the glyphs of a font that the caller gives, so
// that the PDF holds no font and no text operator. Text and frame are in
// DeviceGray, which PDF/A allows with any output intent. The package reads and
// writes no file, does not find fonts, and does not write the objects of the
// PDF.
//
// The standard is ISO 32000-1: §8 for what is drawn, §12.5.5 for appearance
// streams, §14.11.2 and §7.7.3.3 for the page. Fonts are OpenType 1.9.
package seal

import (
	"strings"
	"unicode/utf8"
)

// Limits of what is drawn. Content that exceeds one is refused with a
// [LimitError].
const (
	MaxLines  = 8      // lines of a mark
	MaxRunes  = 128    // characters of a line
	MaxCurves = 50_000 // lines and curves of all outlines
)

// MinTextSize is the smallest size that text is drawn in, in points. Text that
// would have to be smaller is refused with a [FitError].
const MinTextSize = 4.0

// practice is drawn across the marks of a practice card.
const practice = "練習 / PRACTICE"

// Content is what a mark shows.
type Content struct {
	// Lines are the name, drawn larger than the rest, and what stands below it.
	// They are drawn as given: Unicode normalisation is left to the caller,
	// since it changes kanji of some names, such as U+FA19 to U+795E.
	Lines       []string
	Practice    bool     // draw 練習 / PRACTICE across
	Picture     *Picture // of a seal, left of the lines; nil for none
	PictureOnly bool     // draw the picture and no lines
}

// A Mark is a form XObject: its content, and what its dictionary needs.
type Mark struct {
	Width, Height float64 // of the BBox, whose lower left corner is 0,0; points

	// Stream holds content operators, uncompressed. The same font, content and
	// size give the same bytes.
	Stream []byte

	// Picture is drawn as the XObject /Im0 of the resources; nil for none.
	Picture *Picture

	// Text says what the mark shows, for /TU of the field.
	Text string
}

// Draw draws content into a box of the given size in points. The font may be
// nil if no text is to be drawn.
//
// Its errors are [*TextError], [*MissingGlyphError], [*FitError],
// [*LimitError], [*GeometryError] and, if a font or picture is needed and nil,
// [*FontError] and [*PictureError].
func Draw(f *Font, c Content, width, height float64) (*Mark, error) {
	if !isSize(width) || !isSize(height) {
		return nil, &GeometryError{What: "size of the mark"}
	}
	if c.PictureOnly && c.Picture == nil {
		return nil, &PictureError{Err: errNone}
	}
	if err := checkLines(c.Lines); err != nil {
		return nil, err
	}
	lines, across, err := f.shapeContent(c)
	if err != nil {
		return nil, err
	}

	var p painter
	area := box{0, 0, width, height}
	if !c.PictureOnly {
		area = p.frame(area)
	}
	if c.Picture != nil {
		square := area
		if !c.PictureOnly {
			square, area = area.split()
		}
		p.picture(square.fit(c.Picture.Width, c.Picture.Height))
	}
	fits := true
	if c.Practice {
		fits = p.across(across, width, height)
	}
	if !fits || !p.lines(lines, area) {
		return nil, &FitError{Width: width, Height: height}
	}

	text := strings.Join(c.Lines, ", ")
	if c.Practice {
		text = strings.TrimSuffix(practice+", "+text, ", ")
	}
	return &Mark{Width: width, Height: height, Stream: p.out, Picture: c.Picture, Text: text}, nil
}

// checkLines refuses lines that exceed a limit or contain an invisible
// character.
func checkLines(lines []string) error {
	if len(lines) > MaxLines {
		return &LimitError{What: "lines", Max: MaxLines}
	}
	for _, line := range lines {
		if utf8.RuneCountInString(line) > MaxRunes {
			return &LimitError{What: "characters of a line", Max: MaxRunes}
		}
		for i, r := range line {
			if isInvisible(r) || r == utf8.RuneError && !strings.HasPrefix(line[i:], "\uFFFD") {
				return &TextError{Rune: r}
			}
		}
	}
	return nil
}

// shapeContent returns the lines to be drawn and, for a practice mark, the
// text across it.
func (f *Font) shapeContent(c Content) (lines []shaped, across shaped, err error) {
	var texts []string
	if !c.PictureOnly {
		texts = append(texts, c.Lines...)
	}
	if c.Practice {
		texts = append(texts, practice)
	}
	if f == nil && len(texts) > 0 {
		return nil, across, &FontError{Err: errNone}
	}
	var missing []rune
	count := 0
	for _, text := range texts {
		line, lacking := f.shape(text)
		lines = append(lines, line)
		missing = appendNew(missing, lacking)
		if count += line.curves; count > MaxCurves {
			return nil, across, &LimitError{What: "lines and curves", Max: MaxCurves}
		}
	}
	if len(missing) > 0 {
		return nil, across, &MissingGlyphError{Runes: missing}
	}
	if c.Practice {
		last := len(lines) - 1
		lines, across = lines[:last], lines[last]
	}
	return lines, across, nil
}
