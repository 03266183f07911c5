package path_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"

	"natsuin/verify/internal/path"
	"natsuin/verify/internal/revocation"
)

// crl returns a CRL of the party that lists the revoked certificates.
func (p *party) crl(t testing.TB, revoked ...*party) []byte {
	t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: at.AddDate(0, 0, -1), NextUpdate: at.AddDate(0, 0, 9)}
	for _, r := range revoked {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: r.cert.SerialNumber, RevocationTime: at.AddDate(0, 0, -5)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, p.cert, p.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func statuses(r *path.Result) string {
	var all []string
	for _, a := range r.Revocation {
		all = append(all, a.Status.String())
	}
	return strings.Join(all, " ")
}

func TestEveryCertificateIsAsked(t *testing.T) {
	root := newRoot(t, "Root")
	ca := root.newCA(t, "CA")
	leaf := ca.newLeaf(t, "Leaf")
	r := path.Request{Leaf: leaf.cert, Pool: certs(ca), Anchors: certs(root), At: at, CheckRevocation: true}
	for _, c := range []struct {
		name  string
		crls  [][]byte
		want  string
		worst revocation.Status
	}{
		{"none", nil, "unknown unknown not-checked", revocation.Unknown},
		{"the CA's alone", [][]byte{ca.crl(t)}, "good unknown not-checked", revocation.Unknown},
		{"both", [][]byte{ca.crl(t), root.crl(t)}, "good good not-checked", revocation.Good},
		{"leaf revoked", [][]byte{ca.crl(t, leaf), root.crl(t)}, "revoked good not-checked", revocation.Revoked},
		{"CA revoked", [][]byte{ca.crl(t), root.crl(t, ca)}, "good revoked not-checked", revocation.Revoked},
		{"leaf revoked, CA unknown", [][]byte{ca.crl(t, leaf)}, "revoked unknown not-checked", revocation.Revoked},
		{"one that cannot be read", [][]byte{{0x30}, root.crl(t)}, "unknown good not-checked", revocation.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.CRLs = c.crls
			result := wantPath(t, r)
			if got := statuses(result); got != c.want {
				t.Errorf("statuses %q, want %q (%v)", got, c.want, result.Revocation)
			}
			if got := result.Worst(at).Status; got != c.worst {
				t.Errorf("worst %v, want %v", got, c.worst)
			}
		})
	}
	t.Run("revoked later weighs less than unknown", func(t *testing.T) {
		r.CRLs, r.At, r.Now = [][]byte{ca.crl(t, leaf)}, at.AddDate(0, 0, -50), at
		if got := wantPath(t, r).Worst(r.At).Status; got != revocation.Unknown {
			t.Errorf("worst %v, want that of the CA", got)
		}
	})
}

// Three generations of JPKI roots have the same name, and serial numbers may
// repeat. A CRL of one generation says nothing about certificates of another.
func TestListsOfAnotherGeneration(t *testing.T) {
	one, two := newRoot(t, "JPKI"), newRoot(t, "JPKI")
	leaf := two.newLeaf(t, "Citizen")
	r := path.Request{Leaf: leaf.cert, Pool: certs(one), Anchors: certs(one, two), At: at, CheckRevocation: true}
	for name, list := range map[string][]byte{"that lists the number": one.crl(t, leaf), "that does not": one.crl(t)} {
		r.CRLs = [][]byte{list}
		if a := wantPath(t, r).Revocation[0]; a.Status != revocation.Unknown || !strings.Contains(a.Words(), "not trusted") {
			t.Errorf("a list of another generation %s: %v %v", name, a.Status, a.Why)
		}
		r.CRLs = [][]byte{list, two.crl(t, leaf)}
		if a := wantPath(t, r).Revocation[0]; a.Status != revocation.Revoked {
			t.Errorf("the right list beside another generation's: %v %v", a.Status, a.Why)
		}
	}
}

