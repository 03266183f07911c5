package pdf

import (
	"strings"

	"natsuin/sign/pdf/syntax"
)

// Bounds of a form.
const (
	maxFields = 1 << 17  // fields and widgets
	maxNames  = 16 << 20 // bytes of all full names
)

// A form is the interactive form of a document (ISO 32000-1 §12.7).
type form struct {
	dict                           // its Dict is nil if there is no form
	names      map[string]struct{} // full names of all fields
	signatures []field             // the signature fields
}

// A field is a signature field.
type field struct {
	dict
	name   string // full
	signed bool
	value  *syntax.Dict // the signature dictionary, nil if there is none
	widget dict         // its Dict is nil if there is none
}

// readForm reads the form and walks the tree of its fields.
func (d *Document) readForm() error {
	d.form.names = map[string]struct{}{}
	var err error
	if d.form.dict, err = d.dictionary(d.catalog, d.catalog.Get("AcroForm")); err != nil {
		return err
	}
	if d.form.Dict == nil {
		return nil
	}
	if xfa, err := d.value(d.form.Get("XFA")); err != nil {
		return err
	} else if xfa != nil {
		return refuse(ReasonXFA, "the form is XFA")
	}
	fields, in, err := d.array(d.form.dict, d.form.Get("Fields"))
	if err != nil {
		return err
	}
	w := walk{d: d, path: map[int]bool{}}
	return w.kids(in, fields, inherited{})
}

// inherited holds what a field takes from the fields above it.
type inherited struct {
	name  string
	kind  syntax.Object // FT
	value syntax.Object // V
}

// A walk holds the state of a walk over the tree of fields. path has an entry
// for each object visited, which is true while the object is being visited.
type walk struct {
	d     *Document
	path  map[int]bool
	depth int
	count int // fields and widgets
	bytes int // of names
}

// kids visits the fields among kids, found in the object in.
func (w *walk) kids(in *syntax.Indirect, kids syntax.Array, above inherited) error {
	if w.depth++; w.depth > syntax.MaxDepth {
		return refuse(ReasonLimit, "fields nested deeper than %d", syntax.MaxDepth)
	}
	defer func() { w.depth-- }()
	for _, k := range kids {
		kid, err := w.d.dictionary(dict{in: in}, k.Value)
		if err != nil {
			return err
		}
		if kid.Dict == nil || w.depth > 1 && !isField(kid) {
			continue // a widget of the field above
		}
		if err := w.visit(kid, k.Value, above); err != nil {
			return err
		}
	}
	return nil
}

// visit visits a field once. o is the reference to it, or the field itself.
func (w *walk) visit(f dict, o syntax.Object, above inherited) error {
	if w.count++; w.count > maxFields {
		return refuse(ReasonLimit, "more than %d fields", maxFields)
	}
	own, err := w.d.text(f.Get("T"))
	if err != nil {
		return err
	}
	if own != "" {
		above.name = strings.TrimPrefix(above.name+"."+own, ".")
	}
	if kind := f.Get("FT"); kind != nil {
		above.kind = kind
	}
	if value := f.Get("V"); value != nil {
		above.value = value
	}
	if w.bytes += len(above.name); w.bytes > maxNames {
		return refuse(ReasonLimit, "field names of more than %d bytes", maxNames)
	}
	w.d.form.names[above.name] = struct{}{}

	if _, ok := o.(syntax.Ref); ok {
		number := f.in.Ref.Number
		if visiting, seen := w.path[number]; visiting {
			return refuse(ReasonBroken, "field %d contains itself", number)
		} else if seen {
			return nil // visited before, under another name
		}
		w.path[number] = true
		defer func() { w.path[number] = false }()
	}
	kids, in, err := w.d.array(f, f.Get("Kids"))
	if err != nil {
		return err
	}
	widget, nested, err := w.widget(f, in, kids)
	if err != nil {
		return err
	}
	if nested {
		return w.kids(in, kids, above)
	}
	kind, err := w.d.value(above.kind)
	if err != nil || kind != syntax.Name("Sig") {
		return err
	}
	value, err := w.d.value(above.value)
	if err != nil {
		return err
	}
	found := field{dict: f, name: above.name, widget: widget, signed: value != nil}
	found.value, _ = value.(*syntax.Dict)
	w.d.form.signatures = append(w.d.form.signatures, found)
	return nil
}

// isField reports whether a kid of a field is a field of its own, and not just
// a widget.
func isField(kid dict) bool { return kid.Get("T") != nil || kid.Get("Kids") != nil }

// widget returns the widget of a field: the field itself, or the first of its
// kids. nested reports whether a kid is a field of its own.
func (w *walk) widget(f dict, in *syntax.Indirect, kids syntax.Array) (first dict, nested bool, err error) {
	if f.Get("Rect") != nil {
		first = f
	}
	for _, k := range kids {
		if w.count++; w.count > maxFields {
			return dict{}, false, refuse(ReasonLimit, "more than %d widgets", maxFields)
		}
		kid, err := w.d.dictionary(dict{in: in}, k.Value)
		switch {
		case err != nil:
			return dict{}, false, err
		case isField(kid):
			nested = true
		case first.Dict == nil:
			first = kid
		}
	}
	return first, nested, nil
}

// text returns the text string that o stands for, or "" if it is not one.
func (d *Document) text(o syntax.Object) (string, error) {
	v, err := d.value(o)
	s, _ := v.(syntax.String)
	return decodeText(s), err
}
