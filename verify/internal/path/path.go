// Package path builds and validates certification paths from a certificate,
// over whatever certificates are at hand, to a trust anchor.
//
// It does not verify signatures of documents and has no trust anchors of its
// own: the caller gives them. It opens no file or connection. Every certificate
// but the anchors counts only by its verified signature. crypto/x509 parses
// certificates and verifies signatures; names, constraints, policies and
// revocation are handled here, because crypto/x509 compares names byte for
// byte, does not process CRLs and refuses directoryName constraints.
//
// RFC 5280 §6, RFC 9618 (policy graph), RFC 4158 (path building).
package path

import (
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"natsuin/verify/internal/name"
	"natsuin/verify/internal/revocation"
	"natsuin/verify/internal/sigalg"
)

// Request is what to validate, and with what. The zero values of the switches
// are the safe ones.
type Request struct {
	// Leaf is the certificate whose path is wanted, parsed by
	// [ParseCertificate].
	Leaf *x509.Certificate
	// Others are certificates that may be meant in place of Leaf: their key
	// verified the same signature. Only one may have a valid path.
	Others []*x509.Certificate
	// Certain reports that Leaf is the certificate that is meant, byte for byte.
	// Otherwise it may be a forged copy of it.
	Certain bool
	// Pool holds certificates that may help to build the path. None of them is
	// trusted.
	Pool []*x509.Certificate
	// Anchors are trusted: as issuers if they are CA certificates (their own
	// dates and signature are ignored, their constraints apply), and as the
	// leaf itself if the bytes are identical (the dates of the leaf apply).
	Anchors []*x509.Certificate

	// At is the time at which every certificate must be valid, in whole
	// seconds.
	At time.Time
	// Now is the time of the clock; no document may be younger. Zero means At.
	// It matters if At lies in the past: a CRL issued since then still says
	// what was revoked by At.
	Now time.Time

	// InitialPolicies and the following fields are the inputs of RFC 5280
	// §6.1.1 (c), (e), (f) and (g). Package verify leaves them zero; NIST's
	// PKITS varies them to test this package. InitialPolicies is the
	// user-initial-policy-set; nil means any-policy.
	InitialPolicies       []x509.OID
	RequireExplicitPolicy bool
	InhibitMapping        bool
	InhibitAnyPolicy      bool

	// AllowSHA1 allows SHA-1 in certificates, CRLs and OCSP responses.
	AllowSHA1 bool
	// AllowWeak allows RSA keys from 1024 to 2047 bits and small exponents.
	AllowWeak bool

	// CheckRevocation asks for the revocation status of every certificate but
	// the anchor. CRLs and OCSPResponses are DER; FetchOCSP, if not nil, asks a
	// responder.
	CheckRevocation bool
	CRLs            [][]byte
	OCSPResponses   [][]byte
	FetchOCSP       revocation.Fetch

	// Budget is shared with the other paths for the same message; nil means a
	// new one.
	Budget *Budget

	// Accept, if not nil, is called with each valid path (leaf first) and may
	// refuse it; other paths are then tried. The [Failure] wraps its error.
	Accept func(chain []*x509.Certificate) error
}

// Result is a valid path.
type Result struct {
	// Chain runs from the leaf to the anchor. It has one element if the leaf is
	// itself an anchor.
	Chain []*x509.Certificate
	// AnchorIndex is the anchor's index in Request.Anchors.
	AnchorIndex int
	// Policies is the user-constrained-policy-set of RFC 5280 §6.1.6, in the
	// policy domain of the anchor, sorted. It is empty if no policy is valid,
	// or only anyPolicy is.
	Policies []x509.OID
	// Revocation has an answer for each element of Chain. The anchor's is
	// NotChecked. A revoked certificate does not make [Validate] fail: what
	// follows is left to the caller.
	Revocation []revocation.Answer
}

