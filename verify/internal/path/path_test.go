package path_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"
	"time"

	"natsuin/verify/internal/path"
)

func TestValidPath(t *testing.T) {
	root := newRoot(t, "Root")
	ca := root.newCA(t, "CA")
	leaf := ca.newLeaf(t, "Leaf")
	other := newRoot(t, "Other root")

	r := path.Request{Leaf: leaf.cert, Pool: certs(other, leaf, ca), Anchors: certs(other, root), At: at}
	result := wantPath(t, r)
	if got := result.Chain; len(got) != 3 || got[0] != leaf.cert || got[1] != ca.cert || got[2] != root.cert {
		t.Errorf("chain has %d certificates in the wrong order", len(got))
	}
	if result.AnchorIndex != 1 {
		t.Errorf("anchor %d, want 1", result.AnchorIndex)
	}
	if len(result.Revocation) != 3 || result.Revocation[0].Status.String() != "not-checked" {
		t.Errorf("revocation %v, want not-checked for each certificate", result.Revocation)
	}
}

func TestRefusals(t *testing.T) {
	root := newRoot(t, "Root")
	ca := root.newCA(t, "CA")
	before, after := at.AddDate(-2, 0, 0), at.AddDate(2, 0, 0)
	yesterday, tomorrow := at.AddDate(0, 0, -1), at.AddDate(0, 0, 1)

	through := func(ca *party, changes ...change) path.Request {
		leaf := ca.newLeaf(t, "Leaf", changes...)
		return path.Request{Leaf: leaf.cert, Pool: certs(ca), Anchors: certs(root), At: at}
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	notCA := root.newLeaf(t, "Not a CA")
	noSign := root.newCA(t, "No keyCertSign", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign })
	short := root.newCA(t, "Short", func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true })
	beneath := short.newCA(t, "Beneath")
	tooLong := through(beneath)
	tooLong.Pool = append(tooLong.Pool, short.cert)
	odd := root.newCA(t, "Odd", extension(true, []byte{5, 0}, 1, 2, 3, 4))
	oddLeaf := through(ca, extension(true, []byte{5, 0}, 1, 2, 3, 4))
	expiredCA := root.newCA(t, "Expired CA", valid(before, yesterday))
	futureCA := root.newCA(t, "Future CA", valid(tomorrow, after))

	tampered := through(ca)
	tampered.Certain = true
	raw := bytes.Clone(tampered.Leaf.Raw)
	raw[bytes.Index(raw, []byte("Leaf"))] = 'l'
	if tampered.Leaf, err = path.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}

	expired, future := through(ca, valid(before, yesterday)), through(ca, valid(tomorrow, after))
	noIssuer := through(ca)
	noIssuer.Pool = nil
	untrusted := through(ca)
	untrusted.Anchors = certs(newRoot(t, "Root"))
	weakLeaf := path.Request{Leaf: issue(t, ca, "Weak", weak).cert, Pool: certs(ca), Anchors: certs(root), At: at}
	weakCA := issue(t, root, "Weak CA", weak, asCA)
	sha1Leaf := through(ca, func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 })
	explicit := through(ca)
	explicit.RequireExplicitPolicy = true
	emptyEKU := through(ca, extension(false, []byte{0x30, 0}, 2, 5, 29, 37))
	constrainedLeaf := through(ca, extension(true,
		tlv(0x30, tlv(0xa0, tlv(0x30, tlv(0x82, []byte("example.jp"))))), 2, 5, 29, 30))

	for _, c := range []struct {
		name          string
		request       path.Request
		kind          path.Kind
		by            *x509.Certificate
		indeterminate bool
	}{
		{"issuer missing", noIssuer, path.NoPath, noIssuer.Leaf, true},
		{"root of the same name not trusted", untrusted, path.NoPath, nil, true},
		{"leaf expired", expired, path.Expired, expired.Leaf, true},
		{"leaf not yet valid", future, path.NotYetValid, future.Leaf, true},
		{"CA expired", through(expiredCA), path.Expired, expiredCA.cert, true},
		{"CA not yet valid", through(futureCA), path.NotYetValid, futureCA.cert, true},
		{"leaf changed after signing", tampered, path.BadSignature, tampered.Leaf, false},
		{"issuer not a CA", through(notCA), path.NotCA, notCA.cert, false},
		{"issuer without keyCertSign", through(noSign), path.KeyUsage, noSign.cert, false},
		{"path longer than allowed", tooLong, path.PathLen, beneath.cert, false},
		{"unknown critical extension in CA", through(odd), path.UnknownCritical, odd.cert, false},
		{"unknown critical extension in leaf", oddLeaf, path.UnknownCritical, oddLeaf.Leaf, false},
		{"short RSA key in leaf", weakLeaf, path.WeakAlgorithm, weakLeaf.Leaf, true},
		{"short RSA key in CA", through(weakCA), path.WeakAlgorithm, weakCA.cert, true},
		{"SHA-1", sha1Leaf, path.WeakAlgorithm, sha1Leaf.Leaf, true},
		{"no policy where one is needed", explicit, path.Policy, ca.cert, false},
		{"empty extended key usage", emptyEKU, path.Malformed, emptyEKU.Leaf, false},
		{"name constraints outside a CA", constrainedLeaf, path.Malformed, constrainedLeaf.Leaf, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if f := wantFailure(t, c.request, c.kind, c.by); f.Indeterminate() != c.indeterminate {
				t.Errorf("indeterminate %v, want %v", f.Indeterminate(), c.indeterminate)
			}
		})
	}

	t.Run("weak admitted by the switches", func(t *testing.T) {
		weakLeaf.AllowWeak = true
		wantPath(t, weakLeaf)
		sha1Leaf.AllowSHA1 = true
		wantPath(t, sha1Leaf)
	})
}

