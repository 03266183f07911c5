package path

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"unsafe"

	"natsuin/verify/internal/name"
	"natsuin/verify/internal/revocation"
	"natsuin/verify/internal/sigalg"
)

// A Budget holds what all paths for one message share: the parsed certificates
// and CRLs, the verified signatures, and what the judgement may still spend.
// Only one goroutine may use it.
type Budget struct {
	// Signatures limits the signatures of certificates, CRLs and OCSP
	// responses, and those that the caller verifies.
	Signatures *sigalg.Budget

	cache     *Cache
	facts     map[string]*facts // by the bytes of the certificate
	numbers   map[string]int    // of names and keys
	verified  map[pair]error
	lists     map[place]*revocation.CRL // an element is nil if malformed
	responses map[place]*revocation.Response

	steps       int  // how many more issuers may be tried
	comparisons int  // how many more names may be compared with constraints
	names       int  // how many more bytes of names may be read
	unread      bool // some names were not read
}

// pair is a certificate and the key that may have signed it.
type pair struct {
	child *facts
	key   int
}

// place is the position of bytes in memory, by which they are looked up.
type place struct {
	first *byte
	size  int
}

func placeOf(b []byte) place { return place{unsafe.SliceData(b), len(b)} }

// The limits of a Budget, in addition to that for signatures.
const (
	maxSteps       = 20000
	maxComparisons = 250000
	maxNames       = 512 << 10
)

// NewBudget returns a full budget, which ends with the context. cache is shared
// with the budgets of other messages. If it is nil, NewBudget makes a new one.
func NewBudget(ctx context.Context, cache *Cache) *Budget {
	if cache == nil {
		cache = new(Cache)
	}
	return &Budget{
		Signatures: sigalg.NewBudget(ctx, cache.verify), cache: cache,
		facts: map[string]*facts{}, numbers: map[string]int{}, verified: map[pair]error{},
		lists: map[place]*revocation.CRL{}, responses: map[place]*revocation.Response{},
		steps: maxSteps, comparisons: maxComparisons, names: maxNames,
	}
}

// Certificate parses a certificate of a message, like [ParseCertificate].
func (w *Budget) Certificate(der []byte) (*x509.Certificate, error) { return w.cache.certificate(der) }

// Own reads certificates of the caller. They do not use the budget, so a
// message cannot keep them from being read.
func (w *Budget) Own(certificates []*x509.Certificate) {
	for _, c := range certificates {
		if c != nil {
			w.afford(c, 0)
		}
	}
}

// Unread reports whether some names were not read because the budget was used
// up.
func (w *Budget) Unread() bool { return w.unread }

// Keep reads CRLs that the caller keeps for all messages of the cache.
func (w *Budget) Keep(lists [][]byte) {
	for _, der := range lists {
		w.lists[placeOf(der)] = w.cache.list(der)
	}
}

// read returns the facts of a certificate, with the numbers of this budget. If
// the budget does not suffice to read its names, they match no others.
func (w *Budget) read(c *x509.Certificate) *facts { return w.afford(c, nameBytes(c)) }

// afford is like read, but takes n bytes of names from the budget.
func (w *Budget) afford(c *x509.Certificate, n int) *facts {
	if f := w.facts[string(c.Raw)]; f != nil {
		return f
	}
	f := facts{cert: c, unread: true, subjectKey: fmt.Sprint("unread subject ", len(w.facts)), issuerKey: fmt.Sprint("unread issuer ", len(w.facts))}
	if n <= w.names {
		w.names -= n
		f = *w.cache.factsOf(c)
	}
	f.subjectID, f.issuerID = w.number(f.subjectKey), w.number(f.issuerKey)
	f.keyID = w.number("key " + string(c.RawSubjectPublicKeyInfo))
	w.unread = w.unread || f.unread
	w.facts[string(c.Raw)] = &f
	return &f
}

// number returns a number that is the same for the same text.
func (w *Budget) number(text string) int {
	n, ok := w.numbers[text]
	if !ok {
		n = len(w.numbers)
		w.numbers[text] = n
	}
	return n
}

// signed verifies the signature of child with the key of issuer, and caches the
// result.
func (w *Budget) signed(child, issuer *facts) error {
	key := pair{child, issuer.keyID}
	err, ok := w.verified[key]
	if !ok {
		c := child.cert
		err = w.Signatures.Verify(issuer.cert, c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
		w.verified[key] = err
	}
	return err
}

// IssuedBy returns a function that reports whether the issuer of a certificate
// has the name raw (a DER Name), compared as in RFC 5280 §7.1. A name that
// cannot be parsed matches only the same bytes.
func (w *Budget) IssuedBy(raw []byte) func(*x509.Certificate) bool {
	dn, err := name.ParseDN(raw)
	id := w.number(nameKey(dn))
	return func(c *x509.Certificate) bool {
		if bytes.Equal(raw, c.RawIssuer) {
			return true
		}
		f := w.read(c)
		return err == nil && len(f.issuer) > 0 && f.issuerID == id
	}
}

// list parses a CRL. It returns nil if the CRL is malformed.
func (w *Budget) list(der []byte) *revocation.CRL {
	return once(w.lists, der, revocation.ParseCRL)
}

// response parses an OCSP response. It returns nil if the response is
// malformed.
func (w *Budget) response(der []byte) *revocation.Response {
	return once(w.responses, der, revocation.ParseResponse)
}

// once returns the cached value for der, or parses der. It returns nil if der
// is malformed.
func once[T any](known map[place]*T, der []byte, parse func([]byte) (*T, error)) *T {
	if len(der) == 0 {
		return nil
	}
	at := placeOf(der)
	v, ok := known[at]
	if !ok {
		var err error
		if v, err = parse(der); err != nil {
			v = nil
		}
		known[at] = v
	}
	return v
}
