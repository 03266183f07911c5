package syntax

import (
	"bytes"
	"maps"
	"slices"
)

// maxNested bounds a chain of objects each of which is needed to read the one
// before it: the object stream that contains an object, the length of that
// stream, and so on.
const maxNested = 16

// lexer returns a lexer that begins at pos of the file.
func (f *File) lexer(pos int64) *lexer {
	l := newLexer(pos, f.size)
	l.load = f.at
	return l
}

// charge spends the bytes that l has read since l.steps was steps. The error is
// that of l, or a *[LimitError].
func (f *File) charge(l *lexer, steps int64) error {
	err := f.spend(steps - l.steps)
	if l.err != nil {
		return l.err
	}
	return err
}

// Object reads an indirect object. An object that is free, not in the file, or
// in use with another generation is null (ISO 32000-1 §7.3.10). The result then
// has a nil Value. Errors: *[BrokenError], *[LimitError], *[FilterError] of an
// object stream, those of the reader, wrapped.
func (f *File) Object(ref Ref) (*Indirect, error) {
	if f.err != nil {
		return nil, f.err
	}
	if f.nested++; f.nested > maxNested {
		f.nested--
		return nil, &BrokenError{-1, "an object that needs itself to be read"}
	}
	defer func() { f.nested-- }()
	u, ok, err := f.find(ref.Number)
	if err != nil {
		return nil, err
	}
	switch {
	case !ok || u.Free:
		return &Indirect{Ref: ref}, nil
	case u.Generation != ref.Generation:
		return &Indirect{Ref: ref}, f.misread(ref.Number)
	case ref.Number == 0: // always free (ISO 32000-1 §7.5.4)
		return nil, &BrokenError{u.Offset, "object 0 in use"}
	}
	if u.Container != 0 {
		return f.inner(ref, u)
	}
	o, err := f.objectAt(u.Offset)
	if err != nil {
		return nil, err
	}
	if o.Ref != ref {
		return nil, &BrokenError{u.Offset, "another object than the cross reference says"}
	}
	return o, nil
}

// objectAt reads the object at an offset, or takes it from those that are kept.
func (f *File) objectAt(offset int64) (*Indirect, error) {
	if o, cost := f.long.at(offset, f.size); o != nil {
		return o, f.spend(cost)
	}
	before := f.work
	o, err := f.indirect(offset, f.length)
	if err == nil {
		f.long.keep(o, before-f.work)
	}
	return o, err
}

// misread records an object that was read as null because of its generation.
func (f *File) misread(number int) error {
	const most = 10_000
	if f.misreads == nil {
		f.misreads = map[int]bool{}
	}
	if f.misreads[number] = true; len(f.misreads) > most {
		return &LimitError{"references to other generations"}
	}
	return nil
}

// Misread calls yield for the number of each object in use that was asked for
// with another generation until now, in ascending order. Programs that ignore
// generations read such an object.
func (f *File) Misread(yield func(number int) bool) {
	for _, number := range slices.Sorted(maps.Keys(f.misreads)) {
		if !yield(number) {
			return
		}
	}
}

// Resolve returns o, or the object it refers to.
func (f *File) Resolve(o Object) (Object, error) {
	const hops = 16 // a reference may refer to a reference
	for range hops {
		ref, ok := o.(Ref)
		if !ok {
			return o, nil
		}
		i, err := f.Object(ref)
		if err != nil {
			return nil, err
		}
		o = i.Value
	}
	return nil, &BrokenError{-1, "references in a circle"}
}

// length returns the value of a stream's /Length.
func (f *File) length(o Object) (int64, error) {
	o, err := f.Resolve(o)
	if err != nil {
		return 0, err
	}
	return directLength(o)
}

func directLength(o Object) (int64, error) {
	if n, ok := o.(Integer); ok && n >= 0 {
		return int64(n), nil
	}
	return 0, &BrokenError{-1, "stream without length"}
}

// indirect reads the indirect object at offset. length returns the value of a
// stream's /Length.
func (f *File) indirect(offset int64, length func(Object) (int64, error)) (*Indirect, error) {
	if offset < 0 || offset >= f.size {
		return nil, &BrokenError{offset, "object outside the file"}
	}
	l := f.lexer(offset)
	steps := l.steps
	l.blank() // Acrobat counts white space before an object as part of it
	i := &Indirect{Span: Span{Start: l.pos}}
	i.Ref.Number = int(l.unsigned(MaxNumber))
	l.blank()
	i.Ref.Generation = int(l.unsigned(maxGeneration))
	l.keyword("obj")
	i.Body = l.pos
	i.Value, _ = l.object(0)
	l.space()
	after := l.pos
	word := l.word()
	if err := f.charge(l, steps+objectWork); err != nil {
		return nil, err
	}
	steps = l.steps
	if d, ok := i.Value.(*Dict); ok && word == "stream" {
		s, err := f.stream(l, d, length)
		if err != nil {
			return nil, err
		}
		i.Value = s
	} else {
		l.pos = after
	}
	l.keyword("endobj")
	i.Span.End = l.pos
	return i, f.charge(l, steps)
}

// stream returns the stream whose dictionary is d, and leaves l, which has just
// passed "stream", after "endstream".
func (f *File) stream(l *lexer, d *Dict, length func(Object) (int64, error)) (*Stream, error) {
	if l.peek() == '\r' {
		l.skip()
	}
	if l.next() != '\n' {
		l.fail("no line end after stream")
		return nil, l.err
	}
	s := &Stream{Dict: d, Start: l.pos}
	n, err := length(d.Get("Length"))
	if err != nil {
		return nil, err
	}
	if n > f.size-s.Start {
		return nil, &BrokenError{s.Start, "stream outside the file"}
	}
	s.Length = n
	l.pos += n
	l.blank()
	if l.word() != "endstream" {
		l.pos = s.Start + n
		l.fail("no endstream after the length of a stream")
	}
	return s, l.err
}

// Raw returns the bytes of span, at most [MaxDecoded]: of the file, or, if
// container is not 0, of that decoded object stream.
func (f *File) Raw(container int, span Span) ([]byte, error) {
	size := f.size
	var inner []byte
	if container != 0 {
		c, err := f.container(container)
		if err != nil {
			return nil, err
		}
		inner, size = c.data, int64(len(c.data))
	}
	n := span.End - span.Start
	switch {
	case span.Start < 0 || n < 0 || span.End > size:
		return nil, &BrokenError{span.Start, "bytes outside the file"}
	case n > MaxDecoded:
		return nil, &LimitError{"raw bytes"}
	}
	if err := f.spend(n); err != nil {
		return nil, err
	}
	if container != 0 {
		return bytes.Clone(inner[span.Start:span.End]), nil
	}
	b := make([]byte, n)
	return b, readFull(f.shared.r, b, span.Start)
}
