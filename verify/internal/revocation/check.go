package revocation

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"slices"
	"sort"
	"time"

	"natsuin/verify/internal/name"
	"natsuin/verify/internal/sigalg"
)

// skew is how far a document may be ahead of the clock.
const skew = 5 * time.Minute

// Checker answers for the certificates of one path. Its functions come from the
// path package, which knows the anchor.
type Checker struct {
	CRLs      []*CRL
	Responses []*Response
	Fetch     Fetch // nil: nobody to ask

	// At is the reference time; Now is the clock, zero meaning At.
	At, Now    time.Time
	Algorithms sigalg.Policy

	// Named returns the certificates at hand whose subject is the name.
	Named func(name.DN) []*x509.Certificate
	// Trusted returns nil if the certificate has a valid, unrevoked path to
	// the anchor of the path that is being checked. It is asked about CRL
	// signers other than the issuer above the certificate.
	Trusted func(ctx context.Context, signer *x509.Certificate) error
	// Verify verifies a signature, counting the work; nil means sigalg.Verify.
	Verify sigalg.Verifier
}

// tolerated says what only a switch admits of a signature by the key of signer,
// and of the one that vouches for a signer other than the issuer. An anchor's own
// is nobody's proof.
func tolerated(signer, issuer *x509.Certificate, a x509.SignatureAlgorithm) (sha1, weak bool) {
	var strict sigalg.Policy
	sha1 = strict.Algorithm(a) != nil
	if !signer.Equal(issuer) && !bytes.Equal(signer.RawIssuer, signer.RawSubject) {
		sha1 = sha1 || strict.Algorithm(signer.SignatureAlgorithm) != nil
	}
	return sha1, strict.Key(signer.PublicKey) != nil
}

// now is the clock's time.
func (k *Checker) now() time.Time {
	if k.Now.IsZero() {
		return k.At
	}
	return k.Now
}

// limit is the latest time that a document may be issued at.
func (k *Checker) limit() time.Time {
	if k.Now.After(k.At) {
		return k.Now.Add(skew)
	}
	return k.At.Add(skew)
}

func (k *Checker) verify(signer *x509.Certificate, a x509.SignatureAlgorithm, signed, signature []byte) error {
	if k.Verify != nil {
		return k.Verify(signer, a, signed, signature)
	}
	return sigalg.Verify(signer, a, signed, signature)
}

// allowed returns nil if the key and the algorithm may be relied on.
func (k *Checker) allowed(signer *x509.Certificate, a x509.SignatureAlgorithm) error {
	if err := k.Algorithms.Algorithm(a); err != nil {
		return err
	}
	return k.Algorithms.Key(signer.PublicKey)
}

// Check answers for cert, issued by the certificate above it in its path. One
// source that says revoked outweighs any that says good.
func (k *Checker) Check(ctx context.Context, cert, issuer *x509.Certificate) Answer {
	answer := k.byCRL(ctx, cert, issuer)
	for _, r := range k.Responses {
		answer = better(answer, k.byOCSP(ctx, r, cert, issuer, nil))
	}
	if k.Fetch != nil {
		answer = better(answer, k.byFetch(ctx, cert, issuer))
	}
	if answer.Status == Unknown && len(answer.Why) == 0 {
		answer.Why = []Gap{{NothingAtHand, "no CRL or OCSP response for this certificate"}}
		if len(k.CRLs) > 0 {
			answer.Why = []Gap{{ListOfAnother, "no CRL at hand is for this certificate"}}
		}
	}
	return answer
}

// better merges the answers of two sources.
func better(a, b Answer) Answer {
	switch {
	case a.Status == Revoked && b.Status == Revoked:
		earliest := a
		if b.Since().Before(a.Since()) {
			earliest = b
		}
		earliest.Compromised = a.Compromised || b.Compromised
		return earliest
	case a.Status == Revoked, b.Status == NotChecked:
		return a
	case b.Status == Revoked, a.Status == NotChecked:
		return b
	case a.Status == Good && b.Status == Good && a.Stale && !b.Stale:
		return b
	case a.Status == Good:
		return a
	case b.Status == Good:
		return b
	}
	return unknown(slices.Concat(a.Why, b.Why)...)
}

// byFetch asks a responder and checks what it says.
func (k *Checker) byFetch(ctx context.Context, cert, issuer *x509.Certificate) Answer {
	nonce := make([]byte, nonceSize)
	rand.Read(nonce) // never fails: it crashes the program instead
	request, err := NewRequest(cert, issuer, nonce)
	if err != nil {
		return unknown(Gap{NobodyReached, "OCSP: request: " + err.Error()})
	}
	der, err := k.Fetch(ctx, cert, issuer, request)
	if err != nil {
		return unknown(Gap{NobodyReached, "OCSP: " + err.Error()})
	}
	if der == nil {
		return Answer{}
	}
	r, err := ParseResponse(der)
	if err != nil {
		return unknown(Gap{AnswerRefused, "OCSP: " + err.Error()})
	}
	answer := k.byOCSP(ctx, r, cert, issuer, nonce)
	if answer.Status == NotChecked {
		return unknown(Gap{AnswerRefused, "OCSP: the response is about another certificate"})
	}
	return answer
}

// covers reports whether a document of these dates speaks for the reference
// time. One issued later than the reference time also does: it lists what was
// revoked by then, as long as the certificate had not expired in between and
// could have been dropped (see dropped).
func (k *Checker) covers(thisUpdate, nextUpdate time.Time) bool {
	if thisUpdate.After(k.limit()) {
		return false
	}
	if nextUpdate.IsZero() {
		return !thisUpdate.Add(skew).Before(k.At)
	}
	return !nextUpdate.Before(k.At)
}

// stale reports whether a document that covers the reference time tells less
// than could be known: it is older than that time, and over now; and when it
// ended, which is when it was issued if it names no end. RFC 5280 section 6.3.3
// wants lists that are current when they are used, and ETSI EN 319 102-1 section
// 5.2.5 fresh ones; a list from before the reference time and over since knows
// nothing of a revocation between the two.
func (k *Checker) stale(thisUpdate, nextUpdate time.Time) (end time.Time, stale bool) {
	grace := time.Duration(0)
	if nextUpdate.IsZero() {
		nextUpdate, grace = thisUpdate, skew
	}
	return nextUpdate, thisUpdate.Before(k.At) && nextUpdate.Add(grace).Before(k.now())
}

// dropped reports whether a document of this date may leave the certificate
// out because it had expired. keptFrom is the earliest expiry that is kept,
// zero when nothing is said.
func dropped(cert *x509.Certificate, thisUpdate, keptFrom time.Time) bool {
	return thisUpdate.After(cert.NotAfter) && (keptFrom.IsZero() || cert.NotAfter.Before(keptFrom))
}

// newestFirst returns the lists in the order of their age.
func newestFirst(lists []*CRL) []*CRL {
	sorted := append([]*CRL(nil), lists...)
	sort.SliceStable(sorted, func(i, j int) bool {
		a, b := sorted[i], sorted[j]
		if !a.thisUpdate.Equal(b.thisUpdate) {
			return a.thisUpdate.After(b.thisUpdate)
		}
		return a.number != nil && (b.number == nil || a.number.Cmp(b.number) > 0)
	})
	return sorted
}
