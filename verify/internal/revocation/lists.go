package revocation

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"natsuin/verify/internal/name"
	"natsuin/verify/internal/sigalg"
)

// A query is the question about one certificate, and what the CRLs consulted so
// far answer.
type query struct {
	cert, issuer *x509.Certificate
	issuerName   name.DN
	why          []Gap
	covered      reasonMask
	fresh        reasonMask      // the reasons covered by CRLs that have not ended
	until        time.Time       // when the last of the other CRLs ended
	sha1, weak   bool            // whether the CRLs that counted rely on SHA-1 or a weak key
	revoked      Answer          // the merged answer of the CRLs that revoke
	settled      map[string]*CRL // the CRL that counted, by issuer, scope and key
}

// byCRL implements RFC 5280 §6.3.3 for all CRLs at hand.
func (k *Checker) byCRL(ctx context.Context, cert, issuer *x509.Certificate) Answer {
	issuerName, err := name.ParseDN(cert.RawIssuer)
	if err != nil {
		return unknown(Gap{Unreadable, "CRL: the issuer's name cannot be read"})
	}
	named, err := points(cert)
	if err != nil {
		return unknown(Gap{Unreadable, "CRL: the distribution points cannot be read"})
	}
	q := &query{cert: cert, issuer: issuer, issuerName: issuerName, settled: map[string]*CRL{}}
	lists := newestFirst(k.CRLs)
	// The last point is the implied one: any CRL by the issuer itself.
	for _, p := range append(named, point{names: issuerNames(cert, issuerName), reasons: everyReason}) {
		for _, list := range lists {
			if ctx.Err() != nil {
				return unknown(Gap{NothingAtHand, "CRL: cancelled"})
			}
			k.consult(ctx, q, p, list)
		}
	}
	if q.revoked.Status == Revoked {
		return q.revoked
	}
	if q.covered == everyReason {
		answer := Answer{Status: Good, Source: FromCRL, SHA1: q.sha1, Weak: q.weak}
		if q.fresh != everyReason {
			answer.Stale, answer.Until = true, q.until
		}
		return answer
	}
	if q.covered != 0 {
		q.why = append(q.why, Gap{ListInsufficient, "CRL: the lists at hand do not cover every reason"})
	}
	return unknown(q.why...)
}

// consult adds to q what one CRL says or covers for one distribution point. RFC
// 5280 stops once every reason is covered. Here all issuers, scopes and keys
// are read, so that a CRL without the certificate cannot hide one of another
// group that lists it.
func (k *Checker) consult(ctx context.Context, q *query, p point, list *CRL) {
	reasons := p.reasons & list.scope.reasons
	if list.base != nil || !inScope(q, p, list) || reasons == 0 {
		return
	}
	refuse := func(cause Cause, text string) {
		if why := (Gap{cause, "CRL: " + text}); !slices.Contains(q.why, why) {
			q.why = append(q.why, why)
		}
	}
	if list.unknownCritical {
		refuse(ListInsufficient, "a critical extension is not understood")
		return
	}
	if list.thisUpdate.After(k.limit()) {
		refuse(ListFuture, "issued after the clock's time")
		return
	}
	signer, why := k.signer(ctx, q, list)
	if signer == nil {
		refuse(why.Cause, why.Text)
		return
	}
	// Of several CRLs with the same issuer, scope and key, only the newest that
	// is not refused counts.
	group := list.issuer.Key() + "|" + string(list.rawScope) + "|" + string(signer.RawSubjectPublicKeyInfo)
	if counted := q.settled[group]; counted != nil && counted != list {
		return
	}
	delta := k.delta(list, signer)
	current := list
	if delta != nil {
		current = delta
	}
	if !k.covers(current.thisUpdate, current.nextUpdate) {
		refuse(ListOutOfDate, "too old for the reference time")
		return
	}
	sha1, weak := tolerated(signer, q.issuer, list.algorithm)
	if delta != nil {
		deltaSHA1, _ := tolerated(signer, q.issuer, delta.algorithm)
		sha1 = sha1 || deltaSHA1
	}
	if found, ok := findEntry(list, delta, q.issuerName, q.cert); ok {
		answer := revokedBy(found, FromCRL)
		answer.SHA1, answer.Weak = sha1, weak
		q.settled[group] = list
		q.revoked = merge(q.revoked, answer)
		return
	}
	switch {
	case list.unnumbered:
		refuse(ListInsufficient, "not numbered as required, so it cannot prove good")
		return
	case delta == nil && (list.freshest || hasExtension(q.cert, oidFreshestCRL)):
		refuse(ListInsufficient, "it names a fresher list that is not at hand")
		return
	case dropped(q.cert, current.thisUpdate, current.keepsExpiredFrom):
		refuse(ListAfterExpiry, "issued after the certificate expired, so it may omit it")
		return
	}
	q.settled[group] = list
	q.covered |= reasons
	q.sha1, q.weak = q.sha1 || sha1, q.weak || weak
	if end, stale := k.stale(current.thisUpdate, current.nextUpdate); !stale {
		q.fresh |= reasons
	} else if end.After(q.until) {
		q.until = end
	}
}

