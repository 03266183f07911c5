package pdf

import (
	"natsuin/sign/pdf/syntax"
)

// entryKinds holds the kind of a difference in each entry of the catalog (ISO
// 32000-1 Table 28). Entries that are not listed have the kind Other, except
// for Pages and AcroForm, which have rules of their own.
var entryKinds = map[syntax.Name]Kind{
	"DSS": SecurityStore, "Metadata": Metadata,
	"Extensions": EntryChanged, "MarkInfo": EntryChanged, "Version": EntryChanged,
	"Perms": Permissions, "Names": Names, "Dests": Names, "AF": Names, "Collection": Names,
	"OpenAction": Actions, "AA": Actions, "URI": Actions, "OCProperties": Layers, "OutputIntents": Content,
}

// addable holds the entries that signing programs add to a catalog.
var addable = map[syntax.Name]bool{"Extensions": true, "MarkInfo": true, "Version": true}

// trailerKeys holds the entries of a trailer about the layout or the identity
// of the file (ISO 32000-1 Tables 5, 15, 17).
var trailerKeys = map[syntax.Name]bool{
	"Size": true, "Prev": true, "ID": true, "XRefStm": true, "Type": true, "Index": true, "W": true,
	"Length": true, "Filter": true, "DecodeParms": true,
	"DocChecksum": true, // of LibreOffice, which programs that sign drop or keep
}

// documents compares the catalogs, pages, forms and trailers of the two states.
// drain compares what they refer to.
func (c *comparison) documents() error {
	o, err := catalog(c.old)
	if err != nil {
		return err
	}
	n, err := catalog(c.new)
	if err != nil {
		return err
	}
	if o == nil || n == nil {
		c.report(zoneOf(Gone, "/Root"))
		return nil
	}
	if c.oldForm, err = readForm(c.old); err != nil {
		return err
	}
	if c.newForm, err = readForm(c.new); err != nil {
		return err
	}
	for number, n := range c.oldForm.byNumber {
		if n.dict.Get("OCGs") == nil && n.dict.Get("VE") == nil { // else it may affect what pages show
			c.typed.add(number)
		}
	}
	if c.resources, err = c.oldForm.resources(c.old); err != nil {
		return err
	}
	if ref, ok := c.old.Trailer().Get("Root").(syntax.Ref); ok && ref == c.new.Trailer().Get("Root") {
		c.typed.add(ref.Number)
	}
	if err := c.pages(o.Get("Pages"), n.Get("Pages")); err != nil {
		return err
	}
	if err := c.forms(o.Get("AcroForm"), n.Get("AcroForm")); err != nil {
		return err
	}
	if err := c.entries(o, n); err != nil {
		return err
	}
	return c.trailers()
}

// keys calls compare for each key of either dictionary.
func keys(o, n *syntax.Dict, compare func(key syntax.Name, o, n syntax.Object) error) error {
	for i := range o.Entries {
		if err := compare(o.Entries[i].Key, o.Entries[i].Value, n.Get(o.Entries[i].Key)); err != nil {
			return err
		}
	}
	for i := range n.Entries {
		if key := n.Entries[i].Key; o.Entry(key) == nil {
			if err := compare(key, nil, n.Entries[i].Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// entries compares the entries of the catalogs.
func (c *comparison) entries(o, n *syntax.Dict) error {
	return keys(o, n, func(key syntax.Name, o, n syntax.Object) error {
		kind, known := entryKinds[key]
		switch {
		case key == "Pages" || key == "AcroForm":
			return nil
		case !known:
			kind = Other
		case addable[key] && o == nil:
			kind = EntryAdded
		case key == "Perms" && o == nil: // a certification after a signature
			kind = Other
		case key == "Extensions":
			return c.additions(o, n, "/Root/Extensions", 1)
		}
		return c.compare(o, n, zoneOf(kind, "/Root"), key)
	})
}

// additions compares two dictionaries to which entries may be added, down to
// the given number of levels. An entry that was there must not be changed.
func (c *comparison) additions(o, n syntax.Object, place string, levels int) error {
	was, err := dict(c.old, o)
	if err != nil {
		return err
	}
	is, err := dict(c.new, n)
	if err != nil {
		return err
	}
	if was == nil || is == nil {
		kind := EntryChanged
		if o == nil {
			kind = EntryAdded
		}
		return c.compare(o, n, zoneOf(kind, place), "")
	}
	return keys(was, is, func(key syntax.Name, o, n syntax.Object) error {
		switch {
		case o == nil:
			return c.compare(nil, n, zoneOf(EntryAdded, place), key)
		case levels > 1:
			return c.additions(o, n, place+"/"+string(key), levels-1)
		}
		return c.compare(o, n, zoneOf(EntryChanged, place), key)
	})
}

// trailers compares the trailers, except for entries about the file's layout.
func (c *comparison) trailers() error {
	return keys(c.old.Trailer(), c.new.Trailer(), func(key syntax.Name, o, n syntax.Object) error {
		switch {
		case trailerKeys[key] || key == "Root":
			return nil
		case key == "Info":
			return c.compare(o, n, zoneOf(Metadata, "/Info"), "")
		case n == nil: // many programs drop entries that they do not know
			return c.compare(o, n, zoneOf(Rewritten, "trailer"), key)
		}
		return c.compare(o, n, zoneOf(Other, "trailer"), key)
	})
}
