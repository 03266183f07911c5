package verify

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"natsuin/verify/internal/name"
	"natsuin/verify/internal/path"
	"natsuin/verify/internal/revocation"
)

// pathRevocation describes the revocation status of a whole path.
type pathRevocation struct {
	worst revocation.Answer
	// issuer is the name of the first issuer in the path whose revocation
	// status is unknown, or "".
	issuer string
	// compromised reports whether a certificate of the path is revoked,
	// whatever the date, and others may have had its key.
	compromised bool
	// over reports whether an answer is from before the reference time and has
	// ended. until is the earliest end.
	over  bool
	until time.Time
	// sha1 and weak report whether CRLs or OCSP responses rely on SHA-1 or a
	// weak key, which the policy tolerates.
	sha1, weak bool
	// noNonce reports whether a response to our own request has no nonce.
	noNonce bool
}

func pathRevocationOf(result *path.Result, at time.Time) pathRevocation {
	s := pathRevocation{worst: result.Worst(at)}
	for i, a := range result.Revocation {
		if s.issuer == "" && a.Status == revocation.Unknown {
			s.issuer = name.Text(result.Chain[i].RawIssuer)
		}
		s.compromised = s.compromised || a.Status == revocation.Revoked && a.Compromised
		s.sha1, s.weak = s.sha1 || a.SHA1, s.weak || a.Weak
		s.noNonce = s.noNonce || a.NoNonce
		if a.Status == revocation.Good && a.Stale {
			if !s.over || a.Until.Before(s.until) {
				s.until = a.Until
			}
			s.over = true
		}
	}
	return s
}

