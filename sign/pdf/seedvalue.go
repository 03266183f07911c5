package pdf

import (
	"crypto"
	"slices"

	"natsuin/sign/pdf/syntax"
)

// The bits of /Ff in a seed value dictionary (ISO 32000-1 Table 234). With
// those in requireUnknown, the field requires something that is not checked or
// not made here: a reason from a list, a legal attestation, embedded revocation
// data, or what later editions add.
const (
	requireFilter       = 1 << 0
	requireSubFilter    = 1 << 1
	requireVersion      = 1 << 2
	requireDigestMethod = 1 << 6
	requireUnknown      = ^(requireFilter | requireSubFilter | requireVersion | requireDigestMethod)

	newestVersion = 3 // of seed values, ISO 32000-2
)

var digestNames = map[string]crypto.Hash{
	"SHA256": crypto.SHA256, "SHA384": crypto.SHA384, "SHA512": crypto.SHA512,
}

// seedValue refuses an empty field whose /SV requires a signature other than
// one with this SubFilter. It returns the hashes that the field allows, or nil
// for all.
func (d *Document) seedValue(f dict, sub SubFilter) ([]crypto.Hash, error) {
	sv, err := d.dictionary(f, f.Get("SV"))
	if err != nil || sv.Dict == nil {
		return nil, err
	}
	flags, err := d.flags(sv)
	if err != nil {
		return nil, err
	}
	if flags&requireUnknown != 0 {
		return nil, refuse(ReasonSeedValue, "the field requires more than a filter and a hash: /Ff %d", flags)
	}
	for _, part := range []syntax.Name{"Cert", "TimeStamp"} {
		p, err := d.dictionary(sv, sv.Get(part))
		if err != nil {
			return nil, err
		}
		if n, err := d.flags(p); err != nil {
			return nil, err
		} else if n != 0 {
			return nil, refuse(ReasonSeedValue, "the field requires a certain /%s", part)
		}
	}
	mdp, err := d.dictionary(sv, sv.Get("MDP"))
	if err != nil {
		return nil, err
	}
	if p, err := d.value(mdp.Get("P")); err != nil {
		return nil, err
	} else if p != nil && p != syntax.Integer(0) {
		return nil, refuse(ReasonSeedValue, "the field requires a certification")
	}
	return d.requirements(sv, flags, sub)
}

// requirements checks the requirements that can be met, and returns the hashes
// that the field allows, or nil for all.
func (d *Document) requirements(sv dict, flags int64, sub SubFilter) ([]crypto.Hash, error) {
	if filter, err := d.value(sv.Get("Filter")); err != nil {
		return nil, err
	} else if flags&requireFilter != 0 && filter != syntax.Name(signatureHandler) {
		return nil, refuse(ReasonSeedValue, "the field requires another /Filter")
	}
	if version, err := d.value(sv.Get("V")); err != nil {
		return nil, err
	} else if flags&requireVersion != 0 && !atMost(version, newestVersion) {
		return nil, refuse(ReasonSeedValue, "the field requires a newer reader of seed values")
	}
	if flags&requireSubFilter != 0 {
		subs, err := d.list(sv, "SubFilter")
		if err != nil {
			return nil, err
		}
		if !slices.Contains(subs, string(sub)) {
			return nil, refuse(ReasonSeedValue, "the field requires /SubFilter %v", subs)
		}
	}
	if flags&requireDigestMethod == 0 {
		return nil, nil
	}
	methods, err := d.list(sv, "DigestMethod")
	if err != nil {
		return nil, err
	}
	var allowed []crypto.Hash
	for _, m := range methods {
		if h, ok := digestNames[m]; ok {
			allowed = append(allowed, h)
		}
	}
	if allowed == nil {
		return nil, refuse(ReasonSeedValue, "the field requires /DigestMethod %v", methods)
	}
	return allowed, nil
}

// flags returns the /Ff of a dictionary. A value that is not an integer counts
// as all flags.
func (d *Document) flags(of dict) (int64, error) {
	v, err := d.value(of.Get("Ff"))
	if err != nil || v == nil {
		return 0, err
	}
	if n, ok := v.(syntax.Integer); ok {
		return int64(n), nil
	}
	return -1, nil
}

func atMost(o syntax.Object, n int) bool {
	switch v := o.(type) {
	case syntax.Integer:
		return v <= syntax.Integer(n)
	case syntax.Real:
		return v <= syntax.Real(n)
	}
	return false
}

// list returns the names and strings of the array at key.
func (d *Document) list(of dict, key syntax.Name) ([]string, error) {
	elements, _, err := d.array(of, of.Get(key))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, e := range elements {
		v, err := d.value(e.Value)
		if err != nil {
			return nil, err
		}
		switch v := v.(type) {
		case syntax.Name:
			all = append(all, string(v))
		case syntax.String:
			all = append(all, string(v))
		}
	}
	return all, nil
}
