package pdf

import (
	"natsuin/sign/pdf/syntax"
)

// A node is a field, or a widget of one, in the tree of an AcroForm (ISO
// 32000-1 §12.7.3).
type node struct {
	ref    syntax.Ref // Number is 0 for a direct dictionary
	dict   *syntax.Dict
	parent *node
	depth  int
	name   string         // of the field, in full
	named  bool           // it has a name of its own, so that it is a field
	kind   syntax.Name    // /FT, which may be inherited
	value  syntax.Object  // /V, which may be inherited; nil if null
	flags  syntax.Integer // /Ff, which may be inherited
	// own reports whether value is the node's own.
	own  bool
	kids int
	page int // number of the page that has it among its annotations, or 0
	// spread reports whether several pages have it.
	spread bool
}

// Flags of fields that the user may not change, and of buttons without a value
// (ISO 32000-1 Tables 221, 226).
const (
	readOnly   = 1
	pushbutton = 1 << 16
)

// A form is an AcroForm.
type form struct {
	dict     *syntax.Dict // nil if there is none
	nodes    []*node      // parents before their kids
	byNumber map[int]*node
	byName   map[string]*node // see named
	names    int              // bytes of all names
}

// readForm reads the fields of a file. A field that is there twice counts once.
func readForm(f *syntax.File) (*form, error) {
	out := &form{byNumber: make(map[int]*node)}
	root, err := catalog(f)
	if err != nil {
		return nil, err
	}
	if out.dict, err = dict(f, root.Get("AcroForm")); err != nil || out.dict == nil {
		return out, err
	}
	if err := out.add(f, nil, out.dict.Get("Fields")); err != nil {
		return nil, err
	}
	for i := 0; i < len(out.nodes); i++ {
		n := out.nodes[i]
		if kids := n.dict.Get("Kids"); kids != nil {
			if err := out.add(f, n, kids); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// add appends the nodes of a /Fields or /Kids.
func (m *form) add(f *syntax.File, parent *node, list syntax.Object) error {
	kids, err := array(f, list)
	if err != nil {
		return err
	}
	for _, e := range kids {
		ref, _ := e.Value.(syntax.Ref)
		if m.byNumber[ref.Number] != nil {
			continue
		}
		d, err := dict(f, e.Value)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		n := &node{ref: ref, dict: d, parent: parent}
		if err := n.inherit(f); err != nil {
			return err
		}
		if m.names += len(n.name); len(m.nodes) == maxNodes || m.names > maxNames {
			return &syntax.LimitError{What: "fields"}
		}
		m.nodes = append(m.nodes, n)
		if ref.Number != 0 {
			m.byNumber[ref.Number] = n
		}
	}
	return nil
}

// inherit sets the fields of a node from its dictionary and its parent.
func (n *node) inherit(f *syntax.File) error {
	if p := n.parent; p != nil {
		p.kids++
		n.depth, n.name, n.kind, n.flags, n.value = p.depth+1, p.name, p.kind, p.flags, p.value
	}
	if n.depth > maxDepth {
		return &syntax.LimitError{What: "depth of the fields"}
	}
	title, err := f.Resolve(n.dict.Get("T"))
	if err != nil {
		return err
	}
	if s, ok := title.(syntax.String); ok {
		n.named = true
		if n.name != "" {
			n.name += "."
		}
		if n.name += Text(s); len(n.name) > maxName {
			return &syntax.LimitError{What: "name of a field"}
		}
	}
	kind, err := f.Resolve(n.dict.Get("FT"))
	if err != nil {
		return err
	}
	if k, ok := kind.(syntax.Name); ok {
		n.kind = k
	}
	flags, err := f.Resolve(n.dict.Get("Ff"))
	if err != nil {
		return err
	}
	if f, ok := flags.(syntax.Integer); ok {
		n.flags = f
	}
	if v := n.dict.Get("V"); v != nil {
		resolved, err := f.Resolve(v)
		if err != nil {
			return err
		}
		if resolved != nil {
			n.value, n.own = v, true
		}
	}
	return nil
}

// named returns the field of the form that has the same name as a field of
// another form, or nil.
func (m *form) named(other *node) *node {
	if m.byName == nil {
		m.byName = make(map[string]*node)
		for _, n := range m.nodes {
			if n.named {
				m.byName[n.name] = n
			}
		}
	}
	if !other.named {
		return nil
	}
	return m.byName[other.name]
}

// signed reports whether the field of the node has a signature.
func (n *node) signed() bool { return n.kind == "Sig" && n.value != nil }

// unknownBox is the box of a widget with a malformed /Rect, which programs read
// differently.
var unknownBox = [4]float64{}

// box returns the /Rect of a widget with its corners in order, and reports
// whether the widget can be seen: whether it is more than a point and not
// hidden (ISO 32000-1 §12.5.3). A malformed /Rect counts as visible.
func box(f *syntax.File, d *syntax.Dict) (rect [4]float64, visible bool, err error) {
	o, err := f.Resolve(d.Get("Rect"))
	list, _ := o.(syntax.Array)
	if err != nil || len(list) != 4 {
		return unknownBox, o != nil, err
	}
	for i, e := range list {
		o, err := f.Resolve(e.Value)
		if err != nil {
			return rect, false, err
		}
		rect[i], _ = number(o)
	}
	rect = [4]float64{min(rect[0], rect[2]), min(rect[1], rect[3]), max(rect[0], rect[2]), max(rect[1], rect[3])}
	flags, err := f.Resolve(d.Get("F"))
	const hidden = 2
	f0, _ := flags.(syntax.Integer)
	return rect, (rect[0] != rect[2] || rect[1] != rect[3]) && f0&hidden == 0, err
}

// overlap reports whether two boxes have a common area.
func overlap(a, b [4]float64) bool {
	return max(a[0], b[0]) < min(a[2], b[2]) && max(a[1], b[1]) < min(a[3], b[3])
}
