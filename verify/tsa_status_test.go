package verify_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"
	"time"

	"natsuin/verify"
)

// The tests of this file check how the revocation of a time-stamp authority
// affects its tokens.

const day = 24 * time.Hour

// stampWorld is a world with a time-stamp authority below its own root.
type stampWorld struct {
	world
	tsaRoot, tsa *identity
}

func newStampWorld(t testing.TB) stampWorld {
	w := stampWorld{world: newWorld(t)}
	w.tsaRoot = issue(t, "tsa root", ecKey(t), nil, authority)
	w.tsa = issue(t, "tsa", ecKey(t), w.tsaRoot, onlyStamps)
	w.policy.TSAAnchors = []*x509.Certificate{w.tsaRoot.cert}
	return w
}

// crl returns a CRL by ca, valid from this to next. If hit is not nil, it is
// the only entry. Reason 0 means none.
func crl(t testing.TB, ca *identity, this, next time.Time, hit *identity, revoked time.Time, reason int) []byte {
	t.Helper()
	tmpl := &x509.RevocationList{Number: big.NewInt(5), ThisUpdate: this, NextUpdate: next}
	if hit != nil {
		tmpl.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: hit.cert.SerialNumber, RevocationTime: revoked, ReasonCode: reason}}
	}
	b, err := x509.CreateRevocationList(rand.Reader, tmpl, ca.cert, ca.key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fresh returns a CRL that was just issued.
func fresh(t testing.TB, ca, hit *identity, revoked time.Time, reason int) []byte {
	return crl(t, ca, now.Add(-time.Hour), now.Add(day), hit, revoked, reason)
}

func timestampCheck(t *testing.T, r *verify.Report) verify.Check {
	t.Helper()
	c, ok := r.Signers[0].Check(verify.CheckTimestamp)
	if !ok {
		t.Fatal("no check of the time stamp")
	}
	return c
}

// Whoever has stolen the authority's key can put any time into a token (RFC
// 3161 §4). The signer's key was stolen a week ago, but the token has a time
// two weeks ago.
func TestTokenOfACompromisedAuthority(t *testing.T) {
	w := newStampWorld(t)
	sub := issue(t, "tsa ca", ecKey(t), w.tsaRoot, authority)
	below := issue(t, "tsa below", ecKey(t), sub, onlyStamps)
	signed := now.Add(-14 * day)
	stolen := fresh(t, w.root, w.signer, now.Add(-7*day), 1)
	for name, c := range map[string]struct {
		tsa    *identity
		certs  [][]byte
		lists  [][]byte
		reason verify.Reason
	}{
		"keyCompromise, later":        {w.tsa, nil, [][]byte{fresh(t, w.tsaRoot, w.tsa, now.Add(-day), 1)}, verify.ReasonTimestampCompromise},
		"no reason, later":            {w.tsa, nil, [][]byte{fresh(t, w.tsaRoot, w.tsa, now.Add(-day), 0)}, verify.ReasonTimestampCompromise},
		"cACompromise, later":         {w.tsa, nil, [][]byte{fresh(t, w.tsaRoot, w.tsa, now.Add(-day), 2)}, verify.ReasonTimestampCompromise},
		"aACompromise, later":         {w.tsa, nil, [][]byte{fresh(t, w.tsaRoot, w.tsa, now.Add(-day), 10)}, verify.ReasonTimestampCompromise},
		"keyCompromise, before":       {w.tsa, nil, [][]byte{fresh(t, w.tsaRoot, w.tsa, now.Add(-30*day), 1)}, verify.ReasonTimestampCompromise},
		"superseded, later":           {w.tsa, nil, [][]byte{fresh(t, w.tsaRoot, w.tsa, now.Add(-day), 4)}, ""},
		"cessationOfOperation, later": {w.tsa, nil, [][]byte{fresh(t, w.tsaRoot, w.tsa, now.Add(-day), 5)}, ""},
		"affiliationChanged, later":   {w.tsa, nil, [][]byte{fresh(t, w.tsaRoot, w.tsa, now.Add(-day), 3)}, ""},
		"superseded, before":          {w.tsa, nil, [][]byte{fresh(t, w.tsaRoot, w.tsa, now.Add(-30*day), 4)}, verify.ReasonTimestampRevoked},
		"its CA's key, later": {below, [][]byte{below.cert.Raw, sub.cert.Raw},
			[][]byte{fresh(t, w.tsaRoot, sub, now.Add(-day), 2), fresh(t, sub, nil, now, 0)}, verify.ReasonTimestampCompromise},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.policy
			p.CRLs = append(c.lists, stolen)
			r := run(t, stamped(t, w.signer, stamp{tsa: c.tsa, at: signed, certs: c.certs}), nil, p)
			if s := r.Signers[0].Timestamp; s.Reason != c.reason || s.Verified != (c.reason == "") {
				t.Fatalf("time stamp %+v, want %q", s, c.reason)
			}
			if c.reason != "" {
				open(verify.CheckRevocation, verify.ReasonRevokedNoTime).hold(t, r)
			} else {
				valid.hold(t, r)
			}
		})
	}
}

