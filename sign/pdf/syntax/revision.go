package syntax

import (
	"bytes"
	"cmp"
	"slices"
)

const startxref = "startxref"

// scanSize bounds how far after a section its "startxref" is looked for.
const scanSize = 64 << 10

// An ending is a "startxref", its number, and "%%EOF".
type ending struct {
	start int64 // of "startxref"
	xref  int64
	eof   int64 // after "%%EOF"
	end   int64 // after the line end, if there is one
}

// ending reads the ending at offset (ISO 32000-1 §7.5.5).
func (f *File) ending(offset int64) (ending, error) {
	l := f.lexer(offset)
	steps := l.steps
	if l.pos--; isRegular(l.next()) {
		l.fail("no startxref")
	}
	l.keyword(startxref)
	l.blank()
	e := ending{start: offset, xref: l.unsigned(1 << 62)}
	if !isSpace(l.peek()) {
		l.fail("no white space after startxref")
	}
	l.blank()
	for _, want := range []byte("%%EOF") {
		if l.next() != int(want) {
			l.fail("no %%EOF after startxref")
		}
	}
	e.eof = l.pos
	l.lineEnd()
	e.end = l.pos
	return e, f.charge(l, steps)
}

// Revisions returns the revisions that f holds, oldest first: those whose
// "startxref" names one of the sections. The first-page section of a
// linearised file is followed by one that names none; its revision ends after
// the main section. An end farther than 64 KiB after its section is not found,
// except for that of f itself.
func (f *File) Revisions() ([]Revision, error) {
	index := map[int64]int{}   // of a section by its offset
	reach := map[int64]int64{} // by the same offset, the end of the section and all older ones
	for i, end := len(f.sections)-1, int64(0); i >= 0; i-- {
		s := f.sections[i]
		end = max(end, s.end)
		index[s.Offset], reach[s.Offset] = i, end
	}
	var revisions []Revision
	add := func(e ending) bool {
		i, ok := index[e.xref]
		if !ok || reach[e.xref] > e.start {
			return false
		}
		revisions = append(revisions, Revision{Section: i, EOF: e.eof, End: e.end})
		return true
	}
	add(f.last)
	for _, s := range f.sections {
		if err := f.scan(s.end, add); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(revisions, func(a, b Revision) int { return cmp.Compare(a.EOF, b.EOF) })
	return slices.Compact(revisions), nil
}

// scan calls found for each ending that begins less than scanSize bytes after
// offset, until found returns true.
func (f *File) scan(offset int64, found func(ending) bool) error {
	var chunk [1 << 10]byte
	for limit := min(offset+scanSize, f.size); offset < limit; {
		b := chunk[:min(int64(len(chunk)), limit-offset)]
		if err := f.spend(int64(len(b))); err != nil {
			return err
		}
		if err := f.copyAt(b, offset); err != nil {
			return err
		}
		at := bytes.Index(b, []byte(startxref))
		if at < 0 {
			offset += int64(max(1, len(b)-len(startxref)+1))
			continue
		}
		offset += int64(at)
		e, err := f.ending(offset)
		if _, broken := err.(*BrokenError); err != nil && !broken || err == nil && found(e) {
			return err
		}
		offset++
	}
	return nil
}
