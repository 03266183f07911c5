package verify_test

import (
	"crypto/sha256"
	"crypto/x509"
	"testing"
	"time"

	"natsuin/verify"
)

func TestSeveralSignersMustAllPass(t *testing.T) {
	w := newWorld(t)
	second := issue(t, "second", ecKey(t), w.root, nil)
	stranger := issue(t, "stranger", ecKey(t), nil, nil)
	m := func(last info) []byte {
		return message{content: text, certs: [][]byte{w.signer.cert.Raw, second.cert.Raw, stranger.cert.Raw},
			signers: []info{{id: w.signer}, last}}.encode(t)
	}
	for name, c := range map[string]struct {
		last info
		want expect
		each []verify.Verdict
	}{
		"both right": {info{id: second}, valid, []verify.Verdict{verify.Valid, verify.Valid}},
		"second broken": {info{id: second, flip: true}, invalid(verify.CheckSignature, verify.ReasonSignatureWrong),
			[]verify.Verdict{verify.Valid, verify.Invalid}},
		"second a stranger": {info{id: stranger}, open(verify.CheckChain, verify.ReasonNoAnchor),
			[]verify.Verdict{verify.Valid, verify.Indeterminate}},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, m(c.last), nil, w.policy)
			c.want.hold(t, r)
			for i, v := range c.each {
				if r.Signers[i].Verdict != v {
					t.Errorf("signer %d is %v, want %v", i, r.Signers[i].Verdict, v)
				}
			}
		})
	}
}

// Other certificates that the identifier also names precede the right one.
func TestSignerIsTheCertificateThatVerified(t *testing.T) {
	w := newWorld(t)
	decoy := issue(t, "decoy", ecKey(t), w.root, func(c *x509.Certificate) { c.SerialNumber = w.signer.cert.SerialNumber })
	twin := issue(t, "twin", w.signer.key, w.root, func(c *x509.Certificate) { c.SerialNumber = w.signer.cert.SerialNumber })
	for name, c := range map[string]struct {
		certs [][]byte
		edit  func(*info)
		want  *x509.Certificate
	}{
		"another key, same number":   {[][]byte{decoy.cert.Raw, w.signer.cert.Raw}, nil, w.signer.cert},
		"same key: the hash decides": {[][]byte{twin.cert.Raw, w.signer.cert.Raw}, func(s *info) { s.attrs = func(l [][]byte) [][]byte { return append(l, reference(w.signer.cert)) } }, w.signer.cert},
	} {
		t.Run(name, func(t *testing.T) {
			m := by(w.signer, c.edit)
			m.certs = c.certs
			r := run(t, m.encode(t), nil, w.policy)
			valid.hold(t, r)
			if !r.Signers[0].Certificate.Equal(c.want) {
				t.Errorf("signer is %v, want %v", r.Signers[0].Certificate.Subject, c.want.Subject)
			}
		})
	}
}

func TestSignerNamedByKeyIdentifier(t *testing.T) {
	w := newWorldFor(t, ecKey(t), func(c *x509.Certificate) { c.SubjectKeyId = []byte{1, 2, 3, 4} })
	valid.hold(t, run(t, by(w.signer, func(s *info) { s.keyID = true }).encode(t), nil, w.policy))
	wrong := *w.signer.cert
	wrong.SubjectKeyId = []byte{9}
	m := by(w.signer, func(s *info) { s.keyID, s.id = true, &identity{&wrong, w.signer.key} })
	open(verify.CheckSignature, verify.ReasonNoCertificate).hold(t, run(t, m.encode(t), nil, w.policy))
}

func TestDates(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, nil).encode(t)
	after, before := now.AddDate(2, 0, 0), now.AddDate(-2, 0, 0)
	for name, c := range map[string]struct {
		now, at time.Time
		want    expect
	}{
		"expired since, the claimed time proves nothing": {after, time.Time{}, open(verify.CheckDates, verify.ReasonExpired)},
		"expired since, the time is given":               {after, now, valid},
		"asked for a time after it expired":              {after, after, open(verify.CheckDates, verify.ReasonExpired)},
		"asked for a time before it began":               {now, before, open(verify.CheckDates, verify.ReasonNotYetValid)},
		"first second":                                   {now, w.signer.cert.NotBefore, valid},
		"last second":                                    {after, w.signer.cert.NotAfter, valid},
		"last second and a bit":                          {after, w.signer.cert.NotAfter.Add(time.Second / 2), valid},
		"a second too late":                              {after, w.signer.cert.NotAfter.Add(time.Second), open(verify.CheckDates, verify.ReasonExpired)},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.policy
			p.Now, p.At = c.now, c.at
			r := run(t, m, nil, p)
			c.want.hold(t, r)
			if st := r.Signers[0].SigningTime; st == nil || !st.Equal(now) {
				t.Errorf("claimed signing time %v, want %v", st, now)
			}
		})
	}
}

