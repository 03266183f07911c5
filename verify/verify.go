// Package verify judges CMS signatures (RFC 5652), also those in PDF files:
// whether the content is what was signed, by whom, and whether a trusted root
// certifies that name. It reads DER, BER, PEM and S/MIME, streams content of
// any size, and returns a [Report] with every check and one of three verdicts:
// VALID, INVALID or INDETERMINATE.
//
// It does not keep trusted roots and does not open files or connections: the
// caller passes anchors, CRLs and, if the network may be used, a function that
// asks responders. It contains no messages for people: reasons are stable
// identifiers. Certificates, CRLs and OCSP responses in a message are only
// hints. A certificate from a message is never an anchor unless its SHA-256
// fingerprint is pinned.
//
// The rules are those of RFC 5652, 5035, 5280, 6211, 8933, 3161, 6960 and 8017,
// with the verdicts of ETSI EN 319 102-1. docs/verify.md lists them, and also
// the cases in which well-known programs have another verdict.
package verify

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"time"

	"natsuin/sign/timestamp"
	"natsuin/verify/internal/path"
	"natsuin/verify/internal/sniff"
	"natsuin/verify/trust"
)

// A Verdict is the judgement of a message or a signer. The zero value is
// Invalid, so that a report that was never filled in promises nothing.
type Verdict uint8

const (
	// Invalid: something is wrong that no further information can change.
	Invalid Verdict = iota
	// Indeterminate: the signature is shown to be neither right nor wrong, for
	// example because an anchor, a certificate, proof of time or a required
	// revocation status is missing, or an algorithm is not allowed.
	Indeterminate
	// Valid: no check forbids it ([Check].Best), the signature is right, and
	// the chain ends at an anchor.
	Valid
)

// String returns "INVALID", "INDETERMINATE" or "VALID".
func (v Verdict) String() string {
	switch v {
	case Valid:
		return "VALID"
	case Indeterminate:
		return "INDETERMINATE"
	default:
		return "INVALID"
	}
}

// An AnchorKind says where an anchor comes from. It should be shown with the
// verdict, because anyone who can write to the folder of registered roots, or
// choose the arguments, can add an anchor.
type AnchorKind string

// The kinds of anchors. Only this package assigns AnchorPinned. An anchor of
// the Policy with that kind is treated as AnchorFile.
const (
	AnchorPinned     AnchorKind = "pinned"
	AnchorRegistered AnchorKind = "registered"
	AnchorFile       AnchorKind = "file"
	AnchorPractice   AnchorKind = "practice"
)

// An Anchor is a certificate that the caller trusts for this run: as an issuer
// if it is that of a CA, and as a signer only if its bytes are identical.
type Anchor struct {
	Certificate *x509.Certificate
	Kind        AnchorKind
	Name        string // a registered name, or the name of the file
	// Authentication reports whether the anchor certifies authentication keys,
	// like the pinned authentication roots. It then anchors a signature only
	// with AllowAuth. The practice root for authentication has it set.
	Authentication bool
}

// OCSPAuto is the value of Policy.OCSPURL for the address in each certificate.
const OCSPAuto = "auto"

