package path

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"slices"

	"natsuin/verify/internal/certificate"
	"natsuin/verify/internal/name"
	"natsuin/verify/internal/sigalg"
)

// Limits for one [Validate], in addition to those of its [Budget].
const (
	maxLength = 16 // certificates in a path, including the anchor
	maxValid  = 8  // valid paths that are compared by their revocation status
)

// search builds paths for one leaf after another, depth first, starting with
// the best issuers.
type search struct {
	r          *Request
	algorithms sigalg.Policy
	*store

	accept func(ctx context.Context, chain []*facts, result *Result) (stop bool)

	best     *Failure // the most informative failure
	bestRank int
	gaveUp   bool
}

// store holds what all searches for one [Request] share: the certificates, and
// which of them are anchors.
type store struct {
	*Budget
	bySubject map[int][]*facts
	known     map[*facts]bool
	anchors   map[*facts]int // index in Request.Anchors
}

func newStore(r *Request) *store {
	s := &store{Budget: r.Budget, bySubject: map[int][]*facts{}, known: map[*facts]bool{}, anchors: map[*facts]int{}}
	for i, c := range r.Anchors {
		if c == nil {
			continue
		}
		f := s.add(c)
		if _, ok := s.anchors[f]; !ok {
			s.anchors[f] = i
		}
	}
	for _, c := range r.Pool {
		if c != nil {
			s.add(c)
		}
	}
	return s
}

func (s *store) add(c *x509.Certificate) *facts {
	f := s.read(c)
	if !s.known[f] {
		s.known[f] = true
		s.bySubject[f.subjectID] = append(s.bySubject[f.subjectID], f)
	}
	return f
}

func (s *store) isAnchor(f *facts) bool {
	_, ok := s.anchors[f]
	return ok
}

// named returns the certificates with the subject dn.
func (s *store) named(dn name.DN) []*x509.Certificate {
	return certificates(s.bySubject[s.number(nameKey(dn))])
}

// run tries every path from leaf to an anchor, until accept returns true or a
// limit is exceeded.
func (s *search) run(ctx context.Context, leaf *facts) {
	chain := []*facts{leaf}
	if s.isAnchor(leaf) && s.complete(ctx, chain) {
		return
	}
	s.extend(ctx, chain)
}

// extend tries every issuer of the last certificate of the chain.
func (s *search) extend(ctx context.Context, chain []*facts) (stop bool) {
	child := chain[len(chain)-1]
	if len(chain) == maxLength {
		s.gaveUp = true
		return false
	}
	isEnd := true
	for _, issuer := range s.issuers(child) {
		if ctx.Err() != nil {
			return true
		}
		if s.steps--; s.steps < 0 {
			s.gaveUp = true
			return true
		}
		if repeats(chain, issuer) {
			continue
		}
		longer := append(chain[:len(chain):len(chain)], issuer)
		if err := s.signed(child, issuer); err != nil {
			s.refuse(err, child, issuer, longer)
			continue
		}
		isEnd = false
		if s.isAnchor(issuer) {
			stop = s.complete(ctx, longer)
		} else {
			stop = s.extend(ctx, longer)
		}
		if stop {
			return true
		}
	}
	if isEnd {
		s.fail(incomplete(len(chain), noIssuer), newFailure(NoPath, chain, len(chain)-1, "its issuer's certificate is not at hand or not trusted"))
	}
	return false
}

// Ranks of failures, in increasing order. Those of paths that do not reach an
// anchor are below 100, and increase with the length of the path (see
// incomplete). Those of paths that reach one are more informative.
const (
	rankBroken        = 100 + iota // breaks a rule, whatever else is known
	rankIndeterminate              // more information could make the path valid
	rankRefused                    // valid, but refused by Request.Accept
)

// Ranks of the failures at the end of paths with the same length.
const (
	noIssuer = iota
	inDoubt
	signatureWrong
)

func incomplete(length, why int) int { return 3*length + why }

