package pdf

import (
	"maps"
	"slices"

	"natsuin/sign/pdf/syntax"
)

// signatureZone returns the zone for a further signature, in a field that is
// new or was empty. The box of a new widget can cover the signed page.
func (c *comparison) signatureZone(n *node) (*zone, error) {
	kind := SignatureAdded
	d, err := dict(c.new, n.value)
	if err != nil {
		return nil, err
	}
	if d == nil { // no signature
		return c.zoneOfField(Field, n)
	}
	if d.Get("SubFilter") == syntax.Name(RFC3161) {
		kind = TimestampAdded
	}
	if ref, ok := n.value.(syntax.Ref); ok {
		if u, ok := c.old.Find(ref.Number); ok && !u.Free { // the object was there before, so this is not a further signature
			return c.zoneOfField(Field, n)
		}
	}
	rect, visible, err := box(c.new, n.dict)
	if err != nil {
		return nil, err
	}
	switch {
	case visible && (kind == TimestampAdded || n.spread): // it may prove nothing, and show anything
		kind = Field
	case c.oldForm.byNumber[n.ref.Number] == nil && visible:
		kind = SignatureVisible
		covers, err := c.covers(n, rect)
		if err != nil {
			return nil, err
		}
		if covers {
			kind = SignatureOverlap
		}
	}
	return c.zoneOfField(kind, n)
}

// boxes records the page of each widget, and the annotations of a page that has
// a new widget.
func (c *comparison) boxes(annotations syntax.Array, page int) {
	for _, e := range annotations {
		ref, _ := e.Value.(syntax.Ref)
		n := c.newForm.byNumber[ref.Number]
		if n == nil {
			continue
		}
		n.spread = n.page != 0 && n.page != page
		n.page = page
		if c.oldForm.byNumber[ref.Number] == nil {
			c.widgets[page] = annotations
		}
	}
}

// covers reports whether a new widget has an area in common with another
// annotation of its page, or whether this is unknown.
func (c *comparison) covers(n *node, rect [4]float64) (bool, error) {
	if rect == unknownBox {
		return true, nil
	}
	for _, e := range c.widgets[n.page] {
		if ref, ok := e.Value.(syntax.Ref); ok && ref == n.ref {
			continue
		}
		o, err := c.new.Resolve(e.Value)
		if err != nil {
			return false, err
		}
		d := entriesOf(o)
		if d == nil || d.Get("Subtype") == syntax.Name("Popup") {
			continue
		}
		other, visible, err := box(c.new, d)
		if err != nil {
			return false, err
		}
		if visible && (other == unknownBox || overlap(rect, other)) {
			return true, nil
		}
	}
	return false, nil
}

// replace records the appearances that a signature in an empty field replaces.
func (c *comparison) replace(was *node) error {
	ap := was.dict.Get("AP")
	if ref, ok := ap.(syntax.Ref); ok {
		c.replaced[ref.Number] = was
	}
	d, err := dict(c.old, ap)
	if err != nil || d == nil {
		return err
	}
	for _, e := range d.Entries {
		if ref, ok := e.Value.(syntax.Ref); ok {
			c.replaced[ref.Number] = was
		}
	}
	return nil
}

// sharedAppearances reports appearances that were replaced, and that another
// part of the document uses.
func (c *comparison) sharedAppearances() error {
	told := make(map[*node]bool)
	for _, number := range slices.Sorted(maps.Keys(c.replaced)) {
		n := c.replaced[number]
		if !c.seen.has(number) || told[n] {
			continue
		}
		told[n] = true
		z, err := c.zoneOfField(Other, n)
		if err != nil {
			return err
		}
		z.Place += "/AP"
		c.report(z)
	}
	return nil
}
