// Package syntax reads the objects, cross references and revisions of PDF
// files, with the file position of each.
//
// It never repairs: a file that needs repair is refused. It writes nothing,
// decrypts nothing, and does not interpret pages, fonts or signatures.
//
// The standard is ISO 32000-1 clause 7; ISO 32000-2 where it says so.
package syntax

// Limits of what is read. A file that exceeds one is refused.
const (
	MaxDepth    = 64        // nested arrays and dictionaries
	MaxNumber   = 8_388_607 // object number (ISO 32000-1 Annex C)
	MaxDecoded  = 16 << 20  // bytes of a decoded stream
	MaxSections = 1024      // cross-reference sections
	MaxObject   = 16 << 20  // bytes of an indirect object besides stream data
	MaxValues   = 1 << 20   // objects within an indirect object
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
	Offset  int64 // of "xref" or the stream object, or of white space before it
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
	Body      int64 // offset after "obj"; in an object stream, that of the value
	Container int   // number of the object stream, or 0
}

// A Revision is the state of a file after one of its updates.
type Revision struct {
	Section int   // index in [File.Sections] of the newest section
	EOF     int64 // offset after "%%EOF"
	End     int64 // EOF, and one line end if there is one
}
