// Package revocation answers whether a certificate was revoked, from CRLs
// (complete, partitioned, indirect and delta) and OCSP responses. Each is a
// hint until its own signature, currency and scope have been checked.
//
// It fetches nothing and knows no trust anchor: who may sign a CRL is asked of
// the path package, and network traffic is a function that the caller gives. It
// returns facts (revoked when and why); what they mean for a signature is the
// caller's to say.
//
// RFC 5280 section 5 and 6.3 (CRLs), RFC 6960 and RFC 9654 (OCSP, nonces).
package revocation

import (
	"fmt"
	"time"
)

// Status says what is known of a certificate's revocation.
type Status int

const (
	// NotChecked means that nobody asked, or that the question does not
	// apply (a trust anchor).
	NotChecked Status = iota
	// Good means that current information of the right scope, covering every
	// reason, does not list the certificate.
	Good
	// Unknown means that the question was asked and nothing at hand answers it.
	Unknown
	// Revoked means that the certificate is listed; Answer.Since says from when.
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

// Reason is a CRLReason (RFC 5280 section 5.3.1).
type Reason int

// The reasons of RFC 5280 section 5.3.1.
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

// Answer is what is known of one certificate, and from which document.
type Answer struct {
	Status Status

	// RevokedAt and Reason hold for Revoked only. InvalidityDate is zero
	// when the CA gave none (RFC 5280 section 5.3.2).
	RevokedAt      time.Time
	Reason         Reason
	InvalidityDate time.Time

	// Source is "crl" or "ocsp", whichever decided; empty when nothing did.
	Source string

	// Why says for Unknown what was missing or refused, one item for each
	// document looked at.
	Why []Gap
}

// Since returns the time from which the certificate is not to be relied on: the
// revocation date, or the invalidity date when a key was compromised and that
// is earlier. Zero unless Revoked.
func (a Answer) Since() time.Time {
	if a.Status != Revoked {
		return time.Time{}
	}
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
