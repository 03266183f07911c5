package verify_test

import (
	"crypto/x509"
	"testing"

	"natsuin/verify"
	"natsuin/verify/trust"
)

func withPolicy(t *testing.T, dotted string) func(*x509.Certificate) {
	o, err := x509.ParseOID(dotted)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *x509.Certificate) { c.Policies = append(c.Policies, o) }
}

// TestPinnedRoots uses certificates of the test as the published roots.
func TestPinnedRoots(t *testing.T) {
	const signature, testing_ = "1.2.392.200149.8.5.1.1.20", "1.2.392.200149.8.5.1.0.20"
	for name, c := range map[string]struct {
		usage     trust.Usage
		policy    string
		given     bool // the same root is also given as --ca
		allowAuth bool
		want      expect
	}{
		"signature root":                    {trust.Sign, signature, false, false, valid},
		"signature root, the arc itself":    {trust.Sign, "1.2.392.200149.8.5.1.1", false, false, valid},
		"signature root, test policy":       {trust.Sign, testing_, false, false, invalid(verify.CheckPolicy, verify.ReasonPolicyArc)},
		"signature root, look-alike policy": {trust.Sign, "1.2.392.200149.8.5.1.10", false, false, invalid(verify.CheckPolicy, verify.ReasonPolicyArc)},
		"signature root, no policy":         {trust.Sign, "", false, false, invalid(verify.CheckPolicy, verify.ReasonPolicyArc)},
		"login root":                        {trust.Auth, "1.2.392.200149.8.5.1.3.30", false, false, open(verify.CheckChain, verify.ReasonAuthRoot)},
		"login root, given too":             {trust.Auth, "1.2.392.200149.8.5.1.3.30", true, false, open(verify.CheckChain, verify.ReasonAuthRoot)},
		"login root, allowed":               {trust.Auth, "1.2.392.200149.8.5.1.3.30", false, true, valid},
	} {
		t.Run(name, func(t *testing.T) {
			edit := func(*x509.Certificate) {}
			if c.policy != "" {
				edit = withPolicy(t, c.policy)
			}
			w := newWorldFor(t, ecKey(t), edit)
			pinned := func(cert *x509.Certificate) (trust.Root, bool) {
				return trust.Root{Name: "played", Usage: c.usage}, cert.Equal(w.root.cert)
			}
			m := by(w.signer, nil)
			m.certs = append(m.certs, w.root.cert.Raw) // an anchor even if it comes from the message
			p := verify.Policy{Now: now, AllowAuth: c.allowAuth}
			if c.given {
				p.Anchors = w.policy.Anchors
			}
			r, err := verify.DetachedPinned(m.encode(t), p, pinned)
			if err != nil {
				t.Fatal(err)
			}
			c.want.hold(t, r)
			if c.want == valid {
				if a := r.Signers[0].Anchor; a == nil || a.Kind != verify.AnchorPinned || a.Name != "played" {
					t.Errorf("anchor %+v", a)
				}
			}
			if c.allowAuth {
				if check, _ := r.Signers[0].Check(verify.CheckChain); check.Detail != verify.RemarkAuthRoot {
					t.Errorf("no remark: %+v", check)
				}
			}
		})
	}
}

// The report says where an anchor comes from. Only this package assigns the
// kind pinned.
func TestAnchorKindsAreTold(t *testing.T) {
	w := newWorld(t)
	for given, want := range map[verify.AnchorKind]verify.AnchorKind{
		verify.AnchorFile: verify.AnchorFile, verify.AnchorRegistered: verify.AnchorRegistered, verify.AnchorPinned: verify.AnchorFile,
	} {
		w.policy.Anchors[0].Kind = given
		r := run(t, by(w.signer, nil).encode(t), nil, w.policy)
		valid.hold(t, r)
		if got := r.Signers[0].Anchor.Kind; got != want {
			t.Errorf("given as %s: told as %s, want %s", given, got, want)
		}
	}
}

// The real roots are pinned, but enclosing one in a message does not make its
// signer trusted.
func TestPublishedRootsAreNotSignersByBeingThere(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"signca01", "signca02", "signca03"} {
		m := by(w.signer, nil)
		m.certs = append(m.certs, sharedFile(t, "jpki-roots/"+name+".cer"))
		p := w.policy
		p.Anchors = nil
		open(verify.CheckChain, verify.ReasonNoAnchor).hold(t, run(t, m.encode(t), nil, p))
	}
}
