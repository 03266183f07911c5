package revocation_test

import (
	"context"
	"crypto"
	"crypto/sha1"
	"crypto/x509"
	"testing"
	"time"

	"natsuin/verify/internal/revocation"
)

// The tests of this file check whether an answer is still current, on which
// algorithms it relies, and whose key signed it.

// past returns a Checker for a reference time 30 days ago.
func past(lists ...*revocation.CRL) *revocation.Checker {
	k := checker(nil, lists...)
	k.At, k.Now = day(-30), at
	return k
}

func TestListsThatAreOver(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	over := list{number: 1, this: day(-40), next: day(-20)}.parse(t, ca)
	for _, c := range []struct {
		name  string
		lists []*revocation.CRL
		stale bool
	}{
		{"from before, over since", []*revocation.CRL{over}, true},
		{"from before, not over", []*revocation.CRL{list{this: day(-40), next: at}.parse(t, ca)}, false},
		{"issued at the reference time, over since", []*revocation.CRL{list{this: day(-30), next: day(-20)}.parse(t, ca)}, false},
		{"issued a second before it, over since", []*revocation.CRL{list{this: day(-30).Add(-time.Second), next: at.Add(-time.Second)}.parse(t, ca)}, true},
		{"beside a fresh one", []*revocation.CRL{over, list{number: 2}.parse(t, ca)}, false},
	} {
		a := past(c.lists...).Check(context.Background(), leaf.cert, ca.cert)
		want(t, a, revocation.Good, "")
		if a.Stale != c.stale || c.stale && a.Until.IsZero() {
			t.Errorf("%s: stale %v, until %v", c.name, a.Stale, a.Until)
		}
	}
	some := func(unused, a, b byte) [][]byte {
		return [][]byte{ext(true, tlv(0x30, []byte{0x83, 3, unused, a, b}), 2, 5, 29, 28)}
	}
	first, second := list{this: day(-40), next: day(-20), extensions: some(7, 0x60, 0)}, list{extensions: some(7, 0x1f, 0x80)}
	a := past(first.parse(t, ca), second.parse(t, ca)).Check(context.Background(), leaf.cert, ca.cert)
	if want(t, a, revocation.Good, ""); !a.Stale || !a.Until.Equal(day(-20)) {
		t.Errorf("a part of the reasons fresh: stale %v, until %v", a.Stale, a.Until)
	}
}

func TestAnswersThatAreOver(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	over := parse(t, reply{this: day(-31), next: day(-29)}.der(t, ca, leaf.cert, ca.cert))
	fresh := parse(t, reply{}.der(t, ca, leaf.cert, ca.cert))
	for _, c := range []struct {
		answers []*revocation.Response
		stale   bool
	}{{[]*revocation.Response{over}, true}, {[]*revocation.Response{fresh}, false}, {[]*revocation.Response{over, fresh}, false}} {
		k := past()
		k.Responses = c.answers
		a := k.Check(context.Background(), leaf.cert, ca.cert)
		want(t, a, revocation.Good, "")
		if a.Stale != c.stale || c.stale && !a.Until.Equal(day(-29)) {
			t.Errorf("stale %v, until %v, want %v", a.Stale, a.Until, c.stale)
		}
	}
}

// The key identifier in a CRL must not contradict that of the signer's key.
func TestKeyIdentifierOfTheList(t *testing.T) {
	called := func(id string) change { return func(c *x509.Certificate) { c.SubjectKeyId = []byte(id) } }
	ca := issue(t, nil, "CA", asCA, called("one"))
	leaf := issue(t, ca, "Leaf")
	twin := &party{issue(t, nil, "CA", asCA, called("two")).cert, ca.key} // has the identifier of another key
	other := *twin.cert
	other.RawSubjectPublicKeyInfo = ca.cert.RawSubjectPublicKeyInfo
	same := &party{&other, ca.key}
	sum := sha1.Sum(keyBits(t, ca.cert))
	by := func(id []byte) *revocation.CRL {
		return list{extensions: [][]byte{ext(false, tlv(0x30, tlv(0x80, id)), 2, 5, 29, 35)}}.parse(t, ca)
	}
	for _, c := range []struct {
		name   string
		id     []byte
		others []*party
		status revocation.Status
	}{
		{"its own", []byte("one"), nil, revocation.Good},
		{"the SHA-1 of its key", sum[:], nil, revocation.Good},
		{"of another", []byte("two"), nil, revocation.Unknown},
		{"of a certificate of another key", []byte("two"), []*party{twin}, revocation.Unknown},
		{"of another certificate of the key", []byte("two"), []*party{same}, revocation.Good},
	} {
		a := checker(c.others, by(c.id)).Check(context.Background(), leaf.cert, ca.cert)
		if a.Status != c.status || c.status == revocation.Unknown && a.NearestCause() != revocation.ListSigner {
			t.Errorf("%s: %v, %s", c.name, a.Status, a.Words())
		}
	}
}

