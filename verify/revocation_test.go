package verify_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"natsuin/verify"
)

// list returns a CRL by the root. It has one entry if revoked is not zero.
func list(t testing.TB, w world, revoked time.Time, reason int) []byte {
	t.Helper()
	tmpl := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.AddDate(0, 1, 0)}
	if !revoked.IsZero() {
		tmpl.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: w.signer.cert.SerialNumber, RevocationTime: revoked, ReasonCode: reason}}
	}
	b, err := x509.CreateRevocationList(rand.Reader, tmpl, w.root.cert, w.root.key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRevocation(t *testing.T) {
	w := newWorld(t)
	stranger := newWorld(t)
	m := by(w.signer, nil)
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		crl     []byte
		at      time.Time
		require bool
		want    expect
		state   verify.RevocationState
	}{
		"nothing known":             {nil, time.Time{}, false, valid, verify.NotChecked},
		"nothing known, required":   {nil, time.Time{}, true, open(verify.CheckRevocation, verify.ReasonRevocationUnchecked), verify.NotChecked},
		"not listed":                {list(t, w, time.Time{}, 0), time.Time{}, false, valid, verify.Good},
		"not listed, required":      {list(t, w, time.Time{}, 0), time.Time{}, true, valid, verify.Good},
		"list of another, required": {list(t, stranger, time.Time{}, 0), time.Time{}, true, open(verify.CheckRevocation, verify.ReasonListSignature), verify.Unknown},
		"list of another":           {list(t, stranger, time.Time{}, 0), time.Time{}, false, valid, verify.Unknown},
		"garbage":                   {[]byte("garbage"), time.Time{}, false, valid, verify.Unknown},
		"revoked, no proof of time": {list(t, w, now.Add(-day), 1), time.Time{}, false, open(verify.CheckRevocation, verify.ReasonRevokedNoTime), verify.Revoked},
		"revoked before":            {list(t, w, now.Add(-2*day), 1), now.Add(-day), false, invalid(verify.CheckRevocation, verify.ReasonRevoked), verify.Revoked},
		"revoked at that moment":    {list(t, w, now.Add(-day), 1), now.Add(-day), false, invalid(verify.CheckRevocation, verify.ReasonRevoked), verify.Revoked},
		"revoked later":             {list(t, w, now.Add(-day), 1), now.Add(-2 * day), false, valid, verify.Revoked},
		"revoked later, required":   {list(t, w, now.Add(-day), 1), now.Add(-2 * day), true, valid, verify.Revoked},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.policy
			p.At, p.RequireRevocation = c.at, c.require
			stapled := m
			if c.crl != nil {
				p.CRLs = [][]byte{c.crl}
				stapled.crls = [][]byte{c.crl}
			}
			r := run(t, m.encode(t), nil, p)
			c.want.hold(t, r)
			got := r.Signers[0].Revocation
			if got.State != c.state {
				t.Errorf("state %s, want %s", got.State, c.state)
			}
			if c.state == verify.Revoked && (got.Reason != "keyCompromise" || got.At.IsZero() || !got.Subject.Equal(w.signer.cert) || got.Source != "crl") {
				t.Errorf("revocation %+v", got)
			}
			if c.crl != nil && string(c.crl) != "garbage" {
				p.CRLs = nil
				c.want.hold(t, run(t, stapled.encode(t), nil, p))
			}
		})
	}
	t.Run("why it stayed unknown", func(t *testing.T) {
		p := w.policy
		for _, c := range []struct {
			lists  [][]byte
			at     time.Time
			detail verify.Reason
		}{
			{[][]byte{list(t, w, time.Time{}, 0)}, now.AddDate(0, 2, 0), verify.ReasonListOutOfDate},
			{[][]byte{list(t, stranger, time.Time{}, 0)}, now, verify.ReasonListSignature},
			{[][]byte{list(t, world{root: issue(t, "another", ecKey(t), nil, authority)}, time.Time{}, 0)}, now, verify.ReasonListOfAnother},
			// Of two CRLs, the reason is that of the one that comes closer to
			// an answer.
			{[][]byte{list(t, w, time.Time{}, 0), list(t, stranger, time.Time{}, 0)}, now.AddDate(0, 2, 0), verify.ReasonListOutOfDate},
		} {
			p.CRLs, p.Now, p.At = c.lists, c.at, c.at
			if got, _ := run(t, m.encode(t), nil, p).Signers[0].Check(verify.CheckRevocation); got.Result != verify.Unclear || got.Detail != c.detail {
				t.Errorf("%+v, want %s", got, c.detail)
			}
		}
	})
	t.Run("revoked later remark", func(t *testing.T) {
		p := w.policy
		p.At, p.CRLs = now.Add(-2*day), [][]byte{list(t, w, now.Add(-day), 4)}
		if c, _ := run(t, m.encode(t), nil, p).Signers[0].Check(verify.CheckRevocation); c.Detail != verify.RemarkRevokedLater {
			t.Errorf("%+v", c)
		}
	})
}

