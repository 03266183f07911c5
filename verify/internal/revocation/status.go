// Package revocation determines whether a certificate was revoked, from CRLs
// (complete, partitioned, indirect and delta) and OCSP responses. A document
// counts only after its own signature, dates and scope have been checked.
//
// It does not fetch anything itself and has no trust anchors: package path
// decides which signers of CRLs are trusted, and the caller provides the
// function that uses the network. It returns facts, such as when and why a
// certificate was revoked. Their meaning for a signature is left to the caller.
//
// The standards are RFC 5280 §5 and §6.3 (CRLs), RFC 6960 and RFC 9654 (OCSP,
// nonces).
package revocation

import (
	"fmt"
	"time"
)

// A Status is the revocation status of a certificate.
type Status int

const (
	// NotChecked means that the status was not asked for, or that there is
	// none, as for a trust anchor.
	NotChecked Status = iota
	// Good means that documents for the reference time and of the right scope,
	// which cover every reason, do not list the certificate as revoked.
	Good
	// Unknown means that no document at hand answers the question.
	Unknown
	// Revoked means that the certificate is listed as revoked. [Answer.Since]
	// returns since when.
	Revoked
)

// String returns the status as in reports.
func (s Status) String() string {
	switch s {
	case NotChecked:
		return "not-checked"
	case Good:
		return "good"
	case Unknown:
		return "unknown"
	case Revoked:
		return "revoked"
	}
	return fmt.Sprintf("status(%d)", int(s))
}

// A Reason is a CRLReason (RFC 5280 §5.3.1).
type Reason int

// The reasons of RFC 5280 §5.3.1.
const (
	Unspecified          Reason = 0
	KeyCompromise        Reason = 1
	CACompromise         Reason = 2
	AffiliationChanged   Reason = 3
	Superseded           Reason = 4
	CessationOfOperation Reason = 5
	CertificateHold      Reason = 6
	RemoveFromCRL        Reason = 8
	PrivilegeWithdrawn   Reason = 9
	AACompromise         Reason = 10
)

var reasonNames = map[Reason]string{
	Unspecified: "unspecified", KeyCompromise: "keyCompromise", CACompromise: "cACompromise",
	AffiliationChanged: "affiliationChanged", Superseded: "superseded",
	CessationOfOperation: "cessationOfOperation", CertificateHold: "certificateHold",
	RemoveFromCRL: "removeFromCRL", PrivilegeWithdrawn: "privilegeWithdrawn", AACompromise: "aACompromise",
}

// String returns the name of the reason in RFC 5280.
func (r Reason) String() string {
	if n, ok := reasonNames[r]; ok {
		return n
	}
	return fmt.Sprintf("reason(%d)", int(r))
}

// compromise reports whether others may have used a key that was revoked for
// this reason, before its revocation. A missing reason, which is "unspecified"
// in CRLs and OCSP, does not rule this out.
func (r Reason) compromise() bool {
	switch r {
	case Unspecified, KeyCompromise, CACompromise, AACompromise:
		return true
	}
	return false
}

// revokedBy returns the answer for an entry of a CRL or a response.
func revokedBy(e entry, source Source) Answer {
	return Answer{Status: Revoked, RevokedAt: e.revokedAt, Reason: e.reason, InvalidityDate: e.invalidityDate,
		Compromised: e.reason.compromise(), Source: source}
}

// A Source is a kind of document.
type Source string

// The kinds of document.
const (
	FromCRL  Source = "crl"
	FromOCSP Source = "ocsp"
)

// An Answer is the revocation status of one certificate, with details.
type Answer struct {
	Status Status

	// RevokedAt and Reason are set only for Revoked. InvalidityDate is zero if
	// the CA gave none (RFC 5280 §5.3.2).
	RevokedAt      time.Time
	Reason         Reason
	InvalidityDate time.Time
	// Compromised is about Revoked. It reports whether others may have had the
	// key of the certificate, or of its issuer, before the date: a source gives
	// as the reason a compromise, "unspecified" or none.
	Compromised bool

	// Source is the kind of document that decided, or "" if none did.
	Source Source

	// Stale is about Good. It reports whether a reason is covered only by
	// documents that were issued before the reference time and have ended by
	// now, so that a revocation published since is not covered. Until is then
	// the end of the last of them, or its date of issue if it has no end.
	Stale bool
	Until time.Time

	// SHA1 and Weak report whether a document that decided relies on SHA-1 or a
	// weak key, which the policy tolerates.
	SHA1, Weak bool

	// NoNonce reports whether the answer comes from a responder that was asked,
	// in a response without a nonce. This may be an earlier response that is
	// still current.
	NoNonce bool

	// Why is about Unknown. It says which documents were missing or refused.
	Why []Gap
}

// Since returns the time since when the certificate must not be relied on: the
// revocation date, or the invalidity date if that is earlier and a key was
// compromised. It is zero unless the status is Revoked.
func (a Answer) Since() time.Time {
	switch a.Reason {
	case KeyCompromise, CACompromise, AACompromise:
		if !a.InvalidityDate.IsZero() && a.InvalidityDate.Before(a.RevokedAt) {
			return a.InvalidityDate
		}
	}
	return a.RevokedAt
}

// RevokedBy reports whether the certificate was revoked at or before t.
func (a Answer) RevokedBy(t time.Time) bool {
	return a.Status == Revoked && !a.Since().After(t)
}
