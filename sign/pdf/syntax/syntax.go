// Package syntax reads the objects, cross references and revisions of PDF files,
// with the file position of each.
//
// It never repairs: a file that needs repair is refused. It writes nothing,
// decrypts nothing, and does not interpret pages, fonts or signatures.
//
// The standard is ISO 32000-1 clause 7; ISO 32000-2 where it says so.
package syntax

import "io"

// Limits of what is read. A file that exceeds one is refused.
const (
	MaxDepth    = 64        // nested arrays and dictionaries
	MaxNumber   = 8_388_607 // object number (ISO 32000-1 Annex C)
	MaxDecoded  = 16 << 20  // bytes of a decoded stream
	MaxSections = 1024      // cross-reference sections
)

// A Kind is a kind of cross-reference section.
type Kind uint8

// The kinds of cross-reference sections (ISO 32000-1 §7.5.4, §7.5.8).
const (
	Table      Kind = iota // a table with a trailer
	XRefStream             // a cross-reference stream
	Hybrid                 // a table whose trailer has /XRefStm
)

// A Section is a cross-reference section with its trailer.
type Section struct {
	Kind    Kind
	Offset  int64 // of "xref", or of the stream object
	Trailer *Dict // of a stream: the stream's dictionary
}

// A Use says where an object is, as a cross-reference entry does.
type Use struct {
	Free       bool
	Generation int
	Offset     int64 // of the object, if it is not in an object stream
	Container  int   // number of the object stream, or 0
	Index      int   // within the object stream
	Section    int   // index in [File.Sections]
}

// An Indirect is an indirect object.
type Indirect struct {
	Ref   Ref
	Value Object
	// Span is from the object number to after "endobj"; for an object from an
	// object stream, that of the value in the decoded stream.
	Span      Span
	Container int // number of the object stream, or 0
}

// A Revision is the state of a file after one of its updates.
type Revision struct {
	Section int   // index in [File.Sections] of the newest section
	EOF     int64 // offset after "%%EOF"
	End     int64 // EOF, and one line end if there is one
}

// A File is an open PDF file. It reads on demand, and is not safe for
// concurrent use.
type File struct {
	// unexported
	r    io.ReaderAt
	size int64
}

// Open reads the structure of the size bytes of r: header, cross references and
// trailers. Errors: *BrokenError, *LimitError, those of r, wrapped. An encrypted
// file can be opened; see [File.Encrypted].
func Open(r io.ReaderAt, size int64) (*File, error) { panic("not built yet") }

// Prefix returns the file as it was when it ended at end, a [Revision.End]. It
// shares the budget of work with f.
func (f *File) Prefix(end int64) (*File, error) { panic("not built yet") }

// Size returns the length of the file in bytes.
func (f *File) Size() int64 { return f.size }

// Sections returns the cross-reference sections, newest first.
func (f *File) Sections() []Section { panic("not built yet") }

// StartXref returns the number after the last "startxref".
func (f *File) StartXref() int64 { panic("not built yet") }

// Trailer returns the trailer of the newest section.
func (f *File) Trailer() *Dict { panic("not built yet") }

// Encrypted reports whether a trailer has /Encrypt.
func (f *File) Encrypted() bool { panic("not built yet") }

// Revisions returns the revisions that f holds, oldest first: those whose
// "startxref" names one of the sections.
func (f *File) Revisions() ([]Revision, error) { panic("not built yet") }

// Find returns the cross-reference entry of an object number, and whether there
// is one.
func (f *File) Find(number int) (Use, bool) { panic("not built yet") }

// Uses calls yield for the entry of each object number in ascending order, until
// it returns false.
func (f *File) Uses(yield func(number int, u Use) bool) { panic("not built yet") }

// Highest returns the highest object number that any section has in use, or
// /Size - 1 if that is higher.
func (f *File) Highest() int { panic("not built yet") }

// Object reads an indirect object. An object that is free or not in the file is
// null (ISO 32000-1 §7.3.10): the result then has a nil Value.
func (f *File) Object(ref Ref) (*Indirect, error) { panic("not built yet") }

// Resolve returns o, or the object it refers to.
func (f *File) Resolve(o Object) (Object, error) { panic("not built yet") }

// Raw returns the bytes of span: of the file, or, if container is not 0, of that
// decoded object stream.
func (f *File) Raw(container int, span Span) ([]byte, error) { panic("not built yet") }

// Decode returns the decoded data of a stream: FlateDecode with predictors,
// ASCIIHexDecode and ASCII85Decode, or no filter. Errors: *BrokenError,
// *LimitError, *FilterError for another filter.
func (f *File) Decode(s *Stream) ([]byte, error) { panic("not built yet") }
