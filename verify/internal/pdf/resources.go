package pdf

import "natsuin/sign/pdf/syntax"

// resources returns the numbers of those objects that are the form's /DR, or a
// dictionary in it, with the number of levels to which programs that sign and
// fill add entries (ISO 32000-1 Table 218, §7.8.3).
func (m *form) resources(f *syntax.File) (map[int]int, error) {
	if m.dict == nil {
		return nil, nil
	}
	levels := map[int]int{}
	o := m.dict.Get("DR")
	all, err := dict(f, o)
	if err != nil || all == nil {
		return nil, err
	}
	for _, e := range all.Entries {
		if ref, ok := e.Value.(syntax.Ref); ok {
			levels[ref.Number] = 1
		}
	}
	if ref, ok := o.(syntax.Ref); ok {
		levels[ref.Number] = formAdditions["DR"]
	}
	return levels, nil
}

// shared compares resources that the form shares with a page or with the
// appearance of a signed field, as WeasyPrint and pdfsig make them. What is
// added for a form is Other there: content that was signed shows it only if it
// names resources that it did not have.
func (c *comparison) shared(o, n syntax.Object, z *zone, number, levels int) error {
	was, ok := o.(*syntax.Dict)
	is, isDict := n.(*syntax.Dict)
	if !ok || !isDict {
		return c.compareAt(o, n, z, "", number)
	}
	return keys(was, is, func(key syntax.Name, o, n syntax.Object) error {
		switch {
		case o == nil && n != nil:
			c.report(zoneOf(Other, place(z, key, number)))
			return nil
		case levels > 1:
			return c.shared(o, n, z, number, levels-1)
		}
		return c.compareAt(o, n, z, key, number)
	})
}
