package verify_test

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"
	"time"

	"natsuin/verify"
)

// stamp describes a time-stamp token. If only tsa and at are set, it is well
// formed and signed by tsa.
type stamp struct {
	tsa     *identity
	at      time.Time
	imprint []byte // if nil, the digest of the signature value
	typ     string // if "", TSTInfo
	info    func(*info)
	noESS   bool
	certs   [][]byte // if nil, the authority's own
	garbage bool     // the content is not a TSTInfo
	sha1    bool     // the imprint is made with SHA-1

	accuracy []byte
}

func (s stamp) encode(t testing.TB, signature []byte) []byte {
	t.Helper()
	if s.imprint == nil {
		sum := sha256.Sum256(signature)
		s.imprint = sum[:]
	}
	if s.typ == "" {
		s.typ = idTSTInfo
	}
	content := seq(der(1), oid("1.2.3.4"), seq(algorithm(idSHA256), der(s.imprint)), der(big.NewInt(77)),
		generalized(s.at), s.accuracy)
	if s.sha1 {
		h := crypto.SHA1.New()
		h.Write(signature)
		content = seq(der(1), oid("1.2.3.4"), seq(algorithm(idSHA1), der(h.Sum(nil))), der(big.NewInt(77)), generalized(s.at))
	}
	if s.garbage {
		content = seq(der(1))
	}
	one := info{id: s.tsa, attrs: func(l [][]byte) [][]byte {
		if s.noESS {
			return l
		}
		return append(l, reference(s.tsa.cert))
	}}
	if s.info != nil {
		s.info(&one)
	}
	if s.certs == nil {
		s.certs = [][]byte{s.tsa.cert.Raw}
	}
	return message{content: content, contentType: s.typ, certs: s.certs, signers: []info{one}}.encode(t)
}

func stamped(t testing.TB, id *identity, stamps ...stamp) []byte {
	return by(id, func(s *info) {
		s.unsigned = func(signature []byte) [][]byte {
			var list [][]byte
			for _, one := range stamps {
				list = append(list, attr(atTimestamp, one.encode(t, signature)))
			}
			return list
		}
	}).encode(t)
}

func onlyStamps(c *x509.Certificate) {
	c.KeyUsage = x509.KeyUsageDigitalSignature
	c.ExtraExtensions = append(c.ExtraExtensions, criticalUsage("1.3.6.1.5.5.7.3.8"))
}

