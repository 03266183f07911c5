package pdf

import (
	"fmt"
	"strconv"

	"natsuin/sign/pdf/syntax"
)

// Result is the effect of a change on an earlier signature. The zero value is
// Invalid.
type Result uint8

// The results.
const (
	Invalid Result = iota
	Unclear
	Harmless
)

// Kind is a kind of change. Package verify describes them.
type Kind string

// The kinds.
const (
	SignatureAdded   Kind = "signature-added"
	SignatureVisible Kind = "signature-field-visible"
	SignatureOverlap Kind = "signature-field-overlap"
	TimestampAdded   Kind = "timestamp-added"
	SecurityStore    Kind = "security-store"
	EntryAdded       Kind = "entry-added"
	EntryChanged     Kind = "entry-changed"
	Metadata         Kind = "metadata"
	Rewritten        Kind = "rewritten"
	FormFilled       Kind = "form-filled"
	Field            Kind = "field"
	Annotation       Kind = "annotation"
	Encoding         Kind = "encoding"
	Other            Kind = "other"
	SignedField      Kind = "signed-field"
	Content          Kind = "content"
	Pages            Kind = "pages"
	Names            Kind = "names"
	Actions          Kind = "actions"
	Layers           Kind = "layers"
	XFA              Kind = "xfa"
	Permissions      Kind = "permissions"
	Gone             Kind = "gone"
	Trailing         Kind = "trailing-bytes"
)

// results holds the best result of each kind. Kinds that are not listed are
// Invalid.
var results = map[Kind]Result{
	SignatureAdded: Harmless, SignatureVisible: Harmless, TimestampAdded: Harmless, SecurityStore: Harmless,
	EntryAdded: Harmless, Metadata: Harmless, Rewritten: Harmless,
	SignatureOverlap: Unclear, EntryChanged: Unclear, FormFilled: Unclear, Field: Unclear, Annotation: Unclear, Encoding: Unclear, Other: Unclear,
}

// A Change is a difference between a signed revision and the file.
type Change struct {
	Kind   Kind
	Result Result
	// Place is the name of the field, or the path to the object.
	Place string
	// Field is the full name of the field that changed. New reports whether the
	// signed revision lacks it.
	Field string
	New   bool
	// ReadOnly reports whether a field that was filled is read-only or a
	// pushbutton.
	ReadOnly bool
	// Against is the permission that forbids the change, or "".
	Against Permission
	// Page is the number of the page, from 1, or 0 if there is none. Box is a
	// rectangle on it.
	Page int
	Box  [4]float64
}

// A comparison compares the objects that are reachable from the trailers of two
// states of a file.
type comparison struct {
	old, new         *syntax.File
	oldForm, newForm *form
	changes          []Change
	more             bool // there were too many changes
	// typed holds the numbers of pages, fields and annotations, which are
	// compared by rules of their own. A link to such an object counts as
	// unchanged if the number is the same.
	typed bits
	// nodes holds the numbers of pages and nodes of the page tree.
	nodes bits
	// widgets holds the annotations of the pages that have new widgets.
	widgets map[int]syntax.Array
	// seen holds the objects that were compared under the same number, and
	// moved the pairs that were compared under different ones.
	seen bits
	// fixed holds the object streams, and whether they are the same in both.
	fixed map[int]bool
	moved map[[2]syntax.Ref]bool
	// waiting holds the pairs to be compared, by the result of their zones. The
	// worst come first, so that an object in two zones counts in the worse one.
	waiting [3][]pair
	// encoding is the zone in which streams and numbers that are written
	// otherwise were reported, or nil.
	encoding *zone
	// resources holds the numbers of the old form's /DR and of the dictionaries
	// in it, with the number of levels to which entries may be added.
	resources map[int]int
	// replaced holds the appearances that a signature replaced, by number.
	replaced map[int]*node
}

// A zone is a part of a document in which a difference has one meaning. It is
// reported once.
type zone struct {
	Change
	reported bool
}

