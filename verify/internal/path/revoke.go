package path

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"natsuin/verify/internal/revocation"
	"natsuin/verify/internal/sigalg"
)

// Limits for the revocation checks of one [Validate], in addition to those of
// its [Budget].
const (
	maxSignerDepth = 4 // of CRL signers whose own CRL signers are checked
	maxSignerPaths = 200
)

// revoker checks the revocation of the certificates of paths.
type revoker struct {
	r       *Request
	store   *store
	lists   []*revocation.CRL
	answers []*revocation.Response
	paths   *int // the number of searches for paths of signers
	known   map[question]revocation.Answer

	unreadable int // the number of CRLs and responses that could not be parsed

	anchor *facts
	// pending holds the CRL signers whose own status is being checked. A signer
	// that signs the CRL for itself is accepted unless that CRL lists it.
	pending []*facts
}

// question asks for the status of cert, issued by issuer, in a path to anchor.
type question struct{ cert, issuer, anchor *facts }

func newRevoker(r *Request, s *store) *revoker {
	k := &revoker{r: r, store: s, paths: new(int), known: map[question]revocation.Answer{}}
	for _, der := range r.CRLs {
		if c := s.list(der); c != nil {
			k.lists = append(k.lists, c)
		} else {
			k.unreadable++
		}
	}
	for _, der := range r.OCSPResponses {
		if o := s.response(der); o != nil {
			k.answers = append(k.answers, o)
		} else {
			k.unreadable++
		}
	}
	return k
}

func (k *revoker) checker(fetch revocation.Fetch) *revocation.Checker {
	return &revocation.Checker{
		CRLs: k.lists, Responses: k.answers, Fetch: fetch,
		At: k.r.At, Now: k.r.Now,
		Algorithms: sigalg.Policy{AllowSHA1: k.r.AllowSHA1, AllowWeak: k.r.AllowWeak},
		Named:      k.store.named,
		Trusted:    k.trusted,
		Verify:     k.r.Budget.Signatures.Verify,
	}
}

var errTooManyDocuments = errors.New("path: too many revocation documents")

// chain returns an answer for every certificate of the chain. That of the
// anchor is NotChecked.
func (k *revoker) chain(ctx context.Context, chain []*facts) []revocation.Answer {
	k.anchor = chain[len(chain)-1]
	out := make([]revocation.Answer, len(chain))
	checker := k.checker(k.r.FetchOCSP)
	for i := 0; i < len(chain)-1; i++ {
		q := question{chain[i], chain[i+1], k.anchor}
		answer, ok := k.known[q]
		if !ok {
			answer = checker.Check(ctx, q.cert.cert, q.issuer.cert)
			if answer.Status == revocation.Unknown && k.unreadable > 0 {
				answer.Why = append(answer.Why, revocation.Gap{Cause: revocation.Unreadable, Text: fmt.Sprintf("%d documents could not be read", k.unreadable)})
			}
			k.known[q] = answer
		}
		out[i] = answer
	}
	return out
}

var errSigner = errors.New("path: CRL signer refused")

// trusted returns nil if the CRL signer has a valid path to the anchor of the
// path that is being checked (RFC 5280 §6.3.3 (f)), and every certificate of it
// is known not to be revoked.
func (k *revoker) trusted(ctx context.Context, signer *x509.Certificate) error {
	leaf := k.store.read(signer)
	if leaf == k.anchor {
		return nil
	}
	if slices.Contains(k.pending, leaf) {
		return nil
	}
	if *k.paths++; len(k.pending) == maxSignerDepth || *k.paths > maxSignerPaths {
		return errTooManyDocuments
	}
	below := *k
	below.pending = append(k.pending[:len(k.pending):len(k.pending)], leaf)
	request := &Request{At: k.r.At, AllowSHA1: k.r.AllowSHA1, AllowWeak: k.r.AllowWeak}
	good := false
	s := &search{r: request, store: k.store, algorithms: sigalg.Policy{AllowSHA1: k.r.AllowSHA1, AllowWeak: k.r.AllowWeak}}
	s.accept = func(ctx context.Context, chain []*facts, _ *Result) bool {
		if chain[len(chain)-1] != k.anchor {
			return false
		}
		good = true
		checker := below.checker(nil)
		for i := 0; i < len(chain)-1 && good; i++ {
			good = checker.Check(ctx, chain[i].cert, chain[i+1].cert).Status == revocation.Good
		}
		return good
	}
	s.run(ctx, leaf)
	if !good {
		return errSigner
	}
	return nil
}
