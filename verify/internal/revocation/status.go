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

// compromise reports whether a key revoked for this reason may have been used by
// others before the date. Nothing said (which CRLs and OCSP write as unspecified)
// excludes nothing.
func (r Reason) compromise() bool {
	switch r {
	case Unspecified, KeyCompromise, CACompromise, AACompromise:
		return true
	}
	return false
}

// revokedBy is the answer of an entry of a list or of an OCSP response.
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

// Answer is what is known of one certificate, and from which document.
type Answer struct {
	Status Status

	// RevokedAt and Reason hold for Revoked only. InvalidityDate is zero
	// when the CA gave none (RFC 5280 section 5.3.2).
	RevokedAt      time.Time
	Reason         Reason
	InvalidityDate time.Time
	// Compromised says of a revoked certificate that its key, or its issuer's,
	// may have been in other hands before the date: some source gives a
	// compromise as the reason, or no reason at all.
	Compromised bool

	// Source is the kind of document that decided; empty if none did.
	Source Source

	// Stale says of Good that the documents that decided were issued before
	// the reference time and are over now: what became of the certificate
	// between the two is not known. Until is then the end of the one that lasted
	// longest; it says nothing otherwise.
	Stale bool
	Until time.Time

	// SHA1 and Weak say that a document that decided rests on what only a
	// switch admits.
	SHA1, Weak bool

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
