package syntax

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// maxPieces bounds the pieces of a layout.
const maxPieces = 1 << 20

// A layout is what the cross references say about the bytes from start on.
type layout struct {
	f      *File
	start  int64
	pieces []piece
	stray  int64
}

// A piece is a cross reference with its trailer, or the object of an entry,
// which has no end until it is read.
type piece struct {
	Span
	ref Ref
}

// Stray returns the highest offset, from start to the end of the file, of
// something that a program which repairs files can read in another way, or -1.
// That is bytes that belong to no object, cross reference or comment, and an
// object that is not where its entry says, that begins in another one, or
// instead of which an earlier one is in use. An update that appends only
// objects that are in use and cross references has none. The errors are
// *[LimitError] and those of the reader, wrapped.
func (f *File) Stray(start int64) (int64, error) {
	l := &layout{f: f, start: start, stray: -1}
	for _, s := range f.sections {
		for ; s != nil; s = s.hidden {
			if err := l.section(s); err != nil {
				return -1, err
			}
		}
	}
	err := l.walk()
	return l.stray, err
}

// section adds a section that ends after start, with its objects.
func (l *layout) section(s *section) error {
	if s.span.End <= l.start {
		return nil
	}
	l.pieces = append(l.pieces, piece{Span: s.span})
	for _, r := range s.subsections {
		for number := r.first; number < r.first+r.count; number++ {
			u, _, err := l.f.entry(s, number)
			if err != nil {
				return err
			}
			if u.Free || u.Container != 0 || u.Offset < max(l.start, 1) {
				continue
			}
			if l.pieces = append(l.pieces, piece{Span{Start: u.Offset}, Ref{number, u.Generation}}); len(l.pieces) > maxPieces {
				return &LimitError{"objects of updates"}
			}
		}
	}
	return nil
}

// walk reads the pieces, and looks at what is between them. A piece that begins
// in another one is not read, so that no byte is read many times.
func (l *layout) walk() error {
	slices.SortFunc(l.pieces, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(a.ref.Number, b.ref.Number))
	})
	at := l.start
	var last, section Span // the last ones
	for _, p := range slices.Compact(l.pieces) {
		switch {
		case p.Start < at:
			if p.Start != section.Start && p.Span != last { // else a cross-reference stream, or its entry
				l.stray = max(l.stray, p.Start)
			}
			continue
		case p.End != 0:
			section = p.Span
		default:
			span, err := l.object(p)
			if errors.As(err, new(*BrokenError)) || errors.As(err, new(*FilterError)) {
				l.stray = max(l.stray, p.Start)
				continue
			}
			if err != nil {
				return err
			}
			p.Span = span
		}
		if err := l.gap(at, p.Start); err != nil {
			return err
		}
		at, last = p.End, p.Span
	}
	return l.gap(at, l.f.size)
}

// object reads an object, with those in it if it is an object stream.
func (l *layout) object(p piece) (Span, error) {
	o, err := l.f.indirect(p.Start, l.f.length)
	if err != nil {
		return Span{}, err
	}
	if o.Ref != p.ref {
		return Span{}, &BrokenError{p.Start, "another object than the cross reference says"}
	}
	if err := l.current(p.ref.Number, p.Start); err != nil || !isObjectStream(o.Value) {
		return o.Span, err
	}
	c, err := l.f.readContainer(o)
	if err != nil {
		return Span{}, err
	}
	for _, m := range c.objects {
		if err := l.current(int(m.number), p.Start); err != nil {
			return Span{}, err
		}
	}
	return o.Span, nil
}

func isObjectStream(o Object) bool {
	s, ok := o.(*Stream)
	return ok && s.Get("Type") == Name("ObjStm")
}

// current returns an error for an object that was found at offset, or in an
// object stream there, if the one in use under its number lies before offset,
// or if no entry has the number. A free number is not an error.
func (l *layout) current(number int, offset int64) error {
	u, ok, err := l.f.find(number)
	if err == nil && ok && u.Container != 0 {
		u, ok, err = l.f.find(u.Container)
	}
	switch {
	case err != nil:
		return err
	case ok && u.Free:
		u.Offset = math.MaxInt64
	case !ok:
		u.Offset = -1
	}
	if o := u.Offset; o < offset {
		return &BrokenError{offset, "an object instead of which an earlier one is in use"}
	}
	return nil
}

// gap looks at the bytes from one offset to another. All but white space,
// comments and "startxref" with its number is stray.
func (l *layout) gap(from, to int64) error {
	if from >= to {
		return nil
	}
	lex := l.f.lexer(from)
	lex.end = to
	steps := lex.steps
	for lex.space(); lex.peek() >= 0; lex.space() {
		at, n := lex.pos, 0
		for ; n < len(startxref) && lex.peek() == int(startxref[n]); n++ {
			lex.skip()
		}
		if n < len(startxref) {
			l.stray, lex.pos = max(l.stray, at), at
			lex.skip()
			continue
		}
		for lex.blank(); isDigit(lex.peek()); {
			lex.skip()
		}
	}
	return l.f.charge(lex, steps)
}