// After a certificate has expired, only a valid time stamp makes its signature
// VALID.
func TestTimestamps(t *testing.T) {
	w := newWorld(t)
	tsaRoot := issue(t, "tsa root", ecKey(t), nil, authority)
	long := func(edit func(*x509.Certificate)) func(*x509.Certificate) {
		return func(c *x509.Certificate) { edit(c); c.NotAfter = now.AddDate(9, 0, 0) }
	}
	tsa := issue(t, "tsa", ecKey(t), tsaRoot, long(onlyStamps))
	w.policy.Now = now.AddDate(3, 0, 0)
	w.policy.TSAAnchors = []*x509.Certificate{tsaRoot.cert}
	practice := withPolicy(t, "2.25.184374126194146455454303695688590931723")
	authorityWith := func(edit func(*x509.Certificate)) *identity { return issue(t, "tsa", tsa.key, tsaRoot, long(edit)) }
	twin := authorityWith(onlyStamps)
	for name, c := range map[string]struct {
		stamp  stamp
		reason verify.Reason
	}{
		"right":               {stamp{tsa: tsa, at: now}, ""},
		"over something else": {stamp{tsa: tsa, at: now, imprint: make([]byte, 32)}, verify.ReasonTimestampImprint},
		"signature spoiled":   {stamp{tsa: tsa, at: now, info: func(s *info) { s.flip = true }}, verify.ReasonTimestampSignature},
		"no token content":    {stamp{tsa: tsa, at: now, typ: idData}, verify.ReasonTimestampSyntax},
		"content malformed":   {stamp{tsa: tsa, at: now, garbage: true}, verify.ReasonTimestampSyntax},
		"without attributes":  {stamp{tsa: tsa, at: now, info: func(s *info) { s.bare = true }}, verify.ReasonTimestampSyntax},
		"without reference":   {stamp{tsa: tsa, at: now, noESS: true}, verify.ReasonTimestampAttributes},
		"reference to another": {stamp{tsa: tsa, at: now, info: func(s *info) {
			s.attrs = func(l [][]byte) [][]byte { return append(l, reference(twin.cert)) }
		}}, verify.ReasonTimestampAttributes},
		"SHA-1":                           {stamp{tsa: tsa, at: now, info: func(s *info) { s.hash = crypto.SHA1 }}, verify.ReasonTimestampAlgorithms},
		"authority's certificate missing": {stamp{tsa: tsa, at: now, certs: [][]byte{w.root.cert.Raw}}, verify.ReasonTimestampChain},
		"authority without an anchor":     {stamp{tsa: issue(t, "own", ecKey(t), nil, long(onlyStamps)), at: now}, verify.ReasonTimestampChain},
		"authority of the signers":        {stamp{tsa: issue(t, "tsa", ecKey(t), w.root, long(onlyStamps)), at: now}, verify.ReasonTimestampChain},
		"imprint with SHA-1":              {stamp{tsa: tsa, at: now, sha1: true}, verify.ReasonTimestampAlgorithms},
		"no usage":                        {stamp{tsa: authorityWith(func(*x509.Certificate) {}), at: now}, verify.ReasonTimestampUsage},
		"usage not critical": {stamp{tsa: authorityWith(func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
		}), at: now}, verify.ReasonTimestampUsage},
		"usage not alone": {stamp{tsa: authorityWith(func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, criticalUsage("1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.4"))
		}), at: now}, verify.ReasonTimestampUsage},
		"key not for signing": {stamp{tsa: authorityWith(func(c *x509.Certificate) {
			onlyStamps(c)
			c.KeyUsage = x509.KeyUsageKeyEncipherment
		}), at: now}, verify.ReasonTimestampUsage},
		"before the authority began": {stamp{tsa: tsa, at: now.AddDate(-5, 0, 0)}, verify.ReasonTimestampDates},
		"in the future":              {stamp{tsa: tsa, at: now.AddDate(4, 0, 0)}, verify.ReasonTimestampFuture},
		"practice":                   {stamp{tsa: authorityWith(func(c *x509.Certificate) { onlyStamps(c); practice(c) }), at: now}, verify.ReasonTimestampPractice},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, stamped(t, w.signer, c.stamp), nil, w.policy)
			s := r.Signers[0]
			if s.Timestamp == nil || s.Timestamp.Reason != c.reason || s.Timestamp.Verified != (c.reason == "") {
				t.Fatalf("time stamp %+v, want reason %q", s.Timestamp, c.reason)
			}
			if c.reason == "" {
				valid.hold(t, r)
				if s.ReferenceFrom != "timestamp" || !s.Reference.Equal(now) || s.Timestamp.Serial.Int64() != 77 || s.Timestamp.Policy != "1.2.3.4" {
					t.Errorf("reference %v from %s; %+v", s.Reference, s.ReferenceFrom, s.Timestamp)
				}
				return
			}
			open(verify.CheckDates, verify.ReasonExpired).hold(t, r)
			if check, _ := s.Check(verify.CheckTimestamp); check.Result != verify.Unclear || check.Detail != c.reason {
				t.Errorf("check %+v", check)
			}
		})
	}
	t.Run("practice, allowed", func(t *testing.T) {
		w := w
		w.policy.Anchors = append(slices.Clone(w.policy.Anchors), verify.Anchor{Certificate: issue(t, "practice root", ecKey(t), nil, authority).cert, Kind: verify.AnchorPractice})
		by := authorityWith(func(c *x509.Certificate) { onlyStamps(c); practice(c) })
		r := run(t, stamped(t, w.signer, stamp{tsa: by, at: now}), nil, w.policy)
		if !r.Practice || !r.Signers[0].Practice || !r.Signers[0].Timestamp.Practice {
			t.Errorf("%v by the stamp of a practice authority is not called practice", r.Verdict)
		}
		if remarks := r.Signers[0].Timestamp.Remarks; !slices.Equal(remarks, []verify.Reason{verify.RemarkTimestampPractice, verify.ReasonTimestampUnchecked}) {
			t.Errorf("remarks %v", remarks)
		}
		r = run(t, stamped(t, w.signer, stamp{tsa: tsa, at: now}), nil, w.policy)
		if r.Practice {
			t.Error("a real stamp is called practice")
		}
	})
	t.Run("bad one besides a good one", func(t *testing.T) {
		r := run(t, stamped(t, w.signer, stamp{tsa: tsa, at: now, imprint: make([]byte, 32)}, stamp{tsa: tsa, at: now.Add(time.Hour)}, stamp{tsa: tsa, at: now}), nil, w.policy)
		valid.hold(t, r)
		if !r.Signers[0].Reference.Equal(now) {
			t.Errorf("reference %v, want the earliest", r.Signers[0].Reference)
		}
	})
	t.Run("authority revoked before", func(t *testing.T) {
		p := w.policy
		p.CRLs = [][]byte{list(t, world{root: tsaRoot, signer: tsa}, now.AddDate(0, 0, -1), 4)}
		r := run(t, stamped(t, w.signer, stamp{tsa: tsa, at: now}), nil, p)
		if s := r.Signers[0].Timestamp; s.Verified || s.Reason != verify.ReasonTimestampRevoked {
			t.Errorf("time stamp %+v", s)
		}
	})
	t.Run("comes before --at", func(t *testing.T) {
		p := w.policy
		p.At = now.AddDate(2, 0, 0)
		r := run(t, stamped(t, w.signer, stamp{tsa: tsa, at: now}), nil, p)
		valid.hold(t, r)
	})
	t.Run("after the certificate expired", func(t *testing.T) {
		r := run(t, stamped(t, w.signer, stamp{tsa: tsa, at: now.AddDate(2, 0, 0)}), nil, w.policy)
		open(verify.CheckDates, verify.ReasonStampedLate).hold(t, r)
	})
	t.Run("a bad one does no harm", func(t *testing.T) {
		p := w.policy
		p.Now = now
		valid.hold(t, run(t, stamped(t, w.signer, stamp{tsa: tsa, at: now, imprint: make([]byte, 32)}), nil, p))
	})
}
