package revocation_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"natsuin/verify/internal/revocation"
)

func trustAll(context.Context, *x509.Certificate) error  { return nil }
func trustNone(context.Context, *x509.Certificate) error { return errors.New("not this one") }

// want checks a status and, if it is unknown, the reason.
func want(t *testing.T, a revocation.Answer, status revocation.Status, why string) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %v (%s), want %v", a.Status, a.Words(), status)
	}
	if why != "" && !strings.Contains(a.Words(), why) {
		t.Fatalf("because %q, want %q", a.Words(), why)
	}
}

func TestListedOrNot(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf, other := issue(t, ca, "Leaf"), issue(t, ca, "Other")
	invalidity := ext(false, moment(day(-30)), 2, 5, 29, 24)
	l := list{number: 3, entries: [][]byte{
		revoked(leaf.cert.SerialNumber, day(-5), reason(1), invalidity),
	}}
	k := checker(nil, l.parse(t, ca))

	a := k.Check(context.Background(), leaf.cert, ca.cert)
	want(t, a, revocation.Revoked, "")
	if !a.RevokedAt.Equal(day(-5)) || a.Reason != revocation.KeyCompromise || !a.InvalidityDate.Equal(day(-30)) {
		t.Errorf("answer %+v, want revoked 5 days ago for a key compromised 30 days ago", a)
	}
	if !a.Since().Equal(day(-30)) || !a.RevokedBy(day(-30)) || a.RevokedBy(day(-31)) {
		t.Errorf("revoked since %v, want the invalidity date", a.Since())
	}
	if a.Source != "crl" {
		t.Errorf("from %q", a.Source)
	}
	want(t, k.Check(context.Background(), other.cert, ca.cert), revocation.Good, "")

	l.entries = [][]byte{revoked(leaf.cert.SerialNumber, day(-5), reason(4), invalidity)}
	a = checker(nil, l.parse(t, ca)).Check(context.Background(), leaf.cert, ca.cert)
	if !a.Since().Equal(day(-5)) {
		t.Errorf("superseded since %v, want the revocation date", a.Since())
	}
}

