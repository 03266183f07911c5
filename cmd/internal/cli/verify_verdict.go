package cli

import (
	"slices"
	"strings"

	"natsuin/cmd/internal/ui"
	"natsuin/verify"
)

// verdictLine is the verdict with what was not checked beside it: never the bare
// word (docs/cli.md, behaviour 18).
func (r *verifyRun) verdictLine(rep *verify.Report) string {
	return r.verdictWith(rep.Verdict, rep.Reason, rep.Practice, rep.Signers, r.app.mailRemarks(rep)...)
}

// verdictWith is the verdict over some signers with what belongs beside it, and more.
func (r *verifyRun) verdictWith(verdict verify.Verdict, reason verify.Reason, practice bool, signers []verify.Signer, more ...string) string {
	a := r.app
	var remarks []string
	if practice {
		remarks = append(remarks, a.t("verdict.practice"))
	}
	if i := slices.IndexFunc(signers, asOfGivenTime); i >= 0 {
		remarks = append(remarks, a.t("verdict.at", "Date", a.dateTime(signers[i].Reference)))
	}
	if i := slices.IndexFunc(signers, asOfTimeStamp); i >= 0 {
		remarks = append(remarks, a.t("verdict.timestamp", "Date", a.dateTime(signers[i].Reference)))
		if !r.policy.At.IsZero() {
			remarks = append(remarks, a.t("verdict.at-unused"))
		}
	}
	if slices.ContainsFunc(signers, byAuthenticationKey) {
		remarks = append(remarks, a.t("verdict.authentication"))
	}
	if verdict == verify.Valid {
		for _, s := range signers {
			if open := a.openRevocation(&s); open != "" {
				remarks = append(remarks, open)
				break
			}
		}
		for _, s := range signers {
			if s.Anchor != nil && s.Anchor.Kind != verify.AnchorPinned && s.Anchor.Kind != verify.AnchorPractice {
				under := a.t("verdict.anchor."+string(s.Anchor.Kind), "Name", ui.Escape(s.Anchor.Name))
				if !slices.Contains(remarks, under) {
					remarks = append(remarks, under)
				}
			}
		}
	} else if reason != "" {
		remarks = append(remarks, a.reasonOf(decisiveCheck(reason, signers), reason))
	}
	remarks = append(remarks, more...)
	word := a.t("verdict." + strings.ToLower(verdict.String()))
	if len(remarks) == 0 {
		return word
	}
	return a.t("verdict.with", "Verdict", word, "Remarks", strings.Join(remarks, a.t("list.separator")))
}

// asOfGivenTime reports whether a signer was judged for the time of --at, which nothing
// proves, and not for now. Where the dates were not looked at no time plays a part.
func asOfGivenTime(s verify.Signer) bool { return asOf(s, verify.FromAt) }

// asOfTimeStamp reports whether it was the time of a verified time stamp.
func asOfTimeStamp(s verify.Signer) bool { return asOf(s, verify.FromTimestamp) }

func asOf(s verify.Signer, from verify.ReferenceSource) bool {
	dates, _ := s.Check(verify.CheckDates)
	return s.ReferenceFrom == from && dates.Result != verify.NotDone
}

// byAuthenticationKey reports whether only --allow-auth lets this signer's key sign.
func byAuthenticationKey(s verify.Signer) bool {
	c, _ := s.Check(verify.CheckChain)
	return c.Detail == verify.RemarkAuthRoot
}

// openRevocation words what is not known, or not good, about the revocation of a valid
// signer, or of the authority of the time stamp that it rests on.
func (a *app) openRevocation(s *verify.Signer) string {
	switch t := s.Timestamp; {
	case s.Revocation.State == verify.Revoked && asOfGivenTime(*s):
		return a.t("verdict.revocation.revoked.at")
	case s.Revocation.State != verify.Good:
		return a.t("verdict.revocation." + string(s.Revocation.State))
	case !s.Revocation.Until.IsZero():
		return a.t("verdict.revocation.until", "Date", a.dateTime(s.Revocation.Until))
	case t != nil && t.Verified && t.Revocation == verify.NotChecked:
		return a.reason(verify.ReasonTimestampUnchecked)
	case t != nil && t.Verified && t.Revocation == verify.Unknown:
		return a.reason(verify.ReasonTimestampUnknown)
	}
	return ""
}

// decisiveCheck is the check that a reason came from.
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

// reasonOf words a reason as it is said of one check: to a person, a file has changed and
// not an attribute of its signature.
func (a *app) reasonOf(check verify.CheckID, id verify.Reason) string {
	if check == verify.CheckMessageDigest && id == verify.ReasonDiffers {
		return a.t("reason.file-differs")
	}
	return a.reason(id)
}

// reason words one of verify's stable identifiers.
func (a *app) reason(id verify.Reason) string {
	if key := "reason." + string(id); a.out.Has(key) {
		return a.t(key)
	}
	return ui.Escape(string(id))
}
