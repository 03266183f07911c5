package pdf

import (
	"natsuin/sign/pdf/syntax"
)

// A page is a page object with the attributes that it may inherit (ISO 32000-1
// §7.7.3.4).
type page struct {
	dict
	mediaBox, cropBox, rotate syntax.Object
}

// maxPages bounds the nodes of the page tree that are visited, pages included.
const maxPages = 1 << 20

// A tree holds the state of a walk over the page tree. path holds the numbers
// of the nodes above the current one.
type tree struct {
	d     *Document
	path  map[int]bool
	count int
	visit func(page) (stop bool, err error)
}

// pages calls visit for each page in order, until visit returns true or an
// error.
func (d *Document) pages(visit func(page) (stop bool, err error)) error {
	t := tree{d: d, path: map[int]bool{}, visit: visit}
	_, err := t.node(d.catalog, d.catalog.Get("Pages"), page{})
	return err
}

// page returns the page with this index, which counts from 0.
func (d *Document) page(index int) (found page, err error) {
	n := 0
	err = d.pages(func(p page) (bool, error) {
		found = p
		n++
		return n > index, nil
	})
	if err == nil && n <= index {
		err = refuse(ReasonBroken, "there are only %d pages", n)
	}
	return found, err
}

// countPages counts the pages, whatever /Count says.
func (d *Document) countPages() (n int, err error) {
	err = d.pages(func(page) (bool, error) {
		n++
		return false, nil
	})
	return n, err
}

func (t *tree) node(parent dict, o syntax.Object, above page) (stop bool, err error) {
	ref, ok := o.(syntax.Ref)
	if !ok {
		return false, refuse(ReasonBroken, "a node of the page tree is not a reference")
	}
	if t.count++; t.count > maxPages {
		return false, refuse(ReasonLimit, "page tree of more than %d nodes", maxPages)
	}
	if len(t.path) >= syntax.MaxDepth {
		return false, refuse(ReasonLimit, "page tree deeper than %d", syntax.MaxDepth)
	}
	if t.path[ref.Number] {
		return false, refuse(ReasonBroken, "node %d of the page tree contains itself", ref.Number)
	}
	t.path[ref.Number] = true
	defer delete(t.path, ref.Number)

	here := above
	if here.dict, err = t.d.dictionary(parent, o); err != nil {
		return false, err
	}
	if here.Dict == nil {
		return false, refuse(ReasonBroken, "node %d of the page tree is missing", ref.Number)
	}
	for key, inherit := range map[syntax.Name]*syntax.Object{
		"MediaBox": &here.mediaBox, "CropBox": &here.cropBox, "Rotate": &here.rotate,
	} {
		if v := here.Get(key); v != nil {
			*inherit = v
		}
	}
	if here.Get("Kids") == nil {
		return t.visit(here)
	}
	kids, in, err := t.d.array(here.dict, here.Get("Kids"))
	if err != nil {
		return false, err
	}
	for _, k := range kids {
		if stop, err := t.node(dict{in: in}, k.Value, here); stop || err != nil {
			return stop, err
		}
	}
	return false, nil
}
