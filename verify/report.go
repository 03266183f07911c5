package verify

import (
	"crypto/x509"
	"math/big"
	"time"
)

// A Report is the judgement of one message.
type Report struct {
	Verdict Verdict
	// Reason is the Detail of the check that decided against Valid, or "" if
	// the verdict is Valid. If several checks did, it is the first of the
	// worst.
	Reason Reason
	// Encoding is how the message was encoded, or "" if that was not found.
	Encoding Encoding
	// Attached reports whether the content was in the message. S/MIME
	// multipart/signed counts as attached.
	Attached bool
	// ContentType is the eContentType in dotted form, such as
	// "1.2.840.113549.1.7.1" for plain data.
	ContentType string
	// ContentSHA256 is the SHA-256 digest of the content, whatever algorithm
	// the signers used, or nil without content. ContentSize is the size of the
	// content in bytes.
	ContentSHA256 []byte
	ContentSize   int64
	// Checks holds the checks of the message as a whole.
	Checks []Check
	// Signers holds the signers in the order of the message.
	Signers []Signer
	// Practice reports whether a signer is a practice signer, whose signature
	// has no legal effect.
	Practice bool
	// Mail describes the parts of a mail around the signed part. It is nil if
	// the message is not a mail.
	Mail *Mail
	// Attachments lists the names of the parts of a mail that may be
	// signatures. It is set only with ReasonAttached. The names come from the
	// mail: escape them.
	Attachments []string
}

// ContentTypeTimestamp is the Report.ContentType of a time-stamp token
// (RFC 3161 §2.4.2).
const ContentTypeTimestamp = "1.2.840.113549.1.9.16.1.4"

// An Encoding says how a message was encoded.
type Encoding string

// The encodings.
const (
	EncodingDER    Encoding = "der" // BER included
	EncodingPEM    Encoding = "pem"
	EncodingBase64 Encoding = "base64"
	EncodingSMIME  Encoding = "smime"
)

// A Signer is the judgement of one SignerInfo.
type Signer struct {
	Verdict Verdict
	// Reason is the Detail of the check that decided against Valid, or "" if
	// the verdict is Valid.
	Reason Reason
	// Certificate is the certificate that the signer identifier names and whose
	// key verified the signature. If no key did, it is a certificate that the
	// identifier names. It is nil if there is none, or if it is unknown which
	// of several is the signer's.
	Certificate *x509.Certificate
	// The signer identifier is RawIssuer (a DER Name) and Serial, or
	// SubjectKeyID.
	RawIssuer    []byte
	Serial       *big.Int
	SubjectKeyID []byte
	// DigestAlg is a name such as "sha256" or "sha1". SignatureAlg is
	// "rsa-pkcs1", "rsa-pss", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", or
	// "ecdsa" without a key on one of these curves. An algorithm that this
	// package does not know is in dotted form.
	DigestAlg, SignatureAlg string
	// SigningTime is the time at which the signer claims to have signed, or
	// nil. It proves nothing.
	SigningTime *time.Time
	// Reference is the time for which the certificates were judged, and
	// ReferenceFrom says where it comes from. With a time stamp, it is the
	// latest time that the accuracy of the time stamp allows.
	Reference     time.Time
	ReferenceFrom ReferenceSource
	// Timestamp is the verified time stamp, or else the first one. It is nil if
	// there is none, or if none was read because the signature is not known to
	// be valid.
	Timestamp *TimestampInfo
	// Chain is the path from the certificate to the anchor, or the path that
	// failed. It is nil if no path was looked for, or if it is unknown which of
	// several certificates is the signer's.
	Chain []*x509.Certificate
	// Anchor is the end of the path, or nil if there is no valid path.
	Anchor     *AnchorInfo
	Revocation Revocation
	// Checks is in the order of the CheckID constants, with each at most once.
	Checks []Check
	// Practice reports whether a certificate of the path has the practice
	// policy, the anchor is a practice root, or the time comes from a practice
	// authority.
	Practice bool
}

// A ReferenceSource says where a reference time comes from.
type ReferenceSource string

// The sources of a reference time.
const (
	FromNow       ReferenceSource = "now"       // the current time
	FromAt        ReferenceSource = "at"        // Policy.At, which proves nothing
	FromTimestamp ReferenceSource = "timestamp" // a verified time stamp
)

// Check returns the signer's check with that ID. It returns false if there is
// none.
func (s *Signer) Check(id CheckID) (Check, bool) { return find(s.Checks, id) }

// Check returns the message's check with that ID. It returns false if there is
// none.
func (r *Report) Check(id CheckID) (Check, bool) { return find(r.Checks, id) }

// An AnchorInfo describes the anchor of a path.
type AnchorInfo struct {
	Kind        AnchorKind
	Name        string
	SHA256      [32]byte
	Certificate *x509.Certificate
}

// A TimestampInfo describes a time stamp. It counts only if Verified is set.
type TimestampInfo struct {
	Verified bool
	// Sound reports whether the token is valid, apart from a path from its
	// authority to an anchor. Only [TimeStamp] sets it.
	Sound bool
	// Reason says why the time stamp does not count. It is "" if Verified is
	// set.
	Reason Reason
	// Remarks holds the remarks on a time stamp that counts.
	Remarks []Reason
	// Practice reports whether a time stamp that counts is from a practice
	// authority, whose clock and key are the person's own.
	Practice bool
	// Time is the time in the token, with its fraction of a second. Accuracy is
	// how far Time may be off, in both directions, or 0 if the token does not
	// say.
	Time     time.Time
	Accuracy time.Duration
	// Revocation is the revocation state of the authority's path. It is
	// NotChecked if the token was refused before that.
	Revocation RevocationState
	// Certificate is the authority's certificate, or nil if unknown.
	Certificate *x509.Certificate
	// Policy is the authority's policy in dotted form, and Serial the number of
	// the token.
	Policy string
	Serial *big.Int
}