// The failure is about dates only if everything else is valid, because
// otherwise proof of time would not help.
func TestDatesComeLast(t *testing.T) {
	root := newRoot(t, "Root")
	leaf := root.newLeaf(t, "Leaf", valid(at.AddDate(-2, 0, 0), at.AddDate(-1, 0, 0)),
		extension(true, []byte{5, 0}, 1, 2, 3))
	wantFailure(t, path.Request{Leaf: leaf.cert, Anchors: certs(root), At: at}, path.UnknownCritical, leaf.cert)
}

func TestDatesAreInWholeSeconds(t *testing.T) {
	root := newRoot(t, "Root")
	leaf := root.newLeaf(t, "Leaf", valid(at, at.Add(time.Hour)))
	r := path.Request{Leaf: leaf.cert, Anchors: certs(root)}
	for _, ok := range []time.Time{at, at.Add(time.Hour), at.Add(time.Hour + 999*time.Millisecond)} {
		r.At = ok
		wantPath(t, r)
	}
	r.At = at.Add(-time.Millisecond)
	wantFailure(t, r, path.NotYetValid, leaf.cert)
	r.At = at.Add(time.Hour + time.Second)
	wantFailure(t, r, path.Expired, leaf.cert)
}

func TestAnchors(t *testing.T) {
	past := valid(at.AddDate(-9, 0, 0), at.AddDate(-1, 0, 0))
	root := newRoot(t, "Root", past)
	leaf := root.newLeaf(t, "Leaf")

	t.Run("an anchor's own dates are ignored", func(t *testing.T) {
		wantPath(t, path.Request{Leaf: leaf.cert, Anchors: certs(root), At: at})
	})
	t.Run("an anchor as leaf by identical bytes", func(t *testing.T) {
		result := wantPath(t, path.Request{Leaf: leaf.cert, Anchors: certs(leaf), At: at})
		if len(result.Chain) != 1 {
			t.Errorf("chain of %d, want the leaf alone", len(result.Chain))
		}
	})
	t.Run("an anchor as leaf keeps its dates", func(t *testing.T) {
		wantFailure(t, path.Request{Leaf: root.cert, Anchors: certs(root), At: at}, path.Expired, root.cert)
	})
	t.Run("same key and name in another certificate", func(t *testing.T) {
		twin := issue(t, nil, "Root", root.key, asCA)
		wantFailure(t, path.Request{Leaf: twin.cert, Anchors: certs(leaf), At: at}, path.NoPath, twin.cert)
	})
	t.Run("an anchor that is no CA issues nothing", func(t *testing.T) {
		person := issue(t, nil, "Person", newKey(t))
		forged := person.newLeaf(t, "Forged")
		wantFailure(t, path.Request{Leaf: forged.cert, Anchors: certs(person), At: at}, path.NotCA, person.cert)
	})
	t.Run("a self-signed certificate in the pool is no anchor", func(t *testing.T) {
		wantFailure(t, path.Request{Leaf: leaf.cert, Pool: certs(root), At: at}, path.NoPath, nil)
	})
	t.Run("an anchor's constraints are kept", func(t *testing.T) {
		bound := newRoot(t, "Bound", func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true })
		ca := bound.newCA(t, "CA")
		r := path.Request{Leaf: ca.newLeaf(t, "Leaf").cert, Pool: certs(ca), Anchors: certs(bound), At: at}
		wantFailure(t, r, path.PathLen, ca.cert)
	})
}