// pair holds two references that must lead to equal objects.
type pair struct {
	old, new syntax.Ref
	zone     *zone
	key      syntax.Name // the entry of the zone in which it is
	// whole is set if they are to be compared like any other objects, even if
	// they are pages or fields.
	whole bool
}

// Compare returns the differences between the revision that s signed and the
// file, and reports whether there are more than it keeps. s must have been
// found in that revision.
func (f *File) Compare(s *Signature) (changes []Change, more bool, err error) {
	if f.WholeFile(s) {
		return nil, false, nil
	}
	c := &comparison{old: s.signed, new: f.File, moved: make(map[[2]syntax.Ref]bool), fixed: make(map[int]bool), replaced: make(map[int]*node), widgets: make(map[int]syntax.Array)}
	if n := len(f.Revisions); f.Tail() || f.Revisions[n-1].EOF <= s.End {
		c.report(&zone{Change: Change{Kind: Trailing}})
	}
	stray, err := f.lastStray()
	if err != nil {
		return nil, false, err
	}
	if stray >= s.End {
		c.report(zoneOf(Other, "byte "+strconv.FormatInt(stray, 10)))
	}
	if err := c.documents(); err != nil {
		return nil, false, err
	}
	if err := c.drain(); err != nil {
		return nil, false, err
	}
	if err := c.sharedAppearances(); err != nil {
		return nil, false, err
	}
	if err := c.misread(); err != nil {
		return nil, false, err
	}
	if len(c.changes) == 0 {
		c.report(&zone{Change: Change{Kind: Rewritten, Result: Harmless}})
	}
	return c.changes, c.more, nil
}

// equal reports whether an object is the same in two states of the file.
func (f *File) equal(old, new *syntax.File, ref syntax.Ref) (bool, error) {
	c := &comparison{old: old, new: new, moved: make(map[[2]syntax.Ref]bool), fixed: make(map[int]bool)}
	z := &zone{}
	o, err := old.Object(ref)
	if err != nil {
		return false, err
	}
	n, err := new.Object(ref)
	if err != nil {
		return false, err
	}
	c.compare(o.Value, n.Value, z, "")
	err = c.drain()
	return len(c.changes) == 0, err
}

// report adds the change of a zone, once.
func (c *comparison) report(z *zone) {
	if z.reported {
		return
	}
	z.reported = true
	c.add(z.Change)
}

func (c *comparison) add(change Change) {
	if len(c.changes) == maxChanges {
		// A change that is left out must not be worse than those kept.
		last := &c.changes[maxChanges-1]
		if c.more = true; change.Result < last.Result {
			*last = change
		}
		return
	}
	c.changes = append(c.changes, change)
}

// zoneOf returns a zone in which a difference is of that kind.
func zoneOf(kind Kind, place string) *zone {
	return &zone{Change: Change{Kind: kind, Result: results[kind], Place: place}}
}

// bits is a set of object numbers.
type bits []uint64

func (b bits) has(n int) bool { return n/64 < len(b) && b[n/64]&(1<<(n%64)) != 0 }

func (b *bits) add(n int) {
	for n/64 >= len(*b) {
		*b = append(*b, make([]uint64, max(64, n/64+1-len(*b)))...)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

// kindOf returns the type of an object, with its /Type and /Subtype.
func kindOf(o syntax.Object) string {
	d := entriesOf(o)
	kind, _ := d.Get("Type").(syntax.Name)
	subtype, _ := d.Get("Subtype").(syntax.Name)
	return fmt.Sprintf("%T %s %s", o, kind, subtype)
}

// drawn reports whether an object is one that pages show (ISO 32000-1 §8.8).
func drawn(o syntax.Object) bool {
	s, ok := o.(*syntax.Stream)
	return ok && (s.Get("Subtype") == syntax.Name("Form") || s.Get("Subtype") == syntax.Name("Image"))
}
