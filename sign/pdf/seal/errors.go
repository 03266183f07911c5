package seal

import (
	"errors"
	"fmt"
)

// errNone means that a font or picture is nil where one is needed.
var errNone = errors.New("none given")

// A PositionError means that the text given to [ParsePosition] is not a
// position.
type PositionError struct{ Text string }

func (e *PositionError) Error() string { return fmt.Sprintf("parse position: %q", e.Text) }

// A PageError means that a document lacks the page of a position.
type PageError struct {
	Page  int // from 1; 0 is the last
	Count int // of the document's pages
}

func (e *PageError) Error() string { return fmt.Sprintf("find page %d: %d pages", e.Page, e.Count) }

// An OutsideError means that a box does not lie within the page.
type OutsideError struct {
	Width, Height float64 // of the page as seen, in millimetres
}

func (e *OutsideError) Error() string {
	return fmt.Sprintf("place mark: not within the page of %.1f by %.1f mm", e.Width, e.Height)
}

// An OccupiedError means that no room was found for a mark in a corner, because
// of the boxes that are already there.
type OccupiedError struct{}

func (e *OccupiedError) Error() string { return "place mark: no room left" }

// A GeometryError means that a page or box has sizes that make no sense, such
// as none or infinite ones.
type GeometryError struct{ What string }

func (e *GeometryError) Error() string { return "geometry: unusable " + e.What }

// A FontError means that data is not a font that this package can read.
type FontError struct{ Err error }

func (e *FontError) Error() string { return fmt.Sprintf("read font: %v", e.Err) }

func (e *FontError) Unwrap() error { return e.Err }

// A MissingGlyphError means that characters cannot be drawn with the font:
// those that [Font.Missing] returns.
type MissingGlyphError struct{ Runes []rune }

func (e *MissingGlyphError) Error() string {
	return fmt.Sprintf("draw text: no glyph for %q", string(e.Runes))
}

// A TextError means that a text contains an invisible character, such as a
// control or format character, or is not UTF-8.
type TextError struct{ Rune rune }

func (e *TextError) Error() string { return fmt.Sprintf("draw text: invisible character %U", e.Rune) }

// A FitError means that the text does not fit the box at [MinTextSize].
type FitError struct {
	Width, Height float64 // of the box, in points
}

func (e *FitError) Error() string {
	return fmt.Sprintf("draw text: too much for %.1f by %.1f points", e.Width, e.Height)
}

// A LimitError means that something exceeds a limit of this package.
type LimitError struct {
	What string
	Max  int64
}

func (e *LimitError) Error() string { return fmt.Sprintf("limit: more than %d %s", e.Max, e.What) }

// A PictureError means that data is not a PNG image that this package can read.
type PictureError struct{ Err error }

func (e *PictureError) Error() string { return fmt.Sprintf("read picture: %v", e.Err) }

func (e *PictureError) Unwrap() error { return e.Err }
