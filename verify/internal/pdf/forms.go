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

// formAdditions holds the entries of an AcroForm to which entries may be added,
// with the number of levels.
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
	return keys(c.oldForm.dict, c.newForm.dict, func(key syntax.Name, o, n syntax.Object) error {
		const place = "/Root/AcroForm"
		levels, addable := formAdditions[key]
		switch {
		case key == "Fields":
			return c.directFields(o, n)
		case key == "XFA":
			return c.compare(o, n, zoneOf(XFA, place), key)
		case key == "SigFlags":
			return c.flags(o, n)
		case !addable:
			return c.compare(o, n, zoneOf(Field, place), key)
		case o == nil && (key != "NeedAppearances" || !c.oldForm.fillable()):
			return c.compare(o, n, zoneOf(EntryAdded, place), key)
		case levels > 0:
			return c.additions(o, n, place+"/"+string(key), levels)
		}
		return c.compare(o, n, zoneOf(EntryChanged, place), key)
	})
}

// fillable reports whether the form has fields other than those for signatures.
// With /NeedAppearances, programs draw them anew, from values that may differ
// from the appearances that the signer saw.
func (m *form) fillable() bool {
	return slices.ContainsFunc(m.nodes, func(n *node) bool { return n.kind != "" && n.kind != "Sig" })
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

// directFields compares fields that are direct objects. They have no number by
// which to recognise them.
func (c *comparison) directFields(o, n syntax.Object) error {
	was, err := array(c.old, o)
	if err != nil {
		return err
	}
	is, err := array(c.new, n)
	if err != nil {
		return err
	}
	return c.compareDirect(was, is, zoneOf(SignedField, "/Root/AcroForm/Fields"))
}

// compareDirect compares those elements of two arrays that are not references.
func (c *comparison) compareDirect(was, is syntax.Array, z *zone) error {
	o, n := direct(was), direct(is)
	return c.compare(o, n, z, "")
}

func direct(list syntax.Array) syntax.Array {
	out := syntax.Array{}
	for _, e := range list {
		if _, ok := e.Value.(syntax.Ref); !ok {
			out = append(out, e)
		}
	}
	return out
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
		return nil // directFields, or the /Kids of the one above
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
	}
	return keys(was.dict, is.dict, func(key syntax.Name, o, n syntax.Object) error {
		switch {
		case key == "Kids":
			return c.kidsOfField(o, n, was, whole)
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
	before, err := array(c.old, o)
	if err != nil {
		return err
	}
	after, err := array(c.new, n)
	if err != nil {
		return err
	}
	return c.compareDirect(before, after, z)
}

// newField reports a field or widget that the signed revision does not have.
func (c *comparison) newField(n *node) error {
	if n.ref.Number == 0 || c.oldForm.byNumber[n.ref.Number] != nil {
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
	case n.signed():
		if z, err = c.signatureZone(n); err != nil {
			return err
		}
	case n.kids > 0 && n.kind == "" && n.page == 0: // above other fields, and not seen itself
		return nil
	}
	c.report(z)
	return nil
}