// refuse records why an issuer with the right name did not sign the child. A
// wrong signature means something only if the key identifiers match, because
// several generations of a CA may have the same name.
//
// Anyone can add a certificate that no anchor has signed, such as a damaged
// copy or an invented issuer. Another copy may be right, so the failure is
// final only if the child is the leaf, it is certain, and the issuer is an
// anchor or signed by one.
func (s *search) refuse(err error, child, issuer *facts, chain []*facts) {
	at := len(chain) - 2
	match := keyMatch(child, issuer)
	var f *Failure
	switch unsupported := errors.Is(err, sigalg.ErrUnsupported); {
	case errors.Is(err, sigalg.ErrTooMuch):
		s.gaveUp = true
		return
	case certificate.Unreadable(issuer.cert):
		f = newFailure(Malformed, chain, len(chain)-1, "a part of the issuer's certificate cannot be read")
		f.indeterminate = true
		s.fail(incomplete(at+1, inDoubt), f)
		return
	case unsupported && errors.Is(s.algorithms.Algorithm(child.cert.SignatureAlgorithm), sigalg.ErrUnsupported):
		f = newFailure(UnsupportedAlgorithm, chain, at, child.cert.SignatureAlgorithm.String())
	case unsupported && match > 0:
		f = newFailure(UnsupportedAlgorithm, chain, at, "the issuer's key")
	case errors.Is(err, sigalg.ErrSignature) && match == 2:
		f = newFailure(BadSignature, chain, at, "")
	default:
		return
	}
	why := signatureWrong
	if f.indeterminate = at > 0 || !s.r.Certain || !s.signedByAnchor(issuer); f.indeterminate {
		why = inDoubt
	}
	s.fail(incomplete(at+1, why), f)
}

// signedByAnchor reports whether an issuer is an anchor, or is signed by one.
func (s *store) signedByAnchor(issuer *facts) bool {
	if s.isAnchor(issuer) {
		return true
	}
	for _, f := range s.bySubject[issuer.issuerID] {
		if s.isAnchor(f) && s.signed(issuer, f) == nil {
			return true
		}
	}
	return false
}

// repeats reports whether the chain already contains this CA with this key.
func repeats(chain []*facts, issuer *facts) bool {
	return slices.ContainsFunc(chain, func(f *facts) bool {
		return f.subjectID == issuer.subjectID && f.keyID == issuer.keyID
	})
}

// keyMatch compares the authority key identifier of the child with the subject
// key identifier of the issuer. It returns 2 if they are equal, 1 if one is
// absent, and 0 if they differ.
func keyMatch(child, issuer *facts) int {
	a, b := child.cert.AuthorityKeyId, issuer.cert.SubjectKeyId
	switch {
	case len(a) == 0 || len(b) == 0:
		return 1
	case bytes.Equal(a, b):
		return 2
	}
	return 0
}

// issuers returns the certificates with the name of the child's issuer, the
// likeliest first: by key identifier, then anchors, then those that are valid
// at the time. The order does not affect validity, which depends on the
// signature.
func (s *search) issuers(child *facts) []*facts {
	found := slices.Clone(s.bySubject[child.issuerID])
	score := func(f *facts) int {
		n := 4 * keyMatch(child, f)
		if s.isAnchor(f) {
			n += 2
		}
		if !s.r.At.Before(f.cert.NotBefore) && !s.r.At.After(f.cert.NotAfter) {
			n++
		}
		return n
	}
	slices.SortStableFunc(found, func(a, b *facts) int { return score(b) - score(a) })
	return found
}

// complete validates a chain that ends at an anchor.
func (s *search) complete(ctx context.Context, chain []*facts) (stop bool) {
	result, failure := s.validate(chain)
	if failure != nil {
		rank := rankBroken
		if failure.Indeterminate() {
			rank = rankIndeterminate
		}
		s.fail(rank, failure)
		return false
	}
	if s.r.Accept != nil {
		if err := s.r.Accept(result.Chain); err != nil {
			failure := newFailure(Refused, chain, 0, err.Error())
			failure.err = err
			s.fail(rankRefused, failure)
			return false
		}
	}
	return s.accept(ctx, chain, result)
}

// fail keeps the most informative failure. Of several with the same rank it
// keeps the first.
func (s *search) fail(rank int, f *Failure) {
	if s.best == nil || rank > s.bestRank {
		s.best, s.bestRank = f, rank
	}
}
