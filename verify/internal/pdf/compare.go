package pdf

import (
	"bytes"
	"math"
	"strconv"

	"natsuin/sign/pdf/syntax"
)

// as returns a copy of z with another kind and place, and marks z as reported.
func (z *zone) as(kind Kind, place string) *zone {
	other := *z
	other.Kind, other.Result, other.Place, other.reported = kind, results[kind], place, false
	z.reported = true
	return &other
}

// inner returns the zone of an entry. If differences in z are Unclear, actions
// are a zone of their own.
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
	return c.entry(key, o, n, c.inner(z, key), key, 0)
}

// entry compares the values that two dictionaries have for key. zoneKey is the
// entry of the zone in which the dictionaries are.
func (c *comparison) entry(key syntax.Name, o, n syntax.Object, z *zone, zoneKey syntax.Name, number int) error {
	oldRef, isOld := o.(syntax.Ref)
	newRef, isNew := n.(syntax.Ref)
	if isOld && isNew && !z.reported {
		c.push(pair{oldRef, newRef, z, zoneKey, !linking[key]})
		return nil
	}
	return c.compareAt(o, n, z, zoneKey, number)
}

// compareAt is like compare, for objects in the indirect object with that
// number.
func (c *comparison) compareAt(o, n syntax.Object, z *zone, key syntax.Name, number int) error {
	oldRef, isOld := o.(syntax.Ref)
	newRef, isNew := n.(syntax.Ref)
	switch {
	case z.reported:
		return nil
	case isOld && isNew:
		c.push(pair{oldRef, newRef, z, key, false})
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
		same, err := c.sameData(o, n)
		if err != nil {
			return err
		}
		before, after := o.Dict, n.Dict
		if !same && c.compressed(o, n) {
			c.encodingDiffers(z, key, number)
			same, before, after = true, unencoded(before), unencoded(after)
		}
		if err := c.dicts(before, after, z, key, number); err != nil || z.reported || same {
			return err
		}
	case syntax.String:
		if n, ok := n.(syntax.String); ok && bytes.Equal(o, n) {
			return nil
		}
	default: // null, or an object that can be compared with ==
		if !composite(n) && o == n || realKeys[key] && sameNumber(o, n) {
			return nil
		}
		if rounded(o, n) {
			c.encodingDiffers(z, key, number)
			return nil
		}
	}
	c.differ(z, key, number)
	return nil
}

// realKeys are entries with real numbers, which can be written as integers (ISO
// 32000-1 Table 30, §7.9.5), as pdfsig does when it writes a page again.
var realKeys = map[syntax.Name]bool{
	"MediaBox": true, "CropBox": true, "BleedBox": true, "TrimBox": true, "ArtBox": true, "UserUnit": true, "Rect": true,
}

// sameNumber reports whether two numbers are the same but for digits that are
// lost when pdfsig writes a page again, with ten decimals, and that no page can
// show.
func sameNumber(o, n syntax.Object) bool {
	a, isNumber := number(o)
	b, ok := number(n)
	return isNumber && ok && math.Abs(a-b) < 1e-6
}

func number(o syntax.Object) (value float64, ok bool) {
	switch o := o.(type) {
	case syntax.Integer:
		return float64(o), true
	case syntax.Real:
		return float64(o), true
	}
	return 0, false
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
		if err := c.entry(e.Key, e.Value, n.Get(e.Key), c.inner(z, e.Key), key, number); err != nil {
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

// differ adds a change for a difference in a zone, once for each zone. key is
// the entry of the zone, and number that of the object, or 0.
func (c *comparison) differ(z *zone, key syntax.Name, number int) {
	if !z.reported {
		z.Place = place(z, key, number)
		c.report(z)
	}
}

// place returns the path to a difference, from the place of the zone, the entry
// and the number of the object.
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
