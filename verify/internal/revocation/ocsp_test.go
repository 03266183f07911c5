package revocation_test

import (
	"context"
	"crypto"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"natsuin/verify/internal/revocation"
)

// reply describes an OCSP response. The zero value says good, was made an hour
// ago and is valid for a day.
type reply struct {
	hash       crypto.Hash // zero means SHA-1
	status     []byte      // nil means good
	this, next time.Time
	noNext     bool
	produced   time.Time
	byKey      bool
	extensions [][]byte // of the response
	single     [][]byte // of the single response
	certs      [][]byte
}

var ocspHashes = map[crypto.Hash][]byte{
	crypto.SHA1:   oid(1, 3, 14, 3, 2, 26),
	crypto.SHA256: oid(2, 16, 840, 1, 101, 3, 4, 2, 1),
}

func keyBits(t testing.TB, c *x509.Certificate) []byte {
	t.Helper()
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil {
		t.Fatal(err)
	}
	return info.Key.Bytes
}

func (r reply) der(t testing.TB, by *party, cert, issuer *x509.Certificate) []byte {
	t.Helper()
	if r.hash == 0 {
		r.hash = crypto.SHA1
	}
	if r.this.IsZero() {
		r.this = at.Add(-time.Hour)
	}
	if r.next.IsZero() {
		r.next = at.Add(24 * time.Hour)
	}
	if r.produced.IsZero() {
		r.produced = r.this
	}
	if r.status == nil {
		r.status = []byte{0x80, 0}
	}
	sum := func(b []byte) []byte {
		h := r.hash.New()
		h.Write(b)
		return tlv(0x04, h.Sum(nil))
	}
	serial, err := asn1.Marshal(cert.SerialNumber)
	if err != nil {
		t.Fatal(err)
	}
	id := tlv(0x30, tlv(0x30, ocspHashes[r.hash], []byte{5, 0}), sum(issuer.RawSubject), sum(keyBits(t, issuer)), serial)
	single := [][]byte{id, r.status, moment(r.this)}
	if !r.noNext {
		single = append(single, tlv(0xa0, moment(r.next)))
	}
	if r.single != nil {
		single = append(single, tlv(0xa1, tlv(0x30, r.single...)))
	}
	responder := tlv(0xa1, by.cert.RawSubject)
	if r.byKey {
		key := sha1.Sum(keyBits(t, by.cert))
		responder = tlv(0xa2, tlv(0x04, key[:]))
	}
	data := [][]byte{responder, moment(r.produced), tlv(0x30, tlv(0x30, single...))}
	if r.extensions != nil {
		data = append(data, tlv(0xa1, tlv(0x30, r.extensions...)))
	}
	var rest [][]byte
	if r.certs != nil {
		rest = append(rest, tlv(0xa0, tlv(0x30, r.certs...)))
	}
	basic := sign(t, by.key, crypto.SHA256, tlv(0x30, data...), rest...)
	return tlv(0x30, []byte{0x0a, 1, 0}, tlv(0xa0, tlv(0x30, oid(1, 3, 6, 1, 5, 5, 7, 48, 1, 1), tlv(0x04, basic))))
}

