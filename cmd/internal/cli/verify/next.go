package verify

import (
	"strings"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// outcomeOf returns the outcome for a signature that is not VALID.
func (r *run) outcomeOf(j *judged) error {
	if j.unsigned() {
		return &outcome.Verdict{Outcome: outcome.Error{
			Code: outcome.CodeNoSignature, ID: "verify.outcome.no-signature", Pairs: []any{"Path", text.Escape(j.signature), "Next", r.unsignedNext(j)},
		}}
	}
	verdict := j.report.Verdict
	return &outcome.Verdict{Outcome: outcome.Error{
		Code: verdictCode(verdict), ID: "verify.outcome." + strings.ToLower(verdict.String()),
		Pairs: []any{"Path", text.Escape(j.signature), "Verdict", r.verdictLine(j.report), "Next", r.next(j)},
	}}
}

// unsignedNext returns the next step for a PDF without a signature: the
// signature may be in a file beside it.
func (r *run) unsignedNext(j *judged) string {
	if beside := j.signature + detachedExt; j.signature != "-" && regular(beside) {
		return r.T("verify.next.beside", "Path", text.Escape(beside))
	}
	return r.T("verify.next.unsigned")
}

// nextSteps holds the reasons with a next step of their own, which helps more
// than the one for the verdict. The first match is used.
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
	{verify.ReasonChanged, "verify.next.changed"},
	{verify.ReasonChangesUnclear, "verify.next.changes"},
}

// nextStep returns the id of the message for the next step after a verdict
// other than VALID.
func nextStep(rep *verify.Report) string {
	for _, row := range nextSteps {
		if rep.Reason == row.reason {
			return row.id
		}
	}
	if rep.Verdict == verify.Invalid {
		return "verify.next.invalid"
	}
	if rep.Reason == verify.ReasonExpired || rep.Reason == verify.ReasonRevokedNoTime { // a time stamp would help
		for _, s := range rep.Signers {
			if c, _ := s.Check(verify.CheckTimestamp); c.Detail == verify.ReasonTimestampChain {
				return "verify.next.tsa"
			}
		}
	}
	return "verify.next.indeterminate"
}
