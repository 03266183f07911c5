package verify_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"natsuin/verify"
)

func TestCertificateFileLimits(t *testing.T) {
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: newWorld(t).root.cert.Raw})
	long := func(size int) []byte {
		return append([]byte(strings.Repeat("x", size-len(block)-1)+"\n"), block...)
	}
	for _, c := range []struct {
		name string
		make func(n int) []byte
		most int
		want int // number of certificates
	}{
		{"size", long, 4 << 20, 1},
		{"number", func(n int) []byte { return bytes.Repeat(block, n) }, 1024, 1024},
	} {
		if certs, err := verify.ParseCertificates(c.make(c.most)); err != nil || len(certs) != c.want {
			t.Errorf("%s of %d: %d certificates, %v", c.name, c.most, len(certs), err)
		}
		if _, err := verify.ParseCertificates(c.make(c.most + 1)); !errors.Is(err, verify.ErrTooManyCertificates) {
			t.Errorf("%s of %d: %v", c.name, c.most+1, err)
		}
	}
}

// Only a limited number of time stamps is examined. The valid one is the last.
func TestTimestampsOfAMessageAreBounded(t *testing.T) {
	w := newStampWorld(t)
	good, broken := stamp{tsa: w.tsa, at: now.Add(-14 * day)}, stamp{tsa: w.tsa, at: now.Add(-14 * day), garbage: true}
	for before, want := range map[int]bool{31: true, 32: false} {
		m := stamped(t, w.signer, append(slices.Repeat([]stamp{broken}, before), good)...)
		if s := run(t, m, nil, w.policy).Signers[0].Timestamp; s.Verified != want {
			t.Errorf("after %d others: verified %v (%s)", before, s.Verified, s.Reason)
		}
	}
}

// The reference time is never before the time of the token.
func TestTimestampAheadOfTheClock(t *testing.T) {
	w := newStampWorld(t)
	for ahead, want := range map[time.Duration]verify.Reason{time.Hour: "", time.Hour + time.Second: verify.ReasonTimestampFuture} {
		at := now.Add(ahead)
		s := run(t, stamped(t, w.signer, stamp{tsa: w.tsa, at: at}), nil, w.policy).Signers[0]
		if s.Timestamp.Reason != want {
			t.Errorf("%v ahead: %q, want %q", ahead, s.Timestamp.Reason, want)
		}
		if want == "" && !s.Reference.Equal(at) {
			t.Errorf("%v ahead: judged for %v", ahead, s.Reference)
		}
	}
}

// Only a limited number of enclosed certificates is read. The one that is
// needed is the last.
func TestEnclosedCertificatesAreBounded(t *testing.T) {
	w := newWorld(t)
	ca := issue(t, "ca", ecKey(t), w.root, authority)
	signer := issue(t, "signer", ecKey(t), ca, nil)
	for before, want := range map[int]expect{63: valid, 64: open(verify.CheckChain, verify.ReasonNoAnchor)} {
		m := by(signer, func(s *info) {
			s.unsigned = func([]byte) [][]byte {
				return [][]byte{attr("1.2.840.113549.1.9.16.2.23", seq(append(slices.Repeat([][]byte{seq(null)}, before), ca.cert.Raw)...))}
			}
		})
		want.hold(t, run(t, m.encode(t), nil, w.policy))
	}
}
