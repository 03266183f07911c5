package syntax

import (
	"bytes"
	"fmt"
	"io"
)

// tailSize is how near the end of the file the last "startxref" must be.
const tailSize = 1024

// A File is an open PDF file. It reads on demand, and is not safe for
// concurrent use.
type File struct {
	*shared
	size     int64
	sections []*section // newest first
	last     ending
	tables   bool // entries of /XRefStm are left out
	misreads map[int]bool
}

// Open reads the structure of the size bytes of r: header, cross references and
// trailers. Errors: [ErrHeader], *[BrokenError], *[LimitError], *[FilterError]
// of a cross-reference stream, those of r, wrapped. An encrypted file can be
// opened; see [File.Encrypted].
func Open(r io.ReaderAt, size int64) (*File, error) {
	s := &shared{r: r, size: size, work: startWork(size)}
	s.known = map[int64]*section{}
	return s.open(size)
}

// Prefix returns the first end bytes as a file: the file as it was when it
// ended at end, if that is a [Revision.EOF] or [Revision.End]. It shares the
// budget of work with f.
func (f *File) Prefix(end int64) (*File, error) {
	if end < 0 || end > f.size {
		return nil, &BrokenError{end, "prefix longer than the file"}
	}
	p, err := f.open(end)
	if err == nil {
		p.tables = f.tables
	}
	return p, err
}

// Tables returns f as read by a program that knows no cross-reference streams
// (ISO 32000-1 §7.5.8.4): without the entries of any /XRefStm.
func (f *File) Tables() *File {
	tables := *f
	tables.tables = true
	return &tables
}

func (s *shared) open(size int64) (*File, error) {
	f := &File{shared: s, size: size}
	if err := f.header(); err != nil {
		return nil, err
	}
	var err error
	if f.last, err = f.findLast(); err != nil {
		return nil, err
	}
	return f, f.chain()
}

// header checks "%PDF-" and the digits of a version at the beginning.
func (f *File) header() error {
	b := make([]byte, min(f.size, 8))
	if err := f.copyAt(b, 0); err != nil {
		return err
	}
	version, ok := bytes.CutPrefix(b, []byte("%PDF-"))
	if !ok || len(version) < 3 || !isDigit(int(version[0])) || version[1] != '.' || !isDigit(int(version[2])) {
		return ErrHeader
	}
	return nil
}

// findLast finds the last "startxref" and what follows it.
func (f *File) findLast() (ending, error) {
	tail := make([]byte, min(f.size, tailSize))
	start := f.size - int64(len(tail))
	if err := f.copyAt(tail, start); err != nil {
		return ending{}, err
	}
	at := bytes.LastIndex(tail, []byte(startxref))
	if at < 0 {
		return ending{}, &BrokenError{start, "no startxref near the end"}
	}
	return f.ending(start + int64(at))
}

// chain reads the cross references from the last one back.
func (f *File) chain() error {
	seen := map[int64]bool{}
	for offset := f.last.xref; ; {
		if seen[offset] {
			return &BrokenError{offset, "Prev loops"}
		}
		seen[offset] = true
		if len(f.sections) == MaxSections {
			return &LimitError{"cross references"}
		}
		s, err := f.section(offset)
		if err != nil {
			return err
		}
		f.sections = append(f.sections, s)
		switch prev := s.Trailer.Get("Prev").(type) {
		case nil:
			return nil
		case Integer:
			offset = int64(prev)
		default:
			return &BrokenError{offset, fmt.Sprintf("Prev is a %T", prev)}
		}
	}
}

// Size returns the length of the file in bytes.
func (f *File) Size() int64 { return f.size }

// Sections returns the cross-reference sections, newest first.
func (f *File) Sections() []Section {
	all := make([]Section, len(f.sections))
	for i, s := range f.sections {
		all[i] = s.Section
	}
	return all
}

// StartXref returns the number after the last "startxref".
func (f *File) StartXref() int64 { return f.last.xref }

// Trailer returns the trailer of the newest section.
func (f *File) Trailer() *Dict { return f.sections[0].Trailer }

// Encrypted reports whether a trailer has the key /Encrypt, even with the value
// null.
func (f *File) Encrypted() bool {
	for _, s := range f.sections {
		if s.Trailer.Entry("Encrypt") != nil || s.hidden != nil && s.hidden.Trailer.Entry("Encrypt") != nil {
			return true
		}
	}
	return false
}
