// Package text makes text safe to print, and lays it out in the columns of a
// terminal, where most Japanese characters take two.
//
// It contains no text of its own: it escapes and wraps that of others
// (docs/cli.md, behaviours 21 and 25).
//
// Line breaks follow UAX #14, and widths follow UAX #11 and UAX #29.
package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Escape makes text from a certificate, a message or a file name safe to print
// on one line. Control characters, line ends, bidi marks, other format
// characters, default-ignorable ones and bytes that are not UTF-8 are shown
// like \u{202E} or \x{FF}. Variation selectors stay, because Japanese names
// contain them.
func Escape(s string) string {
	if strings.IndexFunc(s, steers) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x{%02X}`, s[i])
		case steers(r):
			fmt.Fprintf(&b, `\u{%02X}`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// steers reports whether a character could move, hide or reorder other
// characters.
func steers(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
}

// Width returns the number of columns that text takes in a terminal. Most
// Japanese characters take two.
func Width(s string) int {
	if plain(s) {
		return len(s)
	}
	return uniseg.StringWidth(s)
}

// plain reports whether text is printable ASCII, so that each character takes
// one column.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Pad appends blanks to text up to the given number of columns. It does not
// change longer text.
func Pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-Width(s)))
}

// Wrap breaks text into lines of at most width columns, at the places that UAX
// #14 allows. It does not break flags, or commands in backquotes, that fit on a
// line: people copy them. It breaks a word that is longer than a line. Existing
// line breaks stay, and each continuation line has the indent of its first
// line.
func Wrap(text string, width int) string {
	var out []string
	for _, paragraph := range strings.Split(text, "\n") {
		out = append(out, wrapLine(paragraph, max(width, 1))...)
	}
	return strings.Join(out, "\n")
}

// WrapUnder wraps one line with a hanging indent: continuation lines start at
// the given column, so that the text before it stands alone. If columns exceeds
// half of width, WrapUnder does the same as [Wrap].
func WrapUnder(text string, width, columns int) string {
	if Width(text) <= width || columns > width/2 {
		return Wrap(text, width)
	}
	head, rest := cut(text, columns)
	return head + strings.ReplaceAll(Wrap(rest, width-columns), "\n", "\n"+strings.Repeat(" ", columns))
}

func wrapLine(text string, width int) []string {
	body := strings.TrimLeft(text, " ")
	indent := text[:len(text)-len(body)]
	if len(indent) > width/2 {
		indent = ""
	} else if fits(text, width) {
		return []string{strings.TrimRight(text, " ")}
	}
	var lines []string
	line, column := indent, len(indent)
	flush := func() {
		lines = append(lines, strings.TrimRight(line, " "))
		line, column = indent, len(indent)
	}
	state := -1
	for len(body) > 0 {
		var piece string
		piece, body, state = nextPiece(body, state, width-len(indent))
		if column > len(indent) && !fits(strings.TrimRight(piece, " "), width-column) {
			flush()
		}
		for !fits(strings.TrimRight(piece, " "), width-column) {
			head, rest := cut(piece, width-column)
			line += head
			flush()
			piece = rest
		}
		line += piece
		column += Width(piece)
	}
	return append(lines, strings.TrimRight(line, " "))
}

// nextPiece splits off the next piece of text that must not be broken, unless
// it is wider than a line.
func nextPiece(body string, state, width int) (piece, rest string, next int) {
	first, rest, _, next := uniseg.FirstLineSegmentInString(body, state)
	piece, more, then := first, rest, next
	for more != "" && (flagGoesOn(piece) || strings.Count(piece, "`")%2 == 1) {
		var segment string
		if segment, more, _, then = uniseg.FirstLineSegmentInString(more, then); !fits(strings.TrimRight(piece+segment, " "), width) {
			return first, rest, next
		}
		piece += segment
	}
	return piece, more, then
}

// flagGoesOn reports whether a piece ends at a hyphen inside a flag.
func flagGoesOn(piece string) bool {
	return strings.HasSuffix(piece, "-") && (piece == "-" || strings.Contains(piece, "--"))
}

// fits reports whether text takes at most the given number of columns. It does
// not examine the rest of longer text, because a name in a certificate may be
// as long as the certificate.
func fits(s string, columns int) bool {
	if n := min(len(s), columns+1); n > 0 && plain(s[:n]) {
		return len(s) <= columns
	}
	for state := -1; len(s) > 0; {
		var width int
		_, s, width, state = uniseg.FirstGraphemeClusterInString(s, state)
		if columns -= width; columns < 0 {
			return false
		}
	}
	return true
}

// cut splits off as many whole characters as fit, and at least one.
func cut(s string, columns int) (head, rest string) {
	rest, state := s, -1
	for len(rest) > 0 {
		cluster, next, width, nextState := uniseg.FirstGraphemeClusterInString(rest, state)
		if columns -= width; columns < 0 && head != "" {
			break
		}
		head, rest, state = head+cluster, next, nextState
	}
	return head, rest
}

// GroupLines arranges groups of digits in aligned lines of 16, 8, 4, 2 or 1
// groups, as many as fit.
func GroupLines(groups []string, width int) []string {
	perLine := 1
	for _, n := range []int{2, 4, 8, 16} {
		if n*5-1 <= width {
			perLine = n
		}
	}
	var lines []string
	for len(groups) > perLine {
		lines = append(lines, strings.Join(groups[:perLine], " "))
		groups = groups[perLine:]
	}
	return append(lines, strings.Join(groups, " "))
}
