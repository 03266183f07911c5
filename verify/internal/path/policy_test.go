package path_test

import (
	"crypto/x509"
	"fmt"
	"slices"
	"testing"

	"natsuin/verify/internal/path"
)

const (
	rootPolicy     = "1.2.392.100300.1.1"
	bridgePolicy   = "1.2.392.100300.2.1"
	ministryPolicy = "1.2.392.100300.3.1"
	strayPolicy    = "1.2.392.100300.9.9"
	anyPolicy      = "2.5.29.32.0"
)

func texts(oids []x509.OID) []string {
	var out []string
	for _, o := range oids {
		out = append(out, o.String())
	}
	return out
}

// The path of an official consists of root, bridge, ministry CA and official.
// The cross-certificates map the policy of each domain to that of the next one.
func TestOfficialThroughBridge(t *testing.T) {
	root := newRoot(t, "Root CA")
	bridgeKey, ministryKey := newKey(t), newKey(t)
	bridgeSelf := issue(t, nil, "Bridge CA", bridgeKey, asCA)
	ministrySelf := issue(t, nil, "Ministry CA", ministryKey, asCA)
	toBridge := issue(t, root, "Bridge CA", bridgeKey, asCA, policies(rootPolicy), mapping(rootPolicy, bridgePolicy))
	toMinistry := issue(t, bridgeSelf, "Ministry CA", ministryKey, asCA, policies(bridgePolicy), mapping(bridgePolicy, ministryPolicy))
	official := ministrySelf.newLeaf(t, "Minister", policies(ministryPolicy))
	stray := ministrySelf.newLeaf(t, "Stray", policies(strayPolicy))

	r := path.Request{Leaf: official.cert, Pool: certs(bridgeSelf, ministrySelf, toBridge, toMinistry),
		Anchors: certs(root), At: at, RequireExplicitPolicy: true, InitialPolicies: []x509.OID{oid(rootPolicy)}}
	result := wantPath(t, r)
	if len(result.Chain) != 4 || !slices.Equal(texts(result.Policies), []string{rootPolicy}) {
		t.Errorf("chain of %d under policies %v, want 4 under the root's policy", len(result.Chain), texts(result.Policies))
	}
	r.InitialPolicies = []x509.OID{oid(strayPolicy)}
	wantFailure(t, r, path.Policy, nil)
	r.InitialPolicies, r.InhibitMapping = nil, true
	wantFailure(t, r, path.Policy, nil)
	r.InhibitMapping, r.Leaf = false, stray.cert
	wantFailure(t, r, path.Policy, stray.cert)
	r.RequireExplicitPolicy = false
	if result := wantPath(t, r); len(result.Policies) != 0 {
		t.Errorf("policies %v for a stray leaf, want none", texts(result.Policies))
	}
}

func TestAnyPolicy(t *testing.T) {
	root := newRoot(t, "Root")
	ca := root.newCA(t, "CA", policies(anyPolicy))
	leaf := ca.newLeaf(t, "Leaf", policies(ministryPolicy))
	r := path.Request{Leaf: leaf.cert, Pool: certs(ca), Anchors: certs(root), At: at, RequireExplicitPolicy: true}
	if result := wantPath(t, r); !slices.Equal(texts(result.Policies), []string{ministryPolicy}) {
		t.Errorf("policies %v", texts(result.Policies))
	}
	r.InhibitAnyPolicy = true
	wantFailure(t, r, path.Policy, ca.cert)

	wide := path.Request{Leaf: ca.newLeaf(t, "Wide", policies(anyPolicy)).cert, Pool: certs(ca), Anchors: certs(root), At: at, RequireExplicitPolicy: true}
	if result := wantPath(t, wide); len(result.Policies) != 0 {
		t.Errorf("policies %v of a path that names none", texts(result.Policies))
	}
	wide.InitialPolicies = []x509.OID{oid(strayPolicy)}
	if result := wantPath(t, wide); !slices.Equal(texts(result.Policies), []string{strayPolicy}) {
		t.Errorf("policies %v, want the user's own", texts(result.Policies))
	}
}

func TestMappingAnyPolicyIsRefused(t *testing.T) {
	root := newRoot(t, "Root")
	for _, m := range []change{mapping(anyPolicy, ministryPolicy), mapping(ministryPolicy, anyPolicy)} {
		ca := root.newCA(t, "CA", policies(ministryPolicy), m)
		leaf := ca.newLeaf(t, "Leaf", policies(ministryPolicy))
		wantFailure(t, path.Request{Leaf: leaf.cert, Pool: certs(ca), Anchors: certs(root), At: at}, path.Policy, ca.cert)
	}
}

// The policy tree of RFC 5280 would have more than 20^12 nodes for this path.
// The graph of RFC 9618 has at most 20 at each depth.
func TestPoliciesDoNotMultiply(t *testing.T) {
	root := newRoot(t, "Root")
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("1.2.3.%d", i+1))
	}
	var pairs []string
	for _, from := range names {
		for _, to := range names {
			pairs = append(pairs, from, to)
		}
	}
	ca := root
	var pool []*x509.Certificate
	for i := range 12 {
		ca = ca.newCA(t, fmt.Sprintf("CA %d", i), policies(names...), mapping(pairs...))
		pool = append(pool, ca.cert)
	}
	r := path.Request{Leaf: ca.newLeaf(t, "Leaf", policies(names[0])).cert, Pool: pool, Anchors: certs(root),
		At: at, RequireExplicitPolicy: true}
	if result := wantPath(t, r); len(result.Policies) != len(names) {
		t.Errorf("%d policies, want %d", len(result.Policies), len(names))
	}
}