// Three generations of JPKI roots have the same name, so only the signature
// distinguishes them.
func TestGenerationsOfOneName(t *testing.T) {
	for _, withID := range []bool{true, false} {
		t.Run(fmt.Sprintf("key identifiers %v", withID), func(t *testing.T) {
			strip := func(c *x509.Certificate) {
				if !withID {
					c.SubjectKeyId = nil
				}
			}
			var roots []*party
			for range 3 {
				roots = append(roots, newRoot(t, "JPKI", strip))
			}
			for i, root := range roots {
				leaf := root.newLeaf(t, "Citizen")
				result := wantPath(t, path.Request{Leaf: leaf.cert, Anchors: certs(roots...), At: at})
				if result.AnchorIndex != i {
					t.Errorf("generation %d verified under %d", i, result.AnchorIndex)
				}
			}
		})
	}
}

func TestOtherPathsAreTried(t *testing.T) {
	root := newRoot(t, "Root")
	key := newKey(t)
	dead := issue(t, root, "CA", key, asCA, valid(at.AddDate(-3, 0, 0), at.AddDate(-2, 0, 0)))
	good := issue(t, root, "CA", key, asCA)
	leaf := good.newLeaf(t, "Leaf")
	r := path.Request{Leaf: leaf.cert, Pool: certs(dead, good), Anchors: certs(root), At: at}
	if result := wantPath(t, r); !result.Chain[1].Equal(good.cert) {
		t.Error("the expired CA certificate was used")
	}

	t.Run("and the failure that leaves more open is returned", func(t *testing.T) {
		odd := issue(t, root, "CA", key, asCA, extension(true, []byte{5, 0}, 1, 2, 3))
		r := r
		r.Pool = certs(odd, dead)
		wantFailure(t, r, path.Expired, dead.cert)
	})
	t.Run("when the caller refuses one", func(t *testing.T) {
		again := issue(t, root, "CA", key, asCA)
		r.Pool = certs(good, again)
		r.Accept = func(chain []*x509.Certificate) error {
			if chain[1].Equal(good.cert) {
				return errTest
			}
			return nil
		}
		if result := wantPath(t, r); !result.Chain[1].Equal(again.cert) {
			t.Error("the refused path was used")
		}
		r.Accept = func([]*x509.Certificate) error { return errTest }
		if f := wantFailure(t, r, path.Refused, leaf.cert); !errors.Is(f, errTest) {
			t.Errorf("failure %v does not carry the caller's error", f)
		}
	})
}

func TestHostilePools(t *testing.T) {
	t.Run("CAs that certify each other", func(t *testing.T) {
		a, b := newRoot(t, "A"), newRoot(t, "B")
		pool := certs(a, b)
		for range 8 {
			pool = append(pool, issue(t, a, "B", b.key, asCA).cert, issue(t, b, "A", a.key, asCA).cert)
		}
		leaf := a.newLeaf(t, "Leaf")
		wantFailure(t, path.Request{Leaf: leaf.cert, Pool: pool, Anchors: certs(newRoot(t, "A")), At: at}, path.NoPath, nil)
	})
	t.Run("hundreds of CAs of one name", func(t *testing.T) {
		noID := func(c *x509.Certificate) { c.SubjectKeyId = nil }
		root := newRoot(t, "Root", noID)
		ca := root.newCA(t, "CA", noID)
		leaf := ca.newLeaf(t, "Leaf")
		var pool []*x509.Certificate
		for range 250 {
			pool = append(pool, newRoot(t, "CA", noID).cert)
		}
		r := path.Request{Leaf: leaf.cert, Pool: append(pool, ca.cert), Anchors: certs(root), At: at}
		wantPath(t, r)
		r.Budget = spent(leaf.cert)
		f := wantFailure(t, r, path.TooComplex, leaf.cert)
		if !f.Indeterminate() {
			t.Error("giving up must not read as INVALID")
		}
		// The right issuer is tried first because of its key identifier.
		ca = root.newCA(t, "CA")
		leaf = ca.newLeaf(t, "Leaf")
		wantPath(t, path.Request{Leaf: leaf.cert, Pool: append(pool, ca.cert), Anchors: certs(root), At: at})
	})
	t.Run("longer than any real path", func(t *testing.T) {
		root := newRoot(t, "Root")
		ca := root
		var pool []*x509.Certificate
		for i := range 20 {
			ca = ca.newCA(t, fmt.Sprintf("CA %d", i))
			pool = append(pool, ca.cert)
		}
		r := path.Request{Leaf: ca.newLeaf(t, "Leaf").cert, Pool: pool, Anchors: certs(root), At: at}
		wantFailure(t, r, path.TooComplex, nil)
	})
}

