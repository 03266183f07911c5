package path

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"sort"

	"natsuin/verify/internal/path/name"
	"natsuin/verify/internal/path/strength"
)

// Limits of one Validate. They are far above what real paths need, and low
// enough that a hostile message costs little.
const (
	maxLength     = 16   // certificates in a path, the anchor included
	maxSignatures = 200  // certificate signatures verified
	maxSteps      = 5000 // issuers tried
	maxValid      = 8    // valid paths compared for their revocation status
)

// search builds paths for one leaf, depth first, best issuers first.
type search struct {
	r        *Request
	strength strength.Policy
	*store

	accept func(ctx context.Context, chain []*facts, result *Result) (stop bool)

	best     *Failure // says most of why there is no path
	bestRank int
	gaveUp   bool
}

// store is what searches for one Request share: the certificates, and what has
// been verified and spent.
type store struct {
	bySubject   map[string][]*facts
	byRaw       map[string]*facts
	signatures  map[signatureKey]error
	verified    int
	steps       int
	comparisons int
}

type signatureKey struct {
	child  *facts
	issuer string // subject public key info
}

var errBudget = errors.New("path: too many signatures")

func newStore(r *Request) *store {
	s := &store{bySubject: map[string][]*facts{}, byRaw: map[string]*facts{},
		signatures: map[signatureKey]error{}, comparisons: maxComparisons}
	for i, c := range r.Anchors {
		if f := s.add(c); f != nil && f.anchor < 0 {
			f.anchor = i
		}
	}
	for _, c := range r.Pool {
		s.add(c)
	}
	s.add(r.Leaf)
	return s
}

func (s *store) add(c *x509.Certificate) *facts {
	if c == nil {
		return nil
	}
	if f := s.byRaw[string(c.Raw)]; f != nil {
		return f
	}
	f := newFacts(c)
	s.byRaw[string(c.Raw)] = f
	key := f.subject.Key()
	s.bySubject[key] = append(s.bySubject[key], f)
	return f
}

// named returns the certificates with the subject.
func (s *store) named(dn name.DN) []*x509.Certificate {
	return certificates(s.bySubject[dn.Key()])
}

// signed verifies the signature on child with issuer's key, once.
func (s *store) signed(child, issuer *facts) error {
	key := signatureKey{child, string(issuer.cert.RawSubjectPublicKeyInfo)}
	if err, ok := s.signatures[key]; ok {
		return err
	}
	if s.verified == maxSignatures {
		return errBudget
	}
	s.verified++
	err := strength.Verify(issuer.cert, child.cert.SignatureAlgorithm, child.cert.RawTBSCertificate, child.cert.Signature)
	s.signatures[key] = err
	return err
}

// run tries every path from leaf to an anchor until accept says stop.
func (s *search) run(ctx context.Context, leaf *facts) {
	chain := []*facts{leaf}
	if leaf.anchor >= 0 && s.complete(ctx, chain) {
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
	dead := true
	for _, issuer := range s.issuers(child) {
		if ctx.Err() != nil {
			return true
		}
		if s.steps++; s.steps > maxSteps {
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
		dead = false
		if issuer.anchor >= 0 {
			stop = s.complete(ctx, longer)
		} else {
			stop = s.extend(ctx, longer)
		}
		if stop {
			return true
		}
	}
	if dead {
		s.fail(0, newFailure(NoPath, chain, len(chain)-1, "its issuer's certificate is not at hand or not trusted"))
	}
	return false
}

// refuse notes why an issuer of the right name did not sign the child. A wrong
// signature says something only where the key identifiers agree: several
// generations of one CA share a name.
func (s *search) refuse(err error, child, issuer *facts, chain []*facts) {
	at := len(chain) - 2
	switch {
	case errors.Is(err, errBudget):
		s.gaveUp = true
	case errors.Is(err, strength.ErrUnsupported):
		s.fail(1, newFailure(UnsupportedAlgorithm, chain, at, child.cert.SignatureAlgorithm.String()))
	case keyMatch(child, issuer) == 2:
		s.fail(1, newFailure(BadSignature, chain, at, ""))
	}
}

// repeats reports whether the chain already has this CA under this key.
func repeats(chain []*facts, issuer *facts) bool {
	for _, f := range chain {
		if f == issuer || f.subject.Equal(issuer.subject) &&
			bytes.Equal(f.cert.RawSubjectPublicKeyInfo, issuer.cert.RawSubjectPublicKeyInfo) {
			return true
		}
	}
	return false
}

// keyMatch compares the child's authority key identifier with the issuer's
// subject key identifier: 2 equal, 1 not said, 0 different.
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
// likeliest first: by key identifier, then anchors, then those valid at the
// time. Only the signature decides.
func (s *search) issuers(child *facts) []*facts {
	found := append([]*facts(nil), s.bySubject[child.issuer.Key()]...)
	score := func(f *facts) int {
		n := 4 * keyMatch(child, f)
		if f.anchor >= 0 {
			n += 2
		}
		if !s.r.At.Before(f.cert.NotBefore) && !s.r.At.After(f.cert.NotAfter) {
			n++
		}
		return n
	}
	sort.SliceStable(found, func(i, j int) bool { return score(found[i]) > score(found[j]) })
	return found
}

// complete validates a chain that ends at an anchor.
func (s *search) complete(ctx context.Context, chain []*facts) (stop bool) {
	result, failure := s.validate(chain)
	if failure != nil {
		rank := 2
		if failure.Mendable() {
			rank = 3 // something could still make this path valid
		}
		s.fail(rank, failure)
		return false
	}
	if s.r.Accept != nil {
		if err := s.r.Accept(result.Chain); err != nil {
			failure := newFailure(Refused, chain, 0, err.Error())
			failure.err = err
			s.fail(4, failure)
			return false
		}
	}
	return s.accept(ctx, chain, result)
}

// fail keeps the failure that says most: of equal rank the first.
func (s *search) fail(rank int, f *Failure) {
	if s.best == nil || rank > s.bestRank {
		s.best, s.bestRank = f, rank
	}
}
