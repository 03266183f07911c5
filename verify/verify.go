// Package verify judges CMS signatures (RFC 5652): whether the content is the
// one that was signed, by whom, and whether a trusted root certifies that name.
// It reads DER, BER, PEM and S/MIME, streams content of any size, and returns a
// [Report] with every check on a line of its own and one of three verdicts:
// VALID, INVALID or INDETERMINATE.
//
// It does not keep trusted roots and opens no file or connection: the caller
// passes anchors, revocation lists and, if the network may be used, a function
// that asks responders. It holds no words for people; reasons are stable
// identifiers. Certificates, lists and answers found inside a message are
// hints, never anchors unless their SHA-256 fingerprint is pinned.
//
// The rules are those of RFC 5652, 5035, 5280, 6211, 8933, 3161, 6960 and 8017,
// with the verdicts of ETSI EN 319 102-1. docs/verify.md lists them, and each
// place where a well-known program answers differently.
package verify

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"natsuin/verify/internal/path"
	"natsuin/verify/trust"
)

// Verdict is the judgement of a message or a signer. The zero value is Invalid,
// so that a report that was never filled in promises nothing.
type Verdict uint8

const (
	// Invalid: something is wrong that no further information can change.
	Invalid Verdict = iota
	// Indeterminate: information is missing: an anchor, a certificate, proof of
	// time, a required revocation answer.
	Indeterminate
	// Valid: every check that applies passed and the chain ends at an anchor.
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

// AnchorKind says where an anchor came from. It belongs beside the verdict,
// because whoever can write the folder of registered roots, or choose the
// arguments, can add an anchor.
type AnchorKind string

// The kinds of anchor. Only this package assigns AnchorPinned: an anchor of the
// Policy that has it is treated as AnchorFile.
const (
	AnchorPinned     AnchorKind = "pinned"
	AnchorRegistered AnchorKind = "registered"
	AnchorFile       AnchorKind = "file"
	AnchorPractice   AnchorKind = "practice"
)

// Anchor is a certificate that the caller trusts for this run: as an issuer if
// it is a CA, as a signer only by identical bytes.
type Anchor struct {
	Certificate *x509.Certificate
	Kind        AnchorKind
	Name        string // a registered name, or the file that it came from
	// Authentication reports whether it certifies authentication keys, as the
	// pinned authentication roots do: it then anchors a signature only with
	// AllowAuth. The practice root for authentication sets it.
	Authentication bool
}

// OCSPAuto is the Policy.OCSPURL that means the address in each certificate.
const OCSPAuto = "auto"

// Policy says what is trusted, at which time, and what is tolerated. The zero
// value trusts the pinned signature roots alone, at the present time, tolerates
// nothing weak and uses no network.
type Policy struct {
	// Anchors are trusted besides the pinned roots.
	Anchors []Anchor
	// TSAAnchors are trusted for time stamps, and for nothing else.
	TSAAnchors []*x509.Certificate
	// Certificates help to find the signer and to build paths; they are not
	// trusted.
	Certificates []*x509.Certificate
	// CRLs are DER certificate revocation lists, checked by their own
	// signatures. [ReadLists] reads them from a file.
	CRLs [][]byte
	// OCSP, if not nil, sends one OCSP request (DER) to url and returns the
	// response (DER). Nil means that no responder is asked.
	OCSP func(ctx context.Context, url string, request []byte) ([]byte, error)
	// OCSPURL is the address of the responder; OCSPAuto or empty means the one
	// that each certificate names.
	OCSPURL string
	// Now is the present time; zero means time.Now().
	Now time.Time
	// At is the time for which the caller wants an answer; zero means not
	// given. It must not lie in the future. A verified time stamp takes
	// precedence.
	At time.Time
	// RequireRevocation makes every revocation state but good INDETERMINATE,
	// and does not accept information that has ended unless it was issued after
	// the reference time. A time stamp then counts only if the same is known of
	// its authority.
	RequireRevocation bool
	// AllowSHA1 tolerates SHA-1. AllowWeak tolerates RSA from 1024 to 2047 bits
	// and exponents under 65537. Both leave a remark in each check that they
	// changed.
	AllowSHA1, AllowWeak bool
	// AllowAuth lets the pinned authentication roots anchor a signature, which
	// is a weak statement: that key signs digests that others choose.
	AllowAuth bool
	// SignerSHA256, if not nil, is the fingerprint that the certificate of at
	// least one signer must have.
	SignerSHA256 *[32]byte
	// Cache, if not nil, is shared by all the judgements that have it. The
	// bytes of CRLs must not change while it is in use.
	Cache *Cache
}

// ErrFuture is returned for a Policy.At that has not come: what will be revoked
// by then is not known.
var ErrFuture = errors.New("verify: the time lies in the future")

// now returns Now, or the clock's time if that is zero.
func (p Policy) now() time.Time {
	if p.Now.IsZero() {
		return time.Now()
	}
	return p.Now
}

// check returns [ErrFuture] or nil.
func (p Policy) check(now time.Time) error {
	if p.At.After(now) {
		return ErrFuture
	}
	return nil
}

// Cache caches parsed certificates, revocation lists and signature checks; it
// never changes a verdict. Several goroutines may share one. The zero value is
// empty.
type Cache struct{ cache path.Cache }

// newBudget returns what one judgement may spend.
func (p Policy) newBudget(ctx context.Context) *path.Budget {
	if p.Cache == nil {
		return path.NewBudget(ctx, nil)
	}
	return path.NewBudget(ctx, &p.Cache.cache)
}

// Input is one message, and its content.
type Input struct {
	// Signature holds the message in any form that this package reads, Size its
	// length in bytes.
	Signature io.ReaderAt
	Size      int64
	// Content is the content of a detached signature; nil means none. If the
	// message has content too, both must be equal byte for byte.
	Content io.Reader
	// Out, if not nil, receives the attached content while it is being read,
	// before the verdict is known: the caller must not release it unless the
	// verdict is Valid.
	Out io.Writer
}

// Verify judges one message. Whatever the bytes are, the answer is a report;
// an error means that something could not be read or written, that the context
// ended, or that Policy.At lies in the future ([ErrFuture]).
func Verify(ctx context.Context, in Input, p Policy) (*Report, error) {
	return verify(ctx, in, p, trust.Lookup)
}

// Detached judges a signature held in memory, over content unless that is nil.
// It is [Verify] for the simple case.
func Detached(ctx context.Context, sig []byte, content io.Reader, p Policy) (*Report, error) {
	return Verify(ctx, Input{Signature: bytes.NewReader(sig), Size: int64(len(sig)), Content: content}, p)
}
