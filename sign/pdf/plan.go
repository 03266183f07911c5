package pdf

import (
	"crypto"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"natsuin/sign/pdf/seal"
	"natsuin/sign/pdf/syntax"
)

// A Plan holds the part of an update that does not depend on the signer's
// certificate. [Document.Plan] returns one. Of the document it holds only the
// objects that change, and the trailer.
type Plan struct {
	size      int64
	section   section // without objects
	sub       SubFilter
	room      int // bytes of CMS
	reference string
	allowed   []crypto.Hash // nil for all
	signed    int           // signed fields before this one

	field     string
	fresh     *freshField // nil if a field is filled
	number    int         // of the signature dictionary
	shape     int         // number of the appearance, or 0
	next      int         // first number that is free
	placement *seal.Placement
	flatten   bool // PDF/A-1 has no transparency
	changed   []object

	line   bool // a line end comes between original and update
	hashes map[crypto.Hash]prefix
}

// A freshField is a new field and its widget in one object.
type freshField struct {
	number int
	page   syntax.Ref
}

// Plan chooses the field, the page and the box, and refuses what the options
// make impossible. Errors: [*RefusedError], [*FieldError], [*seal.PageError],
// [*seal.OutsideError], [*seal.OccupiedError], [*seal.GeometryError].
func (d *Document) Plan(o Options) (*Plan, error) {
	if o.SubFilter == "" {
		o.SubFilter = AdbePKCS7Detached
	}
	stamp := o.SubFilter == ETSIRFC3161
	switch {
	case stamp && o != Options{SubFilter: ETSIRFC3161}:
		return nil, errors.New("plan: time stamp: it has a field of its own, and no mark")
	case !stamp && o.SubFilter != AdbePKCS7Detached && o.SubFilter != ETSICAdESDetached:
		return nil, fmt.Errorf("plan: signature: unknown SubFilter %q", o.SubFilter)
	}
	o.Mark = o.Mark || o.Visible != nil
	var err error
	if !stamp {
		if err = d.maySign(); err != nil {
			return nil, err
		}
	}
	if d.pdfa1, err = d.isPDFA1(); err != nil {
		return nil, err
	}
	p := &Plan{size: d.size, sub: o.SubFilter, room: contentsRoom, signed: d.signed(), flatten: d.pdfa1,
		hashes: map[crypto.Hash]prefix{}}
	switch {
	case stamp:
		p.room = timeStampRoom
	case o.TimeStamp:
		p.room += timeStampRoom
	}
	if err := d.planSection(p); err != nil {
		return nil, err
	}
	c := changes{}
	p.number = p.take()
	f, err := d.choose(o.Field)
	if err != nil {
		return nil, err
	}
	if f != nil {
		err = d.fill(p, c, *f, o)
	} else {
		err = d.create(p, c, o)
	}
	if err != nil {
		return nil, err
	}
	if p.next+maxLater > syntax.MaxNumber {
		return nil, refuse(ReasonLimit, "no object numbers are left")
	}
	if p.changed, err = d.render(c); err != nil {
		return nil, err
	}
	total := len(p.section.trailer) + len(p.section.id) + len(p.reference)
	for _, o := range p.changed {
		total += len(o.body)
	}
	if total > maxChanged {
		return nil, refuse(ReasonLimit, "what changes has %d bytes", total)
	}
	if err := d.rehearse(p); err != nil {
		return nil, err
	}
	return p, nil
}

// Field returns the full name of the field that holds the signature.
func (p *Plan) Field() string { return p.field }

// Box returns the size of the mark in points, as the page is seen, or false if
// there is no mark.
func (p *Plan) Box() (width, height float64, ok bool) {
	if p.placement == nil {
		return 0, 0, false
	}
	return p.placement.Width, p.placement.Height, true
}

// take returns the next object number.
func (p *Plan) take() int {
	p.next++
	return p.next - 1
}

// choose returns the empty field with this name, or nil if there must be a new
// one.
func (d *Document) choose(name string) (*field, error) {
	if name == "" {
		return nil, nil
	}
	var found *field
	for i := range d.form.signatures {
		if f := &d.form.signatures[i]; f.name == name {
			if found != nil {
				return nil, &FieldError{name, FieldMultiple}
			}
			found = f
		}
	}
	_, taken := d.form.names[name]
	switch {
	case found != nil && found.signed:
		return nil, &FieldError{name, FieldSigned}
	case found != nil:
		return found, nil
	case taken:
		return nil, &FieldError{name, FieldType}
	case strings.Contains(name, ".") || !utf8.ValidString(name):
		return nil, &FieldError{name, FieldName}
	}
	return nil, nil
}

