package pdf

import (
	"slices"

	"natsuin/sign/pdf/syntax"
)

// Entries of a field or widget that a signature changes, and those that filling
// a form changes (ISO 32000-1 §12.7.3, §12.5.2). M is the time of the change,
// and I the chosen options.
var (
	signedKeys = map[syntax.Name]bool{"V": true, "AP": true, "M": true, "P": true}
	filledKeys = map[syntax.Name]bool{"V": true, "AS": true, "AP": true, "M": true, "I": true, "RV": true}
)

// formAdditions holds the entries that may be added to an AcroForm, with the
// number of levels inside an existing one to which entries may be added.
var formAdditions = map[syntax.Name]int{"DR": 2, "DA": 0, "Q": 0, "NeedAppearances": 0}

// forms compares the AcroForms.
func (c *comparison) forms(o, n syntax.Object) error {
	if c.oldForm.dict == nil {
		return c.compare(o, n, zoneOf(Field, "/Root"), "AcroForm")
	}
	if c.newForm.dict == nil {
		c.report(zoneOf(SignedField, "/Root/AcroForm"))
		return nil
	}
	for _, node := range c.oldForm.nodes {
		if err := c.field(node); err != nil {
			return err
		}
	}
	for _, node := range c.newForm.nodes {
		if err := c.newField(node); err != nil {
			return err
		}
	}
	undrawn, err := c.oldForm.undrawn(c.old)
	if err != nil {
		return err
	}
	return keys(c.oldForm.dict, c.newForm.dict, func(key syntax.Name, o, n syntax.Object) error {
		const place = "/Root/AcroForm"
		levels, addable := formAdditions[key]
		switch {
		case key == "Fields":
			return c.strays(o, n, zoneOf(SignedField, place+"/Fields"))
		case key == "XFA":
			return c.compare(o, n, zoneOf(XFA, place), key)
		case key == "SigFlags":
			return c.flags(o, n)
		case !addable:
			return c.compare(o, n, zoneOf(Field, place), key)
		case o == nil && !undrawn && (key != "NeedAppearances" || !c.oldForm.fillable()):
			return c.compare(o, n, zoneOf(EntryAdded, place), key)
		case levels > 0 && !undrawn:
			return c.additions(o, n, place+"/"+string(key), levels)
		}
		return c.compare(o, n, zoneOf(EntryChanged, place), key)
	})
}

// fillable reports whether the form has fields other than those for signatures.
// With /NeedAppearances, programs draw them anew, from values that may differ
// from the appearances that the signer saw.
func (m *form) fillable() bool {
	return slices.ContainsFunc(m.nodes, (*node).fillable)
}

func (n *node) fillable() bool { return n != nil && n.kind != "" && n.kind != "Sig" }

// undrawn reports whether programs draw the text of some field themselves, by
// the defaults of the form, instead of showing its appearance.
func (m *form) undrawn(f *syntax.File) (bool, error) {
	always, err := f.Resolve(m.dict.Get("NeedAppearances"))
	if err != nil {
		return false, err
	}
	for _, n := range m.nodes {
		if n.kids > 0 || n.kind != "Tx" && n.kind != "Ch" || always != true && n.dict.Get("AP") != nil {
			continue
		}
		value, err := f.Resolve(n.value)
		if err != nil {
			return false, err
		}
		if s, ok := value.(syntax.String); value != nil && (!ok || len(s) > 0) {
			return true, nil
		}
	}
	return false, nil
}

// flags compares /SigFlags, to which bits may be added (ISO 32000-1 Table 219).
func (c *comparison) flags(o, n syntax.Object) error {
	was, err := c.old.Resolve(o)
	if err != nil {
		return err
	}
	is, err := c.new.Resolve(n)
	if err != nil {
		return err
	}
	a, isNumber := was.(syntax.Integer)
	b, ok := is.(syntax.Integer)
	kind := EntryChanged
	if ok && (isNumber || was == nil) && a&^b == 0 && b&^a&^3 == 0 {
		kind = EntryAdded
	}
	return c.compare(was, is, zoneOf(kind, "/Root/AcroForm"), "SigFlags")
}

// strays compares those elements of two /Fields or /Kids that have no identity:
// direct ones, and those that are not fields.
func (c *comparison) strays(o, n syntax.Object, z *zone) error {
	was, err := strays(c.old, c.oldForm, o)
	if err != nil {
		return err
	}
	is, err := strays(c.new, c.newForm, n)
	if err != nil {
		return err
	}
	return c.compare(was, is, z, "")
}

func strays(f *syntax.File, m *form, list syntax.Object) (syntax.Array, error) {
	out := syntax.Array{}
	elements, err := array(f, list)
	for _, e := range elements {
		if ref, ok := e.Value.(syntax.Ref); ok && m.byNumber[ref.Number] != nil {
			continue
		}
		o, err := f.Resolve(e.Value)
		if err != nil {
			return nil, err
		}
		if o != nil {
			out = append(out, e)
		}
	}
	return out, err
}

