package path

import (
	"errors"

	"natsuin/verify/internal/sigalg"
)

// Origin is what the signatures of CAs say about a certificate.
type Origin uint8

// The origins.
const (
	// Unproven: no anchor, and no CA that an anchor signed, has the name of its
	// issuer, or the signature was not computed.
	Unproven Origin = iota
	// Authentic: the certificate is an anchor, or one of those signed it.
	Authentic
	// Forged: there are such CAs, and none of them signed it.
	Forged
)

// OriginOf returns the origin of the leaf of a request. It looks at signatures
// alone, not at dates or algorithms.
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
