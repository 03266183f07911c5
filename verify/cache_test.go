package verify_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"reflect"
	"sync"
	"testing"
	"time"

	"natsuin/verify"
)

// sharedCache is one Cache for all tests of this package. What one message adds
// to it must not change the report about another.
var sharedCache verify.Cache

// sameWithCache judges twice more with a Cache that all messages share, so that
// the second time most of it is cached. The report must not change.
func sameWithCache(t testing.TB, want *verify.Report, judge func(verify.Policy) (*verify.Report, error), p verify.Policy) {
	t.Helper()
	if p.OCSP != nil {
		return // a response answers only one request
	}
	p.Cache = &sharedCache
	for range 2 {
		if got, err := judge(p); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("a cache changes the report: %+v, %v\nwithout: %+v", got, err, want)
		}
	}
}

// A cache distinguishes certificates that differ only in one bit of the CA's
// signature.
func TestCacheTellsSpoiltCertificatesFromGoodOnes(t *testing.T) {
	w := newWorld(t)
	good := by(w.signer, nil).encode(t)
	spoilt := bytes.Clone(w.signer.cert.Raw)
	spoilt[len(spoilt)-1] ^= 1
	m := by(w.signer, nil)
	m.certs = [][]byte{spoilt}
	bad := m.encode(t)
	broken := open(verify.CheckChain, verify.ReasonChainSignature)
	for _, first := range []bool{true, false} {
		t.Run(fmt.Sprintf("good first: %v", first), func(t *testing.T) {
			p := w.policy
			p.Cache = new(verify.Cache)
			for i := range 4 {
				if first == (i%2 == 0) {
					valid.hold(t, run(t, good, nil, p))
				} else {
					broken.hold(t, run(t, bad, nil, p))
				}
			}
		})
	}
}

// A second message of the same signer gets the certificate that was parsed for
// the first.
func TestCacheKeepsOneCopy(t *testing.T) {
	w := newWorld(t)
	w.policy.Cache = new(verify.Cache)
	first, second := run(t, by(w.signer, nil).encode(t), nil, w.policy), run(t, by(w.signer, nil).encode(t), nil, w.policy)
	if first.Signers[0].Certificate != second.Signers[0].Certificate {
		t.Error("the certificate was parsed twice")
	}
}

// The caller trusts a root for end entities only, and the message encloses the
// unchanged certificate. A cache must not confuse the two.
func TestCacheHonoursWhatTheCallerSaysOfARoot(t *testing.T) {
	w := newWorld(t)
	ca := issue(t, "ca", ecKey(t), w.root, authority)
	m := by(issue(t, "another signer", ecKey(t), ca, nil), nil)
	m.certs = append(m.certs, ca.cert.Raw, w.root.cert.Raw)
	raw := m.encode(t)
	w.policy.Cache = new(verify.Cache)
	valid.hold(t, run(t, raw, nil, w.policy))
	strict := *w.root.cert
	strict.MaxPathLen, strict.MaxPathLenZero = 0, true
	w.policy.Anchors[0].Certificate = &strict
	invalid(verify.CheckChain, verify.ReasonChainPathLength).hold(t, run(t, raw, nil, w.policy))
}

// Several goroutines can judge valid and invalid messages with the same cache
// and the same CRLs.
func TestCacheIsShared(t *testing.T) {
	w, revoked := newWorld(t), newWorld(t)
	p := w.policy
	p.Cache, p.Anchors = new(verify.Cache), append(p.Anchors, revoked.policy.Anchors...)
	p.CRLs = [][]byte{list(t, w, time.Time{}, 0), list(t, revoked, now.AddDate(0, 0, -1), 1)}
	messages := map[verify.Verdict][]byte{
		verify.Valid:         by(w.signer, nil).encode(t),
		verify.Indeterminate: by(revoked.signer, nil).encode(t),
		verify.Invalid:       by(w.signer, func(s *info) { s.flip = true }).encode(t),
	}
	var all sync.WaitGroup
	for want, m := range messages {
		for range 8 {
			all.Go(func() {
				for range 10 {
					r, err := verify.Detached(context.Background(), m, nil, p)
					if err != nil || r.Verdict != want {
						t.Errorf("%v (%s), %v; want %v", r.Verdict, r.Reason, err, want)
						return
					}
				}
			})
		}
	}
	all.Wait()
}

// A judgement that is cancelled, at any point where the context is checked,
// leaves nothing wrong in the cache.
func TestCacheKeepsNothingOfAJudgementThatWasBrokenOff(t *testing.T) {
	w := newWorld(t)
	p := w.policy
	p.CRLs, p.RequireRevocation = [][]byte{list(t, w, time.Time{}, 0)}, true
	m := by(w.signer, nil).encode(t)
	for left, ended := 0, true; ended; left++ {
		p.Cache = new(verify.Cache)
		_, err := verify.Detached(&countdown{Context: context.Background(), left: left}, m, nil, p)
		ended = err != nil
		if r, err := verify.Detached(context.Background(), m, nil, p); err != nil || r.Verdict != verify.Valid {
			t.Errorf("after %d: %v (%s), %v", left, r.Verdict, r.Reason, err)
		}
	}
}

// BenchmarkCache judges one message after another, with and without a cache:
// with a certificate directly below a CA, and also with a CRL of 20,000
// entries.
func BenchmarkCache(b *testing.B) {
	w := newWorld(b)
	m := by(w.signer, nil).encode(b)
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.AddDate(0, 0, -1), NextUpdate: now.AddDate(0, 0, 1)}
	for i := range 20000 {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: big.NewInt(int64(1e6 + i)), RevocationTime: template.ThisUpdate, ReasonCode: 4})
	}
	long, err := x509.CreateRevocationList(rand.Reader, template, w.root.cert, w.root.key)
	if err != nil {
		b.Fatal(err)
	}
	for name, lists := range map[string][][]byte{"chain": nil, "list": {long}} {
		for caches, cache := range map[string]*verify.Cache{"none": nil, "shared": new(verify.Cache)} {
			b.Run(name+"/"+caches, func(b *testing.B) {
				p := w.policy
				p.CRLs, p.Cache = lists, cache
				for b.Loop() {
					if r, err := verify.Detached(context.Background(), m, nil, p); err != nil || r.Verdict != verify.Valid {
						b.Fatal(r, err)
					}
				}
			})
		}
	}
}
