package verify

import (
	"slices"
	"strings"

	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/policy"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// verdictLine returns the verdict with the remarks that qualify it, such as the
// checks that were not done (docs/cli.md, behaviour 18).
func (r *run) verdictLine(rep *verify.Report) string {
	return r.verdictWith(rep.Verdict, rep.Reason, rep.Practice, rep.Signers, r.mailRemarks(rep)...)
}

// verdictOf returns verdictLine for the report, or the text for a PDF without a
// signature.
func (r *run) verdictOf(j *judged) string {
	if j.unsigned() {
		return r.T("verdict.no-signature")
	}
	return r.verdictLine(j.report)
}

// verdictWith returns the verdict over signers with the remarks that qualify
// it, followed by more.
func (r *run) verdictWith(verdict verify.Verdict, reason verify.Reason, practice bool, signers []verify.Signer, more ...string) string {
	word := r.T("verdict." + strings.ToLower(verdict.String()))
	remarks := append(r.remarks(verdict, reason, practice, signers), more...)
	if len(remarks) == 0 {
		return word
	}
	return r.T("verdict.with", "Verdict", word, "Remarks", strings.Join(remarks, r.T("list.separator")))
}

// remarks returns the texts that qualify a verdict over signers.
func (r *run) remarks(verdict verify.Verdict, reason verify.Reason, practice bool, signers []verify.Signer) []string {
	var remarks []string
	if practice {
		remarks = append(remarks, r.T("verdict.practice"))
	}
	if i := slices.IndexFunc(signers, asOfGivenTime); i >= 0 {
		remarks = append(remarks, r.T("verdict.at", "Date", r.DateTime(signers[i].Reference)))
	}
	if i := slices.IndexFunc(signers, asOfTimeStamp); i >= 0 {
		remarks = append(remarks, r.T("verdict.timestamp", "Date", r.DateTime(signers[i].Reference)))
		if !r.policy.At.IsZero() {
			remarks = append(remarks, r.T("verdict.at-unused"))
		}
	}
	if slices.ContainsFunc(signers, byAuthenticationKey) {
		remarks = append(remarks, r.T("verdict.authentication"))
	}
	if verdict == verify.Valid {
		for _, s := range signers {
			if open := r.openRevocation(&s); open != "" {
				remarks = append(remarks, open)
				break
			}
		}
		for _, s := range signers {
			if s.Anchor != nil && s.Anchor.Kind != verify.AnchorPinned && s.Anchor.Kind != verify.AnchorPractice {
				under := r.T("verdict.anchor."+string(s.Anchor.Kind), "Name", text.Escape(s.Anchor.Name))
				if !slices.Contains(remarks, under) {
					remarks = append(remarks, under)
				}
			}
		}
	} else if reason != "" {
		remarks = append(remarks, r.reasonOf(decisiveCheck(reason, signers), reason))
	}
	return remarks
}

// asOfGivenTime reports whether a signer was judged for the time of --at, which
// nothing proves. It returns false if the dates were not checked, since the
// time does not matter then.
func asOfGivenTime(s verify.Signer) bool { return asOf(s, verify.FromAt) }

// asOfTimeStamp reports whether a signer was judged for the time of a verified
// time stamp.
func asOfTimeStamp(s verify.Signer) bool { return asOf(s, verify.FromTimestamp) }

func asOf(s verify.Signer, from verify.ReferenceSource) bool {
	dates, _ := s.Check(verify.CheckDates)
	return s.ReferenceFrom == from && dates.Result != verify.NotDone
}

// byAuthenticationKey reports whether the signer's certificate is accepted only
// because of --allow-auth.
func byAuthenticationKey(s verify.Signer) bool {
	c, _ := s.Check(verify.CheckChain)
	return c.Detail == verify.RemarkAuthRoot
}

// openRevocation returns the text about a revocation status that leaves
// something open although the signer is valid: it is unknown, known only up to
// some time, or bad since a time after --at. The status is that of the signer
// or, if the verdict depends on a time stamp, of its authority. Without such a
// text it returns "".
func (r *run) openRevocation(s *verify.Signer) string {
	switch t := s.Timestamp; {
	case s.Revocation.State == verify.Revoked && asOfGivenTime(*s):
		return r.T("verdict.revocation.revoked.at")
	case s.Revocation.State != verify.Good:
		return r.T("verdict.revocation." + string(s.Revocation.State))
	case !s.Revocation.Until.IsZero():
		return r.T("verdict.revocation.until", "Date", r.DateTime(s.Revocation.Until))
	case t != nil && t.Verified && t.Revocation == verify.NotChecked:
		return policy.Reason(r.Printer, verify.ReasonTimestampUnchecked)
	case t != nil && t.Verified && t.Revocation == verify.Unknown:
		return policy.Reason(r.Printer, verify.ReasonTimestampUnknown)
	}
	return ""
}

// decisiveCheck returns the check that gave the reason, or "" if none did.
func decisiveCheck(reason verify.Reason, signers []verify.Signer) verify.CheckID {
	for _, s := range signers {
		for _, c := range s.Checks {
			if c.Detail == reason && c.Result != verify.Passed {
				return c.ID
			}
		}
	}
	return ""
}

// reasonOf returns the text for a reason that a check gave. If the digest
// differs, the text says that the file has changed, and not that an attribute
// differs.
func (r *run) reasonOf(check verify.CheckID, id verify.Reason) string {
	if check == verify.CheckMessageDigest && id == verify.ReasonDiffers {
		return r.T("reason.file-differs")
	}
	return policy.Reason(r.Printer, id)
}

// styleOf returns the style of a verdict. A verdict about a practice signature
// is never green, because it proves nothing.
func styleOf(rep *verify.Report) console.Style {
	switch {
	case rep.Verdict == verify.Invalid && rep.Reason != verify.ReasonNoSignature:
		return console.Palette.Bad
	case rep.Verdict == verify.Valid && !rep.Practice:
		return console.Palette.Good
	}
	return console.Palette.Warn
}
