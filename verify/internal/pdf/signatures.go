package pdf

import (
	"errors"
	"io"
	"strconv"

	"natsuin/sign/pdf/syntax"
)

// The values of /SubFilter (ISO 32000-1 §12.8.3, ISO 32000-2 §12.8.3.4,
// §12.8.5).
const (
	PKCS7    = "adbe.pkcs7.detached"
	CAdES    = "ETSI.CAdES.detached"
	RFC3161  = "ETSI.RFC3161"
	PKCS7SHA = "adbe.pkcs7.sha1"
	X509RSA  = "adbe.x509.rsa_sha1"
)

// A Signature is the value of a signature field, as in the revision that was
// signed. If that was not found, it is as in the first revision that has it.
type Signature struct {
	// Fields are the full names of the fields that have it.
	Fields []string
	// Dict is the signature dictionary.
	Dict *syntax.Dict
	// ref is the number of the dictionary, or 0 if it is a direct object. field
	// is the number of the first field that has it.
	ref   syntax.Ref
	field int
	// first is the index of the first revision that has it.
	first int

	// Contents is the value of /Contents, or nil if that is not a string.
	Contents []byte
	// ByteRange, Ended and Dictionary say what is wrong with the range, with
	// the end of the revision, and with the dictionary in later revisions. They
	// are "" if nothing is.
	ByteRange, Ended, Dictionary Reason
	// Hole is the gap in the range. End is the offset of the end of the range.
	// Both are 0 if unknown.
	Hole syntax.Span
	End  int64
	// Revision is the index of the revision that ends at End, or -1.
	Revision int
	// Rules are those of the signer about later changes.
	Rules []Rule
	// signed is the revision that was signed, or nil if it cannot be read.
	signed *syntax.File
}

// SubFilter returns /SubFilter, or "".
func (s *Signature) SubFilter() string {
	n, _ := s.Dict.Get("SubFilter").(syntax.Name)
	return string(n)
}

// IsTimestamp reports whether the signature is a document time stamp.
func (s *Signature) IsTimestamp() bool { return s.SubFilter() == RFC3161 }

// discover finds the signatures of all revisions, and examines each.
func (f *File) discover() error {
	known := make(map[string]*Signature)
	ends := make([]int64, 0, len(f.Revisions)+1)
	for _, r := range f.Revisions {
		ends = append(ends, r.End)
	}
	if f.Tail() {
		ends = append(ends, f.Size())
	}
	for i, end := range ends {
		p, err := f.prefix(end)
		if err != nil {
			return err
		}
		fields, err := readForm(p)
		if err != nil {
			return err
		}
		for _, n := range fields.nodes {
			if err := f.register(p, n, i, known); err != nil {
				return err
			}
		}
	}
	for _, s := range f.Signatures {
		if err := f.examine(s); err != nil {
			return err
		}
	}
	return nil
}

// register records the signature of a node, if it has one.
func (f *File) register(p *syntax.File, n *node, revision int, known map[string]*Signature) error {
	if !n.own {
		return nil
	}
	d, err := dict(p, n.value)
	if err != nil || d == nil || n.kind != "Sig" && d.Get("ByteRange") == nil {
		return err
	}
	ref, _ := n.value.(syntax.Ref)
	key := strconv.Itoa(ref.Number)
	if ref.Number == 0 {
		key = "in field " + strconv.Itoa(n.ref.Number) + " " + n.name
	}
	s := known[key]
	if s == nil {
		if f.signed += d.Span.End - d.Span.Start; len(f.Signatures) == maxSignatures || f.signed > maxSigned {
			return &syntax.LimitError{What: "signatures"}
		}
		s = &Signature{Dict: d, ref: ref, field: n.ref.Number, first: revision, Revision: -1}
		known[key] = s
		f.Signatures = append(f.Signatures, s)
	}
	for _, name := range s.Fields {
		if name == n.name {
			return nil
		}
	}
	s.Fields = append(s.Fields, n.name)
	return nil
}

// examine checks the entries of the dictionary about the place of the
// signature.
func (f *File) examine(s *Signature) error {
	defer func() {
		contents, _ := s.Dict.Get("Contents").(syntax.String)
		s.Contents = contents
	}()
	a, b, end, reason := f.byteRange(s.Dict)
	if s.ByteRange = reason; reason != "" {
		return nil
	}
	s.Hole, s.End = syntax.Span{Start: a, End: b}, end
	if err := f.findRevision(s); err != nil {
		return err
	}
	if err := f.checkHole(s); err != nil {
		return err
	}
	if s.signed == nil {
		return nil
	}
	return f.checkDictionary(s)
}

// byteRange reads a /ByteRange: [0 a b c], with the hole from a to b and the
// end b+c.
func (f *File) byteRange(d *syntax.Dict) (a, b, end int64, no Reason) {
	if d.Get("ByteRange") == nil {
		return 0, 0, 0, ByteRangeMissing
	}
	list, ok := d.Get("ByteRange").(syntax.Array)
	if !ok || len(list) != 4 {
		return 0, 0, 0, ByteRangeBad
	}
	var n [4]int64
	for i, e := range list {
		v, ok := e.Value.(syntax.Integer)
		if !ok || v < 0 || int64(v) > f.Size() {
			return 0, 0, 0, ByteRangeBad
		}
		n[i] = int64(v)
	}
	a, b, end = n[1], n[2], n[2]+n[3]
	if n[0] != 0 || a == 0 || a >= b || end > f.Size() {
		return 0, 0, 0, ByteRangeBad
	}
	return a, b, end, ""
}

// findRevision finds the revision that ends where the range does, and the
// signature in it.
func (f *File) findRevision(s *Signature) error {
	s.Ended = NoRevision
	s.Revision = f.revisionAt(s.End)
	p, err := f.prefix(s.End)
	if errors.As(err, new(*syntax.BrokenError)) {
		return nil
	}
	if err != nil {
		return err
	}
	if s.Revision < 0 { // the range may end a chain of revisions of its own
		own, err := p.Revisions()
		if err != nil {
			return err
		}
		if n := len(own); n == 0 || own[n-1].End < s.End {
			return nil
		}
	}
	s.Ended = RevisionDiffers
	fields, err := readForm(p)
	if errors.As(err, new(*syntax.BrokenError)) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, n := range fields.nodes {
		ref, _ := n.value.(syntax.Ref)
		if !n.own || ref != s.ref || ref.Number == 0 && n.ref.Number != s.field {
			continue
		}
		d, err := dict(p, n.value)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		s.Ended, s.signed, s.Dict = "", p, d
		s.Rules, err = rules(p, d, n)
		return err
	}
	return nil
}

// Covered returns the bytes that the signature covers. s.End must be known.
func (f *File) Covered(s *Signature) io.Reader {
	return io.MultiReader(io.NewSectionReader(f.r, 0, s.Hole.Start), io.NewSectionReader(f.r, s.Hole.End, s.End-s.Hole.End))
}

// WholeFile reports whether the revision that was signed is the whole file.
func (f *File) WholeFile(s *Signature) bool { return s.End == f.Size() }
