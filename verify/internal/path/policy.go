package path

import (
	"crypto/x509"
	"slices"
	"strings"
)

// anyPolicy is the contents octets of 2.5.29.32.0.
const anyPolicy = "\x55\x1d\x20\x00"

func policyKey(oid x509.OID) string {
	der, _ := oid.MarshalBinary() // never fails
	return string(der)
}

// policyNode is a node of the valid_policy_graph of RFC 9618 §5. At each depth
// there is at most one node for each policy, so the size of the graph does not
// grow exponentially with the length of the path.
type policyNode struct {
	policy   string
	expected map[string]bool
	parents  []*policyNode
	children int
}

// policyGraph is the state of RFC 5280 §6.1.2 (a), (d), (e) and (f).
type policyGraph struct {
	levels []map[string]*policyNode // nil if no policy is valid any more

	explicit, inhibitAny, mapping int
	last                          int // n, the length of the path
}

func newPolicyGraph(r *Request, length int) *policyGraph {
	start := func(set bool) int {
		if set {
			return 0
		}
		return length + 1
	}
	root := &policyNode{policy: anyPolicy, expected: map[string]bool{anyPolicy: true}}
	return &policyGraph{
		levels:     []map[string]*policyNode{{anyPolicy: root}},
		explicit:   start(r.RequireExplicitPolicy),
		inhibitAny: start(r.InhibitAnyPolicy),
		mapping:    start(r.InhibitMapping),
		last:       length,
	}
}

// certificate implements RFC 5280 §6.1.3 (d) to (f) for the i-th certificate,
// counted from 1 below the anchor. It returns false if the path needs a valid
// policy and has none left.
func (g *policyGraph) certificate(f *facts, i int) bool {
	switch {
	case g.levels == nil:
	case len(f.cert.Policies) == 0:
		g.levels = nil
	default:
		g.grow(f, i)
	}
	return g.explicit > 0 || g.levels != nil
}

func (g *policyGraph) grow(f *facts, i int) {
	above := g.levels[len(g.levels)-1]
	level := map[string]*policyNode{}
	expecting := map[string][]*policyNode{}
	for _, n := range above {
		for p := range n.expected {
			expecting[p] = append(expecting[p], n)
		}
	}
	add := func(p string, parents []*policyNode) {
		level[p] = &policyNode{policy: p, expected: map[string]bool{p: true}, parents: parents}
		for _, n := range parents {
			n.children++
		}
	}
	hasAny := false
	for _, oid := range f.cert.Policies {
		p := policyKey(oid)
		switch {
		case p == anyPolicy:
			hasAny = true
		case len(expecting[p]) > 0:
			add(p, expecting[p])
		case above[anyPolicy] != nil:
			add(p, []*policyNode{above[anyPolicy]})
		}
	}
	if hasAny && (g.inhibitAny > 0 || i < g.last && f.selfIssued()) {
		for p, parents := range expecting {
			if level[p] == nil {
				add(p, parents)
			}
		}
	}
	g.levels = append(g.levels, level)
	g.prune()
}

// prune removes nodes without children above the last level. If nothing is
// left, it removes the whole graph.
func (g *policyGraph) prune() {
	for depth := len(g.levels) - 2; depth >= 0; depth-- {
		for p, n := range g.levels[depth] {
			if n.children == 0 {
				for _, parent := range n.parents {
					parent.children--
				}
				delete(g.levels[depth], p)
			}
		}
	}
	if len(g.levels[0]) == 0 || len(g.levels[len(g.levels)-1]) == 0 {
		g.levels = nil
	}
}

// prepare implements RFC 5280 §6.1.4 (a), (b) and (h) to (j), the requirements
// of a CA certificate for those below it. It returns false if anyPolicy is
// mapped.
func (g *policyGraph) prepare(f *facts) bool {
	c := f.cert
	mappings := map[string]map[string]bool{}
	for _, m := range c.PolicyMappings {
		from, to := policyKey(m.IssuerDomainPolicy), policyKey(m.SubjectDomainPolicy)
		if from == anyPolicy || to == anyPolicy {
			return false
		}
		if mappings[from] == nil {
			mappings[from] = map[string]bool{}
		}
		mappings[from][to] = true
	}
	if g.levels != nil && len(mappings) > 0 {
		g.mapPolicies(mappings)
	}
	if !f.selfIssued() {
		g.explicit, g.mapping, g.inhibitAny = lowered(g.explicit), lowered(g.mapping), lowered(g.inhibitAny)
	}
	g.lower(&g.explicit, c.RequireExplicitPolicy, c.RequireExplicitPolicyZero)
	g.lower(&g.mapping, c.InhibitPolicyMapping, c.InhibitPolicyMappingZero)
	g.lower(&g.inhibitAny, c.InhibitAnyPolicy, c.InhibitAnyPolicyZero)
	return true
}

func (g *policyGraph) mapPolicies(mappings map[string]map[string]bool) {
	depth := len(g.levels) - 1
	level := g.levels[depth]
	for from, to := range mappings {
		node := level[from]
		switch {
		case g.mapping > 0 && node != nil:
			node.expected = to
		case g.mapping > 0 && level[anyPolicy] != nil && depth > 0:
			parents := level[anyPolicy].parents
			level[from] = &policyNode{policy: from, expected: to, parents: parents}
			for _, n := range parents {
				n.children++
			}
		case g.mapping == 0 && node != nil:
			for _, parent := range node.parents {
				parent.children--
			}
			delete(level, from)
		}
	}
	g.prune()
}

func lowered(n int) int { return max(0, n-1) }

func (g *policyGraph) lower(state *int, value int, zero bool) {
	if (value > 0 || zero) && value < *state {
		*state = value
	}
}

// finish implements RFC 5280 §6.1.5 (a), (b) and (g) with RFC 9618 §5.5. It
// returns the policies of the user's set that are valid for the whole path, in
// the policy domain of the anchor. ok is false if there is none but one is
// required.
func (g *policyGraph) finish(leaf *facts, initial []x509.OID) (policies []x509.OID, ok bool) {
	g.explicit = lowered(g.explicit)
	if leaf.cert.RequireExplicitPolicyZero {
		g.explicit = 0
	}
	policies, any := g.constrained(initial)
	return policies, g.explicit > 0 || any || len(policies) > 0
}

// constrained returns the user-constrained-policy-set. any reports whether it
// contains anyPolicy.
func (g *policyGraph) constrained(initial []x509.OID) (policies []x509.OID, any bool) {
	if g.levels == nil {
		return nil, false
	}
	wanted := map[string]bool{}
	for _, oid := range initial {
		wanted[policyKey(oid)] = true
	}
	all := initial == nil || wanted[anyPolicy]
	// A policy of the path is identified by the first node after the anchor
	// that is not anyPolicy. All remaining nodes lead to the last level.
	found := map[string]bool{}
	for _, level := range g.levels[1:] {
		for p, n := range level {
			for _, parent := range n.parents {
				if p != anyPolicy && parent.policy == anyPolicy && (all || wanted[p]) {
					found[p] = true
				}
			}
		}
	}
	// anyPolicy at the last level stands for every policy in the user's set.
	if g.levels[len(g.levels)-1][anyPolicy] != nil {
		any = all
		for p := range wanted {
			found[p] = p != anyPolicy
		}
	}
	for p, ok := range found {
		var oid x509.OID
		if ok && oid.UnmarshalBinary([]byte(p)) == nil {
			policies = append(policies, oid)
		}
	}
	slices.SortFunc(policies, func(a, b x509.OID) int { return strings.Compare(policyKey(a), policyKey(b)) })
	return policies, any
}
