// Package revocation determines whether a certificate was revoked, from CRLs
// (complete, partitioned, indirect and delta) and OCSP responses. Each counts
// only once its own signature, dates and scope have been checked.
//
// It fetches nothing and has no trust anchors: package path decides who may
// sign a CRL, and the caller gives the function that uses the network. It
// returns facts (revoked when and why); their meaning for a signature is left
// to the caller.
//
// RFC 5280 §5 and §6.3 (CRLs), RFC 6960 and RFC 9654 (OCSP, nonces).
package revocation

import (
	"fmt"
	"time"
)

// Status says what is known of a certificate's revocation.
type Status int

const (
	// NotChecked means that the question was not asked, or does not apply (a
	// trust anchor).
	NotChecked Status = iota
	// Good means that information for the reference time and of the right
	// scope, covering every reason, does not list the certificate.
	Good
	// Unknown means that nothing at hand answers the question.
	Unknown
	// Revoked means that the certificate is listed; [Answer.Since] returns
	// since when.
	Revoked
)

// String returns the status as the report spells it.
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

// Reason is a CRLReason (RFC 5280 §5.3.1).
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

// String returns the reason as RFC 5280 spells it.
func (r Reason) String() string {
	if n, ok := reasonNames[r]; ok {
		return n
	}
	return fmt.Sprintf("reason(%d)", int(r))
}

// compromise reports whether a key revoked for this reason may have been used
// by others before the date. No reason, which CRLs and OCSP write as
// unspecified, rules nothing out.
func (r Reason) compromise() bool {
	switch r {
	case Unspecified, KeyCompromise, CACompromise, AACompromise:
		return true
	}
	return false
}

// revokedBy returns the answer for an entry of a list or a response.
func revokedBy(e entry, source Source) Answer {
	return Answer{Status: Revoked, RevokedAt: e.revokedAt, Reason: e.reason, InvalidityDate: e.invalidityDate,
		Compromised: e.reason.compromise(), Source: source}
}

// Source is a kind of document.
type Source string

// The kinds of document.
const (
	FromCRL  Source = "crl"
	FromOCSP Source = "ocsp"
)

// Answer is what is known of one certificate.
type Answer struct {
	Status Status

	// RevokedAt and Reason are set for Revoked only. InvalidityDate is zero if
	// the CA gave none (RFC 5280 §5.3.2).
	RevokedAt      time.Time
	Reason         Reason
	InvalidityDate time.Time
	// Compromised reports, for Revoked, whether the key of the certificate, or
	// its issuer's, may have been in other hands before the date: some source
	// gives a compromise as the reason, or no reason at all.
	Compromised bool

	// Source is the kind of document that decided; empty if none did.
	Source Source

	// Stale reports, for Good, whether the documents that decided were issued
	// before the reference time and have ended now: the time between the two is
	// not covered. Until is then the end of the last of them, and meaningless
	// otherwise.
	Stale bool
	Until time.Time

	// SHA1 and Weak report whether a document that decided rests on algorithms
	// that only a switch allows.
	SHA1, Weak bool

	// NoNonce reports whether the answer of a responder that was asked has no
	// nonce, so that it may be an earlier one that is still current.
	NoNonce bool

	// Why says, for Unknown, what was missing or refused, one item for each
	// document.
	Why []Gap
}

// Since returns the time since when the certificate must not be relied on: the
// revocation date, or the invalidity date if a key was compromised and it is
// earlier. Zero unless Revoked.
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
