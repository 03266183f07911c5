package verify_test

import (
	"context"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"natsuin/verify"
)

// A time stamp was made while the signer and the authority were valid, but the
// authority's certificate has expired since. The time stamp then proves no
// time, but does not harm a signature that is valid without it.
func TestAuthorityThatHasExpiredSince(t *testing.T) {
	w := newWorld(t) // valid until now + 1 year
	tsaRoot := issue(t, "tsa root", ecKey(t), nil, authority)
	until := func(years int, edit func(*x509.Certificate)) func(*x509.Certificate) {
		return func(c *x509.Certificate) { edit(c); c.NotAfter = now.AddDate(years, 0, 0) }
	}
	key := ecKey(t)
	short, long := issue(t, "tsa", key, tsaRoot, until(2, onlyStamps)), issue(t, "tsa", key, tsaRoot, until(9, onlyStamps))
	ca := issue(t, "tsa ca", ecKey(t), tsaRoot, until(2, authority))
	below := issue(t, "tsa below", ecKey(t), ca, until(9, onlyStamps))
	w.policy.TSAAnchors = []*x509.Certificate{tsaRoot.cert}
	for name, c := range map[string]struct {
		stamp   stamp
		now, at time.Time
		counts  bool
		want    expect
	}{
		"authority valid":                   {stamp{tsa: long, at: now}, now.AddDate(3, 0, 0), time.Time{}, true, valid},
		"authority expired":                 {stamp{tsa: short, at: now}, now.AddDate(3, 0, 0), time.Time{}, false, open(verify.CheckDates, verify.ReasonExpired)},
		"CA of the authority expired":       {stamp{tsa: below, at: now, certs: [][]byte{below.cert.Raw, ca.cert.Raw}}, now.AddDate(3, 0, 0), time.Time{}, false, open(verify.CheckDates, verify.ReasonExpired)},
		"authority valid at the given time": {stamp{tsa: short, at: now}, now.AddDate(3, 0, 0), now.AddDate(1, 6, 0), true, valid},
		"given time before the token":       {stamp{tsa: short, at: now}, now.AddDate(3, 0, 0), now.AddDate(0, -1, 0), false, valid},
		"authority expired, signer not yet": {stamp{tsa: issue(t, "tsa", ecKey(t), tsaRoot, func(c *x509.Certificate) {
			onlyStamps(c)
			c.NotAfter = now.AddDate(0, 1, 0)
		}), at: now}, now.AddDate(0, 2, 0), time.Time{}, false, valid},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.policy
			p.Now, p.At = c.now, c.at
			r := run(t, stamped(t, w.signer, c.stamp), nil, p)
			c.want.hold(t, r)
			s := r.Signers[0]
			if s.Timestamp.Verified != c.counts {
				t.Fatalf("time stamp %+v", s.Timestamp)
			}
			if !c.counts && (s.Timestamp.Reason != verify.ReasonTimestampExpired || s.ReferenceFrom == verify.FromTimestamp) {
				t.Errorf("time stamp %+v, reference from %s", s.Timestamp, s.ReferenceFrom)
			}
		})
	}
}

// A time in the future is refused.
func TestTimeThatHasNotCome(t *testing.T) {
	w := newWorld(t)
	p := w.policy
	p.At = p.Now.Add(time.Second)
	sig := by(w.signer, nil).encode(t)
	if r, err := verify.Detached(context.Background(), sig, nil, p); !errors.Is(err, verify.ErrFuture) {
		t.Errorf("message: %+v, %v", r, err)
	}
	if r, err := verify.Certificate(context.Background(), w.signer.cert, p); !errors.Is(err, verify.ErrFuture) {
		t.Errorf("certificate: %+v, %v", r, err)
	}
	p.At = p.Now
	if r, err := verify.Detached(context.Background(), sig, nil, p); err != nil || r.Verdict != verify.Valid {
		t.Errorf("now: %+v, %v", r, err)
	}
}

// A signing time that cannot be right leads to a remark.
func TestTimesThatTheSignerClaims(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		claimed time.Time
		remark  verify.Reason
	}{
		"now":                    {now, ""},
		"a clock a little ahead": {now.Add(10 * time.Minute), ""},
		"half a year ahead":      {now.AddDate(0, 6, 0), verify.RemarkTimeFuture},
		"before the certificate": {now.AddDate(-2, 0, 0), verify.RemarkTimeEarly},
		"1951":                   {time.Date(1951, 1, 1, 0, 0, 0, 0, time.UTC), verify.RemarkTimeEarly},
	} {
		t.Run(name, func(t *testing.T) {
			m := by(w.signer, func(s *info) {
				s.attrs = func(l [][]byte) [][]byte { return append(l[:2:2], attr(atTime, der(c.claimed))) }
			})
			r := run(t, m.encode(t), nil, w.policy)
			valid.hold(t, r)
			if check, _ := r.Signers[0].Check(verify.CheckAttributes); check.Detail != c.remark {
				t.Errorf("remark %q, want %q", check.Detail, c.remark)
			}
		})
	}
}
