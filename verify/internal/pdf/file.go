// Package pdf finds the signatures in a PDF file, the bytes that each covers,
// and the changes after each.
//
// It does not read messages or certificates and gives no verdict, which is the
// task of package verify. It runs no script, decrypts nothing and interprets no
// page. The budget of package syntax bounds its work on a file.
//
// The standard is ISO 32000-1 §7.5.6, §12.7 and §12.8. docs/verify.md lists the
// later changes and their results.
package pdf

import (
	"errors"
	"io"
	"slices"

	"natsuin/sign/pdf/syntax"
)

// ErrEncrypted is returned for an encrypted file.
var ErrEncrypted = errors.New("pdf: the file is encrypted")

// Limits besides those of package syntax.
const (
	maxSignatures = 64       // signatures and time stamps
	maxName       = 4 << 10  // bytes of the full name of a field
	maxNames      = 8 << 20  // bytes of the names of all fields
	maxNodes      = 100_000  // fields and widgets
	maxSigned     = 32 << 20 // bytes of all signature dictionaries
	maxChanges    = 500      // kept for each signature
	maxDepth      = 64       // of the trees of fields and pages
)

// A File is a PDF file with its signatures. It is not safe for concurrent use.
type File struct {
	*syntax.File
	r io.ReaderAt
	// Revisions are those of the file, oldest first.
	Revisions []syntax.Revision
	prefixes  map[int64]*syntax.File
	// Signatures are those of the form fields of all revisions, document time
	// stamps included, in the order of the revisions in which they appear.
	Signatures []*Signature
	signed     int64 // bytes of their dictionaries
	// stray is the result of lastStray, once it was asked for.
	stray *int64
}

// Open reads the structure of the size bytes of r, and finds the signatures.
// The errors are [ErrEncrypted], those of package syntax and those of r.
func Open(r io.ReaderAt, size int64) (*File, error) {
	read, err := syntax.Open(r, size)
	if err != nil {
		return nil, err
	}
	if read.Encrypted() {
		return nil, ErrEncrypted
	}
	f := &File{File: read, r: r, prefixes: make(map[int64]*syntax.File)}
	if f.Revisions, err = read.Revisions(); err != nil {
		return nil, err
	}
	return f, f.discover()
}

// prefix returns the first end bytes as a file.
func (f *File) prefix(end int64) (*syntax.File, error) {
	if end == f.Size() {
		return f.File, nil
	}
	if p := f.prefixes[end]; p != nil {
		return p, nil
	}
	p, err := f.Prefix(end)
	if err != nil {
		return nil, err
	}
	f.prefixes[end] = p
	return p, nil
}

// lastStray returns [syntax.File.Stray] for what follows the signed revision
// that ends first.
func (f *File) lastStray() (int64, error) {
	if f.stray != nil {
		return *f.stray, nil
	}
	start := f.Size()
	for _, s := range f.Signatures {
		if s.signed != nil {
			start = min(start, s.End)
		}
	}
	stray, err := f.Stray(start)
	if err == nil {
		f.stray = &stray
	}
	return stray, err
}

// revisionAt returns the index of the revision that ends at end, or -1.
func (f *File) revisionAt(end int64) int {
	for i, r := range f.Revisions {
		if r.EOF <= end && end <= r.End {
			return i
		}
	}
	return -1
}

// Tail reports whether bytes that belong to no revision follow the last one.
func (f *File) Tail() bool {
	n := len(f.Revisions)
	return n == 0 || f.Size() > f.Revisions[n-1].End
}

// ReadingsAgree reports whether a program that begins with the first page of a
// linearised file reads the same cross references (ISO 32000-1 Annex F), and
// one that does not read cross-reference streams sees the same objects (ISO
// 32000-1 §7.5.8.4). Objects that such a program has never seen do not count.
func (f *File) ReadingsAgree() (bool, error) {
	first, linearized, err := f.Linearized()
	if err != nil || linearized && first != f.Sections()[0].Offset {
		return false, err
	}
	hybrid := false
	for _, s := range f.Sections() {
		hybrid = hybrid || s.Kind == syntax.Hybrid
	}
	if !hybrid {
		return true, nil
	}
	agree, tables := true, f.Tables()
	var earlier []*syntax.File
	for _, r := range f.Revisions {
		p, err := f.prefix(r.End)
		if err != nil {
			return false, err
		}
		earlier = append(earlier, p.Tables())
	}
	tables.Uses(func(number int, u syntax.Use) bool {
		switch full, ok := f.Find(number); {
		case !u.Free:
			agree = ok && samePlace(u, full)
		case ok && !full.Free: // hidden from such programs, as it must always have been
			agree = !slices.ContainsFunc(earlier, func(p *syntax.File) bool {
				u, ok := p.Find(number)
				err = errors.Join(err, p.Err())
				return ok && !u.Free
			})
		}
		return agree
	})
	return agree, errors.Join(err, f.Err(), tables.Err())
}

func samePlace(a, b syntax.Use) bool {
	return a.Free == b.Free && a.Generation == b.Generation && a.Offset == b.Offset && a.Container == b.Container && a.Index == b.Index
}

// catalog returns the document catalog.
func catalog(f *syntax.File) (*syntax.Dict, error) {
	return dict(f, f.Trailer().Get("Root"))
}

// dict returns the dictionary that o is or refers to, or nil if it is something
// else, such as a stream.
func dict(f *syntax.File, o syntax.Object) (*syntax.Dict, error) {
	o, err := f.Resolve(o)
	d, _ := o.(*syntax.Dict)
	return d, err
}

// entriesOf returns a dictionary, or that of a stream; nil for other objects.
func entriesOf(o syntax.Object) *syntax.Dict {
	switch o := o.(type) {
	case *syntax.Dict:
		return o
	case *syntax.Stream:
		return o.Dict
	}
	return nil
}

// array returns the array that o is or refers to, or nil if it is something
// else.
func array(f *syntax.File, o syntax.Object) (syntax.Array, error) {
	o, err := f.Resolve(o)
	a, _ := o.(syntax.Array)
	return a, err
}