// spent returns a Budget without any signatures left.
func spent(c *x509.Certificate) *path.Budget {
	w := path.NewBudget(context.Background(), nil)
	for w.Signatures.Spend(c.PublicKey, 0) == nil {
	}
	return w
}

// If the budget is used up after a first path, the signatures that were
// verified for that path are still cached.
func TestBudgetIsShared(t *testing.T) {
	root := newRoot(t, "Root")
	ca := root.newCA(t, "CA")
	first, second := ca.newLeaf(t, "Leaf"), ca.newLeaf(t, "Leaf")
	r := path.Request{Leaf: first.cert, Pool: certs(ca), Anchors: certs(root), At: at, Budget: path.NewBudget(context.Background(), nil)}
	wantPath(t, r)
	for r.Budget.Signatures.Spend(root.cert.PublicKey, 0) == nil {
	}
	wantPath(t, r)
	r.Leaf = second.cert
	wantFailure(t, r, path.TooComplex, second.cert)
}

// The request may contain copies of the leaf that its issuer did not sign.
func TestCertificatesThatMayBeMeant(t *testing.T) {
	root := newRoot(t, "Root")
	ca := root.newCA(t, "CA")
	right := root.newLeaf(t, "Leaf")
	forge := func() *x509.Certificate {
		forger := newRoot(t, "Root", func(c *x509.Certificate) { c.SubjectKeyId = root.cert.SubjectKeyId })
		return issue(t, forger, "Leaf", right.key, func(c *x509.Certificate) { c.SerialNumber = right.cert.SerialNumber }).cert
	}
	forged := forge()
	r := path.Request{Leaf: forged, Pool: certs(ca), Anchors: certs(root), At: at}
	if f := wantFailure(t, r, path.BadSignature, forged); !f.Indeterminate() {
		t.Error("another copy may be the one that is meant")
	}
	r.Certain = true
	if f := wantFailure(t, r, path.BadSignature, forged); f.Indeterminate() {
		t.Error("the one certificate that can be meant was never signed: no information helps")
	}
	r.Certain = false
	r.Others = []*x509.Certificate{forge(), right.cert}
	if result := wantPath(t, r); !result.Chain[0].Equal(right.cert) {
		t.Error("another certificate was taken")
	}
	r.Others = r.Others[:1]
	if f := wantFailure(t, r, path.BadSignature, nil); !f.Indeterminate() {
		t.Error("of two that may be meant, neither is known to be the signer's")
	}
}

// Anyone can add certificates to the pool. Their failures do not count as
// failures of the leaf.
func TestInventedIssuers(t *testing.T) {
	root := newRoot(t, "Root")
	ca := root.newCA(t, "CA")
	leaf := ca.newLeaf(t, "Leaf")
	sameID := func(c *x509.Certificate) { c.SubjectKeyId = ca.cert.SubjectKeyId }
	edwards, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(edwards, err)
	}
	for name, pool := range map[string][]*x509.Certificate{
		"of the issuer's name and identifier": certs(newRoot(t, "CA", sameID)),
		"with a key of another kind":          {issue(t, nil, "CA", key, asCA, sameID).cert},
		"and the issuer, but no root":         certs(newRoot(t, "CA", sameID), ca),
	} {
		t.Run(name, func(t *testing.T) {
			_, f := path.Validate(context.Background(), path.Request{Leaf: leaf.cert, Pool: pool, Anchors: certs(newRoot(t, "Another")), At: at})
			if f == nil || !f.Indeterminate() {
				t.Errorf("%v, want an indeterminate failure", f)
			}
			if len(pool) == 2 && f.Kind != path.NoPath {
				t.Errorf("%v, though only the anchor is missing", f)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	root := newRoot(t, "Root")
	leaf := root.newLeaf(t, "Leaf")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, f := path.Validate(ctx, path.Request{Leaf: leaf.cert, Anchors: certs(root), At: at})
	if f == nil || f.Kind != path.Cancelled || !errors.Is(f, context.Canceled) {
		t.Errorf("failure %v, want cancelled", f)
	}
}

func TestSelfIssuedIsNotCounted(t *testing.T) {
	root := newRoot(t, "Root")
	old := root.newCA(t, "CA", func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true })
	rolled := old.newCA(t, "CA") // a new key of the same CA, certified by its old key
	leaf := rolled.newLeaf(t, "Leaf")
	result := wantPath(t, path.Request{Leaf: leaf.cert, Pool: certs(old, rolled), Anchors: certs(root), At: at})
	if len(result.Chain) != 4 {
		t.Errorf("chain of %d, want 4", len(result.Chain))
	}
}