// zoneOfField returns a zone for a change of a field.
func (c *comparison) zoneOfField(kind Kind, n *node) (*zone, error) {
	z := zoneOf(kind, n.name)
	z.Field, z.Page, z.New = n.name, n.page, c.oldForm.byNumber[n.field().ref.Number] == nil
	var err error
	z.Box, _, err = box(c.new, n.dict)
	return z, err
}

// field returns the field of which the node is a widget, or the node.
func (n *node) field() *node {
	for !n.named && n.parent != nil {
		n = n.parent
	}
	return n
}

// field compares a field or widget that the signed revision has.
func (c *comparison) field(was *node) error {
	if was.ref.Number == 0 {
		return nil // see strays
	}
	is := c.newForm.byNumber[was.ref.Number]
	kind := Field
	if was.signed() {
		kind = SignedField
	}
	if is == nil || is.name != was.name || parentNumber(is) != parentNumber(was) {
		z, err := c.zoneOfField(kind, was)
		z.Kind, z.Result = Gone, Invalid
		if kind == SignedField {
			z.Kind = kind
		}
		c.report(z)
		return err
	}
	whole, err := c.zoneOfField(kind, is)
	if err != nil {
		return err
	}
	changed, filled := whole, map[syntax.Name]bool{}
	switch {
	case was.signed():
	case is.signed():
		filled = signedKeys
		if changed, err = c.signatureZone(is); err != nil {
			return err
		}
		if err := c.replace(was); err != nil {
			return err
		}
	case was.kind == "Tx" || was.kind == "Btn" || was.kind == "Ch":
		filled = filledKeys
		if changed, err = c.zoneOfField(FormFilled, is); err != nil {
			return err
		}
		changed.ReadOnly = was.flags&readOnly != 0 || was.kind == "Btn" && was.flags&pushbutton != 0
	}
	return keys(was.dict, is.dict, func(key syntax.Name, o, n syntax.Object) error {
		switch {
		case key == "Kids":
			return c.kidsOfField(o, n, was, whole)
		case key == "AP" && o == nil && empty(n): // PDFium adds it
			return nil
		case is.signed() && !was.signed() && key == "F" && locked(o, n):
			return nil
		case is.signed() && !was.signed() && signedKeys[key]:
			if key == "V" {
				c.report(changed)
			}
			return nil
		case filled[key]:
			return c.compare(o, n, changed, key)
		}
		return c.compare(o, n, whole, key)
	})
}

// empty reports whether an object is a dictionary without entries.
func empty(o syntax.Object) bool {
	d, ok := o.(*syntax.Dict)
	return ok && len(d.Entries) == 0
}

// locked reports whether /F of a widget differs at most in the flags by which
// programs that sign lock it: ReadOnly, Locked and LockedContents (ISO 32000-1
// Table 165).
func locked(o, n syntax.Object) bool {
	const flags = 64 | 128 | 512
	was, _ := o.(syntax.Integer)
	is, ok := n.(syntax.Integer)
	return ok && is&^flags == was&^flags
}

func parentNumber(n *node) int {
	if n.parent == nil {
		return 0
	}
	return n.parent.ref.Number
}

// kidsOfField compares the /Kids of a field. Those that are indirect objects
// are nodes of their own. Only those of a signed field must stay the same.
func (c *comparison) kidsOfField(o, n syntax.Object, was *node, z *zone) error {
	if was.signed() {
		return c.compare(o, n, z, "Kids")
	}
	return c.strays(o, n, z)
}

// stray reports whether strays has compared a field that is a direct object.
func (c *comparison) stray(n *node) bool {
	p := n.parent
	return n.ref.Number == 0 && (p == nil || c.oldForm.byNumber[p.ref.Number] != nil || c.stray(p))
}

// newField reports a field or widget that the signed revision does not have.
func (c *comparison) newField(n *node) error {
	if c.oldForm.byNumber[n.ref.Number] != nil || c.stray(n) {
		return nil
	}
	z, err := c.zoneOfField(Field, n)
	if err != nil {
		return err
	}
	switch twin := c.oldForm.named(n); {
	case n.dict.Get("A") != nil || n.dict.Get("AA") != nil:
		z = z.as(Actions, n.name)
	case twin != nil && twin.signed():
		z = z.as(SignedField, n.name)
	case twin != nil:
	case n.parent != nil && c.oldForm.byNumber[n.parent.ref.Number].fillable(): // an old field is divided
	case n.signed():
		if z, err = c.signatureZone(n); err != nil {
			return err
		}
	case n.kids > 0 && n.kind == "" && n.page == 0: // above other fields, and not on a page itself
		return nil
	}
	c.report(z)
	return nil
}