// A CA may sign its CRLs with another key, which is certified like its first
// one.
func TestSeparateListKey(t *testing.T) {
	root := newRoot(t, "Root")
	ca := root.newCA(t, "CA")
	onlyLists := func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }
	signer := root.newLeaf(t, "CA", onlyLists)
	leaf := ca.newLeaf(t, "Leaf")
	r := path.Request{Leaf: leaf.cert, Pool: certs(ca, signer), Anchors: certs(root), At: at, CheckRevocation: true}
	for _, c := range []struct {
		name string
		crls [][]byte
		want string
	}{
		{"good", [][]byte{signer.crl(t), root.crl(t)}, "good good not-checked"},
		{"revoked", [][]byte{signer.crl(t, leaf), root.crl(t)}, "revoked good not-checked"},
		{"signer itself revoked", [][]byte{signer.crl(t), root.crl(t, signer)}, "unknown good not-checked"},
		{"signer itself unknown", [][]byte{signer.crl(t)}, "unknown unknown not-checked"},
	} {
		r.CRLs = c.crls
		if got := statuses(wantPath(t, r)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// CRLs whose signers depend on each other prove nothing, and the check ends.
func TestSignersInACircle(t *testing.T) {
	root := newRoot(t, "Root")
	ca := root.newCA(t, "CA")
	var pool []*party
	var crls [][]byte
	for range 6 {
		signer := issue(t, ca, "CA", newKey(t), func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign })
		pool = append(pool, signer)
		crls = append(crls, signer.crl(t))
	}
	leaf := ca.newLeaf(t, "Leaf")
	r := path.Request{Leaf: leaf.cert, Pool: append(certs(ca), certs(pool...)...), Anchors: certs(root), At: at,
		CheckRevocation: true, CRLs: crls}
	if got := wantPath(t, r).Revocation[0].Status; got != revocation.Unknown {
		t.Errorf("status %v from signers whose CA's own status is unknown", got)
	}
}

func TestAnotherPathForARevokedCA(t *testing.T) {
	root := newRoot(t, "Root")
	key := newKey(t)
	revoked, good := issue(t, root, "CA", key, asCA), issue(t, root, "CA", key, asCA)
	leaf := good.newLeaf(t, "Leaf")
	list := issue(t, nil, "CA", key, asCA, func(c *x509.Certificate) { c.SubjectKeyId = revoked.cert.SubjectKeyId })
	r := path.Request{Leaf: leaf.cert, Pool: certs(revoked, good), Anchors: certs(root), At: at, CheckRevocation: true,
		CRLs: [][]byte{list.crl(t), root.crl(t, revoked)}}
	if result := wantPath(t, r); statuses(result) != "good good not-checked" {
		t.Errorf("statuses %q, want the path over the other certificate", statuses(result))
	}
	r.CRLs[0] = list.crl(t, leaf)
	if result := wantPath(t, r); result.Revocation[0].Status != revocation.Revoked {
		t.Errorf("a revoked leaf is %q over another path", statuses(result))
	}
}

// A leaf that is revoked on one path is not unknown because of another path.
func TestRevokedOverOnePath(t *testing.T) {
	one, two := newRoot(t, "One"), newRoot(t, "Two")
	key := newKey(t)
	ca, cross := issue(t, one, "CA", key, asCA), issue(t, two, "CA", key, asCA)
	signer := one.newLeaf(t, "CA", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign })
	leaf := ca.newLeaf(t, "Leaf")
	for _, pool := range [][]*party{{ca, cross, signer}, {cross, ca, signer}} {
		r := path.Request{Leaf: leaf.cert, Pool: certs(pool...), Anchors: certs(one, two), At: at, CheckRevocation: true,
			CRLs: [][]byte{signer.crl(t, leaf), one.crl(t)}}
		if result := wantPath(t, r); result.Revocation[0].Status != revocation.Revoked {
			t.Errorf("statuses %q under anchor %d, want the leaf revoked", statuses(result), result.AnchorIndex)
		}
	}
}

func TestFetchIsAskedOnce(t *testing.T) {
	root := newRoot(t, "Root")
	ca := root.newCA(t, "CA")
	leaf := ca.newLeaf(t, "Leaf")
	asked := map[string]int{}
	r := path.Request{Leaf: leaf.cert, Pool: certs(ca), Anchors: certs(root), At: at, CheckRevocation: true,
		FetchOCSP: func(_ context.Context, cert, issuer *x509.Certificate, _ []byte) ([]byte, error) {
			asked[cert.Subject.CommonName+" by "+issuer.Subject.CommonName]++
			return nil, nil
		}}
	wantPath(t, r)
	if len(asked) != 2 || asked["Leaf by CA"] != 1 || asked["CA by Root"] != 1 {
		t.Errorf("asked %v", asked)
	}
	r.CheckRevocation = false
	wantPath(t, r)
	if len(asked) != 2 || asked["Leaf by CA"] != 1 {
		t.Error("asked though revocation was not to be checked")
	}
}

func FuzzValidate(f *testing.F) {
	root := newRoot(f, "Root")
	ca := root.newCA(f, "CA", policies(ministryPolicy), mapping(ministryPolicy, bridgePolicy),
		constrain([][]byte{dns("example.jp"), mail("example.jp")}, [][]byte{ip(192, 0, 2, 0, 255, 255, 255, 0)}))
	leaf := ca.newLeaf(f, "Leaf", policies(bridgePolicy), alternative(dns("a.example.jp"), mail("x@example.jp")),
		func(c *x509.Certificate) { c.CRLDistributionPoints = []string{"http://c/"} })
	list := ca.crl(f, leaf)
	f.Add(leaf.cert.Raw, ca.cert.Raw, list)
	f.Add(ca.cert.Raw, root.cert.Raw, list)
	f.Fuzz(func(t *testing.T, leafDER, caDER, list []byte) {
		l, err := path.ParseCertificate(leafDER)
		if err != nil {
			return
		}
		pool := certs(ca)
		if c, err := path.ParseCertificate(caDER); err == nil {
			pool = append(pool, c)
		}
		result, failure := path.Validate(context.Background(), path.Request{Leaf: l, Pool: pool, Anchors: certs(root),
			At: at.Add(time.Minute), CheckRevocation: true, CRLs: [][]byte{list}})
		if (result == nil) == (failure == nil) {
			t.Fatal("neither or both of a path and a failure")
		}
		if result == nil {
			return
		}
		for i, c := range result.Chain[:len(result.Chain)-1] {
			if err := c.CheckSignatureFrom(result.Chain[i+1]); err != nil {
				t.Errorf("a path with a wrong signature: %v", err)
			}
		}
	})
}
