package pdf

import (
	"slices"
	"strings"

	"natsuin/sign/pdf/syntax"
)

// A Permission is a kind of [Rule].
type Permission string

// The kinds (ISO 32000-1 §12.8.2.2, §12.8.2.4, §12.7.4.5).
const (
	DocMDP   Permission = "docmdp"
	FieldMDP Permission = "fieldmdp"
	Lock     Permission = "lock"
)

// A Rule says which later changes a signer permits.
type Rule struct {
	Permission Permission
	// P is the /P of DocMDP or of a lock: 1, 2 or 3, or 0 if there is none.
	P int
	// Action says how to read Fields: All, Include or Exclude, or "" if the
	// rule is not about fields.
	Action syntax.Name
	Fields []string
}

// rules returns the rules in a signature dictionary, and in the lock of its
// field (ISO 32000-1 Tables 233, 253).
func rules(f *syntax.File, d *syntax.Dict, field *node) ([]Rule, error) {
	o, err := f.Resolve(d.Get("Reference"))
	if err != nil {
		return nil, err
	}
	references, ok := o.(syntax.Array)
	if !ok {
		references = syntax.Array{{Value: o}}
	}
	var all []Rule
	for _, e := range references {
		reference, err := dict(f, e.Value)
		if err != nil {
			return nil, err
		}
		method, err := f.Resolve(reference.Get("TransformMethod"))
		if err != nil {
			return nil, err
		}
		params, err := dict(f, reference.Get("TransformParams"))
		if err != nil {
			return nil, err
		}
		rule := Rule{Permission: FieldMDP}
		switch method {
		case syntax.Name("DocMDP"):
			rule.Permission, rule.P = DocMDP, 2 // its default
		case syntax.Name("FieldMDP"):
		default:
			continue
		}
		if err := rule.read(f, params); err != nil {
			return nil, err
		}
		all = append(all, rule)
	}
	for ; field != nil; field = field.parent {
		lock, err := dict(f, field.dict.Get("Lock"))
		if err != nil {
			return nil, err
		}
		if lock != nil {
			rule := Rule{Permission: Lock}
			if err := rule.read(f, lock); err != nil {
				return nil, err
			}
			return append(all, rule), nil
		}
	}
	return all, nil
}

func (r *Rule) read(f *syntax.File, d *syntax.Dict) error {
	p, err := f.Resolve(d.Get("P"))
	if err != nil {
		return err
	}
	if p != nil && r.Permission != FieldMDP {
		n, _ := p.(syntax.Integer) // if it is not an integer, the strictest
		r.P = int(min(max(n, 1), 3))
	}
	action, err := f.Resolve(d.Get("Action"))
	if err != nil {
		return err
	}
	if r.Permission != DocMDP {
		r.Action, _ = action.(syntax.Name)
	}
	fields, err := array(f, d.Get("Fields"))
	for _, e := range fields {
		name, err := f.Resolve(e.Value)
		if err != nil {
			return err
		}
		if s, ok := name.(syntax.String); ok {
			r.Fields = append(r.Fields, Text(s))
		}
	}
	return err
}

// locks reports whether Action and Fields of the rule lock the field called
// name, or a parent of it. It ignores P, which forbids checks.
func (r *Rule) locks(name string) bool {
	listed := slices.ContainsFunc(r.Fields, func(f string) bool { return name == f || strings.HasPrefix(name, f+".") })
	switch r.Action {
	case "":
		return false
	case "Include":
		return listed
	case "Exclude":
		return !listed
	}
	return true // All, and unknown actions
}

// forbids reports whether the rule forbids a change. Document time stamps and
// /DSS are always permitted (ETSI EN 319 142-1 §5.4), and so is the document
// information. A new signature field with a box does not count as a signature,
// because it can cover the text of the page.
func (r *Rule) forbids(c *Change) bool {
	signature := c.Kind == SignatureAdded || c.Kind == SignatureVisible || c.Kind == SignatureOverlap
	field := signature || c.Kind == FormFilled || c.Kind == Field
	switch {
	case r.P == 1 && (field || c.Kind == Annotation):
		return true
	case r.P == 2 && (c.Kind == Annotation || c.Kind == Field || c.newBox()):
		return true
	case r.Permission == DocMDP && c.newBox():
		return true
	case !field || !r.locks(c.Field):
		return false
	}
	return !c.New || c.newBox() || !signature
}

// newBox reports whether the change is a new field that can be seen.
func (c *Change) newBox() bool { return c.Kind == SignatureVisible || c.Kind == SignatureOverlap }

// Apply sets the result of the changes that the rules forbid to Invalid, and
// returns the first permission that is broken, or "". filling reports whether
// the signer certified that forms may be filled, which is then Harmless, except
// for read-only fields and pushbuttons.
func Apply(changes []Change, rules []Rule, filling bool) (broken Permission) {
	for i := range changes {
		c := &changes[i]
		if filling && c.Kind == FormFilled && c.Result == Unclear && !c.ReadOnly {
			c.Result = Harmless
		}
		for n := range rules {
			if rules[n].forbids(c) {
				c.Result, c.Against = Invalid, rules[n].Permission
				break
			}
		}
		if broken == "" {
			broken = c.Against
		}
	}
	return broken
}

// Certification returns the /P of the first DocMDP rule, or 0 if there is none.
func Certification(rules []Rule) int {
	for _, r := range rules {
		if r.Permission == DocMDP {
			return r.P
		}
	}
	return 0
}
