package syntax

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// maxSpans bounds the objects of which the layout is looked at.
const maxSpans = 1 << 20

// A layout is what the cross references say about the bytes from start on.
type layout struct {
	f     *File
	start int64
	spans []Span // of objects, cross references and trailers
	stray int64
}

// Stray returns the highest offset, from start to the end of the file, at which
// there is something that a program which repairs the file can read otherwise
// than we do, or -1: bytes that belong to no object, cross reference or comment;
// an object that is not where its entry says, that overlaps another one, or
// instead of which an earlier one is in use. Appended updates have no such
// thing. The errors are *[LimitError] and those of the reader, wrapped.
func (f *File) Stray(start int64) (int64, error) {
	l := &layout{f: f, start: start, stray: -1}
	for _, s := range f.sections {
		for ; s != nil; s = s.hidden {
			if err := l.section(s); err != nil {
				return -1, err
			}
		}
	}
	err := l.gaps()
	return l.stray, err
}

// section adds a section that ends after start, with its objects.
func (l *layout) section(s *section) error {
	if s.span.End <= l.start {
		return nil
	}
	if err := l.add(s.span); err != nil {
		return err
	}
	for _, r := range s.subsections {
		for number := r.first; number < r.first+r.count; number++ {
			u, _, err := l.f.entry(s, number)
			if err == nil && !u.Free && u.Container == 0 && u.Offset >= max(l.start, 1) {
				err = l.object(number, u)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *layout) add(s Span) error {
	if l.spans = append(l.spans, s); len(l.spans) > maxSpans {
		return &LimitError{"objects of updates"}
	}
	return nil
}

// object adds the object of an entry, and looks at those in it if it is an
// object stream.
func (l *layout) object(number int, u Use) error {
	o, err := l.f.indirect(u.Offset, l.f.length)
	if err == nil && o.Ref != (Ref{number, u.Generation}) {
		err = &BrokenError{u.Offset, "another object than the cross reference says"}
	}
	if err == nil {
		err = l.current(number, u.Offset)
	}
	if err == nil {
		err = l.add(o.Span)
	}
	if err == nil && isObjectStream(o.Value) {
		var c *container
		if c, err = l.f.readContainer(o); err == nil {
			for _, m := range c.objects {
				if err = l.current(int(m.number), u.Offset); err != nil {
					break
				}
			}
		}
	}
	if errors.As(err, new(*BrokenError)) || errors.As(err, new(*FilterError)) {
		l.stray, err = max(l.stray, u.Offset), nil
	}
	return err
}

func isObjectStream(o Object) bool {
	s, ok := o.(*Stream)
	return ok && s.Get("Type") == Name("ObjStm")
}

// current returns an error if an object that is at offset, or in an object
// stream there, is not the one in use, which is not after it either. One that is
// free is in no use.
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

// gaps looks at what is between the spans.
func (l *layout) gaps() error {
	slices.SortFunc(l.spans, func(a, b Span) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	at := l.start
	for _, s := range slices.Compact(l.spans) {
		if s.Start < at && s.Start >= l.start {
			l.stray = max(l.stray, s.Start)
		}
		if err := l.gap(at, s.Start); err != nil {
			return err
		}
		at = max(at, s.End)
	}
	return l.gap(at, l.f.size)
}

// gap looks at the bytes from one offset to another: white space, comments and
// "startxref" with its number.
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