func parse(t testing.TB, der []byte) *revocation.Response {
	t.Helper()
	r, err := revocation.ParseResponse(der)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func asResponder(c *x509.Certificate) {
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
}

var noCheck = extended(false, []byte{5, 0}, 1, 3, 6, 1, 5, 5, 7, 48, 1, 5)

func TestResponses(t *testing.T) {
	ca, twin := issue(t, nil, "CA", asCA), issue(t, nil, "CA", asCA)
	leaf, other := issue(t, ca, "Leaf"), issue(t, ca, "Other")
	responder := issue(t, ca, "Responder", asResponder, noCheck)
	unfit := issue(t, ca, "Unfit", noCheck)
	anyUsage := issue(t, ca, "Any", noCheck, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} })
	foreign := issue(t, twin, "Foreign", asResponder, noCheck)
	alias := &party{&x509.Certificate{Subject: pkix.Name{CommonName: "Alias"}}, ca.key} // another CA with the same key
	ofAlias := issue(t, alias, "Alias's", asResponder, noCheck)
	sub := issue(t, ca, "Sub", asCA)
	below := issue(t, sub, "Below", asResponder, noCheck)
	lapsed := issue(t, ca, "Lapsed", asResponder, noCheck, func(c *x509.Certificate) { c.NotAfter = day(-1) })
	strange := issue(t, ca, "Strange", asResponder, noCheck, extended(true, []byte{5, 0}, 1, 2, 3))
	noSign := issue(t, ca, "NoSign", asResponder, noCheck, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })
	by := func(p *party, r reply) []byte {
		r.certs = [][]byte{p.cert.Raw}
		return r.der(t, p, leaf.cert, ca.cert)
	}
	revokedStatus := tlv(0xa1, moment(day(-3)), tlv(0xa0, []byte{0x0a, 1, 1}))
	broken := reply{}.der(t, ca, leaf.cert, ca.cert)
	broken[len(broken)-1] ^= 1

	for _, c := range []struct {
		name   string
		der    []byte
		status revocation.Status
		why    string
	}{
		{"by the CA", reply{}.der(t, ca, leaf.cert, ca.cert), revocation.Good, ""},
		{"by the CA, SHA-256 identifiers", reply{hash: crypto.SHA256}.der(t, ca, leaf.cert, ca.cert), revocation.Good, ""},
		{"by the CA, named by key", reply{byKey: true}.der(t, ca, leaf.cert, ca.cert), revocation.Good, ""},
		{"by a delegate", by(responder, reply{}), revocation.Good, ""},
		{"by a delegate, named by key", by(responder, reply{byKey: true}), revocation.Good, ""},
		{"revoked", reply{status: revokedStatus}.der(t, ca, leaf.cert, ca.cert), revocation.Revoked, ""},
		{"unknown to the responder", reply{status: []byte{0x82, 0}}.der(t, ca, leaf.cert, ca.cert), revocation.Unknown, "does not know"},
		{"about another certificate", reply{}.der(t, ca, other.cert, ca.cert), revocation.Unknown, "no CRL"},
		{"about the same serial of another CA", reply{}.der(t, ca, leaf.cert, sub.cert), revocation.Unknown, "no CRL"},
		{"about the same serial of another generation", reply{}.der(t, ca, leaf.cert, twin.cert), revocation.Unknown, "no CRL"},
		{"by another generation of the CA", reply{}.der(t, twin, leaf.cert, ca.cert), revocation.Unknown, "does not verify"},
		{"signature changed", broken, revocation.Unknown, "does not verify"},
		{"delegate without OCSPSigning", by(unfit, reply{}), revocation.Unknown, "not for OCSPSigning"},
		{"delegate with anyExtendedKeyUsage", by(anyUsage, reply{}), revocation.Unknown, "not for OCSPSigning"},
		{"delegate without digitalSignature", by(noSign, reply{}), revocation.Unknown, "not for OCSPSigning"},
		{"delegate of another generation", by(foreign, reply{}), revocation.Unknown, "not appointed"},
		{"delegate of another name with the same key", by(ofAlias, reply{}), revocation.Unknown, "not appointed"},
		{"delegate of a CA beneath", by(below, reply{}), revocation.Unknown, "not appointed"},
		{"delegate expired", by(lapsed, reply{}), revocation.Unknown, "not valid then"},
		{"delegate with unknown critical extension", by(strange, reply{}), revocation.Unknown, "critical"},
		{"delegate's certificate missing", reply{}.der(t, responder, leaf.cert, ca.cert), revocation.Unknown, "not at hand"},
		{"out of date", reply{this: day(-3), next: day(-1)}.der(t, ca, leaf.cert, ca.cert), revocation.Unknown, "reference time"},
		{"from the future", reply{this: day(1), next: day(2), produced: at}.der(t, ca, leaf.cert, ca.cert), revocation.Unknown, "clock's time"},
		{"produced in the future", reply{produced: day(1)}.der(t, ca, leaf.cert, ca.cert), revocation.Unknown, "clock's time"},
		{"without an end, an hour old", reply{noNext: true}.der(t, ca, leaf.cert, ca.cert), revocation.Unknown, "reference time"},
		{"without an end, of now", reply{noNext: true, this: at}.der(t, ca, leaf.cert, ca.cert), revocation.Good, ""},
		{"unknown critical extension", reply{extensions: [][]byte{ext(true, []byte{5, 0}, 1, 2, 3)}}.der(t, ca, leaf.cert, ca.cert), revocation.Unknown, "critical"},
		{"unknown critical single extension", reply{single: [][]byte{ext(true, []byte{5, 0}, 1, 2, 3)}}.der(t, ca, leaf.cert, ca.cert), revocation.Unknown, "critical"},
		{"unknown extensions, not critical", reply{extensions: [][]byte{ext(false, []byte{5, 0}, 1, 2, 3)},
			single: [][]byte{ext(false, []byte{5, 0}, 1, 2, 3)}}.der(t, ca, leaf.cert, ca.cert), revocation.Good, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := checker(nil)
			k.Responses = []*revocation.Response{parse(t, c.der)}
			a := k.Check(context.Background(), leaf.cert, ca.cert)
			want(t, a, c.status, c.why)
			if a.Status != revocation.Unknown && a.Source != "ocsp" {
				t.Errorf("source %q, want ocsp", a.Source)
			}
			if a.Status == revocation.Revoked && (!a.RevokedAt.Equal(day(-3)) || a.Reason != revocation.KeyCompromise) {
				t.Errorf("revoked at %v for %v", a.RevokedAt, a.Reason)
			}
		})
	}
}

