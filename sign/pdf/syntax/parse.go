package syntax

// object reads an object within depth arrays and dictionaries, with its
// position. A reference is returned as a [Ref], a stream as its dictionary.
func (l *lexer) object(depth int) (Object, Span) {
	l.space()
	start := l.pos
	if l.values--; l.values < 0 {
		l.stop(&LimitError{"values in an object"})
	}
	var o Object
	switch c := l.peek(); {
	case c == '/':
		o = l.name()
	case c == '(':
		o = l.literal()
	case c == '[':
		o = l.array(depth + 1)
	case c == '<':
		if l.skip(); l.peek() == '<' {
			o = l.dict(start, depth+1)
		} else {
			o = l.hex()
		}
	case isDigit(c):
		if o = l.number(); l.err == nil {
			o = l.reference(o)
		}
	case c == '+' || c == '-' || c == '.':
		o = l.number()
	default:
		switch l.word() {
		case "true":
			o = true
		case "false":
			o = false
		case "null":
		default:
			l.pos = start
			l.fail("no object")
		}
	}
	return o, Span{start, l.pos}
}

// reference returns the [Ref] that begins with n, or n.
func (l *lexer) reference(n Object) Object {
	number, ok := n.(Integer)
	if !ok || number > 1<<31-1 {
		return n
	}
	after := l.pos
	generation, digits := 0, 0
	for l.space(); isDigit(l.peek()) && digits < 6; digits++ {
		generation = generation*10 + l.next() - '0'
	}
	if digits > 0 && isSpace(l.peek()) || l.peek() == '%' {
		if l.space(); digits > 0 && l.peek() == 'R' {
			if l.skip(); !isRegular(l.peek()) {
				return Ref{int(number), generation}
			}
		}
	}
	if l.err == nil {
		l.pos = after
	}
	return n
}

// name reads a name (ISO 32000-1 §7.3.5).
func (l *lexer) name() Name {
	l.skip()
	var b []byte
	for c := l.peek(); isRegular(c); c = l.peek() {
		l.skip()
		if c == '#' {
			high, low := hexDigit(l.next()), hexDigit(l.next())
			if c = high<<4 | low; c <= 0 {
				l.fail("malformed name")
				return ""
			}
		}
		b = append(b, byte(c))
	}
	return Name(b)
}

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(c int) int {
	switch {
	case isDigit(c):
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return -1
}

// hex reads a hexadecimal string whose "<" has been passed.
func (l *lexer) hex() String {
	b := String{}
	high := -1
	for {
		if high < 0 {
			b = l.pairs(b)
		}
		c := l.next()
		if isSpace(c) {
			continue
		}
		if c == '>' {
			if high >= 0 {
				b = append(b, byte(high<<4))
			}
			return b
		}
		digit := hexDigit(c)
		switch {
		case digit < 0:
			l.fail("malformed hexadecimal string")
			return nil
		case high < 0:
			high = digit
		default:
			b = append(b, byte(high<<4|digit))
			high = -1
		}
	}
}

// pairs appends the bytes of the pairs of digits at pos, as far as they are in
// the window. It exists for speed: most of a signature dictionary is such
// digits.
func (l *lexer) pairs(b String) String {
	i := l.pos - l.base
	if i < 0 || i > int64(len(l.window)) {
		return b
	}
	digits := l.window[i:]
	digits = digits[:min(int64(len(digits)), l.steps)]
	n := 0
	for ; n+1 < len(digits); n += 2 {
		high, low := hexDigit(int(digits[n])), hexDigit(int(digits[n+1]))
		if high < 0 || low < 0 {
			break
		}
		b = append(b, byte(high<<4|low))
	}
	l.pos += int64(n)
	l.steps -= int64(n)
	return b
}

// literal reads a literal string (ISO 32000-1 §7.3.4.2).
func (l *lexer) literal() String {
	l.skip()
	b := String{}
	for open := 1; ; {
		c := l.peek()
		if c < 0 {
			l.fail("string without end")
			return nil
		}
		if c == '\r' {
			l.lineEnd()
			b = append(b, '\n')
			continue
		}
		l.skip()
		switch c {
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return b
			}
		case '\\':
			if c = l.escape(); c < 0 {
				continue
			}
		}
		b = append(b, byte(c))
	}
}

// escape reads an escape sequence whose backslash has been passed. It returns
// -1 for a line end, which adds nothing.
func (l *lexer) escape() int {
	c := l.peek()
	if l.lineEnd() {
		return -1
	}
	if c >= '0' && c <= '7' {
		n := 0
		for i := 0; i < 3 && l.peek() >= '0' && l.peek() <= '7'; i++ {
			n = n<<3 + l.next() - '0'
		}
		return n & 0xff
	}
	l.next()
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	}
	return c // at the end of the file: -1, and literal fails
}

func (l *lexer) deeper(depth int) {
	if depth > MaxDepth {
		l.stop(&LimitError{"nested arrays and dictionaries"})
	}
}

func (l *lexer) array(depth int) Array {
	l.deeper(depth)
	l.skip()
	a := Array{}
	for l.space(); l.peek() != ']'; l.space() {
		o, span := l.object(depth)
		if l.err != nil {
			return nil
		}
		a = append(a, Element{o, span})
	}
	l.skip()
	return a
}

// dict reads a dictionary that begins at start, and of which one "<" has been
// passed.
func (l *lexer) dict(start int64, depth int) *Dict {
	const few = 16
	l.deeper(depth)
	l.skip()
	d := &Dict{}
	var seen map[Name]bool // once there are more than a few
	for l.space(); l.peek() != '>'; l.space() {
		at := l.pos
		if l.peek() != '/' {
			l.fail("no key in a dictionary")
			return nil
		}
		key := l.name()
		if seen[key] || seen == nil && d.Entry(key) != nil {
			l.pos = at
			l.fail("equal keys in a dictionary")
			return nil
		}
		o, span := l.object(depth)
		if l.err != nil {
			return nil
		}
		d.Entries = append(d.Entries, Entry{key, o, span, at})
		if seen != nil {
			seen[key] = true
		} else if len(d.Entries) > few {
			seen = map[Name]bool{}
			for _, e := range d.Entries {
				seen[e.Key] = true
			}
		}
	}
	if l.skip(); l.next() != '>' {
		l.fail("dictionary without end")
		return nil
	}
	d.Span = Span{start, l.pos}
	return d
}