// With RequireRevocation, a token counts only if the status of its authority is
// known. Without it, the token counts, and the check has a remark.
func TestStatusOfTheAuthority(t *testing.T) {
	w := newStampWorld(t)
	at := now.Add(-14 * day)
	good := fresh(t, w.root, nil, now, 0)
	message := stamped(t, w.signer, stamp{tsa: w.tsa, at: at})
	for name, c := range map[string]struct {
		lists  [][]byte
		detail verify.Reason
		state  verify.RevocationState
		counts bool // with RequireRevocation
	}{
		"good":          {[][]byte{good, fresh(t, w.tsaRoot, nil, now, 0)}, "", verify.Good, true},
		"revoked later": {[][]byte{good, fresh(t, w.tsaRoot, w.tsa, now.Add(-day), 4)}, "", verify.Revoked, true},
		"nothing known": {nil, verify.ReasonTimestampUnchecked, verify.NotChecked, false},
		"unknown":       {[][]byte{good}, verify.ReasonTimestampUnknown, verify.Unknown, false},
		"information over": {[][]byte{good, crl(t, w.tsaRoot, at.Add(-day), at.Add(day), nil, now, 0)},
			verify.ReasonRevocationOver, verify.Good, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.policy
			p.CRLs = c.lists
			r := run(t, message, nil, p)
			valid.hold(t, r)
			s := r.Signers[0]
			if check := timestampCheck(t, r); check.Result != verify.Passed || check.Detail != c.detail || s.Timestamp.Revocation != c.state {
				t.Errorf("check %+v, authority %s; want %q, %s", check, s.Timestamp.Revocation, c.detail, c.state)
			}
			p.RequireRevocation = true
			r = run(t, message, nil, p)
			s = r.Signers[0]
			if s.Timestamp.Verified != c.counts || (s.ReferenceFrom == "timestamp") != c.counts {
				t.Errorf("required: %+v, reference from %s", s.Timestamp, s.ReferenceFrom)
			}
			if check := timestampCheck(t, r); !c.counts && (check.Result != verify.Unclear || check.Detail != c.detail) {
				t.Errorf("required: check %+v, want %q", check, c.detail)
			}
		})
	}
	t.Run("a key revoked since", func(t *testing.T) {
		p := w.policy
		p.CRLs = [][]byte{fresh(t, w.root, w.signer, now.Add(-day), 1)}
		valid.hold(t, run(t, message, nil, p))
		p.RequireRevocation = true
		open(verify.CheckRevocation, verify.ReasonRevokedNoTime).hold(t, run(t, message, nil, p))
	})
}