// Responses made by another implementation are accepted too.
func TestResponseByCryptoOCSP(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	now := time.Now()
	der, err := ocsp.CreateResponse(ca.cert, ca.cert, ocsp.Response{Status: ocsp.Revoked, SerialNumber: leaf.cert.SerialNumber,
		ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour), RevokedAt: day(-3), RevocationReason: ocsp.Superseded}, ca.key)
	if err != nil {
		t.Fatal(err)
	}
	k := checker(nil)
	k.At, k.Responses = now, []*revocation.Response{parse(t, der)}
	a := k.Check(context.Background(), leaf.cert, ca.cert)
	want(t, a, revocation.Revoked, "")
	if a.Reason != revocation.Superseded || !a.RevokedAt.Equal(day(-3)) {
		t.Errorf("answer %+v", a)
	}
}

func TestResponderIsCheckedItself(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	plain := issue(t, ca, "Plain", asResponder)
	pointed := issue(t, ca, "Pointed", asResponder, func(c *x509.Certificate) { c.CRLDistributionPoints = []string{"http://c/"} })
	ask := func(p *party, lists ...*revocation.CRL) revocation.Answer {
		k := checker(nil, lists...)
		k.Responses = []*revocation.Response{parse(t, reply{certs: [][]byte{p.cert.Raw}}.der(t, p, leaf.cert, ca.cert))}
		return k.Check(context.Background(), leaf.cert, ca.cert)
	}
	// The CRL must not cover the leaf, because the answer would come from it.
	empty := func(entries ...[]byte) *revocation.CRL {
		return list{unnumbered: true, entries: entries}.parse(t, ca)
	}
	want(t, ask(plain), revocation.Good, "")
	want(t, ask(plain, empty(revoked(plain.cert.SerialNumber, day(-2)))), revocation.Unknown, "certificate is revoked")
	want(t, ask(pointed), revocation.Unknown, "certificate is unknown")
}