// Policy determines what is trusted, for which time, and what is tolerated. The
// zero value trusts only the pinned signature roots, at the current time,
// tolerates nothing weak and uses no network.
type Policy struct {
	// Anchors are trusted in addition to the pinned roots.
	Anchors []Anchor
	// TSAAnchors are trusted for time stamps only.
	TSAAnchors []*x509.Certificate
	// Certificates help to find the signer and to build paths, but are not
	// trusted.
	Certificates []*x509.Certificate
	// CRLs are in DER. They are checked by their own signatures. [ReadLists]
	// reads them from a file.
	CRLs [][]byte
	// OCSP, if not nil, sends one OCSP request (DER) to url and returns the
	// response (DER). If it is nil, no responder is asked.
	OCSP func(ctx context.Context, url string, request []byte) ([]byte, error)
	// OCSPURL is the address of the responder. OCSPAuto or "" means the address
	// in each certificate.
	OCSPURL string
	// Now is the current time. Zero means time.Now().
	Now time.Time
	// At is the time for which the caller wants to know the verdict. Zero means
	// none. It must not be in the future. A verified time stamp takes
	// precedence.
	At time.Time
	// RequireRevocation makes the verdict at best INDETERMINATE if the
	// revocation status is unknown or was not checked. It does not accept
	// information that has ended unless it was issued after the reference time.
	// A time stamp then counts only if its authority satisfies the same
	// conditions.
	RequireRevocation bool
	// AllowSHA1 tolerates SHA-1. AllowWeak tolerates RSA keys from 1024 to 2047
	// bits and exponents less than 65537. Both leave a remark in each check
	// that they affect.
	AllowSHA1, AllowWeak bool
	// AllowAuth lets authentication roots, pinned or given
	// ([Anchor].Authentication), anchor a signature. Such a signature proves
	// little, because an authentication key signs digests that others choose.
	AllowAuth bool
	// SignerSHA256, if not nil, is the fingerprint that the certificate of at
	// least one signer must have.
	SignerSHA256 *[32]byte
	// Cache, if not nil, is shared by all judgements with this Policy. The
	// bytes of CRLs must not change while it is in use.
	Cache *Cache
}

// ErrFuture means that Policy.At is in the future. It is unknown what will be
// revoked by then.
var ErrFuture = errors.New("verify: the time lies in the future")

// now returns p.Now, or the current time if that is zero.
func (p Policy) now() time.Time {
	if p.Now.IsZero() {
		return time.Now()
	}
	return p.Now
}

// check returns [ErrFuture] if p.At is in the future.
func (p Policy) check(now time.Time) error {
	if p.At.After(now) {
		return ErrFuture
	}
	return nil
}

// A Cache caches parsed certificates, CRLs and signature checks. It never
// changes a verdict. Several goroutines may share one. The zero value is empty.
type Cache struct{ cache path.Cache }

// newBudget returns the budget of one judgement.
func (p Policy) newBudget(ctx context.Context) *path.Budget {
	if p.Cache == nil {
		return path.NewBudget(ctx, nil)
	}
	return path.NewBudget(ctx, &p.Cache.cache)
}

// An Input is one message with its content.
type Input struct {
	// Signature is the message, in any encoding that this package reads, and
	// Size its length in bytes.
	Signature io.ReaderAt
	Size      int64
	// Content is the content of a detached signature, or nil. If the message
	// has content too, both must be equal byte for byte.
	Content io.Reader
	// Out, if not nil, receives the attached content while it is read, before
	// the verdict is known. The caller must not release it unless the verdict
	// is Valid.
	Out io.Writer
}

// Verify judges one message. Any bytes lead to a report. An error means that
// something could not be read or written, that ctx has ended, or that Policy.At
// is in the future ([ErrFuture]).
func Verify(ctx context.Context, in Input, p Policy) (*Report, error) {
	return verify(ctx, in, p, trust.Lookup)
}

// Detached judges a signature in memory, over content unless that is nil. It is
// a simple form of [Verify].
func Detached(ctx context.Context, sig []byte, content io.Reader, p Policy) (*Report, error) {
	return Verify(ctx, Input{Signature: bytes.NewReader(sig), Size: int64(len(sig)), Content: content}, p)
}

// A Kind is the kind of a file, judging by its content. The names are stable,
// because they are part of the JSON output.
type Kind string

// The kinds. [Verify] judges only a file of KindSignature, and [PDF] only one
// of KindPDF.
const (
	// KindSignature: a CMS SignedData with signers, even a damaged one, or a
	// mail.
	KindSignature = Kind(sniff.Signature)
	// KindUnknown: none of the other kinds.
	KindUnknown = Kind(sniff.Unknown)
	// KindPDF: a PDF file (ISO 32000-2), signed or not.
	KindPDF = Kind(sniff.PDF)
	// KindXML: an XML document, signed or not.
	KindXML = Kind(sniff.XML)
	// KindASiC: a ZIP file with signatures (ETSI EN 319 162-1).
	KindASiC = Kind(sniff.ASiC)
	// KindOutlook: a message saved by Outlook (MS-OXMSG).
	KindOutlook = Kind(sniff.Outlook)
	// KindOpenPGP: a message, signature or mail in OpenPGP (RFC 9580).
	KindOpenPGP = Kind(sniff.OpenPGP)
	// KindEncrypted: encrypted CMS (RFC 5652 §6, §8, RFC 5083).
	KindEncrypted = Kind(sniff.Encrypted)
	// KindTimestamp: a response of a time-stamp authority, or a token (RFC 3161
	// §2.4.2).
	KindTimestamp = Kind(sniff.Timestamp)
	// KindCertificates: only certificates or CRLs.
	KindCertificates = Kind(sniff.Certificates)
	// KindUTF16: any text in UTF-16.
	KindUTF16 = Kind(sniff.UTF16)
)

