package verify

import (
	"strings"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// outcomeOf returns the outcome of a run decided by a verdict other than VALID.
func (r *run) outcomeOf(j *judged) error {
	verdict := j.report.Verdict
	return &outcome.Verdict{Outcome: outcome.Error{
		Code: verdictCode(verdict), ID: "verify.outcome." + strings.ToLower(verdict.String()),
		Pairs: []any{"Path", text.Escape(j.signature), "Verdict", r.verdictLine(j.report), "Next", r.next(j)},
	}}
}

// nextSteps are the message ids of the next step for a reason, if naming a flag
// helps more than the hint of the verdict.
var nextSteps = []struct {
	reason verify.Reason
	id     string
}{
	{verify.ReasonSHA1Forbidden, "verify.next.sha1"},
	{verify.ReasonWeakKey, "verify.next.weak"},
	{verify.ReasonChainWeak, "verify.next.weak-path"},
	{verify.ReasonNoCertificate, "verify.next.cert"},
	{verify.ReasonAuthRoot, "verify.next.auth"},
	{verify.ReasonPractice, "verify.next.practice"},
	{verify.ReasonTrailingByte, "verify.next.trailing"},
	{verify.ReasonTrailingZeros, "verify.next.trailing"},
	{verify.ReasonRevocationUnchecked, "verify.next.revocation"},
	{verify.ReasonRevocationUnknown, "verify.next.revocation"},
	{verify.ReasonWeakDigest, "verify.next.algorithm"},
	{verify.ReasonDigestForbidden, "verify.next.algorithm"},
	{verify.ReasonSignatureForbidden, "verify.next.algorithm"},
	{verify.ReasonKeyForbidden, "verify.next.algorithm"},
	{verify.ReasonParametersForbidden, "verify.next.algorithm"},
	{verify.ReasonCertificateUnreadable, "verify.next.unreadable"},
	{verify.ReasonAmbiguous, "verify.next.ambiguous"},
}

// nextStep returns the id of the next step after a verdict that is not VALID.
func nextStep(rep *verify.Report) string {
	for _, row := range nextSteps {
		if rep.Reason == row.reason {
			return row.id
		}
	}
	if rep.Verdict == verify.Invalid {
		return "verify.next.invalid"
	}
	if rep.Reason == verify.ReasonExpired || rep.Reason == verify.ReasonRevokedNoTime { // a proof of time would help
		for _, s := range rep.Signers {
			if c, _ := s.Check(verify.CheckTimestamp); c.Detail == verify.ReasonTimestampChain {
				return "verify.next.tsa"
			}
		}
	}
	return "verify.next.indeterminate"
}