// Worst returns the answer that weighs most in the path at the given time:
// revoked by then, then unknown, then revoked later, then good.
func (r *Result) Worst(at time.Time) revocation.Answer {
	worst := r.Revocation[0]
	for i, a := range r.Revocation {
		if i > 0 && i == len(r.Revocation)-1 {
			break // the anchor
		}
		if weight(a, at) > weight(worst, at) {
			worst = a
		}
	}
	return worst
}

func (r *Result) weight(at time.Time) int { return weight(r.Worst(at), at) }

func weight(a revocation.Answer, at time.Time) int {
	switch {
	case a.RevokedBy(at):
		return 4
	case a.Status == revocation.Unknown:
		return 3
	case a.Status == revocation.NotChecked:
		return 2
	case a.Status == revocation.Revoked:
		return 1
	}
	return 0
}

// Validate returns a valid path from the leaf, or from one of the others, to an
// anchor, or the most informative failure. If revocation is checked and the
// certificate has several valid paths, it returns the one with the best status.
// If several certificates have one, the failure is [Ambiguous].
func Validate(ctx context.Context, r Request) (*Result, *Failure) {
	if r.Budget == nil {
		r.Budget = NewBudget(ctx, nil)
	}
	store := newStore(&r)
	s := &search{r: &r, store: store, algorithms: sigalg.Policy{AllowSHA1: r.AllowSHA1, AllowWeak: r.AllowWeak}}
	var revoker *revoker
	if r.CheckRevocation {
		revoker = newRevoker(&r, store)
	}
	sound := s.sound(ctx)
	switch {
	case len(sound) > 1:
		return nil, ambiguous(sound)
	case len(sound) == 1 && (len(r.Others) == 0 || !s.gaveUp):
		if result := s.from(ctx, sound[0], revoker); result != nil {
			return result, nil
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil, &Failure{Kind: Cancelled, Cert: r.Leaf, Chain: []*x509.Certificate{r.Leaf}, err: ctx.Err()}
	case s.gaveUp || s.unread:
		return nil, &Failure{Kind: TooComplex, Cert: r.Leaf, Chain: []*x509.Certificate{r.Leaf}}
	}
	return nil, s.best
}

// sound returns the certificates of the request that have a valid path,
// whatever their revocation status. Without others, it leaves the search to
// from.
func (s *search) sound(ctx context.Context) []*facts {
	leaf := s.add(s.r.Leaf)
	if len(s.r.Others) == 0 {
		return []*facts{leaf}
	}
	var sound []*facts
	for _, c := range append([]*x509.Certificate{s.r.Leaf}, s.r.Others...) {
		if f := s.add(c); !slices.Contains(sound, f) && s.from(ctx, f, nil) != nil {
			sound = append(sound, f)
		}
	}
	return sound
}

// ambiguous returns the failure for several certificates with a valid path.
func ambiguous(sound []*facts) *Failure {
	names := make([]string, len(sound))
	for i, f := range sound {
		names[i] = name.Text(f.cert.RawSubject)
	}
	return newFailure(Ambiguous, sound[:1], 0, strings.Join(names, "; "))
}

// from returns the valid path from one leaf with the best revocation status,
// nil if there is none. revoker is nil if revocation is not checked.
func (s *search) from(ctx context.Context, leaf *facts, revoker *revoker) *Result {
	at := s.r.At
	var best *Result
	valid := 0
	s.accept = func(ctx context.Context, chain []*facts, result *Result) bool {
		if revoker == nil {
			result.Revocation = make([]revocation.Answer, len(chain))
			best = result
			return true
		}
		result.Revocation = revoker.chain(ctx, chain)
		if result.Revocation[0].RevokedBy(at) {
			best = result // no other path can make a revoked leaf good
			return true
		}
		if best == nil || result.weight(at) < best.weight(at) {
			best = result
		}
		valid++
		return valid == maxValid || best.Worst(at).Status == revocation.Good
	}
	s.run(ctx, leaf)
	return best
}
