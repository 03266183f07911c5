package pdf

import (
	"bytes"
	"strconv"

	"natsuin/sign/pdf/syntax"
)

// maxMoved bounds the pairs of objects under different numbers that are
// compared for one signature.
const maxMoved = 100_000

// push adds two references to those to be compared.
func (c *comparison) push(p pair) {
	switch {
	case c.typed.has(p.old.Number) || c.typed.has(p.new.Number):
		if p.old != p.new {
			c.differ(p.zone, p.key, p.old.Number)
		}
		return
	case c.compared(p):
		return
	}
	c.waiting[p.zone.Result] = append(c.waiting[p.zone.Result], p)
}

// compared reports whether a pair was compared, in a zone that is as bad.
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
		if p.zone.reported || c.compared(p) {
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
	if z := p.zone; z.Kind == Other && drawn(o.Value) {
		content := *z
		content.Kind, content.Result = Content, Invalid
		p.zone = &content
	}
	return c.compareAt(o.Value, n.Value, p.zone, p.key, p.old.Number)
}

// as returns a zone of another kind at the same place.
func (z *zone) as(kind Kind, place string) *zone {
	other := *z
	other.Kind, other.Result, other.Place, other.reported = kind, results[kind], place, false
	z.reported = true
	return &other
}

// unchanged reports whether an object has the same bytes in both states.
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
	return c.unchanged(o.Container) // which is not in a container itself
}

// follow pushes the references of an object that is the same in both states.
func (c *comparison) follow(o syntax.Object, p pair) {
	switch o := o.(type) {
	case syntax.Ref:
		p.old, p.new = o, o
		c.push(p)
	case syntax.Array:
		for _, e := range o {
			c.follow(e.Value, p)
		}
	case *syntax.Stream:
		c.follow(o.Dict, p)
	case *syntax.Dict:
		for _, e := range o.Entries {
			inner := p
			inner.zone = c.inner(p.zone, e.Key)
			c.follow(e.Value, inner)
		}
	}
}

// inner returns the zone of an entry. Actions have the same zone everywhere.
func (c *comparison) inner(z *zone, key syntax.Name) *zone {
	if z.Result != Unclear || key != "A" && key != "AA" && key != "JS" && key != "OpenAction" {
		return z
	}
	actions := *z
	actions.Kind, actions.Result, actions.reported = Actions, Invalid, false
	return &actions
}

// compare compares two objects that are the values of a zone's entry, or parts
// of these.
func (c *comparison) compare(o, n syntax.Object, z *zone, key syntax.Name) error {
	return c.compareAt(o, n, c.inner(z, key), key, 0)
}

// compareAt is compare for objects in the indirect object of that number.
func (c *comparison) compareAt(o, n syntax.Object, z *zone, key syntax.Name, number int) error {
	oldRef, isOld := o.(syntax.Ref)
	newRef, isNew := n.(syntax.Ref)
	switch {
	case z.reported:
		return nil
	case isOld && isNew:
		c.push(pair{oldRef, newRef, z, key})
		return nil
	case isOld || isNew:
		var err error
		if o, err = c.old.Resolve(o); err != nil {
			return err
		}
		if n, err = c.new.Resolve(n); err != nil {
			return err
		}
	}
	switch o := o.(type) {
	case syntax.Array:
		n, ok := n.(syntax.Array)
		if !ok || len(o) != len(n) {
			break
		}
		for i := range o {
			if err := c.compareAt(o[i].Value, n[i].Value, z, key, number); err != nil {
				return err
			}
		}
		return nil
	case *syntax.Dict:
		if n, ok := n.(*syntax.Dict); ok {
			return c.dicts(o, n, z, key, number)
		}
	case *syntax.Stream:
		n, ok := n.(*syntax.Stream)
		if !ok {
			break
		}
		if err := c.dicts(o.Dict, n.Dict, z, key, number); err != nil || z.reported {
			return err
		}
		if same, err := c.sameData(o, n); err != nil || same {
			return err
		}
	case syntax.String:
		if n, ok := n.(syntax.String); ok && bytes.Equal(o, n) {
			return nil
		}
	default: // null, or one that can be compared
		if !composite(n) && o == n {
			return nil
		}
	}
	c.differ(z, key, number)
	return nil
}

// composite reports whether an object cannot be compared with ==.
func composite(o syntax.Object) bool {
	switch o.(type) {
	case syntax.Array, syntax.String:
		return true
	}
	return false
}

// dicts compares two dictionaries. An entry that is null counts as absent (ISO
// 32000-1 §7.3.7).
func (c *comparison) dicts(o, n *syntax.Dict, z *zone, key syntax.Name, number int) error {
	for _, e := range o.Entries {
		inner := c.inner(z, e.Key)
		if err := c.compareAt(e.Value, n.Get(e.Key), inner, key, number); err != nil {
			return err
		}
	}
	for _, e := range n.Entries {
		if o.Get(e.Key) == nil {
			if err := c.compareAt(nil, e.Value, c.inner(z, e.Key), key, number); err != nil {
				return err
			}
		}
	}
	return nil
}

// differ reports that something differs in a zone.
func (c *comparison) differ(z *zone, key syntax.Name, number int) {
	if !z.reported {
		z.Place = place(z, key, number)
		c.report(z)
	}
}

// place describes where something differs.
func place(z *zone, key syntax.Name, number int) string {
	p := z.Place
	if key != "" {
		p += "/" + string(key)
	}
	if number != 0 && z.Field == "" {
		p += " (" + strconv.Itoa(number) + " 0 R)"
	}
	return p
}

// sameData reports whether two streams have the same data, as it is encoded.
func (c *comparison) sameData(o, n *syntax.Stream) (bool, error) {
	if o.Length != n.Length {
		return false, nil
	}
	if o.Start == n.Start {
		return true, nil
	}
	const piece = 64 << 10
	for at := int64(0); at < o.Length; at += piece {
		size := min(piece, o.Length-at)
		a, err := c.old.Raw(0, syntax.Span{Start: o.Start + at, End: o.Start + at + size})
		if err != nil {
			return false, err
		}
		b, err := c.new.Raw(0, syntax.Span{Start: n.Start + at, End: n.Start + at + size})
		if err != nil || !bytes.Equal(a, b) {
			return false, err
		}
	}
	return true, nil
}
