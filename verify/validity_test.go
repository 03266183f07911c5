package verify_test

import (
	"context"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"natsuin/verify"
	"natsuin/verify/trust"
)

// practicePolicy is the policy of practice certificates.
const practicePolicy = "2.25.184374126194146455454303695688590931723"

func TestValidityOfACertificate(t *testing.T) {
	w, stranger := newWorld(t), newWorld(t)
	clean := list(t, w, time.Time{}, 0)
	day := 24 * time.Hour
	old := issue(t, "old", ecKey(t), w.root, func(c *x509.Certificate) { c.NotAfter = now.Add(-day) })
	young := issue(t, "young", ecKey(t), w.root, func(c *x509.Certificate) { c.NotBefore = now.Add(day) })
	practice := issue(t, "practice", ecKey(t), w.root, withPolicy(t, practicePolicy))
	for name, c := range map[string]struct {
		cert    *x509.Certificate
		crl     []byte
		anchors []verify.Anchor
		verdict verify.Verdict
		reason  verify.Reason
		dates   verify.Dates
		state   verify.RevocationState
		anchor  bool
	}{
		"good":               {w.signer.cert, clean, w.policy.Anchors, verify.Valid, "", verify.DatesGood, verify.Good, true},
		"nothing to ask":     {w.signer.cert, nil, w.policy.Anchors, verify.Indeterminate, verify.ReasonRevocationUnchecked, verify.DatesGood, verify.NotChecked, true},
		"list of another":    {w.signer.cert, list(t, stranger, time.Time{}, 0), w.policy.Anchors, verify.Indeterminate, verify.ReasonListSignature, verify.DatesGood, verify.Unknown, true},
		"revoked":            {w.signer.cert, list(t, w, now.Add(-day), 3), w.policy.Anchors, verify.Invalid, verify.ReasonRevoked, verify.DatesGood, verify.Revoked, true},
		"expired":            {old.cert, clean, w.policy.Anchors, verify.Indeterminate, verify.ReasonExpired, verify.DatesExpired, verify.NotChecked, false},
		"not yet":            {young.cert, clean, w.policy.Anchors, verify.Indeterminate, verify.ReasonNotYetValid, verify.DatesNotYet, verify.NotChecked, false},
		"no anchor":          {w.signer.cert, clean, nil, verify.Indeterminate, verify.ReasonNoAnchor, verify.DatesGood, verify.NotChecked, false},
		"no anchor, revoked": {w.signer.cert, list(t, w, now.Add(-day), 3), nil, verify.Indeterminate, verify.ReasonNoAnchor, verify.DatesGood, verify.NotChecked, false},
		"practice":           {practice.cert, clean, w.policy.Anchors, verify.Indeterminate, verify.ReasonPractice, verify.DatesGood, verify.NotChecked, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := verify.Policy{Now: now, Anchors: c.anchors, Certificates: []*x509.Certificate{w.root.cert}}
			if c.crl != nil {
				p.CRLs = [][]byte{c.crl}
			}
			r, err := verify.Certificate(context.Background(), c.cert, p)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != c.verdict || r.Reason != c.reason || r.Dates != c.dates || r.Revocation.State != c.state || (r.Anchor != nil) != c.anchor {
				t.Errorf("%v %q, dates %s, revocation %s, anchor %v", r.Verdict, r.Reason, r.Dates, r.Revocation.State, r.Anchor)
			}
			if c.state == verify.Revoked && (r.Revocation.Reason != "affiliationChanged" || !r.Revocation.At.Equal(now.Add(-day))) {
				t.Errorf("revocation %+v", r.Revocation)
			}
			if r.Practice != (name == "practice") {
				t.Errorf("practice %v", r.Practice)
			}
		})
	}
}

func TestValidityAtAnEarlierTime(t *testing.T) {
	w := newWorld(t)
	day := 24 * time.Hour
	p := w.policy
	p.CRLs = [][]byte{list(t, w, now.Add(-day), 3)}
	p.At = now.Add(-2 * day)
	r, err := verify.Certificate(context.Background(), w.signer.cert, p)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := r.Check(verify.CheckRevocation); r.Verdict != verify.Valid || c.Detail != verify.RemarkRevokedLater || r.Revocation.State != verify.Revoked {
		t.Errorf("%v, %+v, %+v", r.Verdict, c, r.Revocation)
	}
}

// The holder's question is not whether the key may sign documents, so an
// authentication certificate under its own pinned root is good.
func TestValidityUnderAPinnedRoot(t *testing.T) {
	for name, c := range map[string]struct {
		usage   trust.Usage
		policy  string
		verdict verify.Verdict
		reason  verify.Reason
	}{
		"signature":                       {trust.Sign, "1.2.392.200149.8.5.1.1.20", verify.Valid, ""},
		"signature root, not its policy":  {trust.Sign, "1.2.392.200149.8.5.1.3.30", verify.Invalid, verify.ReasonPolicyArc},
		"authentication":                  {trust.Auth, "1.2.392.200149.8.5.1.3.30", verify.Valid, ""},
		"practice under a published root": {trust.Sign, practicePolicy, verify.Indeterminate, verify.ReasonPractice},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldFor(t, ecKey(t), withPolicy(t, c.policy))
			pinned := func(cert *x509.Certificate) (trust.Root, bool) {
				return trust.Root{Name: "played", Usage: c.usage}, cert.Equal(w.root.cert)
			}
			// The issuer comes from the card and is not trusted.
			p := verify.Policy{Now: now, Certificates: []*x509.Certificate{w.root.cert}, CRLs: [][]byte{list(t, w, time.Time{}, 0)}}
			r, err := verify.CertificatePinned(context.Background(), w.signer.cert, p, pinned)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != c.verdict || r.Reason != c.reason {
				t.Fatalf("%v %q", r.Verdict, r.Reason)
			}
			for _, check := range r.Checks {
				if check.Detail == verify.RemarkAuthRoot {
					t.Errorf("a remark about signatures: %+v", check)
				}
			}
			if r.Anchor != nil && (r.Anchor.Kind != verify.AnchorPinned || r.Anchor.Name != "played") {
				t.Errorf("anchor %+v", r.Anchor)
			}
		})
	}
}

func TestValidityAsksTheResponder(t *testing.T) {
	w := newWorldFor(t, ecKey(t), func(c *x509.Certificate) { c.OCSPServer = []string{"http://responder.test/own"} })
	revoked := tlv(0xA1, generalized(now.Add(-2*time.Hour)), tlv(0xA0, []byte{0x0A, 1, 5}))
	for name, c := range map[string]struct {
		status []byte
		state  verify.RevocationState
	}{"good": {[]byte{0x80, 0}, verify.Good}, "revoked": {revoked, verify.Revoked}, "unknown": {[]byte{0x82, 0}, verify.Unknown}} {
		p := w.policy
		p.OCSP = func(_ context.Context, url string, request []byte) ([]byte, error) {
			if url != "http://responder.test/own" {
				t.Errorf("asked %s", url)
			}
			return respond(t, w, request, c.status), nil
		}
		r, err := verify.Certificate(context.Background(), w.signer.cert, p)
		if err != nil || r.Revocation.State != c.state || (r.Verdict == verify.Valid) != (c.state == verify.Good) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestValidityOfNothing(t *testing.T) {
	if _, err := verify.Certificate(context.Background(), nil, verify.Policy{}); !errors.Is(err, verify.ErrNilCertificate) {
		t.Errorf("%v", err)
	}
	w := newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := verify.Certificate(ctx, w.signer.cert, w.policy); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", r, err)
	}
}