// A CRL may omit certificates that had expired before it was issued (RFC 5280
// §3.3). For such a certificate the CRL proves nothing, and the reason differs
// from that of a partial CRL.
func TestAListFromAfterTheCertificatesEnd(t *testing.T) {
	w := newWorldFor(t, ecKey(t), func(c *x509.Certificate) { c.NotAfter = now.AddDate(0, 0, -10) })
	p := w.policy
	p.At, p.CRLs, p.RequireRevocation = now.AddDate(0, 0, -20), [][]byte{list(t, w, time.Time{}, 0)}, true
	open(verify.CheckRevocation, verify.ReasonListAfterExpiry).hold(t, run(t, by(w.signer, nil).encode(t), nil, p))
}

func TestFilesOfRevocationLists(t *testing.T) {
	w := newWorld(t)
	good := list(t, w, time.Time{}, 0)
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	certificate := block("CERTIFICATE", w.root.cert.Raw)
	another := list(t, newWorld(t), now, 1)
	for name, c := range map[string]struct {
		b    []byte
		want [][]byte
	}{
		"DER":                  {good, [][]byte{good}},
		"PEM":                  {block("X509 CRL", good), [][]byte{good}},
		"two beside their CA":  {slices.Concat([]byte("text\n"), block("X509 CRL", good), certificate, block("CRL", another)), [][]byte{good, another}},
		"of another, outdated": {another, [][]byte{another}},
	} {
		if got, err := verify.ReadLists(c.b); err != nil || !slices.EqualFunc(got, c.want, bytes.Equal) {
			t.Errorf("%s: %d lists, %v", name, len(got), err)
		}
	}
	for name, c := range map[string]struct {
		b    []byte
		none bool
	}{
		"empty":           {nil, false},
		"junk":            {[]byte("junk"), false},
		"a certificate":   {w.root.cert.Raw, false},
		"its PEM":         {certificate, true},
		"a list cut off":  {good[:len(good)-1], false},
		"one good of two": {slices.Concat(block("X509 CRL", good), block("X509 CRL", good[1:])), false},
		"more after it":   {append(slices.Clone(good), 0), false},
	} {
		if _, err := verify.ReadLists(c.b); err == nil || errors.Is(err, verify.ErrNoLists) != c.none {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func generalized(at time.Time) []byte { return tlv(0x18, []byte(at.UTC().Format("20060102150405Z"))) }

// respond answers an OCSP request like the root itself, with the nonce of the
// request.
func respond(t testing.TB, w world, request, status []byte) []byte {
	t.Helper()
	q, err := ocsp.ParseRequest(request)
	if err != nil {
		t.Fatal(err)
	}
	var parts struct {
		TBS struct {
			List       asn1.RawValue
			Extensions asn1.RawValue // [2], explicit
		}
	}
	if _, err := asn1.Unmarshal(request, &parts); err != nil {
		t.Fatal(err)
	}
	extensions := tlv(0xA1, parts.TBS.Extensions.Bytes)
	id := seq(algorithm(idSHA1, null), der(q.IssuerNameHash), der(q.IssuerKeyHash), der(q.SerialNumber))
	single := seq(id, status, generalized(now.Add(-time.Hour)), tlv(0xA0, generalized(now.Add(time.Hour))))
	tbs := seq(tlv(0xA1, w.root.cert.RawSubject), generalized(now), seq(single), extensions)
	sum := sha256.Sum256(tbs)
	signature, err := w.root.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	basic := seq(tbs, algorithm(idECDSA256), tlv(0x03, []byte{0}, signature))
	return seq([]byte{0x0A, 1, 0}, tlv(0xA0, seq(oid("1.3.6.1.5.5.7.48.1.1"), der(basic))))
}

func TestOCSP(t *testing.T) {
	w := newWorldFor(t, ecKey(t), func(c *x509.Certificate) { c.OCSPServer = []string{"ldap://no", "http://responder.test/own"} })
	m := by(w.signer, nil).encode(t)
	var asked []string
	good, unheard := []byte{0x80, 0}, []byte{0x82, 0}
	revoked := tlv(0xA1, generalized(now.Add(-2*time.Hour)), tlv(0xA0, []byte{0x0A, 1, 5}))
	answer := func(status []byte) func(context.Context, string, []byte) ([]byte, error) {
		return func(_ context.Context, url string, request []byte) ([]byte, error) {
			asked = append(asked, url)
			return respond(t, w, request, status), nil
		}
	}
	for name, c := range map[string]struct {
		fetch func(context.Context, string, []byte) ([]byte, error)
		url   string
		asked string
		want  expect
		state verify.RevocationState
	}{
		"good, own address":   {answer(good), "auto", "http://responder.test/own", valid, verify.Good},
		"good, given address": {answer(good), "http://elsewhere.test", "http://elsewhere.test", valid, verify.Good},
		"revoked":             {answer(revoked), "", "http://responder.test/own", open(verify.CheckRevocation, verify.ReasonRevokedNoTime), verify.Revoked},
		"unknown":             {answer(unheard), "", "http://responder.test/own", valid, verify.Unknown},
		"no answer": {func(_ context.Context, url string, _ []byte) ([]byte, error) {
			asked = append(asked, url)
			return nil, errors.New("no route")
		}, "", "http://responder.test/own", valid, verify.Unknown},
		"nothing may be asked": {nil, "auto", "", valid, verify.NotChecked},
	} {
		t.Run(name, func(t *testing.T) {
			asked = nil
			p := w.policy
			p.OCSP, p.OCSPURL = c.fetch, c.url
			r := run(t, m, nil, p)
			c.want.hold(t, r)
			if got := r.Signers[0].Revocation.State; got != c.state {
				check, _ := r.Signers[0].Check(verify.CheckRevocation)
				t.Errorf("state %s, want %s; %+v", got, c.state, check)
			}
			if c.asked != "" && (len(asked) != 1 || asked[0] != c.asked) || c.asked == "" && len(asked) != 0 {
				t.Errorf("asked %q, want %q", asked, c.asked)
			}
		})
	}
	t.Run("not asked about a signature that is wrong", func(t *testing.T) {
		asked = nil
		p := w.policy
		p.OCSP = answer(good)
		run(t, by(w.signer, func(s *info) { s.flip = true }).encode(t), nil, p)
		if len(asked) != 0 {
			t.Errorf("asked %q", asked)
		}
	})
}

// A response without a nonce is accepted if it was prepared in advance, as
// those of public responders are. Each other response is refused for a
// different reason.
func TestRespondersWithoutNonce(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	m := by(w.signer, nil).encode(t)
	good := []byte{0x80, 0}
	nonce := oid("1.3.6.1.5.5.7.48.1.2")
	type answer func(request []byte) []byte
	// without removes the nonce from a request, so that the response has none.
	without := func(request []byte) []byte {
		var outer, tbs asn1.RawValue
		if _, err := asn1.Unmarshal(request, &outer); err != nil {
			t.Fatal(err)
		}
		if _, err := asn1.Unmarshal(outer.Bytes, &tbs); err != nil {
			t.Fatal(err)
		}
		return bytes.Replace(request, nonce, oid("1.3.6.1.5.5.7.48.1.99"), 1)
	}
	for name, c := range map[string]struct {
		answer answer
		reason verify.Reason
		state  verify.RevocationState
	}{
		"no nonce":      {func(q []byte) []byte { return respond(t, w, without(q), good) }, verify.RemarkNoNonce, verify.Good},
		"a web page":    {func([]byte) []byte { return []byte("<html>") }, verify.ReasonResponderMalformed, verify.Unknown},
		"try later":     {func([]byte) []byte { return []byte{0x30, 3, 0x0a, 1, 3} }, verify.ReasonResponderBusy, verify.Unknown},
		"unauthorized":  {func([]byte) []byte { return []byte{0x30, 3, 0x0a, 1, 6} }, verify.ReasonResponderUnauthorized, verify.Unknown},
		"another error": {func([]byte) []byte { return []byte{0x30, 3, 0x0a, 1, 2} }, verify.ReasonResponderError, verify.Unknown},
		"another responder": {func(q []byte) []byte {
			return respond(t, world{root: &identity{w.root.cert, other.root.key}}, q, good)
		}, verify.ReasonResponderSignature, verify.Unknown},
		"another nonce": {func(q []byte) []byte {
			at := bytes.Index(q, nonce) + len(nonce) + 8
			q = bytes.Clone(q)
			q[at] ^= 1
			return respond(t, w, q, good)
		}, verify.ReasonResponderNonce, verify.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.policy
			p.OCSPURL = "http://responder.test"
			p.OCSP = func(_ context.Context, _ string, q []byte) ([]byte, error) { return c.answer(q), nil }
			r := run(t, m, nil, p)
			valid.hold(t, r)
			check, _ := r.Signers[0].Check(verify.CheckRevocation)
			if check.Detail != c.reason || r.Signers[0].Revocation.State != c.state {
				t.Errorf("%s (%s), want %s (%s)", r.Signers[0].Revocation.State, check.Detail, c.state, c.reason)
			}
		})
	}
}

// The check names the issuer whose CRL is missing, and says so if a CRL is from
// the future.
func TestWhichListIsMissing(t *testing.T) {
	w := newWorld(t)
	ca := issue(t, "ca", ecKey(t), w.root, authority)
	signer := issue(t, "signer", ecKey(t), ca, nil)
	m := by(signer, nil)
	m.certs = append(m.certs, ca.cert.Raw)
	check := func(lists ...[]byte) verify.Check {
		p := w.policy
		p.CRLs = lists
		c, _ := run(t, m.encode(t), nil, p).Signers[0].Check(verify.CheckRevocation)
		return c
	}
	small, large := list(t, world{root: ca}, time.Time{}, 0), list(t, w, time.Time{}, 0)
	if c := check(small); c.Detail != verify.ReasonListOfAnother || c.Values["issuer"] != "CN=root" {
		t.Errorf("the root's list is missing: %+v", c)
	}
	if c := check(large); c.Detail != verify.ReasonListOfAnother || c.Values["issuer"] != "CN=ca" {
		t.Errorf("the CA's list is missing: %+v", c)
	}
	if c := check(small, large); c.Result != verify.Passed {
		t.Errorf("both: %+v", c)
	}
	later := crl(t, ca, now.AddDate(0, 1, 0), now.AddDate(0, 2, 0), nil, now, 0)
	if c := check(later, large); c.Detail != verify.ReasonListFuture {
		t.Errorf("a list that begins later: %+v", c)
	}
}
