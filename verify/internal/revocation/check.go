package revocation

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"natsuin/verify/internal/name"
	"natsuin/verify/internal/sigalg"
)

// skew is the tolerated difference between two clocks. A document without an
// end also counts for this long.
const skew = 5 * time.Minute

// A Checker checks the certificates of one path. Named, Trusted and Verify come
// from package path, which has the anchor.
type Checker struct {
	CRLs      []*CRL
	Responses []*Response
	Fetch     Fetch // nil if there is no responder

	// At is the reference time. Now is the current time, and zero means At.
	At, Now    time.Time
	Algorithms sigalg.Policy

	// Named returns the certificates at hand with that subject.
	Named func(name.DN) []*x509.Certificate
	// Trusted returns nil if the certificate has a valid, unrevoked path to the
	// anchor of the path that is being checked. It is called for CRL signers
	// other than the issuer of the certificate.
	Trusted func(ctx context.Context, signer *x509.Certificate) error
	// Verify verifies a signature like [sigalg.Verify], within a budget.
	Verify sigalg.Verifier
}

// tolerated reports whether SHA-1, and whether a weak key, had to be tolerated.
// sha1 is about the signature made with signer's key, of algorithm a, and,
// unless signer is issuer or self-issued, about the signature on signer. weak is
// about signer's key only.
func tolerated(signer, issuer *x509.Certificate, a x509.SignatureAlgorithm) (sha1, weak bool) {
	var strict sigalg.Policy
	sha1 = strict.Algorithm(a) != nil
	if !signer.Equal(issuer) && !bytes.Equal(signer.RawIssuer, signer.RawSubject) {
		sha1 = sha1 || strict.Algorithm(signer.SignatureAlgorithm) != nil
	}
	return sha1, strict.Key(signer.PublicKey) != nil
}

// now returns k.Now, or k.At if that is zero.
func (k *Checker) now() time.Time {
	if k.Now.IsZero() {
		return k.At
	}
	return k.Now
}

// limit returns the latest acceptable date of issue.
func (k *Checker) limit() time.Time {
	if k.Now.After(k.At) {
		return k.Now.Add(skew)
	}
	return k.At.Add(skew)
}

// allowed returns nil if the key and the algorithm are allowed.
func (k *Checker) allowed(signer *x509.Certificate, a x509.SignatureAlgorithm) error {
	if err := k.Algorithms.Algorithm(a); err != nil {
		return err
	}
	return k.Algorithms.Key(signer.PublicKey)
}

// Check returns the revocation status of cert, issued by issuer. One source
// that says revoked outweighs all that say good.
func (k *Checker) Check(ctx context.Context, cert, issuer *x509.Certificate) Answer {
	answer := k.byCRL(ctx, cert, issuer)
	for _, r := range k.Responses {
		answer = merge(answer, k.byOCSP(ctx, r, cert, issuer, nil))
	}
	if k.Fetch != nil {
		answer = merge(answer, k.byFetch(ctx, cert, issuer))
	}
	if answer.Status == Unknown && len(answer.Why) == 0 {
		answer.Why = []Gap{{NothingAtHand, "no CRL or OCSP response for this certificate"}}
		if len(k.CRLs) > 0 {
			answer.Why = []Gap{{ListOfAnother, "no CRL at hand is for this certificate"}}
		}
	}
	return answer
}

// merge combines the answers of two sources: revoked prevails, with the earlier
// date, then good, then unknown.
func merge(a, b Answer) Answer {
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

// byFetch asks a responder and checks its response.
func (k *Checker) byFetch(ctx context.Context, cert, issuer *x509.Certificate) Answer {
	nonce := make([]byte, nonceSize)
	rand.Read(nonce) // never fails, but may crash the program
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
		return unknown(Gap{errorCause(err), "OCSP: " + err.Error()})
	}
	answer := k.byOCSP(ctx, r, cert, issuer, nonce)
	if answer.Status == NotChecked {
		return unknown(Gap{AnswerOther, "OCSP: the response is about another certificate"})
	}
	return answer
}

// errorCause returns the cause for an error of [ParseResponse].
func errorCause(err error) Cause {
	var refused *ResponderError
	if !errors.As(err, &refused) {
		return AnswerMalformed
	}
	switch refused.Status {
	case 3:
		return AnswerTryLater
	case 6:
		return AnswerUnauthorized
	}
	return AnswerError
}

// covers reports whether a document with these dates is suitable for the
// reference time. A document that was issued later is suitable too, because it
// lists what was revoked by the reference time, unless the certificate expired
// in between and may have been dropped (see dropped).
func (k *Checker) covers(thisUpdate, nextUpdate time.Time) bool {
	if thisUpdate.After(k.limit()) {
		return false
	}
	if nextUpdate.IsZero() {
		return !thisUpdate.Add(skew).Before(k.At)
	}
	return !nextUpdate.Before(k.At)
}

// stale reports whether a document that covers the reference time was issued
// before it and has ended by now. end is when it ended, or when it was issued
// if it has no end. RFC 5280 §6.3.3 requires CRLs that are current when they
// are used, and ETSI EN 319 102-1 §5.2.5 fresh ones: a stale document cannot
// show a revocation that was published after its end.
func (k *Checker) stale(thisUpdate, nextUpdate time.Time) (end time.Time, stale bool) {
	grace := time.Duration(0)
	if nextUpdate.IsZero() {
		nextUpdate, grace = thisUpdate, skew
	}
	return nextUpdate, thisUpdate.Before(k.At) && nextUpdate.Add(grace).Before(k.now())
}

// dropped reports whether a document of this date may omit the certificate
// because it had expired. keptFrom is the earliest expiry of the certificates
// that are kept, or zero if the document does not say.
func dropped(cert *x509.Certificate, thisUpdate, keptFrom time.Time) bool {
	return thisUpdate.After(cert.NotAfter) && (keptFrom.IsZero() || cert.NotAfter.Before(keptFrom))
}

// newestFirst returns the CRLs sorted by thisUpdate, and those of the same time
// by number, the newest first. Those without a number come last.
func newestFirst(lists []*CRL) []*CRL {
	sorted := slices.Clone(lists)
	slices.SortStableFunc(sorted, func(a, b *CRL) int {
		switch c := b.thisUpdate.Compare(a.thisUpdate); {
		case c != 0:
			return c
		case a.number == nil && b.number == nil:
			return 0
		case a.number == nil:
			return 1
		case b.number == nil:
			return -1
		}
		return b.number.Cmp(a.number)
	})
	return sorted
}
