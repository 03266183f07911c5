package verify

import (
	"time"

	"natsuin/verify/internal/path"
	"natsuin/verify/internal/revocation"
)

// standing is what is known of the revocation of a whole path.
type standing struct {
	worst revocation.Answer
	// compromised: some certificate of the path is revoked, whatever the date, and its key may have been in other hands.
	compromised bool
	// over: some answer is from before the reference time and has ended; until is the earliest end.
	over  bool
	until time.Time
	// tolerance is the remark about lists and answers that only AllowSHA1 or AllowWeak admits.
	sha1, weak bool
}

func standingOf(result *path.Result, at time.Time) standing {
	s := standing{worst: result.Worst(at)}
	for _, a := range result.Revocation {
		s.compromised = s.compromised || a.Status == revocation.Revoked && a.Compromised
		s.sha1, s.weak = s.sha1 || a.SHA1, s.weak || a.Weak
		if a.Status == revocation.Good && a.Stale {
			if !s.over || a.Until.Before(s.until) {
				s.until = a.Until
			}
			s.over = true
		}
	}
	return s
}

// state is the word of the report for the worst answer.
func (s standing) state() RevocationState {
	switch s.worst.Status {
	case revocation.Good:
		return Good
	case revocation.Revoked:
		return Revoked
	case revocation.Unknown:
		return Unknown
	}
	return NotChecked
}

// checkRevocation draws the conclusion about a signer from what is known of the path (ETSI EN 319 102-1 5.2.5 to 5.2.7).
func (j *judgement) checkRevocation(out *Signer, result *path.Result) Check {
	s := standingOf(result, out.Reference)
	answer := s.worst
	out.Revocation = Revocation{State: s.state(), Source: answer.Source}
	open := Valid
	if j.policy.RequireRevocation {
		open = Indeterminate
	}
	switch out.Revocation.State {
	case NotChecked:
		c := notDone(CheckRevocation, ReasonRevocationUnchecked)
		c.Best = open
		return c
	case Unknown:
		c := unclear(CheckRevocation, openReasons[answer.NearestCause()], open)
		if j.work.Unread() { // a list's issuer may be among those
			c = unclear(CheckRevocation, ReasonRevocationTooComplex, Indeterminate)
		}
		c.Values = map[string]string{"why": answer.Words()}
		return c
	case Revoked:
		out.Revocation.Reason, out.Revocation.At, out.Revocation.InvalidSince = answer.Reason.String(), answer.RevokedAt, answer.InvalidityDate
		for i, a := range result.Revocation {
			if a.Status == revocation.Revoked && a.RevokedAt.Equal(answer.RevokedAt) && out.Revocation.Subject == nil {
				out.Revocation.Subject = result.Chain[i]
			}
		}
		if out.ReferenceFrom == "now" || answer.RevokedBy(out.Reference) && !answer.RevokedBy(out.earliest()) {
			// It may have been signed before: nothing proves when.
			return unclear(CheckRevocation, ReasonRevokedNoTime, Indeterminate)
		}
		if answer.RevokedBy(out.Reference) {
			return failed(CheckRevocation, refuse(ReasonRevoked))
		}
	}
	c := passed(CheckRevocation, "")
	if out.Revocation.State == Revoked {
		c.Detail = RemarkRevokedLater
	}
	if s.over {
		out.Revocation.Until = s.until
		if !j.policy.RequireRevocation {
			c = c.with(ReasonRevocationOver)
		} else if c = unclear(CheckRevocation, ReasonRevocationOver, Indeterminate); out.Revocation.State == Good {
			out.Revocation.State, out.Revocation.Source = Unknown, ""
		}
	}
	return c.with(tolerated(s.sha1, s.weak))
}

// earliest is the reference time without the accuracy of the time stamp that it came from.
func (s *Signer) earliest() time.Time {
	if s.ReferenceFrom == "timestamp" {
		return s.Timestamp.Time
	}
	return s.Reference
}

// openReasons says why a question about revocation stayed open.
var openReasons = map[revocation.Cause]string{
	revocation.NothingAtHand: ReasonRevocationUnknown, revocation.Unreadable: ReasonRevocationUnknown,
	revocation.ListOfAnother: ReasonListOfAnother, revocation.ListSignature: ReasonListSignature,
	revocation.ListSigner: ReasonListSigner, revocation.ListInsufficient: ReasonListInsufficient,
	revocation.ListAfterExpiry: ReasonListAfterExpiry,
	revocation.ListOutOfDate:   ReasonListOutOfDate, revocation.NobodyReached: ReasonResponderUnreached,
	revocation.AnswerRefused: ReasonResponderRefused, revocation.AnswerUnknown: ReasonResponderUnknown,
}