// inScope reports whether the certificate and the distribution point are in the
// scope of a CRL (RFC 5280 §6.3.3 (b)(1), (b)(2)).
func inScope(q *query, p point, list *CRL) bool {
	if p.issuer != nil {
		if !list.scope.indirect || !anyEqual(p.issuer, []name.General{{Form: name.DirectoryName, DN: list.issuer}}) {
			return false
		}
	} else if !list.issuer.Equal(q.issuerName) {
		return false
	}
	if list.scope.names != nil {
		wanted := p.names
		if wanted == nil {
			wanted = p.issuer
		}
		if !anyEqual(list.scope.names, wanted) {
			return false
		}
	}
	isCA := q.cert.BasicConstraintsValid && q.cert.IsCA
	return !list.scope.onlyAttribute && !(list.scope.onlyUser && isCA) && !(list.scope.onlyCA && !isCA)
}

func anyEqual(a, b []name.General) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Equal(y) {
				return true
			}
		}
	}
	return false
}

// findEntry returns the entry for the certificate in the delta CRL, or else in
// the complete CRL. It returns false if neither lists the certificate, or if
// the entry has the reason removeFromCRL.
func findEntry(list, delta *CRL, issuer name.DN, cert *x509.Certificate) (entry, bool) {
	if delta != nil {
		if e, ok := delta.find(issuer, cert.SerialNumber); ok {
			return e, e.reason != RemoveFromCRL
		}
	}
	e, ok := list.find(issuer, cert.SerialNumber)
	return e, ok && e.reason != RemoveFromCRL
}

// delta returns the newest delta CRL that can be combined with the CRL (RFC
// 5280 §5.2.4, §6.3.3 (c)) and is signed with the same key, or nil.
func (k *Checker) delta(list *CRL, signer *x509.Certificate) *CRL {
	var best *CRL
	for _, d := range k.CRLs {
		if d.base == nil || d.unknownCritical || list.number == nil ||
			list.number.Cmp(d.base) < 0 || list.number.Cmp(d.number) > 0 ||
			!d.issuer.Equal(list.issuer) || (d.rawScope == nil) != (list.rawScope == nil) ||
			!bytes.Equal(d.rawScope, list.rawScope) || !bytes.Equal(d.keyID, list.keyID) ||
			!k.covers(d.thisUpdate, d.nextUpdate) || best != nil && best.number.Cmp(d.number) >= 0 {
			continue
		}
		if k.allowed(signer, d.algorithm) == nil && k.signed(d, signer) == nil {
			best = d
		}
	}
	return best
}

// signer returns the certificate of the authorised signer whose key verifies
// the CRL. If there is none, it returns nil and the reason.
func (k *Checker) signer(ctx context.Context, q *query, list *CRL) (*x509.Certificate, Gap) {
	why := Gap{ListSignature, "signed by nobody at hand"}
	candidates := k.Named(list.issuer)
	if list.issuer.Equal(q.issuerName) {
		candidates = append([]*x509.Certificate{q.issuer}, candidates...)
	}
	for i, c := range candidates {
		if i > 0 && c.Equal(q.issuer) {
			continue
		}
		if err := k.signed(list, c); errors.Is(err, sigalg.ErrUnsupported) && why.Cause == ListSignature {
			why = Gap{ListAlgorithm, err.Error()}
		} else if err != nil {
			continue
		}
		if err := k.allowed(c, list.algorithm); err != nil {
			why = Gap{ListAlgorithm, err.Error()}
			continue
		}
		if !list.names(c, candidates) {
			why = Gap{ListSigner, "its authority key identifier names another key"}
			continue
		}
		if c.KeyUsage&x509.KeyUsageCRLSign == 0 && hasExtension(c, oidKeyUsage) {
			why = Gap{ListSigner, "its signer may not sign CRLs"}
			continue
		}
		if c.Equal(q.issuer) {
			return c, Gap{}
		}
		if err := k.Trusted(ctx, c); err != nil {
			why = Gap{ListSigner, "its signer is not trusted: " + err.Error()}
			continue
		}
		return c, Gap{}
	}
	return nil, why
}

// names reports whether the authority key identifier of the CRL, if present, is
// that of the signer's key: the identifier in a certificate for that key, or
// the SHA-1 of the key (RFC 5280 §5.2.1, §4.2.1.2). If the signer has no
// identifier, only the signature counts.
func (c *CRL) names(signer *x509.Certificate, candidates []*x509.Certificate) bool {
	if c.keyID == nil || signer.SubjectKeyId == nil {
		return true
	}
	for _, twin := range candidates {
		if bytes.Equal(c.keyID, twin.SubjectKeyId) && bytes.Equal(twin.RawSubjectPublicKeyInfo, signer.RawSubjectPublicKeyInfo) {
			return true
		}
	}
	return bytes.Equal(c.keyID, digest(crypto.SHA1, publicKeyBits(signer)))
}

// signed verifies the signature of the CRL. It does so once for each key.
func (k *Checker) signed(list *CRL, signer *x509.Certificate) error {
	key := string(signer.RawSubjectPublicKeyInfo)
	if err, ok := list.verified[key]; ok {
		return err
	}
	err := k.Verify(signer, list.algorithm, list.tbs, list.signature)
	if list.verified == nil {
		list.verified = map[string]error{}
	}
	list.verified[key] = err
	return err
}

// issuerNames returns the names of the implied distribution point of RFC 5280
// §6.3.3: the name and the alternative names of the issuer.
func issuerNames(cert *x509.Certificate, issuer name.DN) []name.General {
	names := []name.General{{Form: name.DirectoryName, DN: issuer}}
	value, _ := extensionOf(cert, oidIssuerAltName)
	in := cryptobyte.String(value)
	if onlySequence(&in) {
		if more, err := name.ReadGenerals(in); err == nil {
			names = append(names, more...)
		}
	}
	return names
}