func TestRevokedOutweighsGood(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	entry := [][]byte{revoked(leaf.cert.SerialNumber, day(-2))}
	good := parse(t, reply{}.der(t, ca, leaf.cert, ca.cert))
	bad := parse(t, reply{status: tlv(0xa1, moment(day(-3)))}.der(t, ca, leaf.cert, ca.cert))
	k := checker(nil, list{entries: entry}.parse(t, ca))
	k.Responses = []*revocation.Response{good}
	want(t, k.Check(context.Background(), leaf.cert, ca.cert), revocation.Revoked, "")
	k.Responses = []*revocation.Response{good, bad}
	if a := k.Check(context.Background(), leaf.cert, ca.cert); !a.Since().Equal(day(-3)) {
		t.Errorf("revoked since %v, want the earlier of two", a.Since())
	}
	k.CRLs = []*revocation.CRL{list{}.parse(t, ca)}
	want(t, k.Check(context.Background(), leaf.cert, ca.cert), revocation.Revoked, "")
}

// nonceOf returns the nonce of a request, a DER OCTET STRING.
func nonceOf(t *testing.T, request []byte) []byte {
	t.Helper()
	var r struct {
		TBS struct {
			List       []asn1.RawValue
			Extensions []struct {
				ID    asn1.ObjectIdentifier
				Value []byte
			} `asn1:"explicit,tag:2"`
		}
	}
	if rest, err := asn1.Unmarshal(request, &r); err != nil || len(rest) > 0 {
		t.Fatalf("request: %v", err)
	}
	return r.TBS.Extensions[0].Value
}

func TestFetch(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	var seen [][]byte
	answerWith := func(make func(nonce []byte) ([]byte, error)) revocation.Answer {
		k := checker(nil)
		k.Fetch = func(_ context.Context, cert, issuer *x509.Certificate, request []byte) ([]byte, error) {
			if cert != leaf.cert || issuer != ca.cert {
				t.Error("asked about another certificate")
			}
			parsed, err := ocsp.ParseRequest(request)
			if err != nil {
				t.Fatal(err)
			}
			if parsed.SerialNumber.Cmp(leaf.cert.SerialNumber) != 0 || parsed.HashAlgorithm != crypto.SHA1 {
				t.Error("the request is not about the leaf")
			}
			seen = append(seen, nonceOf(t, request))
			return make(nonceOf(t, request))
		}
		return k.Check(context.Background(), leaf.cert, ca.cert)
	}
	echo := func(r reply) func([]byte) ([]byte, error) {
		return func(nonce []byte) ([]byte, error) {
			r.extensions = [][]byte{ext(false, nonce, 1, 3, 6, 1, 5, 5, 7, 48, 1, 2)}
			if r.produced.IsZero() {
				r.produced = at
			}
			return r.der(t, ca, leaf.cert, ca.cert), nil
		}
	}
	want(t, answerWith(echo(reply{})), revocation.Good, "")
	want(t, answerWith(echo(reply{noNext: true})), revocation.Good, "")
	want(t, answerWith(echo(reply{noNext: true, this: day(-7)})), revocation.Good, "")
	want(t, answerWith(echo(reply{noNext: true, this: day(-7).Add(-time.Second)})), revocation.Unknown, "reference time")
	want(t, answerWith(echo(reply{noNext: true, this: day(-730), produced: day(-730)})), revocation.Unknown, "reference time")
	want(t, answerWith(echo(reply{this: day(-2), produced: at.Add(-5 * time.Minute)})), revocation.Good, "")
	want(t, answerWith(echo(reply{this: day(-2), produced: at.Add(-6 * time.Minute)})), revocation.Unknown, "before it was asked")
	silent := func(r reply) func([]byte) ([]byte, error) {
		return func([]byte) ([]byte, error) { return r.der(t, ca, leaf.cert, ca.cert), nil }
	}
	if a := answerWith(silent(reply{})); a.Status != revocation.Good || !a.NoNonce { // RFC 5019 §4
		t.Errorf("a current answer without a nonce: %+v", a)
	}
	want(t, answerWith(silent(reply{noNext: true})), revocation.Unknown, "reference time")
	want(t, answerWith(silent(reply{noNext: true, this: at})), revocation.Unknown, "no nonce")
	want(t, answerWith(silent(reply{this: day(-9), next: day(-2)})), revocation.Unknown, "reference time")
	want(t, answerWith(silent(reply{this: day(1), next: day(2)})), revocation.Unknown, "clock's time")
	want(t, answerWith(func([]byte) ([]byte, error) { return echo(reply{})(tlv(0x04, []byte("stale nonce"))) }),
		revocation.Unknown, "nonce")
	want(t, answerWith(func([]byte) ([]byte, error) { return []byte{0x30, 3, 0x0a, 1, 3}, nil }), revocation.Unknown, "error 3")
	want(t, answerWith(func([]byte) ([]byte, error) { return []byte("<html>"), nil }), revocation.Unknown, "malformed")
	want(t, answerWith(func([]byte) ([]byte, error) { return nil, errors.New("refused to connect") }), revocation.Unknown, "refused to connect")
	want(t, answerWith(func([]byte) ([]byte, error) { return nil, nil }), revocation.Unknown, "no CRL")
	for i, nonce := range seen {
		if len(nonce) != 34 || i > 0 && string(nonce) == string(seen[0]) {
			t.Errorf("nonce %d is %x", i, nonce)
		}
	}
}