// freeName returns the first of Natsuin1, Natsuin2 and so on that is not the
// name of a field.
func (d *Document) freeName() (string, error) {
	for n := 1; n <= maxFields+1; n++ {
		name := "Natsuin" + strconv.Itoa(n)
		if _, taken := d.form.names[name]; !taken {
			return name, nil
		}
	}
	return "", refuse(ReasonLimit, "no field name is free")
}

// create plans a new field.
func (d *Document) create(p *Plan, c changes, o Options) (err error) {
	if p.field = o.Field; p.field == "" {
		if p.field, err = d.freeName(); err != nil {
			return err
		}
	}
	if o.Mark && o.Visible == nil {
		return &FieldError{p.field, FieldWithout}
	}
	if o.SubFilter != ETSIRFC3161 { // no permission forbids a time stamp (ETSI EN 319 142-1 §5.4)
		if err := d.mayAdd(p.field, o.Mark); err != nil {
			return err
		}
	}
	on, err := d.place(p, o)
	if err != nil {
		return err
	}
	p.fresh = &freshField{number: p.take(), page: on.in.Ref}
	if o.Mark || d.pdfa1 {
		p.shape = p.take()
	}
	reference := fmt.Sprintf("%d 0 R", p.fresh.number)
	if err := d.add(c, on.dict, "Annots", reference); err != nil {
		return err
	}
	if d.form.Dict == nil {
		c.set(d.catalog, "AcroForm", fmt.Sprintf("<< /Fields [%s] /SigFlags %d >>", reference, signaturesAndAppend))
		return nil
	}
	if err := d.add(c, d.form.dict, "Fields", reference); err != nil {
		return err
	}
	return d.flagSignatures(c)
}

// place finds the page of a new field and where the mark goes on it. It walks
// the whole page tree, so that a broken one is refused. An invisible field is
// on the first page.
func (d *Document) place(p *Plan, o Options) (page, error) {
	count, err := d.countPages()
	if err != nil {
		return page{}, err
	}
	index := 0
	if o.Visible != nil {
		if index, err = o.Visible.Page(count); err != nil {
			return page{}, fmt.Errorf("plan: mark: %w", err)
		}
	}
	on, err := d.page(index)
	if err != nil || o.Visible == nil {
		return on, err
	}
	seen, err := d.view(on)
	if err != nil {
		return page{}, err
	}
	taken, err := d.widgets(on)
	if err != nil {
		return page{}, err
	}
	placement, err := o.Visible.Place(seen, o.VisibleWidth, o.VisibleHeight, taken)
	if err != nil {
		return page{}, fmt.Errorf("plan: mark: %w", err)
	}
	p.placement = &placement
	return on, nil
}

// fill plans to use an empty field.
func (d *Document) fill(p *Plan, c changes, f field, o Options) (err error) {
	p.field = f.name
	if o.Visible != nil {
		return &FieldError{f.name, FieldHasBox}
	}
	if d.locked(f.name) {
		return refuse(ReasonLocked, "a signer's lock covers the field %q", f.name)
	}
	if p.allowed, err = d.seedValue(f.dict, o.SubFilter); err != nil {
		return err
	}
	if p.reference, err = d.lockReference(f); err != nil {
		return err
	}
	if o.Mark {
		if p.placement, err = d.fieldPlacement(f); err != nil {
			return err
		}
	}
	if o.Mark || d.pdfa1 && f.widget.Dict != nil && f.widget.Get("AP") == nil {
		p.shape = p.take()
		c.set(f.widget, "AP", fmt.Sprintf("<< /N %d 0 R >>", p.shape))
	}
	c.set(f.dict, "V", fmt.Sprintf("%d 0 R", p.number))
	return d.flagSignatures(c)
}

// flagSignatures sets the bits of /SigFlags, wherever it is.
func (d *Document) flagSignatures(c changes) error {
	in, v, err := d.follow(d.form.in, d.form.Get("SigFlags"))
	if err != nil {
		return err
	}
	old, ok := v.(syntax.Integer)
	flags := old | signaturesAndAppend
	switch {
	case ok && flags == old:
	case ok && in != d.form.in:
		c.replace(in, strconv.FormatInt(int64(flags), 10))
	default:
		c.set(d.form.dict, "SigFlags", strconv.FormatInt(int64(flags), 10))
	}
	return nil
}