// A token of a revoked authority stays good only if the reason rules out that
// others had the key (RFC 3161 §4). A missing reason and "unspecified" do not
// rule it out.
func TestCompromise(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	ask := func(answer []byte, extensions ...[]byte) revocation.Answer {
		k := checker(nil, list{entries: [][]byte{revoked(leaf.cert.SerialNumber, day(-2), extensions...)}}.parse(t, ca))
		if answer != nil {
			k.Responses = []*revocation.Response{parse(t, answer)}
		}
		a := k.Check(context.Background(), leaf.cert, ca.cert)
		want(t, a, revocation.Revoked, "")
		return a
	}
	for code, compromised := range map[byte]bool{0: true, 1: true, 2: true, 3: false, 4: false, 5: false, 6: false, 9: false, 10: true} {
		if a := ask(nil, reason(code)); a.Compromised != compromised {
			t.Errorf("reason %d: compromised %v", code, a.Compromised)
		}
	}
	if !ask(nil).Compromised {
		t.Error("without a reason: not compromised")
	}
	bare := reply{status: tlv(0xa1, moment(day(-1)))}.der(t, ca, leaf.cert, ca.cert)
	if a := ask(bare, reason(4)); !a.Compromised || !a.Since().Equal(day(-2)) {
		t.Errorf("superseded in the list, without reason in a later answer: %+v", a)
	}
}

// If two CRLs of different scope list the certificate, both count. If they have
// the same scope, only the newest counts.
func TestEveryListThatRevokesCounts(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	users := ext(true, tlv(0x30, []byte{0x81, 1, 0xff}), 2, 5, 29, 28)
	newer := list{number: 9, entries: [][]byte{revoked(leaf.cert.SerialNumber, day(-2), reason(4))}}
	older := list{number: 8, this: day(-3), extensions: [][]byte{users}, entries: [][]byte{revoked(leaf.cert.SerialNumber, day(-5), reason(1))}}
	a := checker(nil, newer.parse(t, ca), older.parse(t, ca)).Check(context.Background(), leaf.cert, ca.cert)
	if want(t, a, revocation.Revoked, ""); !a.Compromised || !a.Since().Equal(day(-5)) {
		t.Errorf("answer %+v, want compromised, from the earlier date", a)
	}
	older.extensions = nil
	a = checker(nil, newer.parse(t, ca), older.parse(t, ca)).Check(context.Background(), leaf.cert, ca.cert)
	if want(t, a, revocation.Revoked, ""); a.Compromised || !a.Since().Equal(day(-2)) {
		t.Errorf("answer %+v, want that of the newer list", a)
	}
}

func TestWhatOnlyASwitchAdmitsIsSaid(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	entry := [][]byte{revoked(leaf.cert.SerialNumber, day(-2))}
	for name, lists := range map[string][]*revocation.CRL{
		"good":    {list{hash: crypto.SHA1}.parse(t, ca)},
		"revoked": {list{hash: crypto.SHA1, entries: entry}.parse(t, ca)},
		"delta": {list{number: 1}.parse(t, ca),
			list{number: 2, hash: crypto.SHA1, extensions: [][]byte{ext(true, integer(1), 2, 5, 29, 27)}}.parse(t, ca)},
	} {
		k := checker(nil, lists...)
		k.Algorithms.AllowSHA1 = true
		if a := k.Check(context.Background(), leaf.cert, ca.cert); !a.SHA1 || a.Weak {
			t.Errorf("%s: SHA-1 %v, weak %v", name, a.SHA1, a.Weak)
		}
	}
	if a := checker(nil, list{}.parse(t, ca)).Check(context.Background(), leaf.cert, ca.cert); a.SHA1 || a.Weak {
		t.Errorf("SHA-256: %+v", a)
	}
}
