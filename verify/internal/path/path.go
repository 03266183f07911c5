// Package path builds and validates certification paths from a certificate to a
// trust anchor, using any certificates at hand.
//
// It does not verify signatures of documents, has no trust anchors of its own
// and opens no files or connections. A certificate that is not an anchor counts
// only with a verified signature. crypto/x509 parses certificates and verifies
// signatures. This package itself handles names, constraints, policies and
// revocation, because crypto/x509 compares names byte for byte, does not
// process CRLs and refuses directoryName constraints.
//
// The standards are RFC 5280 §6, RFC 9618 (policy graph) and RFC 4158 (path
// building).
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

// A Request holds the certificate to validate, and the inputs of the
// validation. The zero values of the switches are the safe ones.
type Request struct {
	// Leaf is the certificate whose path is wanted. It must come from
	// [ParseCertificate].
	Leaf *x509.Certificate
	// Others holds further certificates whose key verifies the same signature,
	// so that any of them may be the right one instead of Leaf. If more than
	// one of these and Leaf has a valid path, the [Failure] is Ambiguous.
	Others []*x509.Certificate
	// Certain reports whether Leaf is certainly the right certificate, byte for
	// byte. Otherwise it may be a forged copy.
	Certain bool
	// Pool holds certificates that may be part of the path. None of them is
	// trusted.
	Pool []*x509.Certificate
	// Anchors are trusted. A CA certificate is trusted as an issuer: its own
	// dates and signature are ignored, but its constraints apply. Any anchor is
	// trusted as the leaf if its bytes are identical: the dates then apply.
	Anchors []*x509.Certificate

	// At is the time at which every certificate must be valid, except an anchor
	// that is not the leaf. Fractions of a second are ignored.
	At time.Time
	// Now is the current time. No document may be newer. Zero means At. Now
	// matters if At is in the past, because a CRL that was issued since then
	// still lists the certificates revoked by At.
	Now time.Time

	// InitialPolicies and the following fields are the inputs of RFC 5280
	// §6.1.1 (c), (e), (f) and (g). Package verify leaves them zero, and NIST's
	// PKITS varies them to test this package. InitialPolicies is the
	// user-initial-policy-set. nil means any-policy.
	InitialPolicies       []x509.OID
	RequireExplicitPolicy bool
	InhibitMapping        bool
	InhibitAnyPolicy      bool

	// AllowSHA1 allows SHA-1 in certificates, CRLs and OCSP responses.
	AllowSHA1 bool
	// AllowWeak allows RSA keys from 1024 to 2047 bits and small exponents.
	AllowWeak bool

	// CheckRevocation determines whether to find out the revocation status of
	// every certificate except the anchor. CRLs and OCSPResponses are in DER.
	// FetchOCSP, if not nil, asks a responder.
	CheckRevocation bool
	CRLs            [][]byte
	OCSPResponses   [][]byte
	FetchOCSP       revocation.Fetch

	// Budget is shared with the other paths for the same message. nil means a
	// new one.
	Budget *Budget

	// Accept, if not nil, is called with each valid path, leaf first. If it
	// returns an error, other paths are tried. If none of them is valid, the
	// [Failure] wraps the error.
	Accept func(chain []*x509.Certificate) error
}

// A Result is a valid path.
type Result struct {
	// Chain is the path from the leaf to the anchor. It has one element if the
	// leaf is itself an anchor.
	Chain []*x509.Certificate
	// AnchorIndex is the index of the anchor in Request.Anchors.
	AnchorIndex int
	// Policies is the user-constrained-policy-set of RFC 5280 §6.1.6, in the
	// policy domain of the anchor, sorted. It is empty if no policy is valid,
	// or only anyPolicy is.
	Policies []x509.OID
	// Revocation has an answer for each element of Chain. That of the anchor is
	// NotChecked. [Validate] does not fail because a certificate is revoked:
	// the caller decides.
	Revocation []revocation.Answer
}

// Worst returns the worst answer in the path for the given time. From worst to
// best: revoked by then, unknown, not checked, revoked later, good.
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

// Validate returns a valid path to an anchor from the leaf or from one of the
// others. If there is none, it returns the most informative failure. If
// revocation is checked and there are several valid paths, it returns the one
// with the best status among the first ones. If several of the certificates
// have a valid path, it returns the failure [Ambiguous].
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
// whatever their revocation status is. Without others, it returns the leaf
// unsearched.
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

// from returns the valid path from one leaf with the best revocation status, or
// nil. revoker is nil if revocation is not checked.
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
			best = result // another path cannot make a revoked leaf good
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
