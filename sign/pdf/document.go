package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"natsuin/sign/pdf/syntax"
)

// A Document is a PDF that [Open] has read and not refused. It is not safe for
// concurrent use.
type Document struct {
	r    io.ReaderAt
	size int64
	file *syntax.File

	catalog dict
	form    form
	certify int // P of the certification, or 0
	locks   []lock
	granted int  // transforms and names in locks that were read
	pdfa1   bool // set by Plan
}

// A dict is a dictionary, and the indirect object whose value it is or that
// contains it.
type dict struct {
	*syntax.Dict
	in *syntax.Indirect
}

// A Warning is something about a PDF that the signer should know.
type Warning string

// The warnings.
const (
	// WarningUsageRights means that the file carries usage rights of Acrobat
	// (/UR3 or /UR in /Perms), which any change invalidates.
	WarningUsageRights Warning = "usage-rights"
	// WarningTagged means that the file is tagged for screen readers: a visible
	// mark is not part of its structure.
	WarningTagged Warning = "tagged"
)

// Open reads the structure of the size bytes of r, and refuses what cannot be
// signed whatever the options. r must stay readable until [Document.Plan] has
// returned. Errors: [*RefusedError]; those of r, wrapped.
func Open(r io.ReaderAt, size int64) (*Document, error) {
	if err := readHeader(r); err != nil {
		return nil, err
	}
	file, err := syntax.Open(r, size)
	if err != nil {
		return nil, refusal(err)
	}
	for _, section := range file.Sections() {
		// Readers disagree on an /Encrypt of null, which means none: some
		// refuse it.
		if file.Encrypted() || section.Trailer.Entry("Encrypt") != nil {
			return nil, refuse(ReasonEncrypted, "a trailer has /Encrypt")
		}
	}
	d := &Document{r: r, size: size, file: file}
	root, ok := file.Trailer().Get("Root").(syntax.Ref)
	if !ok {
		return nil, refuse(ReasonBroken, "/Root is not a reference")
	}
	if d.catalog, err = d.dictionary(dict{}, root); err != nil {
		return nil, err
	}
	if d.catalog.Dict == nil {
		return nil, refuse(ReasonBroken, "there is no catalog")
	}
	if err := d.readForm(); err != nil {
		return nil, err
	}
	if err := d.readPermissions(); err != nil {
		return nil, err
	}
	return d, nil
}

// readHeader requires the header at the first byte (ISO 32000-1 §7.5.2). Some
// readers accept it anywhere in the first 1,024 bytes, and count offsets from
// there.
func readHeader(r io.ReaderAt) error {
	const header = "%PDF-"
	start := make([]byte, len(header))
	if n, err := r.ReadAt(start, 0); n < len(start) && err != io.EOF {
		return fmt.Errorf("read: pdf: %w", err)
	}
	if string(start) != header {
		return refuse(ReasonHeader, "%s is not at the first byte", header)
	}
	return nil
}

// Signatures returns how many signatures the fields of the file hold. Document
// time stamps do not count.
func (d *Document) Signatures() int {
	n := 0
	for _, f := range d.form.signatures {
		if f.signed && f.value.Get("SubFilter") != syntax.Name(ETSIRFC3161) {
			n++
		}
	}
	return n
}

// signed returns how many fields are signed, by signers or by authorities.
func (d *Document) signed() int {
	n := 0
	for _, f := range d.form.signatures {
		if f.signed {
			n++
		}
	}
	return n
}

// IsOriginalOf reports whether the size bytes of r are those of the document and
// one more incremental update. It returns false for what cannot be read.
func (d *Document) IsOriginalOf(r io.ReaderAt, size int64) bool {
	other, err := syntax.Open(r, size)
	if err != nil || len(other.Sections()) != len(d.file.Sections())+1 {
		return false
	}
	for a, b, at := make([]byte, 64<<10), make([]byte, 64<<10), int64(0); at < d.size; at += int64(len(a)) {
		n := min(int64(len(a)), d.size-at)
		if readFull(d.r, a[:n], at) != nil || readFull(r, b[:n], at) != nil || !bytes.Equal(a[:n], b[:n]) {
			return false
		}
	}
	return true
}

// readFull fills b from offset at.
func readFull(r io.ReaderAt, b []byte, at int64) error {
	_, err := io.ReadFull(io.NewSectionReader(r, at, int64(len(b))), b)
	return err
}

// Warnings returns what the signer should know, in a fixed order.
func (d *Document) Warnings() []Warning {
	var all []Warning
	// An entry that cannot be read was refused by Open, or gives no warning.
	if perms, err := d.dictionary(d.catalog, d.catalog.Get("Perms")); err == nil {
		if perms.Get("UR3") != nil || perms.Get("UR") != nil {
			all = append(all, WarningUsageRights)
		}
	}
	if info, err := d.dictionary(d.catalog, d.catalog.Get("MarkInfo")); err == nil {
		if marked, err := d.value(info.Get("Marked")); err == nil && marked == true {
			all = append(all, WarningTagged)
		}
	}
	return all
}

// maxChain bounds references to references.
const maxChain = 16

// follow returns the value that o, found in the object in, stands for, and the
// object that holds that value.
func (d *Document) follow(in *syntax.Indirect, o syntax.Object) (*syntax.Indirect, syntax.Object, error) {
	for range maxChain {
		ref, ok := o.(syntax.Ref)
		if !ok {
			return in, o, nil
		}
		next, err := d.file.Object(ref)
		if err != nil {
			return nil, nil, refusal(err)
		}
		in, o = next, next.Value
	}
	return nil, nil, refuse(ReasonBroken, "a chain of references does not end")
}

// value returns the value that o stands for.
func (d *Document) value(o syntax.Object) (syntax.Object, error) {
	_, v, err := d.follow(nil, o)
	return v, err
}

// dictionary returns the dictionary that o, found in the dictionary parent,
// stands for. Its Dict is nil if o is null.
func (d *Document) dictionary(parent dict, o syntax.Object) (dict, error) {
	in, v, err := d.follow(parent.in, o)
	if err != nil || v == nil {
		return dict{}, err
	}
	found, ok := v.(*syntax.Dict)
	if !ok {
		return dict{}, refuse(ReasonBroken, "%T instead of a dictionary", v)
	}
	return dict{found, in}, nil
}

// array returns the array that o stands for, or nil if o is null.
func (d *Document) array(parent dict, o syntax.Object) (syntax.Array, *syntax.Indirect, error) {
	in, v, err := d.follow(parent.in, o)
	if err != nil || v == nil {
		return nil, nil, err
	}
	found, ok := v.(syntax.Array)
	if !ok {
		return nil, nil, refuse(ReasonBroken, "%T instead of an array", v)
	}
	return found, in, nil
}

// isUnreadable reports whether err means an unknown filter or broken data. A
// caller that can do without the data ignores such an error.
func isUnreadable(err error) bool {
	var filter *syntax.FilterError
	var broken *syntax.BrokenError
	return errors.As(err, &filter) || errors.As(err, &broken)
}
