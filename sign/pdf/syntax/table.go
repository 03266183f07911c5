package syntax

// table reads the cross-reference table at offset and its trailer (ISO 32000-1
// §7.5.4, §7.5.5). l has passed the white space before the table. Each entry is
// checked, so that none fails later.
func (f *File) table(l *lexer, offset int64) (*section, error) {
	s := &section{Section: Section{Kind: Table, Offset: offset}}
	steps := l.steps
	if l.word() != "xref" {
		l.fail("no cross reference")
	}
	for l.blank(); isDigit(l.peek()); l.blank() {
		first := l.unsigned(1 << 40)
		l.blank()
		count := l.unsigned(1 << 40)
		l.blank()
		if l.err != nil {
			break
		}
		if count > (f.size-l.pos)/entrySize {
			return nil, &BrokenError{l.pos, "cross-reference table outside the file"}
		}
		if err := f.add(s, first, count, l.pos); err != nil {
			return nil, err
		}
		if err := f.spend(count * entrySize); err != nil {
			return nil, err
		}
		for n := range count {
			u, err := f.tableEntry(l.pos + n*entrySize)
			if err != nil {
				return nil, err
			}
			if !u.Free {
				s.highest = max(s.highest, int(first+n))
			}
		}
		l.pos += count * entrySize
	}
	l.keyword("trailer")
	o, _ := l.object(0)
	if err := f.charge(l, steps); err != nil {
		return nil, err
	}
	d, ok := o.(*Dict)
	if !ok {
		return nil, &BrokenError{l.pos, "trailer without dictionary"}
	}
	s.Trailer, s.span, s.end = d, Span{offset, l.pos}, l.pos
	return s, f.settle(s)
}

// tableEntry reads the entry at offset: ten digits, a space, five digits, a
// space, "n" or "f", and a line end of two bytes.
func (f *File) tableEntry(offset int64) (Use, error) {
	var b [entrySize]byte
	if err := f.copyAt(b[:], offset); err != nil {
		return Use{}, err
	}
	u := Use{Free: b[17] == 'f'}
	ok := b[10] == ' ' && b[16] == ' ' && (u.Free || b[17] == 'n') && entryEnd(b[18], b[19])
	for i, c := range b[:16] {
		switch {
		case i == 10:
			continue
		case !isDigit(int(c)):
			ok = false
		case i < 10:
			u.Offset = u.Offset*10 + int64(c-'0')
		default:
			u.Generation = u.Generation*10 + int(c-'0')
		}
	}
	if !ok {
		return Use{}, &BrokenError{offset, "malformed entry of a cross-reference table"}
	}
	if u.Free {
		u.Offset = 0
	}
	return u, nil
}

func entryEnd(a, b byte) bool {
	return a == ' ' && (b == '\r' || b == '\n') || a == '\r' && b == '\n'
}