func TestMalformedResponses(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	var refused *revocation.ResponderError
	if _, err := revocation.ParseResponse([]byte{0x30, 3, 0x0a, 1, 6}); !errors.As(err, &refused) || refused.Status != 6 {
		t.Errorf("error %v, want the responder's own 6", err)
	}
	for name, der := range map[string][]byte{
		"nothing":              nil,
		"trailing data":        append(reply{}.der(t, ca, leaf.cert, ca.cert), 0),
		"successful and empty": {0x30, 3, 0x0a, 1, 0},
		"unknown status":       reply{status: []byte{0x83, 0}}.der(t, ca, leaf.cert, ca.cert),
		"reason 7":             reply{status: tlv(0xa1, moment(day(-3)), tlv(0xa0, []byte{0x0a, 1, 7}))}.der(t, ca, leaf.cert, ca.cert),
		"reason out of range":  reply{status: tlv(0xa1, moment(day(-3)), tlv(0xa0, []byte{0x0a, 1, 99}))}.der(t, ca, leaf.cert, ca.cert),
		"a CRL":                list{}.der(t, ca),
	} {
		if _, err := revocation.ParseResponse(der); !errors.Is(err, revocation.ErrMalformed) {
			t.Errorf("%s: error %v, want malformed", name, err)
		}
	}
}

func FuzzParseResponse(f *testing.F) {
	ca := issue(f, nil, "CA", asCA)
	leaf := issue(f, ca, "Leaf")
	responder := issue(f, ca, "Responder", asResponder)
	f.Add(reply{}.der(f, ca, leaf.cert, ca.cert))
	f.Add(reply{byKey: true, hash: crypto.SHA256, status: tlv(0xa1, moment(day(-3)), tlv(0xa0, []byte{0x0a, 1, 1})),
		extensions: [][]byte{ext(false, tlv(0x04, []byte("nonce")), 1, 3, 6, 1, 5, 5, 7, 48, 1, 2)},
		single:     [][]byte{ext(false, moment(day(-9)), 1, 3, 6, 1, 5, 5, 7, 48, 1, 6)},
		certs:      [][]byte{responder.cert.Raw}}.der(f, responder, leaf.cert, ca.cert))
	f.Add([]byte{0x30, 3, 0x0a, 1, 3})
	f.Fuzz(func(t *testing.T, der []byte) {
		r, err := revocation.ParseResponse(der)
		if err != nil {
			return
		}
		k := checker(nil)
		k.Responses = []*revocation.Response{r}
		k.Check(context.Background(), leaf.cert, ca.cert)
	})
}
