package verify_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"natsuin/sign/timestamp"
	"natsuin/sign/timestamp/tsatest"
	"natsuin/verify"
)

// stampFrom asks an authority for a token over data.
func stampFrom(t *testing.T, a *tsatest.Authority, data []byte) []byte {
	t.Helper()
	server := httptest.NewServer(a)
	defer server.Close()
	c := timestamp.Client{Transport: timestamp.HTTP{URL: server.URL}}
	token, err := c.Stamp(context.Background(), timestamp.ImprintOf(crypto.SHA256, data))
	if err != nil {
		t.Fatal(err)
	}
	return token.DER
}

// TestTokensBeforeTheyAreUsed judges bare tokens: each fault in signature or
// certificates is found, with the root of the authority at hand and without.
func TestTokensBeforeTheyAreUsed(t *testing.T) {
	a, err := tsatest.New(now)
	if err != nil {
		t.Fatal(err)
	}
	data := []byte("a signature value")
	imprint := timestamp.ImprintOf(crypto.SHA256, data)
	judged := func(token []byte, anchors ...*x509.Certificate) *verify.TimestampInfo {
		t.Helper()
		info, err := verify.TimeStamp(context.Background(), token, imprint, verify.Policy{Now: now, TSAAnchors: anchors})
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	numbers := map[int]bool{}
	for _, fault := range append(tsatest.Faults(), tsatest.Fault{Name: "sound"}) {
		if !fault.Judged && fault.Name != "sound" {
			continue
		}
		numbers[fault.Number] = true
		t.Run(fmt.Sprint(fault.Number, " ", fault.Name), func(t *testing.T) {
			a.Break(fault)
			token := stampFrom(t, a, data)
			known, alone := judged(token, a.Root), judged(token)
			if fault.Name == "sound" {
				if !known.Verified || !known.Sound || known.Reason != "" || known.Policy != tsatest.Policy || !known.Time.Equal(now) {
					t.Errorf("with its root: %+v", known)
				}
				if alone.Verified || !alone.Sound || alone.Reason != verify.ReasonTimestampChain {
					t.Errorf("without: %+v", alone)
				}
				return
			}
			for _, got := range []*verify.TimestampInfo{known, alone} {
				if got.Verified || got.Sound || strings.TrimPrefix(string(got.Reason), "timestamp-") != fault.Code {
					t.Errorf("%+v, want %s", got, fault.Code)
				}
			}
		})
	}
	for _, n := range []int{6, 7, 8, 10, 11, 13, 16} {
		if !numbers[n] {
			t.Errorf("refusal %d has no fault", n)
		}
	}

	a.Break(tsatest.Fault{})
	token := stampFrom(t, a, data)
	t.Run("over something else", func(t *testing.T) {
		info, err := verify.TimeStamp(context.Background(), token, timestamp.ImprintOf(crypto.SHA256, []byte("another")), verify.Policy{Now: now})
		if err != nil || info.Sound || info.Reason != verify.ReasonTimestampImprint {
			t.Errorf("%+v, %v", info, err)
		}
	})
	t.Run("under another root", func(t *testing.T) {
		other, err := tsatest.New(now)
		if err != nil {
			t.Fatal(err)
		}
		if info := judged(token, other.Root); info.Verified || !info.Sound || info.Reason != verify.ReasonTimestampChain {
			t.Errorf("%+v", info)
		}
	})
	t.Run("certificate given and not sent", func(t *testing.T) {
		sent := judged(token, a.Root).Certificate
		i := slices.IndexFunc(tsatest.Faults(), func(f tsatest.Fault) bool { return f.Name == "no certificate" })
		a.Break(tsatest.Faults()[i])
		if info := judged(stampFrom(t, a, data), sent, a.Root); info.Verified || info.Sound || info.Reason != verify.ReasonNoCertificate {
			t.Errorf("%+v", info)
		}
	})
	t.Run("no token", func(t *testing.T) {
		for _, raw := range [][]byte{nil, {0x30, 0}, token[:len(token)-1], []byte("<html>")} {
			if info := judged(raw, a.Root); info.Verified || info.Sound || info.Reason != verify.ReasonTimestampSyntax {
				t.Errorf("%x: %+v", raw, info)
			}
		}
	})
	t.Run("context ended", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := verify.TimeStamp(ctx, token, imprint, verify.Policy{Now: now}); err == nil {
			t.Error("no error")
		}
	})
}