// Kinds returns every Kind.
func Kinds() []Kind {
	return []Kind{KindSignature, KindUnknown, KindPDF, KindXML, KindASiC, KindOutlook, KindOpenPGP, KindEncrypted, KindTimestamp, KindCertificates, KindUTF16}
}

// Sniff returns the kind of a file of size bytes. It examines only the content
// and verifies nothing, so the author of a file decides the result. The error
// is that of the reader.
func Sniff(r io.ReaderAt, size int64) (Kind, error) {
	kind, err := sniff.File(r, size)
	return Kind(kind), err
}

// IsUTF16 reports whether b, the beginning of a file, is text in UTF-16: it
// begins with a byte order mark, or with four ASCII characters. Redirection
// with > in Windows PowerShell 5 writes such files.
func IsUTF16(b []byte) bool { return sniff.IsUTF16(b) }

// TimeStamp judges a time-stamp token that is in no signature yet, a DER
// ContentInfo, over imprint. Its rules are those for a token in a signature,
// and one more, for the answer to a request: the certificate of its signer must
// be in the token (RFC 3161 §2.4.1, certReq). A token from the future is judged
// as at its own time: our clock may be the one that is wrong, and
// [timestamp.Token.Doubts] remarks on it. Of p.Anchors, only those for practice
// matter, and p.SignerSHA256 does not matter.
//
// TimestampInfo.Sound reports whether the token is valid by itself. Without
// TSAAnchors, Verified is never set. An error means that the context ended.
func TimeStamp(ctx context.Context, token []byte, imprint timestamp.Imprint, p Policy) (*TimestampInfo, error) {
	j := newJudgement(ctx, p, trust.Lookup)
	j.budget.Own(p.TSAAnchors)
	j.budget.Keep(p.CRLs)
	for _, a := range p.Anchors {
		j.anchor(a)
	}
	j.doc = &document{budget: j.budget, material: material{certificates: p.Certificates, crls: p.CRLs}}
	t, err := j.readToken(token)
	if err != nil || t == nil {
		return &TimestampInfo{Reason: ReasonTimestampSyntax, Revocation: NotChecked}, err
	}
	if t.info.GenTime.After(j.now) {
		j.now = t.info.GenTime
	}
	matches := func(i *timestamp.Info) (bool, error) { return i.Has(imprint), nil }
	out, err := j.judgeToken(t, matches)
	if err != nil {
		return nil, err
	}
	enclosed := func(raw []byte) bool { return out.Certificate != nil && bytes.Equal(raw, out.Certificate.Raw) }
	switch {
	case !slices.ContainsFunc(t.doc.message.Certificates, enclosed):
		out.Verified, out.Reason = false, ReasonNoCertificate
	case out.Verified:
		out.Sound = true
	case out.Reason == ReasonTimestampChain || out.Reason == ReasonTimestampPractice:
		// Judge the token again, with the authority as its own anchor.
		j.policy.TSAAnchors = append(slices.Clip(p.TSAAnchors), out.Certificate)
		j.anchors = append(j.anchors, Anchor{Certificate: out.Certificate, Kind: AnchorPractice})
		alone, err := j.judgeToken(t, matches)
		if err != nil {
			return nil, err
		}
		if out.Sound = alone.Verified; !out.Sound && out.Reason == ReasonTimestampChain {
			out.Reason = alone.Reason
		}
	}
	return out, nil
}