func TestListsThatDoNotCount(t *testing.T) {
	ca, stranger := issue(t, nil, "CA", asCA), issue(t, nil, "CA", asCA)
	mute := issue(t, nil, "CA", asCA, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign })
	leaf := issue(t, ca, "Leaf")
	muteLeaf := issue(t, mute, "Leaf")
	broken := list{}.der(t, ca)
	broken[len(broken)-1] ^= 1
	damaged, err := revocation.ParseCRL(broken)
	if err != nil {
		t.Fatal(err)
	}
	point := func(tag byte) []byte { // an issuingDistributionPoint with one flag
		return ext(true, tlv(0x30, []byte{tag, 1, 0xff}), 2, 5, 29, 28)
	}
	named := func(uri string) []byte {
		return ext(true, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, []byte(uri))))), 2, 5, 29, 28)
	}
	one := func(e []byte) [][]byte { return [][]byte{e} }

	for _, c := range []struct {
		name string
		list *revocation.CRL
		why  string
	}{
		{"none", nil, "no CRL"},
		{"of another generation with the same name", list{}.parse(t, stranger), "signed by nobody"},
		{"signature changed", damaged, "signed by nobody"},
		{"out of date", list{this: day(-20), next: day(-1)}.parse(t, ca), "too old"},
		{"without an end", list{noNext: true}.parse(t, ca), "too old"},
		{"from the future", list{this: day(1)}.parse(t, ca), "after the clock"},
		{"unknown critical extension", list{extensions: one(ext(true, []byte{5, 0}, 1, 2, 3))}.parse(t, ca), "critical"},
		{"unknown critical extension in an entry of another certificate",
			list{entries: one(revoked(big.NewInt(1), day(-2), ext(true, []byte{5, 0}, 1, 2, 3)))}.parse(t, ca), "critical"},
		{"not indirect, with an entry of another issuer",
			list{entries: one(revoked(big.NewInt(1), day(-2), ext(true, tlv(0x30, tlv(0xa4, ca.cert.RawSubject)), 2, 5, 29, 29)))}.parse(t, ca), "critical"},
		{"without a number", list{unnumbered: true}.parse(t, ca), "numbered"},
		{"with a critical number", list{unnumbered: true, extensions: one(ext(true, integer(1), 2, 5, 29, 20))}.parse(t, ca), "numbered"},
		{"for CA certificates only", list{extensions: one(point(0x82))}.parse(t, ca), "no CRL"},
		{"for attribute certificates only", list{extensions: one(point(0x85))}.parse(t, ca), "no CRL"},
		{"of another distribution point", list{extensions: one(named("http://other/"))}.parse(t, ca), "no CRL"},
		{"for some reasons only", list{extensions: one(ext(true, tlv(0x30, []byte{0x83, 2, 5, 0x60}), 2, 5, 29, 28))}.parse(t, ca), "every reason"},
		{"names a fresher list", list{extensions: one(ext(false, tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, []byte("http://d/")))))), 2, 5, 29, 46))}.parse(t, ca), "fresher"},
		{"a delta alone", list{number: 2, extensions: one(ext(true, integer(1), 2, 5, 29, 27))}.parse(t, ca), "no CRL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := checker([]*party{ca}, c.list)
			if c.list == nil {
				k.CRLs = nil
			}
			want(t, k.Check(context.Background(), leaf.cert, ca.cert), revocation.Unknown, c.why)
		})
	}
	t.Run("signed with SHA-1", func(t *testing.T) {
		k := checker(nil, list{hash: crypto.SHA1}.parse(t, ca))
		want(t, k.Check(context.Background(), leaf.cert, ca.cert), revocation.Unknown, "weak")
		k.Algorithms.AllowSHA1 = true
		want(t, k.Check(context.Background(), leaf.cert, ca.cert), revocation.Good, "")
	})
	t.Run("issuer may not sign lists", func(t *testing.T) {
		k := checker(nil, list{}.parse(t, mute))
		want(t, k.Check(context.Background(), muteLeaf.cert, mute.cert), revocation.Unknown, "may not sign")
	})
	t.Run("for user certificates only, about a CA", func(t *testing.T) {
		sub := issue(t, ca, "Sub", asCA)
		k := checker(nil, list{extensions: one(point(0x81))}.parse(t, ca))
		want(t, k.Check(context.Background(), sub.cert, ca.cert), revocation.Unknown, "no CRL")
		want(t, k.Check(context.Background(), leaf.cert, ca.cert), revocation.Good, "")
	})
	t.Run("without a number it still revokes", func(t *testing.T) {
		l := list{unnumbered: true, entries: one(revoked(leaf.cert.SerialNumber, day(-2)))}
		want(t, checker(nil, l.parse(t, ca)).Check(context.Background(), leaf.cert, ca.cert), revocation.Revoked, "")
	})
}

func TestSeparateSigner(t *testing.T) {
	root := issue(t, nil, "Root", asCA)
	ca := issue(t, root, "CA", asCA)
	signer := issue(t, root, "CA", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign })
	leaf := issue(t, ca, "Leaf")
	k := checker([]*party{ca, signer}, list{}.parse(t, signer))
	want(t, k.Check(context.Background(), leaf.cert, ca.cert), revocation.Good, "")
	k.Trusted = trustNone
	want(t, k.Check(context.Background(), leaf.cert, ca.cert), revocation.Unknown, "not this one")
}

func TestPartition(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	directory := func(cn string) []byte {
		return tlv(0xa4, tlv(0x30, tlv(0x31, tlv(0x30, oid(2, 5, 4, 3), tlv(0x0c, []byte(cn))))))
	}
	points := func(cn string) change {
		return extended(false, tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, directory(cn))))), 2, 5, 29, 31)
	}
	issuing := func(cn string) [][]byte {
		return [][]byte{ext(true, tlv(0x30, tlv(0xa0, tlv(0xa0, directory(cn)))), 2, 5, 29, 28)}
	}
	leaf := issue(t, ca, "Leaf", points("CRL 7"))
	seven, eight := list{extensions: issuing("crl  7")}.parse(t, ca), list{extensions: issuing("CRL 8")}.parse(t, ca)
	want(t, checker(nil, eight).Check(context.Background(), leaf.cert, ca.cert), revocation.Unknown, "no CRL")
	want(t, checker(nil, eight, seven).Check(context.Background(), leaf.cert, ca.cert), revocation.Good, "")
	want(t, checker(nil, list{}.parse(t, ca)).Check(context.Background(), leaf.cert, ca.cert), revocation.Good, "")
}

