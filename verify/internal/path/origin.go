package path

import (
	"errors"

	"natsuin/verify/internal/sigalg"
)

// An Origin says whether a CA has signed a certificate.
type Origin uint8

// The origins.
const (
	// Unproven: no anchor, and no CA that an anchor has signed, has the name of
	// the certificate's issuer, or the signature was not computed.
	Unproven Origin = iota
	// Authentic: the certificate is an anchor, or an anchor or a CA that an
	// anchor has signed has signed it.
	Authentic
	// Forged: anchors, or CAs that an anchor has signed, have the name of the
	// issuer, but none of them has signed it.
	Forged
)

// OriginOf returns the origin of the leaf of a request. It considers only
// signatures, and not dates or whether algorithms are allowed.
func OriginOf(r Request) Origin {
	s := newStore(&r)
	leaf := s.add(r.Leaf)
	if s.isAnchor(leaf) {
		return Authentic
	}
	origin := Unproven
	for _, issuer := range s.bySubject[leaf.issuerID] {
		if !s.signedByAnchor(issuer) {
			continue
		}
		switch err := s.signed(leaf, issuer); {
		case err == nil:
			return Authentic
		case errors.Is(err, sigalg.ErrSignature):
			origin = max(origin, Forged)
		default:
			return Unproven
		}
	}
	return origin
}