// The signature was made no later than the time of the token plus its accuracy
// (RFC 3161 §2.4.2).
func TestAccuracy(t *testing.T) {
	w := newStampWorld(t)
	at := now.Add(-14 * day)
	exact := func(seconds int) []byte {
		return stamped(t, w.signer, stamp{tsa: w.tsa, at: at, accuracy: seq(der(seconds))})
	}
	p := w.policy
	for _, c := range []struct {
		name    string
		seconds int
		revoked time.Time
		want    expect
	}{
		{"revoked a second after the accuracy", 60, at.Add(61 * time.Second), valid},
		{"revoked within it", 60, at.Add(60 * time.Second), open(verify.CheckRevocation, verify.ReasonRevokedNoTime)},
		{"revoked at the token's time", 60, at, invalid(verify.CheckRevocation, verify.ReasonRevoked)},
		{"ten years", 315360000, at.Add(time.Second), open(verify.CheckRevocation, verify.ReasonRevokedNoTime)},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.CRLs = [][]byte{fresh(t, w.root, w.signer, c.revoked, 1)}
			r := run(t, exact(c.seconds), nil, p)
			c.want.hold(t, r)
			if s := r.Signers[0]; s.Reference.After(now) || !s.Timestamp.Time.Equal(at) || s.Timestamp.Accuracy != time.Duration(c.seconds)*time.Second {
				t.Errorf("reference %v, time stamp %+v", s.Reference, s.Timestamp)
			}
		})
	}
	t.Run("never after now", func(t *testing.T) {
		p := w.policy
		p.CRLs = [][]byte{fresh(t, w.root, nil, now, 0)} // valid for a day
		r := run(t, stamped(t, w.signer, stamp{tsa: w.tsa, at: now.Add(-time.Hour), accuracy: seq(der(2 * 86400))}), nil, p)
		valid.hold(t, r)
		if s := r.Signers[0]; !s.Reference.Equal(now) || s.ReferenceFrom != "timestamp" || s.Revocation.State != verify.Good {
			t.Errorf("reference %v from %s, revocation %s", s.Reference, s.ReferenceFrom, s.Revocation.State)
		}
	})
	t.Run("expired within it", func(t *testing.T) {
		p := w.policy
		old := issue(t, "old", ecKey(t), w.root, func(c *x509.Certificate) { c.NotAfter = at.Add(30 * time.Second) })
		for seconds, want := range map[int]expect{30: valid, 31: open(verify.CheckDates, verify.ReasonStampedLate)} {
			want.hold(t, run(t, stamped(t, old, stamp{tsa: w.tsa, at: at, accuracy: seq(der(seconds))}), nil, p))
		}
	})
	t.Run("the authority's own certificate", func(t *testing.T) {
		p := w.policy
		p.At = at.Add(30 * time.Second) // when the authority's certificate is still valid
		short := issue(t, "short", ecKey(t), w.tsaRoot, func(c *x509.Certificate) { onlyStamps(c); c.NotAfter = at.Add(30 * time.Second) })
		for seconds, reason := range map[int]verify.Reason{30: "", 31: verify.ReasonTimestampDates} {
			if s := run(t, stamped(t, w.signer, stamp{tsa: short, at: at, accuracy: seq(der(seconds))}), nil, p).Signers[0].Timestamp; s.Reason != reason {
				t.Errorf("accuracy %d s: %+v", seconds, s)
			}
		}
		p.At = time.Time{}
		early := issue(t, "early", ecKey(t), w.tsaRoot, func(c *x509.Certificate) { onlyStamps(c); c.NotBefore = at.Add(time.Second) })
		if s := run(t, stamped(t, w.signer, stamp{tsa: early, at: at, accuracy: seq(der(60))}), nil, p).Signers[0].Timestamp; s.Reason != verify.ReasonTimestampDates {
			t.Errorf("not valid yet at the token's time: %+v", s)
		}
		p.CRLs = [][]byte{fresh(t, w.tsaRoot, w.tsa, at.Add(30*time.Second), 4)}
		for seconds, reason := range map[int]verify.Reason{29: "", 30: verify.ReasonTimestampRevoked} {
			if s := run(t, exact(seconds), nil, p).Signers[0].Timestamp; s.Reason != reason {
				t.Errorf("accuracy %d s, revoked: %+v", seconds, s)
			}
		}
	})
	t.Run("the one that proves the earlier time", func(t *testing.T) {
		r := run(t, stamped(t, w.signer, stamp{tsa: w.tsa, at: at, accuracy: seq(der(7200))}, stamp{tsa: w.tsa, at: at.Add(time.Hour)}), nil, w.policy)
		valid.hold(t, r)
		if got := r.Signers[0].Reference; !got.Equal(at.Add(time.Hour)) {
			t.Errorf("reference %v", got)
		}
	})
}

