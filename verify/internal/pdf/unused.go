package pdf

import (
	"errors"
	"slices"

	"natsuin/sign/pdf/syntax"
)

// maxSearched bounds the cross-reference entries of all revisions that are
// searched for unused objects.
const maxSearched = 100_000

// Extras holds facts about a file in addition to its signatures.
type Extras struct {
	// Undeclared are signature dictionaries that no field has.
	Undeclared []Undeclared
	// Unused reports whether objects that look like parts of pages are in the
	// file but not in use.
	Unused bool
	// UsageRights, SecurityStore and VRI are as in package verify.
	UsageRights, SecurityStore bool
	VRI                        int
}

// Undeclared is a signature dictionary that no field has.
type Undeclared struct {
	Number    int
	SubFilter string
}

// Extras returns the other facts about the file. A file with more than
// maxSearched entries is searched neither for undeclared signatures nor for
// unused objects.
func (f *File) Extras() (Extras, error) {
	var x Extras
	root, err := catalog(f.File)
	if err != nil {
		return x, err
	}
	perms, err := dict(f.File, root.Get("Perms"))
	if err != nil {
		return x, err
	}
	declared := make(map[int]bool)
	for _, key := range []syntax.Name{"UR", "UR3"} {
		if o := perms.Get(key); o != nil {
			x.UsageRights = true
			ref, _ := o.(syntax.Ref)
			declared[ref.Number] = true
		}
	}
	store, err := dict(f.File, root.Get("DSS"))
	if err != nil {
		return x, err
	}
	if x.SecurityStore = store != nil; x.SecurityStore {
		vri, err := dict(f.File, store.Get("VRI"))
		if err != nil {
			return x, err
		}
		if vri != nil {
			x.VRI = len(vri.Entries)
		}
	}
	for _, s := range f.Signatures {
		declared[s.ref.Number] = true
	}
	return x, f.search(&x, declared)
}

// search looks for undeclared signatures in all revisions, and for unused
// objects in the newest one.
func (f *File) search(x *Extras, declared map[int]bool) error {
	states := []*syntax.File{f.File}
	for _, r := range f.Revisions {
		p, err := f.prefix(r.End)
		if err != nil {
			return err
		}
		if p != f.File {
			states = append(states, p)
		}
	}
	searched := 0
	for _, p := range states {
		p.Uses(func(int, syntax.Use) bool { searched++; return searched <= maxSearched })
		if err := p.Err(); err != nil {
			return err
		}
	}
	if searched > maxSearched {
		return nil
	}
	var inUse bits
	err := f.Reachable(f.Trailer(), func(i *syntax.Indirect) error {
		inUse.add(i.Ref.Number)
		return nil
	})
	if err != nil {
		return nil // an object that no signature depends on may be broken
	}
	seen := make(map[syntax.Use]bool)
	for _, p := range states {
		var all []syntax.Ref
		p.Uses(func(number int, u syntax.Use) bool {
			if u.Section = 0; !u.Free && (u.Container != 0 || !seen[u]) {
				seen[u] = true
				all = append(all, syntax.Ref{Number: number, Generation: u.Generation})
			}
			return true
		})
		for _, ref := range all {
			o, err := p.Object(ref)
			if errors.As(err, new(*syntax.BrokenError)) || errors.As(err, new(*syntax.FilterError)) {
				continue
			}
			if err != nil {
				return err
			}
			if p == f.File && !inUse.has(ref.Number) && looksLikeContent(o.Value) {
				x.Unused = true
			}
			x.undeclared(o, declared)
		}
	}
	slices.SortFunc(x.Undeclared, func(a, b Undeclared) int { return a.Number - b.Number })
	return nil
}

// undeclared records an object that is a signature dictionary.
func (x *Extras) undeclared(o *syntax.Indirect, declared map[int]bool) {
	d, ok := o.Value.(*syntax.Dict)
	if !ok || declared[o.Ref.Number] || len(x.Undeclared) == maxSignatures {
		return
	}
	_, hasContents := d.Get("Contents").(syntax.String)
	if !hasContents || d.Get("ByteRange") == nil && d.Get("Type") != syntax.Name("Sig") {
		return
	}
	declared[o.Ref.Number] = true
	subFilter, _ := d.Get("SubFilter").(syntax.Name)
	x.Undeclared = append(x.Undeclared, Undeclared{o.Ref.Number, string(subFilter)})
}

// looksLikeContent reports whether an object says that it is a part of a page:
// a page, a node above pages, a font, a form or an image.
func looksLikeContent(o syntax.Object) bool {
	d, ok := o.(*syntax.Dict)
	if !ok {
		return drawn(o)
	}
	kind := d.Get("Type")
	return kind == syntax.Name("Page") || kind == syntax.Name("Pages") || kind == syntax.Name("Font")
}
