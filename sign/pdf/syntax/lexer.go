package syntax

import (
	"strconv"
	"strings"
)

// A lexer reads tokens at pos. After a failure it stays at its end, and err
// says why.
type lexer struct {
	load   func(offset int64) ([]byte, error) // nil if window is all there is
	window []byte
	base   int64 // offset of window
	pos    int64
	end    int64
	steps  int64 // bytes that may still be read
	values int   // objects that may still be read
	inner  bool  // pos is not a file offset
	err    error
}

func newLexer(pos, end int64) *lexer {
	return &lexer{pos: pos, end: end, steps: MaxObject, values: MaxValues}
}

// peek returns the byte at pos, or -1 at the end.
func (l *lexer) peek() int {
	if i := l.pos - l.base; i >= 0 && i < int64(len(l.window)) {
		return int(l.window[i])
	}
	if l.err != nil || l.pos < 0 || l.pos >= l.end || l.load == nil {
		return -1
	}
	window, err := l.load(l.pos)
	if err != nil {
		l.stop(err)
		return -1
	}
	l.window, l.base = window[:min(int64(len(window)), l.end-l.pos)], l.pos
	return int(l.window[0])
}

// skip passes the byte at pos.
func (l *lexer) skip() {
	l.pos++
	if l.steps--; l.steps < 0 {
		l.stop(&LimitError{"bytes in an object"})
	}
}

func (l *lexer) next() int {
	c := l.peek()
	if c >= 0 {
		l.skip()
	}
	return c
}

func (l *lexer) stop(err error) {
	if l.err == nil {
		l.err = err
	}
	l.window, l.end = nil, 0
}

func (l *lexer) fail(what string) {
	at := l.pos
	if l.inner {
		at = -1
	}
	l.stop(&BrokenError{Offset: at, What: what})
}

// delimiters are those of ISO 32000-1 §7.2.2.
const delimiters = "()<>[]{}/%"

// regular has the bytes that are neither white space nor delimiters.
var regular = func() (table [256]bool) {
	for c := range table {
		table[c] = !isSpace(c) && strings.IndexByte(delimiters, byte(c)) < 0
	}
	return table
}()

func isRegular(c int) bool { return c >= 0 && regular[c] }

func isSpace(c int) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDigit(c int) bool { return c >= '0' && c <= '9' }

// blank passes white space.
func (l *lexer) blank() {
	for isSpace(l.peek()) {
		l.skip()
	}
}

// space passes white space and comments.
func (l *lexer) space() {
	for l.blank(); l.peek() == '%'; l.blank() {
		for c := l.peek(); c >= 0 && c != '\n' && c != '\r'; c = l.peek() {
			l.skip()
		}
	}
}

// lineEnd passes CR LF, LF or CR, and reports whether there was one.
func (l *lexer) lineEnd() bool {
	switch l.peek() {
	case '\r':
		l.skip()
		if l.peek() == '\n' {
			l.skip()
		}
	case '\n':
		l.skip()
	default:
		return false
	}
	return true
}

// word reads regular characters: a keyword or number. One of more than 128
// bytes is an error.
func (l *lexer) word() string {
	const longest = 128
	var b [longest]byte
	n := 0
	for c := l.peek(); isRegular(c); c = l.peek() {
		if n == longest {
			l.fail("unknown word")
			return ""
		}
		b[n] = byte(c)
		n++
		l.skip()
	}
	return string(b[:n])
}

// keyword passes white space, comments and the given word.
func (l *lexer) keyword(want string) {
	l.space()
	start := l.pos
	if l.word() != want {
		l.pos = start
		l.fail("no " + want)
	}
}

// unsigned reads a number of digits only, up to limit.
func (l *lexer) unsigned(limit int64) int64 {
	start := l.pos
	n := int64(0)
	for isDigit(l.peek()) {
		if n = n*10 + int64(l.next()-'0'); n > limit {
			l.fail("number out of range")
			return 0
		}
	}
	if l.pos == start || isRegular(l.peek()) {
		l.fail("no number")
	}
	return n
}

// number reads an integer or real number (ISO 32000-1 §7.3.3).
func (l *lexer) number() Object {
	start := l.pos
	w := l.word()
	digits := strings.TrimLeft(w, "+-")
	whole, fraction, real := strings.Cut(digits, ".")
	if len(w)-len(digits) > 1 || whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		l.pos = start
		l.fail("malformed number")
		return nil
	}
	if !real {
		if n, err := strconv.ParseInt(w, 10, 64); err == nil {
			return Integer(n)
		}
	}
	n, err := strconv.ParseFloat(w, 64)
	if err != nil {
		l.fail("malformed number")
	}
	return Real(n)
}