func TestDemandedSigner(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, nil).encode(t)
	right, wrong := sha256.Sum256(w.signer.cert.Raw), sha256.Sum256(w.root.cert.Raw)
	for name, c := range map[string]struct {
		want  [32]byte
		hence expect
	}{
		"this one": {right, valid},
		"another":  {wrong, invalid(verify.CheckSigner, verify.ReasonOtherSigner)},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.policy
			p.SignerSHA256 = &c.want
			c.hence.hold(t, run(t, m, nil, p))
		})
	}
}

func TestNoCertificateOfTheMessageIsAnAnchor(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, nil)
	m.certs = append(m.certs, w.root.cert.Raw)
	p := w.policy
	p.Anchors = nil
	open(verify.CheckChain, verify.ReasonNoAnchor).hold(t, run(t, m.encode(t), nil, p))
	p.Certificates = []*x509.Certificate{w.root.cert}
	open(verify.CheckChain, verify.ReasonNoAnchor).hold(t, run(t, m.encode(t), nil, p))
}

func TestAnchorThatIsTheSignerItself(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, nil).encode(t)
	p := w.policy
	p.Anchors = []verify.Anchor{{Certificate: w.signer.cert, Kind: verify.AnchorFile, Name: "signer.pem"}}
	r := run(t, m, nil, p)
	valid.hold(t, r)
	if a := r.Signers[0].Anchor; a == nil || a.Kind != verify.AnchorFile || a.Name != "signer.pem" {
		t.Errorf("anchor %+v", a)
	}
	p.Now = now.AddDate(3, 0, 0)
	open(verify.CheckDates, verify.ReasonExpired).hold(t, run(t, m, nil, p))
}

func TestPractice(t *testing.T) {
	w := newWorldFor(t, ecKey(t), withPolicy(t, practicePolicy))
	m := by(w.signer, nil).encode(t)
	for kind, want := range map[verify.AnchorKind]expect{
		verify.AnchorFile:       open(verify.CheckPractice, verify.ReasonPractice),
		verify.AnchorRegistered: open(verify.CheckPractice, verify.ReasonPractice),
		verify.AnchorPinned:     open(verify.CheckPractice, verify.ReasonPractice),
		verify.AnchorPractice:   valid,
	} {
		t.Run(string(kind), func(t *testing.T) {
			w.policy.Anchors[0].Kind = kind
			r := run(t, m, nil, w.policy)
			want.hold(t, r)
			if !r.Practice || !r.Signers[0].Practice {
				t.Error("not called practice")
			}
		})
	}
	root := w.policy.Anchors[0].Certificate
	w.policy.Anchors = []verify.Anchor{{Certificate: root, Kind: verify.AnchorFile}, {Certificate: root, Kind: verify.AnchorPractice}}
	valid.hold(t, run(t, m, nil, w.policy))
	w.policy.Anchors = nil
	open(verify.CheckPractice, verify.ReasonPractice).hold(t, run(t, m, nil, w.policy))
}

func TestNamesOfTheSignerAreComparedAsNames(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, func(s *info) {
		other := *s.id.cert
		other.RawIssuer = seq(set(seq(oid("2.5.4.3"), tlv(0x0C, []byte("  ROOT ")))))
		s.id = &identity{&other, s.id.key}
	})
	valid.hold(t, run(t, m.encode(t), nil, w.policy))
}

// The unsigned attributes of CAdES contain the issuer's certificate and CRLs.
func TestHintsInUnsignedAttributes(t *testing.T) {
	w := newWorld(t)
	ca := issue(t, "ca", ecKey(t), w.root, authority)
	signer := issue(t, "signer", ecKey(t), ca, nil)
	revocations := [][]byte{list(t, world{root: w.root, signer: signer}, time.Time{}, 0), list(t, world{root: ca, signer: signer}, time.Time{}, 0)}
	m := by(signer, func(s *info) {
		s.unsigned = func([]byte) [][]byte {
			return [][]byte{attr("1.2.840.113549.1.9.16.2.23", seq(ca.cert.Raw)),
				attr("1.2.840.113549.1.9.16.2.24", seq(tlv(0xA0, seq(revocations...))))}
		}
	})
	r := run(t, m.encode(t), nil, w.policy)
	valid.hold(t, r)
	if got := r.Signers[0].Revocation.State; got != verify.Good {
		t.Errorf("revocation %s, want good", got)
	}
	open(verify.CheckChain, verify.ReasonNoAnchor).hold(t, run(t, by(signer, nil).encode(t), nil, w.policy))
}
