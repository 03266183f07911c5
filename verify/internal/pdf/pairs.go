package pdf

import (
	"slices"

	"natsuin/sign/pdf/syntax"
)

// maxMoved bounds the pairs of objects under different numbers that are
// compared for one signature.
const maxMoved = 100_000

// push adds two references to those to be compared.
func (c *comparison) push(p pair) {
	if c.linked(p) || c.compared(p) {
		return
	}
	c.waiting[p.zone.Result] = append(c.waiting[p.zone.Result], p)
}

// linking has the entries by which other objects link to pages, fields,
// annotations and the catalog (ISO 32000-1 §12.5, §12.6, §12.8.1, §14.7). An
// object to which any other entry refers may have another role, such as that of
// a font.
var linking = map[syntax.Name]bool{
	"P": true, "Pg": true, "Parent": true, "Obj": true, "Popup": true, "IRT": true, "T": true, "AN": true, "TA": true, "Data": true,
}

// linked compares two references that link to a page, a field, an annotation or
// the catalog, and reports whether they do.
func (c *comparison) linked(p pair) bool {
	if p.whole || !c.typed.has(p.old.Number) && !c.typed.has(p.new.Number) {
		return false
	}
	if p.old != p.new {
		c.differ(p.zone, p.key, p.old.Number)
	}
	return true
}

// compared reports whether a pair was compared, in a zone that is at least as
// bad.
func (c *comparison) compared(p pair) bool {
	if p.old == p.new {
		return c.seen.has(p.old.Number)
	}
	return c.moved[[2]syntax.Ref{p.old, p.new}]
}

// drain compares all pairs that were pushed, and those that this pushes.
func (c *comparison) drain() error {
	for {
		var p pair
		found := false
		for i := range c.waiting {
			if n := len(c.waiting[i]); n > 0 && !found {
				p, c.waiting[i], found = c.waiting[i][n-1], c.waiting[i][:n-1], true
			}
		}
		if !found {
			return nil
		}
		if len(c.moved) > maxMoved {
			return &syntax.LimitError{What: "objects under other numbers"}
		}
		if p.zone.reported || c.linked(p) || c.compared(p) {
			continue
		}
		if p.old == p.new {
			c.seen.add(p.old.Number)
		} else {
			c.moved[[2]syntax.Ref{p.old, p.new}] = true
		}
		if err := c.comparePair(p); err != nil {
			return err
		}
	}
}

// comparePair compares the objects that two references lead to.
func (c *comparison) comparePair(p pair) error {
	n, err := c.new.Object(p.new)
	if err != nil {
		return err
	}
	if p.old == p.new {
		same, err := c.unchanged(p.old.Number)
		if err != nil {
			return err
		}
		if same {
			c.follow(n.Value, p)
			return nil
		}
	}
	o, err := c.old.Object(p.old)
	if err != nil {
		return err
	}
	if p.old == p.new && p.zone.Result != Harmless && kindOf(o.Value) != kindOf(n.Value) {
		c.report(p.zone.as(Gone, place(p.zone, p.key, p.old.Number)))
		return nil
	}
	if ref, ok := n.Value.(syntax.Ref); ok {
		if was, ok := o.Value.(syntax.Ref); ok {
			p.old, p.new = was, ref
			c.push(p)
			return nil
		}
	}
	if z := p.zone; z.Kind == Other && drawn(o.Value) {
		content := *z
		content.Kind, content.Result = Content, Invalid
		p.zone = &content
	}
	if levels := c.resources[p.old.Number]; p.old == p.new && p.zone.Result == Invalid && levels > 0 {
		return c.shared(o.Value, n.Value, p.zone, p.old.Number, levels)
	}
	return c.compareAt(o.Value, n.Value, p.zone, p.key, p.old.Number)
}

// unchanged reports whether an object is at the same place in both states, so
// that it has the same bytes.
func (c *comparison) unchanged(number int) (bool, error) {
	o, inOld := c.old.Find(number)
	n, inNew := c.new.Find(number)
	if err := c.old.Err(); err != nil {
		return false, err
	}
	if err := c.new.Err(); err != nil || inOld != inNew || !samePlace(o, n) {
		return false, err
	}
	if o.Container == 0 {
		return true, nil
	}
	if fixed, known := c.fixed[o.Container]; known {
		return fixed, nil
	}
	fixed, err := c.fixedContainer(o.Container)
	c.fixed[o.Container] = fixed
	return fixed, err
}

// fixedContainer reports whether an object stream is the same in both states. A
// stream counts as changed if its dictionary refers to further objects.
func (c *comparison) fixedContainer(number int) (bool, error) {
	if u, _ := c.new.Find(number); u.Container != 0 { // it cannot be read
		return false, c.new.Err()
	}
	same, err := c.unchanged(number)
	if !same || err != nil {
		return false, err
	}
	o, err := c.new.Object(syntax.Ref{Number: number})
	if err != nil {
		return false, err
	}
	s, ok := o.Value.(*syntax.Stream)
	return ok && !refers(s.Dict), nil
}

// misread reports changes of objects to which a reference with another
// generation leads. Such a reference is null, but programs that ignore the
// generation see the object.
func (c *comparison) misread() error {
	for _, f := range []*syntax.File{c.old, c.new} {
		for number := range f.Misread {
			same, err := c.unchanged(number)
			if err != nil {
				return err
			}
			if !same {
				c.differ(zoneOf(Other, "generation"), "", number)
			}
		}
	}
	return nil
}

// refers reports whether there is a reference in an object.
func refers(o syntax.Object) bool {
	switch o := o.(type) {
	case syntax.Ref:
		return true
	case syntax.Array:
		return slices.ContainsFunc(o, func(e syntax.Element) bool { return refers(e.Value) })
	case *syntax.Dict:
		return slices.ContainsFunc(o.Entries, func(e syntax.Entry) bool { return refers(e.Value) })
	}
	return false
}

// follow pushes the references of an object that is the same in both states.
func (c *comparison) follow(o syntax.Object, p pair) {
	switch o := o.(type) {
	case syntax.Ref:
		p.old, p.new = o, o
		c.push(p)
	case syntax.Array:
		p.whole = false
		for _, e := range o {
			c.follow(e.Value, p)
		}
	case *syntax.Stream:
		c.follow(o.Dict, p)
	case *syntax.Dict:
		for _, e := range o.Entries {
			inner := p
			inner.zone, inner.whole = c.inner(p.zone, e.Key), !linking[e.Key]
			c.follow(e.Value, inner)
		}
	}
}
