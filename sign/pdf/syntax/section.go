package syntax

import (
	"cmp"
	"slices"
	"sort"
)

const (
	maxGeneration  = 65535
	maxTrailers    = 4 << 20  // bytes of all trailers
	maxRows        = 32 << 20 // bytes of all decoded cross-reference streams
	maxSubsections = 1 << 20  // of all sections
	entrySize      = 20       // bytes of an entry of a table
)

// A section is a [Section] with what is needed to look entries up.
type section struct {
	Section
	subsections []subsection // ascending, none empty, none overlapping
	rows        []byte       // of a stream, decoded; nil for a table
	width       [3]int       // of the fields of a row
	span        Span         // to after the trailer, or of the stream object
	end         int64        // offset after span, and after that of hidden
	highest     int          // object number in use, or /Size - 1 if greater
	hidden      *section     // the stream of /XRefStm
}

// A subsection has the entries of count objects from number first on.
type subsection struct {
	first, count int
	at           int64 // of the first entry: in the file, or in rows
}

// section returns the section at offset, which lies within f.
func (f *File) section(offset int64) (*section, error) {
	s := f.known[offset]
	if s == nil {
		var err error
		if s, err = f.readSection(offset); err != nil {
			return nil, err
		}
		f.known[offset] = s
	}
	if s.end > f.size {
		return nil, &BrokenError{offset, "cross reference outside the file"}
	}
	return s, nil
}

func (f *File) readSection(offset int64) (*section, error) {
	if offset <= 0 || offset >= f.size {
		return nil, &BrokenError{offset, "cross reference outside the file"}
	}
	l := f.lexer(offset)
	l.blank()
	if isDigit(l.peek()) {
		return f.xrefStream(offset)
	}
	s, err := f.table(l, offset)
	if err != nil {
		return nil, err
	}
	if o := s.Trailer.Get("XRefStm"); o != nil {
		at, ok := o.(Integer)
		if !ok || at <= 0 || int64(at) >= f.size {
			return nil, &BrokenError{offset, "malformed XRefStm"}
		}
		s.Kind = Hybrid
		if s.hidden, err = f.xrefStream(int64(at)); err != nil {
			return nil, err
		}
		s.end = max(s.end, s.hidden.end)
	}
	return s, nil
}

// settle sorts the subsections of a section that has been read, and makes the
// checks that both kinds need.
func (f *File) settle(s *section) error {
	if f.trailers += s.Trailer.Span.End - s.Trailer.Span.Start; f.trailers > maxTrailers {
		return &LimitError{"bytes of trailers"}
	}
	size, ok := s.Trailer.Get("Size").(Integer)
	switch {
	case !ok || size < 0:
		return &BrokenError{s.Offset, "trailer without Size"}
	case size > MaxNumber+1:
		return &LimitError{"object numbers"}
	}
	s.highest = max(s.highest, int(size)-1)
	s.subsections = slices.DeleteFunc(s.subsections, func(r subsection) bool { return r.count == 0 })
	slices.SortFunc(s.subsections, func(a, b subsection) int { return cmp.Compare(a.first, b.first) })
	for i := range s.subsections {
		if i > 0 && s.subsections[i-1].first+s.subsections[i-1].count > s.subsections[i].first {
			return &BrokenError{s.Offset, "two entries of an object in one cross reference"}
		}
	}
	return nil
}

// add appends a subsection, whose entries begin at at.
func (f *File) add(s *section, first, count, at int64) error {
	if first > MaxNumber || count > MaxNumber+1-first {
		return &LimitError{"object numbers"}
	}
	if f.subsections++; f.subsections > maxSubsections {
		return &LimitError{"subsections of cross references"}
	}
	s.subsections = append(s.subsections, subsection{int(first), int(count), at})
	return nil
}

// entry returns the entry of an object number, and whether there is one.
func (f *File) entry(s *section, number int) (Use, bool, error) {
	if err := f.spend(sectionWork); err != nil {
		return Use{}, false, err
	}
	i := sort.Search(len(s.subsections), func(i int) bool {
		return s.subsections[i].first+s.subsections[i].count > number
	})
	if i == len(s.subsections) || s.subsections[i].first > number {
		return Use{}, false, nil
	}
	nth := int64(number - s.subsections[i].first)
	if s.rows != nil {
		u, _ := s.row(s.subsections[i].at + nth*int64(s.rowSize()))
		return u, true, nil
	}
	u, err := f.tableEntry(s.subsections[i].at + nth*entrySize)
	return u, true, err
}
