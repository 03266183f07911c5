package pdf

import (
	"slices"

	"natsuin/sign/pdf/syntax"
)

// pageKinds holds the kind of a difference in each entry of a page or of a node
// above it (ISO 32000-1 Tables 29, 30). Entries that are not listed have the
// kind Other, except for Annots, which has rules of its own.
var pageKinds = map[syntax.Name]Kind{
	"Type": Pages, "Parent": Pages, "Count": Pages, "Kids": Pages,
	"Contents": Content, "Resources": Content, "MediaBox": Content, "CropBox": Content, "BleedBox": Content, "TrimBox": Content,
	"ArtBox": Content, "BoxColorInfo": Content, "Rotate": Content, "UserUnit": Content, "Group": Content, "Trans": Content,
	"Dur": Content, "PresSteps": Content, "SeparationInfo": Content, "VP": Content, "B": Content,
	"Metadata": Metadata, "AA": Actions, "AF": Names,
}

// pagePair holds two nodes of the page trees that must be the same.
type pagePair struct {
	old, new syntax.Object
	depth    int
	above    *ancestors // in the signed revision
}

// pages compares the page trees, in the order of the pages.
func (c *comparison) pages(o, n syntax.Object) error {
	waiting := []pagePair{{o, n, 0, nil}}
	for page := 1; len(waiting) > 0; {
		p := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		oldRef, _ := p.old.(syntax.Ref)
		newRef, _ := p.new.(syntax.Ref)
		if p.depth > maxDepth {
			return &syntax.LimitError{What: "depth of the page tree"}
		}
		if oldRef != newRef {
			c.report(zoneOf(Pages, "/Root/Pages"))
			return nil
		}
		if oldRef.Number != 0 {
			if c.nodes.has(oldRef.Number) { // it is there twice
				continue
			}
			c.nodes.add(oldRef.Number)
		}
		was, err := dict(c.old, p.old)
		if err != nil {
			return err
		}
		is, err := dict(c.new, p.new)
		if err != nil {
			return err
		}
		if was == nil || is == nil {
			z := zoneOf(Pages, "/Root/Pages")
			if was != nil || is != nil {
				c.report(z)
			}
			if err := c.compare(p.old, p.new, z, ""); err != nil { // some programs show a stream too
				return err
			}
			continue
		}
		if oldRef.Number != 0 {
			c.typed.add(oldRef.Number)
		}
		oldKids, newKids, leaf, err := c.kids(was, is)
		switch {
		case err != nil:
			return err
		case leaf:
			if err := c.page(was, is, p.above, page); err != nil {
				return err
			}
			page++
			continue
		case len(oldKids) != len(newKids), (oldKids == nil) != (newKids == nil):
			c.report(zoneOf(Pages, "/Root/Pages"))
			return nil
		}
		err = keys(was, is, func(key syntax.Name, o, n syntax.Object) error {
			if key == "Kids" && oldKids != nil {
				return nil
			}
			return c.compare(o, n, zoneOf(kindOfPage(key), "/Root/Pages"), key)
		})
		if err != nil {
			return err
		}
		node := &ancestors{oldRef, was, p.above}
		for i := len(oldKids) - 1; i >= 0; i-- {
			waiting = append(waiting, pagePair{oldKids[i].Value, newKids[i].Value, p.depth + 1, node})
		}
	}
	return nil
}

// kids returns the /Kids of two nodes of the page trees; leaf reports whether
// both are pages.
func (c *comparison) kids(o, n *syntax.Dict) (was, is syntax.Array, leaf bool, err error) {
	if o.Get("Kids") == nil && n.Get("Kids") == nil {
		return nil, nil, true, nil
	}
	if was, err = array(c.old, o.Get("Kids")); err != nil {
		return nil, nil, false, err
	}
	is, err = array(c.new, n.Get("Kids"))
	return was, is, false, err
}

// kindOfPage returns the kind of a difference in an entry of a page.
func kindOfPage(key syntax.Name) Kind {
	if kind, known := pageKinds[key]; known {
		return kind
	}
	return Other
}

// page compares a page.
func (c *comparison) page(was, is *syntax.Dict, above *ancestors, number int) error {
	content := zoneOf(Content, "/Page")
	content.Page = number
	return keys(was, is, func(key syntax.Name, o, n syntax.Object) error {
		if o == nil && inheritable[key] {
			o = above.inherited(was, key)
		}
		z := content
		switch kind := kindOfPage(key); {
		case key == "Annots":
			return c.annotations(o, n, number)
		case kind != Content:
			z = zoneOf(kind, "/Page")
			z.Page = number
		}
		return c.compare(o, n, z, key)
	})
}