func TestReasonsCombine(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	some := func(unused, a, b byte) [][]byte {
		bits := []byte{0x83, 2, unused, a}
		if b != 0 {
			bits = []byte{0x83, 3, unused, a, b}
		}
		return [][]byte{ext(true, tlv(0x30, bits), 2, 5, 29, 28)}
	}
	first := list{extensions: some(5, 0x60, 0)}.parse(t, ca)     // keyCompromise, cACompromise
	second := list{extensions: some(7, 0x1f, 0x80)}.parse(t, ca) // the others
	want(t, checker(nil, first).Check(context.Background(), leaf.cert, ca.cert), revocation.Unknown, "every reason")
	want(t, checker(nil, first, second).Check(context.Background(), leaf.cert, ca.cert), revocation.Good, "")
}

func TestDelta(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf, held := issue(t, ca, "Leaf"), issue(t, ca, "Held")
	fresh := ext(false, tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, []byte("http://d/")))))), 2, 5, 29, 46)
	base := list{number: 5, this: day(-9), extensions: [][]byte{fresh},
		entries: [][]byte{revoked(held.cert.SerialNumber, day(-10), reason(6))}}
	indicator := func(n int64) [][]byte { return [][]byte{ext(true, integer(n), 2, 5, 29, 27)} }
	delta := list{number: 8, extensions: indicator(5), entries: [][]byte{
		revoked(leaf.cert.SerialNumber, day(-2), reason(1)), revoked(held.cert.SerialNumber, day(-2), reason(8))}}
	ask := func(who *party, lists ...*revocation.CRL) revocation.Answer {
		return checker(nil, lists...).Check(context.Background(), who.cert, ca.cert)
	}

	want(t, ask(leaf, base.parse(t, ca)), revocation.Unknown, "fresher")
	want(t, ask(held, base.parse(t, ca)), revocation.Revoked, "")
	want(t, ask(leaf, base.parse(t, ca), delta.parse(t, ca)), revocation.Revoked, "")
	want(t, ask(held, base.parse(t, ca), delta.parse(t, ca)), revocation.Good, "")

	stale := base
	stale.next = day(-3)
	want(t, ask(held, stale.parse(t, ca), delta.parse(t, ca)), revocation.Good, "")
	late := delta
	late.extensions = indicator(6) // does not cover the time between 5 and 6
	want(t, ask(held, base.parse(t, ca), late.parse(t, ca)), revocation.Revoked, "")
	foreign := issue(t, nil, "CA", asCA)
	want(t, ask(held, base.parse(t, ca), delta.parse(t, foreign)), revocation.Revoked, "")
}

func TestIndirect(t *testing.T) {
	root := issue(t, nil, "Root", asCA)
	ca, agency := issue(t, root, "CA", asCA), issue(t, root, "Agency", asCA)
	directory := func(p *party) []byte { return tlv(0xa4, p.cert.RawSubject) }
	leaf := issue(t, ca, "Leaf", extended(false, tlv(0x30, tlv(0x30, tlv(0xa2, directory(agency)))), 2, 5, 29, 31))
	plain := issue(t, ca, "Plain")
	indirect := ext(true, tlv(0x30, []byte{0x84, 1, 0xff}), 2, 5, 29, 28)
	issuer := func(p *party) []byte { return ext(true, tlv(0x30, directory(p)), 2, 5, 29, 29) }
	ask := func(who *party, l list) revocation.Answer {
		return checker([]*party{agency, ca, root}, l.parse(t, agency)).Check(context.Background(), who.cert, ca.cert)
	}
	with := func(entries ...[]byte) list { return list{extensions: [][]byte{indirect}, entries: entries} }
	serial, unrelated := leaf.cert.SerialNumber, big.NewInt(5)

	want(t, ask(leaf, with()), revocation.Good, "")
	want(t, ask(leaf, with(revoked(serial, day(-2)))), revocation.Good, "") // a serial number of the CRL issuer itself
	want(t, ask(leaf, with(revoked(serial, day(-2), issuer(ca)))), revocation.Revoked, "")
	want(t, ask(leaf, with(revoked(unrelated, day(-2), issuer(ca)), revoked(serial, day(-2)))), revocation.Revoked, "")
	want(t, ask(leaf, with(revoked(unrelated, day(-2), issuer(ca)), revoked(serial, day(-2), issuer(root)))), revocation.Good, "")
	want(t, ask(leaf, list{}), revocation.Unknown, "no CRL")  // the CRL is not marked as indirect
	want(t, ask(plain, with()), revocation.Unknown, "no CRL") // the certificate does not name the CRL issuer
}

