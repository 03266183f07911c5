package pdf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"natsuin/sign/pdf/syntax"
)

// A lock says which fields must not change any more (ISO 32000-1 Table 233 and
// Table 256): a signed field's /Lock, or the FieldMDP transform of a signature.
type lock struct {
	action     syntax.Name // All, Include or Exclude
	fields     []string    // full names
	permission int         // P, or 0
}

// covers reports whether the lock protects the field with this full name.
func (l lock) covers(name string) bool {
	listed := slices.ContainsFunc(l.fields, func(f string) bool {
		return name == f || strings.HasPrefix(name, f+".")
	})
	switch l.action {
	case "Include":
		return listed
	case "Exclude":
		return !listed
	}
	return true
}

// maxGranted bounds the transforms and the names in locks that are read.
const maxGranted = 1 << 17

// grant counts n transforms or names in locks against maxGranted.
func (d *Document) grant(n int) error {
	if d.granted += n; d.granted > maxGranted {
		return refuse(ReasonLimit, "permissions of more than %d parts", maxGranted)
	}
	return nil
}

// readPermissions reads what earlier signers allow: the strictest certification
// and all locks.
func (d *Document) readPermissions() error {
	perms, err := d.dictionary(d.catalog, d.catalog.Get("Perms"))
	if err != nil {
		return err
	}
	certification, err := d.dictionary(perms, perms.Get("DocMDP"))
	if err != nil {
		return err
	}
	if certification.Dict != nil {
		d.restrict(2) // the default of P
		if err := d.readReference(certification.Dict); err != nil {
			return err
		}
	}
	for _, f := range d.form.signatures {
		if !f.signed {
			continue
		}
		if err := d.readReference(f.value); err != nil {
			return err
		}
		l, err := d.readLock(f.dict, f.Get("Lock"))
		if err != nil {
			return err
		}
		if l != nil {
			d.locks = append(d.locks, *l)
		}
	}
	return nil
}

// restrict records a certification that allows changes of kind p. A p that the
// standard does not define counts as the strictest.
func (d *Document) restrict(p int) {
	if p < 1 || p > 3 {
		p = 1
	}
	if d.certify == 0 || p < d.certify {
		d.certify = p
	}
}

// readReference reads the transforms in the /Reference of a signature
// dictionary.
func (d *Document) readReference(signature *syntax.Dict) error {
	references, in, err := d.array(dict{}, signature.Get("Reference"))
	if err != nil {
		return err
	}
	if err := d.grant(len(references)); err != nil {
		return err
	}
	for _, e := range references {
		reference, err := d.dictionary(dict{in: in}, e.Value)
		if err != nil {
			return err
		}
		method, err := d.value(reference.Get("TransformMethod"))
		if err != nil {
			return err
		}
		params, err := d.dictionary(reference, reference.Get("TransformParams"))
		if err != nil {
			return err
		}
		switch method {
		case syntax.Name("DocMDP"):
			p, err := d.permission(params, 2)
			if err != nil {
				return err
			}
			d.restrict(p)
		case syntax.Name("FieldMDP"):
			l := &lock{} // without parameters, of all fields
			if params.Dict != nil {
				if l, err = d.readLock(dict{}, params.Dict); err != nil {
					return err
				}
			}
			d.locks = append(d.locks, *l)
		}
	}
	return nil
}

// permission returns the /P of a dictionary, missing if there is none, and 1 if
// it is not 1, 2 or 3.
func (d *Document) permission(params dict, missing int) (int, error) {
	p, err := d.value(params.Get("P"))
	if err != nil || p == nil {
		return missing, err
	}
	if n, ok := p.(syntax.Integer); ok && 1 <= n && n <= 3 {
		return int(n), nil
	}
	return 1, nil
}

// readLock reads a lock, or returns nil if o is null. A lock that cannot be
// understood covers all fields.
func (d *Document) readLock(parent dict, o syntax.Object) (*lock, error) {
	l, err := d.dictionary(parent, o)
	if err != nil || l.Dict == nil {
		return nil, err
	}
	action, err := d.value(l.Get("Action"))
	if err != nil {
		return nil, err
	}
	result := &lock{}
	result.action, _ = action.(syntax.Name)
	if result.permission, err = d.permission(l, 0); err != nil {
		return nil, err
	}
	names, in, err := d.array(l, l.Get("Fields"))
	if err != nil {
		return nil, err
	}
	if err := d.grant(len(names)); err != nil {
		return nil, err
	}
	for _, e := range names {
		_, v, err := d.follow(in, e.Value)
		if err != nil {
			return nil, err
		}
		s, _ := v.(syntax.String)
		result.fields = append(result.fields, decodeText(s))
	}
	return result, nil
}

// locked reports whether an earlier signer locked the field with this name.
func (d *Document) locked(name string) bool {
	return slices.ContainsFunc(d.locks, func(l lock) bool { return l.covers(name) })
}

// maySign refuses a document in which an earlier signer allows no changes.
func (d *Document) maySign() error {
	if d.certify == 1 {
		return refuse(ReasonDocMDP, "the certification allows no changes")
	}
	for _, l := range d.locks {
		if l.permission == 1 {
			return refuse(ReasonLocked, "a signer's lock allows no changes")
		}
	}
	return nil
}

// mayAdd refuses a new field that earlier signers do not allow. A new field
// without a mark is allowed under a lock of all fields, or of all but some,
// since it changes nothing that is seen.
func (d *Document) mayAdd(name string, mark bool) error {
	for _, l := range d.locks {
		if l.covers(name) && (mark || l.action == "Include") {
			return refuse(ReasonLocked, "a signer's lock covers a new field %q", name)
		}
	}
	if mark && d.certify != 0 {
		return refuse(ReasonDocMDP, "the certification allows no new visible field")
	}
	return nil
}

// lockReference returns the entry /Reference with which a signature carries out
// the /Lock of its field (ISO 32000-1 §12.8.2.4), or "".
func (d *Document) lockReference(f field) (string, error) {
	l, err := d.readLock(f.dict, f.Get("Lock"))
	if err != nil || l == nil {
		return "", err
	}
	params := "/Type /TransformParams /V /1.2 /Action /" + string(l.action)
	switch l.action {
	case "All":
	case "Include", "Exclude":
		params += " /Fields ["
		for i, name := range l.fields {
			if i > 0 {
				params += " "
			}
			params += textString(name)
		}
		params += "]"
	default:
		return "", refuse(ReasonSeedValue, "the field's lock has no action that is known")
	}
	if l.permission != 0 {
		params += " /P " + strconv.Itoa(l.permission)
	}
	root := d.catalog.in.Ref
	return fmt.Sprintf("/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << %s >> /Data %d %d R >>]",
		params, root.Number, root.Generation), nil
}
