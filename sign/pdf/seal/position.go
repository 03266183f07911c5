package seal

import (
	"strconv"
	"strings"
)

// Default sizes of a mark in a corner, in millimetres.
const (
	DefaultWidth  = 60.0
	DefaultHeight = 20.0
	PictureSide   = 20.0 // of a picture alone
)

// A Position says on which page a mark goes, and where. The zero value is not a
// position.
type Position struct {
	page       int // from 1; 0 is the last
	corner     corner
	x, y, w, h float64 // without a corner; millimetres, x and y from the upper left
}

// A corner is a corner of the page as seen.
type corner struct {
	word          string // "" for none
	right, bottom bool
}

var corners = []corner{
	{"top-left", false, false},
	{"top-right", true, false},
	{"bottom-left", false, true},
	{"bottom-right", true, true},
}

// ParsePosition parses PAGE:X,Y,W,H or PAGE:CORNER. PAGE is a page number from
// 1 or "last". X and Y are the distances of the box from the left and the upper
// edge of the page as seen, W and H its size, as decimal numbers of
// millimetres. CORNER is top-left, top-right, bottom-left or bottom-right. It
// returns a [*PositionError] for everything else.
func ParsePosition(s string) (Position, error) {
	var p Position
	page, place, ok := strings.Cut(s, ":")
	if !ok {
		return Position{}, &PositionError{Text: s}
	}
	if page != "last" {
		n, err := strconv.Atoi(page)
		if err != nil || n < 1 || strconv.Itoa(n) != page {
			return Position{}, &PositionError{Text: s}
		}
		p.page = n
	}
	for _, c := range corners {
		if c.word == place {
			p.corner = c
			return p, nil
		}
	}
	numbers := strings.Split(place, ",")
	if len(numbers) != 4 {
		return Position{}, &PositionError{Text: s}
	}
	for i, to := range []*float64{&p.x, &p.y, &p.w, &p.h} {
		if *to, ok = parseMillimetres(numbers[i]); !ok {
			return Position{}, &PositionError{Text: s}
		}
	}
	if p.w == 0 || p.h == 0 {
		return Position{}, &PositionError{Text: s}
	}
	return p, nil
}

// parseMillimetres parses a number of up to five digits and up to five
// decimals.
func parseMillimetres(s string) (float64, bool) {
	whole, decimals, point := strings.Cut(s, ".")
	if !isDigits(whole) || point && !isDigits(decimals) {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

func isDigits(s string) bool {
	return len(s) >= 1 && len(s) <= 5 && strings.Trim(s, "0123456789") == ""
}

// Corner reports whether p names a corner. Such a position has no size of its
// own, and its mark avoids other boxes.
func (p Position) Corner() bool { return p.corner.word != "" }

// Page returns the index, from 0, of the position's page in a document of count
// pages, or a [*PageError].
func (p Position) Page(count int) (index int, err error) {
	if p.page > count || count < 1 {
		return 0, &PageError{Page: p.page, Count: count}
	}
	if p.page == 0 {
		return count - 1, nil
	}
	return p.page - 1, nil
}
