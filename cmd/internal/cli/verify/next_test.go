package verify

import (
	"testing"

	"natsuin/verify"
)

func TestNextStepAnswersTheReason(t *testing.T) {
	unstamped := verify.Signer{Checks: []verify.Check{{ID: verify.CheckTimestamp, Result: verify.Unclear, Detail: verify.ReasonTimestampChain}}}
	for _, c := range []struct {
		verdict verify.Verdict
		reason  verify.Reason
		signers []verify.Signer
		want    string
	}{
		{verify.Invalid, verify.ReasonSHA1Forbidden, nil, "verify.next.sha1"},
		{verify.Invalid, verify.ReasonWeakKey, nil, "verify.next.weak"},
		{verify.Invalid, verify.ReasonChainWeak, nil, "verify.next.weak-path"},
		{verify.Invalid, verify.ReasonDiffers, nil, "verify.next.invalid"},
		{verify.Indeterminate, verify.ReasonNoCertificate, nil, "verify.next.cert"},
		{verify.Indeterminate, verify.ReasonAuthRoot, nil, "verify.next.auth"},
		{verify.Indeterminate, verify.ReasonExpired, nil, "verify.next.indeterminate"},
		// The root of a time stamp helps if the verdict depends on its time.
		{verify.Indeterminate, verify.ReasonExpired, []verify.Signer{unstamped}, "verify.next.tsa"},
		{verify.Indeterminate, verify.ReasonNoAnchor, []verify.Signer{unstamped}, "verify.next.indeterminate"},
	} {
		if got := nextStep(&verify.Report{Verdict: c.verdict, Reason: c.reason, Signers: c.signers}); got != c.want {
			t.Errorf("%s, %s: got %s, want %s", c.verdict, c.reason, got, c.want)
		}
	}
}
