package verify

import (
	"crypto/x509"
	"math/big"
	"time"
)

// Report is the judgement of one message.
type Report struct {
	Verdict Verdict
	// Reason is the Detail of the check that decided against Valid, the first of the worst; empty when Valid.
	Reason string
	// Encoding is how the message was written: "der" (BER included), "pem", "base64" or "smime".
	Encoding string
	// Attached says that the content was inside the message, S/MIME multipart/signed included.
	Attached bool
	// ContentType is the eContentType in dotted form, "1.2.840.113549.1.7.1" for plain data.
	ContentType string
	// ContentSHA256 is the SHA-256 digest of the bytes that were checked, whatever algorithm the signers used; nil if there were
	// none. ContentSize is their number.
	ContentSHA256 []byte
	ContentSize   int64
	// Checks are those that concern the message as a whole.
	Checks []Check
	// Signers are in the order of the message.
	Signers []Signer
	// Practice says that some signer is a practice signer: never to be taken for real.
	Practice bool
}

// Signer is the judgement of one SignerInfo.
type Signer struct {
	Verdict Verdict
	// Reason is the Detail of the check that decided against Valid; empty when Valid.
	Reason string
	// Certificate is the one that the signer identifier names and whose key verified the signature. If no signature verified, it
	// is the first that the identifier names; nil if there is none.
	Certificate *x509.Certificate
	// Issuer and Serial are as the identifier states them, when it does: RawIssuer is a DER Name. SubjectKeyID otherwise.
	RawIssuer    []byte
	Serial       *big.Int
	SubjectKeyID []byte
	// DigestAlg is "sha256", "sha384", "sha512" or "sha1"; SignatureAlg is "rsa-pkcs1", "rsa-pss", "ecdsa-p256", "ecdsa-p384" or
	// "ecdsa-p521". An algorithm that this package does not know is given in dotted form.
	DigestAlg, SignatureAlg string
	// SigningTime is what the signer claims; it proves nothing. Nil if absent.
	SigningTime *time.Time
	// Reference is the time for which the certificates were judged, ReferenceFrom where it came from: "timestamp", "at", "now".
	// That of a time stamp is the latest that its accuracy leaves.
	Reference     time.Time
	ReferenceFrom string
	// Timestamp is the verified time stamp, or the first one that was found but not accepted; nil if there is none.
	Timestamp *TimestampInfo
	// Chain runs from the certificate to the anchor; nil unless a path was found.
	Chain []*x509.Certificate
	// Anchor is where the path ends; nil unless a path was found.
	Anchor     *AnchorInfo
	Revocation Revocation
	// Checks are in the order of the table in checks.go, each at most once.
	Checks []Check
	// Practice says that a certificate of the path carries the practice policy, or that the anchor is a practice root.
	Practice bool
}

// Check returns the signer's check of that name, and false if it was not part of the judgement.
func (s *Signer) Check(id CheckID) (Check, bool) { return find(s.Checks, id) }

// Check returns the message's check of that name, and false if it was not part of the judgement.
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
	// Reason says why it does not count, as in Check.Detail; empty when Verified.
	Reason string
	// Remarks are what to know about one that counts, as in Check.Detail.
	Remarks []string
	// Time is the authority's, with the resolution of the token; Accuracy is how far it may be off, either way, 0 when the token
	// does not say.
	Time     time.Time
	Accuracy time.Duration
	// Revocation is what is known of the authority's path; NotChecked for a token that was refused before that was asked.
	Revocation RevocationState
	// Certificate is the authority's; nil if it is not known.
	Certificate *x509.Certificate
	// Policy is the authority's policy in dotted form, Serial the token's number.
	Policy string
	Serial *big.Int
}

// Revocation is what is known about the revocation of a signer's path. The zero value means that nothing was checked.
type Revocation struct {
	// State is "good", "revoked", "unknown" or "not-checked"; see RevocationState.
	State RevocationState
	// Source is "crl" or "ocsp", when State is good or revoked.
	Source string
	// Reason is the CRLReason in the words of RFC 5280 5.3.1 ("keyCompromise"), when revoked and given.
	Reason string
	// At is when the certificate was revoked; zero unless revoked.
	At time.Time
	// InvalidSince is the invalidityDate (RFC 5280 5.3.2); zero unless given.
	InvalidSince time.Time
	// Until is set when the list or answer that says good was issued before the reference time and is over now: when it ended.
	// What happened after it is not known.
	Until time.Time
	// Subject is the revoked certificate: the signer's or one of its issuers'. Nil unless revoked.
	Subject *x509.Certificate
}

// RevocationState is one of four words.
type RevocationState string

// The states of revocation. A report carries NotChecked, never the empty word.
const (
	Good       RevocationState = "good"
	Revoked    RevocationState = "revoked"
	Unknown    RevocationState = "unknown"
	NotChecked RevocationState = "not-checked"
)