// If a time in the past is proved, a current CRL still lists the certificates
// revoked by then.
func TestPastReferenceTime(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	l := list{entries: [][]byte{revoked(leaf.cert.SerialNumber, day(-5))}}
	k := checker(nil, l.parse(t, ca))
	k.At, k.Now = day(-100), day(0)
	a := k.Check(context.Background(), leaf.cert, ca.cert)
	want(t, a, revocation.Revoked, "")
	if a.RevokedBy(k.At) {
		t.Error("revoked later, and taken for revoked by then")
	}
	k.Now = time.Time{}
	want(t, k.Check(context.Background(), leaf.cert, ca.cert), revocation.Unknown, "after the clock")

	old := issue(t, ca, "Old", func(c *x509.Certificate) { c.NotAfter = day(-50) })
	k.Now = day(0)
	want(t, k.Check(context.Background(), old.cert, ca.cert), revocation.Unknown, "expired")
	keeps := list{extensions: [][]byte{ext(false, moment(day(-300)), 2, 5, 29, 60)}}
	k.CRLs = []*revocation.CRL{keeps.parse(t, ca)}
	want(t, k.Check(context.Background(), old.cert, ca.cert), revocation.Good, "")
}

func TestNewestListCounts(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	entry := [][]byte{revoked(leaf.cert.SerialNumber, day(-9), reason(6))}
	held := list{number: 1, this: day(-8), entries: entry}.parse(t, ca)
	released := list{number: 2, this: day(-1)}.parse(t, ca)
	for _, lists := range [][]*revocation.CRL{{held, released}, {released, held}} {
		want(t, checker(nil, lists...).Check(context.Background(), leaf.cert, ca.cert), revocation.Good, "")
	}
	again := list{number: 3, this: day(0), entries: entry}.parse(t, ca)
	want(t, checker(nil, released, again).Check(context.Background(), leaf.cert, ca.cert), revocation.Revoked, "")
}

func TestLongList(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	var entries [][]byte
	for i := range 100000 {
		entries = append(entries, revoked(big.NewInt(int64(1000000+i)), day(-2)))
	}
	entries = append(entries, revoked(leaf.cert.SerialNumber, day(-2)))
	want(t, checker(nil, list{entries: entries}.parse(t, ca)).Check(context.Background(), leaf.cert, ca.cert),
		revocation.Revoked, "")
}

func TestMalformedLists(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	bad := map[string][]byte{
		"nothing":              nil,
		"trailing data":        append(list{}.der(t, ca), 0),
		"same extension twice": list{extensions: [][]byte{ext(false, integer(1), 2, 5, 29, 20)}}.der(t, ca),
		"reason 7":             list{entries: [][]byte{revoked(big.NewInt(1), day(-2), reason(7))}}.der(t, ca),
		"delta unnumbered":     list{unnumbered: true, extensions: [][]byte{ext(true, integer(1), 2, 5, 29, 27)}}.der(t, ca),
		"scope not a sequence": list{extensions: [][]byte{ext(true, []byte{5, 0}, 2, 5, 29, 28)}}.der(t, ca),
		"certificate":          ca.cert.Raw,
	}
	for name, der := range bad {
		if _, err := revocation.ParseCRL(der); !errors.Is(err, revocation.ErrMalformed) {
			t.Errorf("%s: error %v, want malformed", name, err)
		}
	}
}

func FuzzParseCRL(f *testing.F) {
	ca := issue(f, nil, "CA", asCA)
	leaf := issue(f, ca, "Leaf")
	l := list{entries: [][]byte{revoked(leaf.cert.SerialNumber, day(-2), reason(1), ext(false, moment(day(-3)), 2, 5, 29, 24))},
		extensions: [][]byte{ext(true, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, []byte("http://d/")))), []byte{0x83, 2, 5, 0x60}, []byte{0x84, 1, 0xff}), 2, 5, 29, 28)}}
	f.Add(l.der(f, ca))
	f.Add(list{number: 9, extensions: [][]byte{ext(true, integer(1), 2, 5, 29, 27)}}.der(f, ca))
	f.Add(list{}.der(f, ca))
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := revocation.ParseCRL(der)
		if err != nil {
			return
		}
		if rest, err := asn1.Unmarshal(der, &asn1.RawValue{}); err != nil || len(rest) > 0 {
			t.Error("accepted what is not one DER value")
		}
		checker([]*party{ca}, c).Check(context.Background(), leaf.cert, ca.cert)
	})
}
