package verify

import (
	"crypto/x509"
	"math/big"
	"time"
)

// Report is the judgement of one message.
type Report struct {
	Verdict Verdict
	// Reason is the Detail of the check that decided against Valid, the first
	// of the worst; empty if Valid.
	Reason Reason
	// Encoding is how the message was written.
	Encoding Encoding
	// Attached reports whether the content was inside the message, S/MIME
	// multipart/signed included.
	Attached bool
	// ContentType is the eContentType in dotted form, "1.2.840.113549.1.7.1"
	// for plain data.
	ContentType string
	// ContentSHA256 is the SHA-256 digest of the bytes that were checked,
	// whatever algorithm the signers used; nil if there were none. ContentSize
	// is their number.
	ContentSHA256 []byte
	ContentSize   int64
	// Checks are those that concern the message as a whole.
	Checks []Check
	// Signers are in the order of the message.
	Signers []Signer
	// Practice reports whether some signer is a practice signer, which has no
	// legal effect.
	Practice bool
	// Mail is what surrounds the signed part of a mail; nil for anything else.
	Mail *Mail
	// Attachments are the names that the parts of a mail have which may be
	// signatures; only with ReasonAttached. They come from the mail: escape
	// them.
	Attachments []string
}

// ContentTypeTimestamp is the Report.ContentType of a time-stamp token
// (RFC 3161 §2.4.2).
const ContentTypeTimestamp = "1.2.840.113549.1.9.16.1.4"

// Encoding is how a message was written.
type Encoding string

// The encodings.
const (
	EncodingDER    Encoding = "der" // BER included
	EncodingPEM    Encoding = "pem"
	EncodingBase64 Encoding = "base64"
	EncodingSMIME  Encoding = "smime"
)

// Signer is the judgement of one SignerInfo.
type Signer struct {
	Verdict Verdict
	// Reason is the Detail of the check that decided against Valid; empty if
	// Valid.
	Reason Reason
	// Certificate is the one that the signer identifier names and whose key
	// verified the signature. If no signature verified, it is the first that
	// the identifier names; nil if there is none.
	Certificate *x509.Certificate
	// RawIssuer (a DER Name) and Serial are the signer identifier, or
	// SubjectKeyID is.
	RawIssuer    []byte
	Serial       *big.Int
	SubjectKeyID []byte
	// DigestAlg is "sha256", "sha384", "sha512" or "sha1"; SignatureAlg is
	// "rsa-pkcs1", "rsa-pss", "ecdsa-p256", "ecdsa-p384" or "ecdsa-p521". An
	// algorithm unknown to this package is given in dotted form.
	DigestAlg, SignatureAlg string
	// SigningTime is what the signer claims; it proves nothing. Nil if absent.
	SigningTime *time.Time
	// Reference is the time for which the certificates were judged, and
	// ReferenceFrom says where it came from. With a time stamp, it is the
	// latest time that the accuracy of the time stamp allows.
	Reference     time.Time
	ReferenceFrom ReferenceSource
	// Timestamp is the verified time stamp, or else the first one found; nil
	// if there is none.
	Timestamp *TimestampInfo
	// Chain runs from the certificate to the anchor, or is the path that
	// failed; nil if no path was looked for.
	Chain []*x509.Certificate
	// Anchor is where the path ends; nil if no valid path was found.
	Anchor     *AnchorInfo
	Revocation Revocation
	// Checks are in the order of the CheckID constants, each at most once.
	Checks []Check
	// Practice reports whether a certificate of the path carries the practice
	// policy, or the anchor is a practice root.
	Practice bool
}

// ReferenceSource says where a reference time came from.
type ReferenceSource string

// The sources of a reference time.
const (
	FromNow       ReferenceSource = "now"       // the present time
	FromAt        ReferenceSource = "at"        // Policy.At, which proves nothing
	FromTimestamp ReferenceSource = "timestamp" // a verified time stamp
)

// Check returns the signer's check with that ID, and false if the judgement has
// none.
func (s *Signer) Check(id CheckID) (Check, bool) { return find(s.Checks, id) }

// Check returns the message's check with that ID, and false if the judgement
// has none.
func (r *Report) Check(id CheckID) (Check, bool) { return find(r.Checks, id) }

// AnchorInfo names the anchor of a path.
type AnchorInfo struct {
	Kind        AnchorKind
	Name        string
	SHA256      [32]byte
	Certificate *x509.Certificate
}

// TimestampInfo is what a time stamp says. It counts only if Verified.
type TimestampInfo struct {
	Verified bool
	// Reason says why the time stamp does not count; empty if Verified.
	Reason Reason
	// Remarks are what to know about a time stamp that counts.
	Remarks []Reason
	// Time is the authority's, with the resolution of the token. Accuracy is
	// how far it may be off, either way; 0 if the token does not say.
	Time     time.Time
	Accuracy time.Duration
	// Revocation is what is known of the authority's path; NotChecked for a
	// token that was refused earlier.
	Revocation RevocationState
	// Certificate is the authority's; nil if unknown.
	Certificate *x509.Certificate
	// Policy is the authority's policy in dotted form, Serial the number of
	// the token.
	Policy string
	Serial *big.Int
}

// Revocation is what is known about the revocation of a signer's path.
type Revocation struct {
	State RevocationState
	// Source is the kind of document that decided; empty unless State is Good
	// or Revoked.
	Source RevocationSource
	// Reason is the CRLReason as RFC 5280 §5.3.1 spells it ("keyCompromise");
	// empty unless revoked.
	Reason string
	// At is when the certificate was revoked; zero unless revoked.
	At time.Time
	// InvalidSince is the invalidityDate (RFC 5280 §5.3.2); zero unless given.
	InvalidSince time.Time
	// Until is when the list or answer that says good ended, if it was issued
	// before the reference time and has ended since; zero otherwise. What
	// happened after it is unknown.
	Until time.Time
	// Subject is the revoked certificate: the signer's or one of its issuers'.
	// Nil unless revoked.
	Subject *x509.Certificate
}

// RevocationState is what is known about a revocation.
type RevocationState string

// The states of revocation. A report never holds the empty state.
const (
	Good       RevocationState = "good"
	Revoked    RevocationState = "revoked"
	Unknown    RevocationState = "unknown"
	NotChecked RevocationState = "not-checked"
)

// RevocationSource is a kind of document about revocation.
type RevocationSource string

// The kinds of document.
const (
	SourceCRL  RevocationSource = "crl"  // RFC 5280 §5
	SourceOCSP RevocationSource = "ocsp" // RFC 6960
)