// state returns the state for the worst answer.
func (s pathRevocation) state() RevocationState {
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

// checkRevocation returns the revocation status of a signer's path, and its
// check (ETSI EN 319 102-1 §5.2.5, §5.2.6).
func (j *judgement) checkRevocation(p *pathFindings, ref reference) (Revocation, Check) {
	if p.result == nil {
		return Revocation{State: NotChecked}, notDone(CheckRevocation, ReasonRevocationUnchecked)
	}
	s := pathRevocationOf(p.result, ref.time)
	out := Revocation{State: s.state(), Source: RevocationSource(s.worst.Source)}
	best := Valid // the best verdict if the status is unknown
	if j.policy.RequireRevocation {
		best = Indeterminate
	}
	switch out.State {
	case NotChecked:
		c := notDone(CheckRevocation, ReasonRevocationUnchecked)
		c.Best = best
		return out, c
	case Unknown:
		c := unclear(CheckRevocation, openReasons[s.worst.NearestCause()], best)
		if j.budget.Unread() { // a certificate that was not read may have issued a CRL
			c = unclear(CheckRevocation, ReasonRevocationTooComplex, Indeterminate)
		}
		c.Values = map[string]string{"why": s.worst.Words(), "issuer": s.issuer}
		return out, c
	case Revoked:
		out.describe(s.worst, p.result)
		if reason := revokedReason(s.worst, ref); reason == ReasonRevoked {
			return out, failed(CheckRevocation, refuse(reason))
		} else if reason != "" {
			return out, unclear(CheckRevocation, reason, Indeterminate)
		}
	}
	if s.over {
		out.Until = s.until
	}
	if s.over && j.policy.RequireRevocation {
		if out.State == Good {
			out.State, out.Source = Unknown, ""
		}
		return out, unclear(CheckRevocation, ReasonRevocationOver, Indeterminate).with(tolerated(s.sha1, s.weak))
	}
	c := passed(CheckRevocation, "")
	if out.State == Revoked {
		c = c.with(RemarkRevokedLater)
	}
	if s.over {
		c = c.with(ReasonRevocationOver)
	}
	if s.noNonce {
		c = c.with(RemarkNoNonce)
	}
	return out, c.with(tolerated(s.sha1, s.weak))
}

// revokedReason returns why a revoked certificate does not count for a
// signature of the reference time, or "" if it was revoked later.
func revokedReason(a revocation.Answer, ref reference) Reason {
	switch {
	case ref.from == FromNow, a.RevokedBy(ref.time) && !a.RevokedBy(ref.earliest):
		return ReasonRevokedNoTime // nothing proves that it was signed before the revocation
	case a.RevokedBy(ref.time):
		return ReasonRevoked
	}
	return ""
}

// describe sets why and when a certificate of the path was revoked, and which
// one.
func (r *Revocation) describe(a revocation.Answer, result *path.Result) {
	r.Reason, r.At, r.InvalidSince = a.Reason.String(), a.RevokedAt, a.InvalidityDate
	for i, one := range result.Revocation {
		if one.Status == revocation.Revoked && one.RevokedAt.Equal(a.RevokedAt) {
			r.Subject = result.Chain[i]
			return
		}
	}
}

// openReasons holds the reasons for an unknown revocation status.
var openReasons = map[revocation.Cause]Reason{
	revocation.NothingAtHand: ReasonRevocationUnknown, revocation.Unreadable: ReasonRevocationUnknown,
	revocation.ListOfAnother: ReasonListOfAnother, revocation.ListSignature: ReasonListSignature,
	revocation.ListSigner: ReasonListSigner, revocation.ListInsufficient: ReasonListInsufficient,
	revocation.ListAfterExpiry: ReasonListAfterExpiry, revocation.ListOutOfDate: ReasonListOutOfDate,
	revocation.ListAlgorithm: ReasonListAlgorithm, revocation.ListFuture: ReasonListFuture,
	revocation.NobodyReached: ReasonResponderUnreached, revocation.AnswerRefused: ReasonResponderRefused,
	revocation.AnswerUnknown: ReasonResponderUnknown, revocation.AnswerMalformed: ReasonResponderMalformed,
	revocation.AnswerTryLater: ReasonResponderBusy, revocation.AnswerUnauthorized: ReasonResponderUnauthorized,
	revocation.AnswerError: ReasonResponderError, revocation.AnswerOther: ReasonResponderOther,
	revocation.AnswerNonce: ReasonResponderNonce, revocation.AnswerSignature: ReasonResponderSignature,
	revocation.AnswerSigner: ReasonResponderSigner, revocation.AnswerFuture: ReasonResponderFuture,
	revocation.AnswerOutOfDate: ReasonResponderOutOfDate,
}

// ErrNoLists means that a file contains no CRL.
var ErrNoLists = errors.New("read revocation lists: none found")

// ReadLists returns the CRLs in a file, for Policy.CRLs: one DER
// CertificateList (RFC 5280 §5.1), or any number of PEM X509 CRL blocks among
// others. It checks only their form. Signer, scope and dates are checked when a
// CRL is used. The error is [ErrNoLists], or says which CRL cannot be parsed.
func ReadLists(b []byte) ([][]byte, error) {
	lists := revocation.Lists(trimBOM(b))
	if len(lists) == 0 {
		return nil, ErrNoLists
	}
	for i, der := range lists {
		if _, err := revocation.ParseCRL(der); err != nil {
			return nil, fmt.Errorf("read revocation list %d: %w", i+1, err)
		}
	}
	return lists, nil
}

// Revocation describes the revocation status of a signer's path.
type Revocation struct {
	State RevocationState
	// Source is the kind of document that decided. It is "" unless State is
	// Good or Revoked.
	Source RevocationSource
	// Reason is the CRLReason by its name in RFC 5280 §5.3.1, such as
	// "keyCompromise", or "" if the certificate is not revoked.
	Reason string
	// At is when the certificate was revoked, or zero.
	At time.Time
	// InvalidSince is the invalidityDate (RFC 5280 §5.3.2), or zero.
	InvalidSince time.Time
	// Until is the end of the CRL or OCSP response that says good, if it was
	// issued before the reference time and has ended since, and otherwise zero.
	// A later revocation is unknown.
	Until time.Time
	// Subject is the revoked certificate, which is the signer's or that of one
	// of its issuers, or nil.
	Subject *x509.Certificate
}

// A RevocationState is the revocation status of a certificate or a path.
type RevocationState string

// The states of revocation. Only a [PDFSignature] without a message to judge
// has the empty state.
const (
	Good       RevocationState = "good"
	Revoked    RevocationState = "revoked"
	Unknown    RevocationState = "unknown"
	NotChecked RevocationState = "not-checked"
)

// A RevocationSource is a kind of document about revocation.
type RevocationSource string

// The kinds of document.
const (
	SourceCRL  RevocationSource = "crl"  // RFC 5280 §5
	SourceOCSP RevocationSource = "ocsp" // RFC 6960
)