// annotations compares the annotations of a page. The widgets of the earlier
// form are left to [comparison.field].
func (c *comparison) annotations(o, n syntax.Object, page int) error {
	was, err := array(c.old, o)
	if err != nil {
		return err
	}
	is, err := array(c.new, n)
	if err != nil {
		return err
	}
	c.boxes(is, page)
	z := zoneOf(Annotation, "/Annots")
	z.Page = page
	if was == nil && is == nil {
		return c.compare(o, n, z, "")
	}
	if err := c.compare(direct(was), direct(is), z, ""); err != nil {
		return err
	}
	// The annotations that both have, each in its own order, because the last
	// is drawn on top. Direct ones are zero.
	var before, after []syntax.Ref
	inOld, inNew := references(was), references(is)
	for _, e := range was {
		ref, ok := e.Value.(syntax.Ref)
		switch {
		case !ok && e.Value == nil: // null is not an annotation
		case !ok || inNew[ref]:
			before = append(before, ref)
		default:
			if err := c.removed(ref, page); err != nil {
				return err
			}
		}
	}
	for _, e := range is {
		ref, ok := e.Value.(syntax.Ref)
		switch {
		case !ok && e.Value == nil:
		case !ok || inOld[ref]:
			after = append(after, ref)
		case c.newForm.byNumber[ref.Number] != nil && c.oldForm.byNumber[ref.Number] == nil: // a new widget
		default:
			if err := c.annotation(e.Value, page); err != nil {
				return err
			}
		}
	}
	if !slices.Equal(before, after) {
		c.report(z)
	}
	for _, ref := range before {
		if !inOld[ref] { // direct, or there twice
			continue
		}
		delete(inOld, ref)
		if err := c.compareAnnotation(ref, page); err != nil {
			return err
		}
	}
	return nil
}

// direct returns the elements that are neither references nor null.
func direct(list syntax.Array) syntax.Array {
	out := syntax.Array{}
	for _, e := range list {
		if _, ok := e.Value.(syntax.Ref); !ok && e.Value != nil {
			out = append(out, e)
		}
	}
	return out
}

func references(list syntax.Array) map[syntax.Ref]bool {
	all := make(map[syntax.Ref]bool, len(list))
	for _, e := range list {
		if ref, ok := e.Value.(syntax.Ref); ok {
			all[ref] = true
		}
	}
	return all
}

// removed reports an annotation that a page no longer has.
func (c *comparison) removed(ref syntax.Ref, page int) error {
	z := zoneOf(Annotation, "/Annots")
	if n := c.oldForm.byNumber[ref.Number]; n != nil {
		z.Place, z.Field = n.name, n.name
		if n.signed() {
			z.Kind, z.Result = SignedField, Invalid
		}
	} else if o, err := c.old.Object(ref); err != nil || o.Value == nil {
		return err // there was no annotation
	}
	z.Page = page
	c.report(z)
	return nil
}

// annotation reports an annotation that a page did not have. Some programs show
// one that is a stream, too.
func (c *comparison) annotation(o syntax.Object, page int) error {
	o, err := c.new.Resolve(o)
	if err != nil || o == nil {
		return err
	}
	d := entriesOf(o)
	z := zoneOf(Annotation, "/Annots")
	subtype, _ := d.Get("Subtype").(syntax.Name)
	z.Place, z.Page = "/Annots/"+string(subtype), page
	z.Box, _, err = box(c.new, d)
	c.report(z)
	return err
}

// compareAnnotation compares an annotation that a page has in both states.
func (c *comparison) compareAnnotation(ref syntax.Ref, page int) error {
	if c.oldForm.byNumber[ref.Number] != nil || c.nodes.has(ref.Number) {
		return nil
	}
	o, err := c.old.Object(ref)
	if err != nil {
		return err
	}
	n, err := c.new.Object(ref)
	if err != nil {
		return err
	}
	z := zoneOf(Annotation, "/Annots")
	z.Page = page
	if d, ok := n.Value.(*syntax.Dict); ok {
		subtype, _ := d.Get("Subtype").(syntax.Name)
		z.Place += "/" + string(subtype)
		if z.Box, _, err = box(c.new, d); err != nil {
			return err
		}
		if _, ok := o.Value.(*syntax.Dict); ok {
			c.typed.add(ref.Number)
		}
	}
	if kindOf(o.Value) != kindOf(n.Value) {
		c.report(z.as(Gone, z.Place))
		return nil
	}
	return c.compareAt(o.Value, n.Value, z, "", ref.Number)
}