// Each check that is affected by AllowSHA1 has a remark.
func TestToleranceOfStampsAndLists(t *testing.T) {
	w := newStampWorld(t)
	p := w.policy
	p.AllowSHA1 = true
	at := now.Add(-14 * day)
	remarks := func(r *verify.Report, id verify.CheckID) []verify.Reason {
		c, _ := r.Signers[0].Check(id)
		if c.Detail == "" {
			return nil
		}
		return append([]verify.Reason{c.Detail}, c.Also...)
	}
	both := []verify.Reason{verify.ReasonTimestampUnchecked, verify.RemarkSHA1}
	old := issue(t, "old tsa", ecKey(t), w.tsaRoot, func(c *x509.Certificate) { onlyStamps(c); c.SignatureAlgorithm = x509.ECDSAWithSHA1 })
	for name, c := range map[string]struct {
		stamp stamp
		want  []verify.Reason
	}{
		"none":      {stamp{tsa: w.tsa, at: at}, both[:1]},
		"imprint":   {stamp{tsa: w.tsa, at: at, sha1: true}, both},
		"authority": {stamp{tsa: old, at: at}, both},
		"signature": {stamp{tsa: w.tsa, at: at, info: func(s *info) { s.hash = crypto.SHA1 }}, both},
	} {
		r := run(t, stamped(t, w.signer, c.stamp), nil, p)
		valid.hold(t, r)
		if got := remarks(r, verify.CheckTimestamp); !slices.Equal(got, c.want) {
			t.Errorf("time stamp with SHA-1, %s: remarks %q, want %q", name, got, c.want)
		}
		if got := remarks(r, verify.CheckAlgorithms); got != nil {
			t.Errorf("%s: the signer's own algorithms carry %q", name, got)
		}
	}
	tmpl := &x509.RevocationList{Number: big.NewInt(5), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(day), SignatureAlgorithm: x509.ECDSAWithSHA1}
	weakList := func(ca *identity) []byte {
		b, err := x509.CreateRevocationList(rand.Reader, tmpl, ca.cert, ca.key)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	p.CRLs = [][]byte{weakList(w.root), weakList(w.tsaRoot)}
	r := run(t, stamped(t, w.signer, stamp{tsa: w.tsa, at: at}), nil, p)
	valid.hold(t, r)
	for _, id := range []verify.CheckID{verify.CheckRevocation, verify.CheckTimestamp} {
		if got := remarks(r, id); !slices.Equal(got, []verify.Reason{verify.RemarkSHA1}) {
			t.Errorf("%s: remarks %q", id, got)
		}
	}
}

// A CRL from before the signature that has ended since does not cover the time
// in between. The signer's key was revoked a day before the time of the token,
// and the message encloses a CRL from the week before.
func TestInformationThatIsOver(t *testing.T) {
	w := newStampWorld(t)
	at := now.AddDate(0, -3, 0)
	ended := at.Add(day)
	m := by(w.signer, func(s *info) {
		s.unsigned = func(signature []byte) [][]byte {
			return [][]byte{attr(atTimestamp, stamp{tsa: w.tsa, at: at}.encode(t, signature))}
		}
	})
	tsaGood := fresh(t, w.tsaRoot, nil, now, 0)
	check := func(own, given []byte, require bool, want expect, state verify.RevocationState, detail verify.Reason) {
		t.Helper()
		p := w.policy
		m.crls = [][]byte{own}
		p.CRLs, p.RequireRevocation = [][]byte{tsaGood}, require
		if given != nil {
			p.CRLs = append(p.CRLs, given)
		}
		r := run(t, m.encode(t), nil, p)
		want.hold(t, r)
		s := r.Signers[0]
		if c, _ := s.Check(verify.CheckRevocation); s.Revocation.State != state || c.Detail != detail {
			t.Errorf("state %s, check %+v; want %s, %q", s.Revocation.State, c, state, detail)
		}
		if over := detail == verify.ReasonRevocationOver; over != s.Revocation.Until.Equal(ended) {
			t.Errorf("until %v", s.Revocation.Until)
		}
	}
	old := crl(t, w.root, at.Add(-6*day), ended, nil, now, 0)
	since := crl(t, w.root, at, ended, nil, now, 0)
	required := open(verify.CheckRevocation, verify.ReasonRevocationOver)
	check(old, nil, false, valid, verify.Good, verify.ReasonRevocationOver)
	check(old, nil, true, required, verify.Unknown, verify.ReasonRevocationOver)
	check(since, nil, true, valid, verify.Good, "")
	check(old, fresh(t, w.root, nil, now, 0), true, valid, verify.Good, "")
	check(old, fresh(t, w.root, w.signer, at.Add(-day), 1), true, invalid(verify.CheckRevocation, verify.ReasonRevoked), verify.Revoked, verify.ReasonRevoked)

	// The same applies to a time that the caller gives.
	p := w.policy
	p.At, p.CRLs, p.RequireRevocation = at, [][]byte{old}, true
	required.hold(t, run(t, by(w.signer, nil).encode(t), nil, p))
}
