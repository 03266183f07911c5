package revocation

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/name"
	"natsuin/verify/internal/sigalg"
)

// ErrMalformed means that the bytes are not a well-formed CRL or OCSP response.
var ErrMalformed = errors.New("revocation: malformed")

// A CRL is a parsed certificate revocation list, version 1 or 2. Its entries
// stay in DER and are read when needed, so that parsing needs no memory for
// each of them.
type CRL struct {
	raw       []byte
	tbs       []byte
	algorithm x509.SignatureAlgorithm
	signature []byte

	issuer                 name.DN
	keyID                  []byte
	thisUpdate, nextUpdate time.Time // nextUpdate is zero if absent
	entries                cryptobyte.String

	number   *big.Int // nil if absent
	base     *big.Int // the BaseCRLNumber of a delta CRL, or nil
	freshest bool     // the CRL names a delta CRL
	scope    scope
	rawScope []byte // the issuingDistributionPoint, or nil
	// keepsExpiredFrom is expiredCertsOnCRL: certificates that have expired
	// since then stay in the CRL. It is zero if absent.
	keepsExpiredFrom time.Time

	// unknownCritical is set if an extension of the CRL or of an entry is
	// critical and not supported, or if an entry has a certificate issuer and
	// the CRL is not indirect. The CRL must then not be used (RFC 5280 §5.2,
	// §5.3).
	unknownCritical bool
	// unnumbered is set for version 2 without a cRLNumber, or with a critical
	// one (RFC 5280 §5.2.3). Such a CRL can prove that a certificate is
	// revoked, but not that it is good.
	unnumbered bool

	verified map[string]error // by public key
}

// Signed returns the part of the CRL that its signature covers.
func (c *CRL) Signed() []byte { return c.tbs }

// Copy returns a copy that another goroutine may use. c must come directly from
// [ParseCRL].
func (c *CRL) Copy() *CRL {
	list := *c
	return &list
}

// scope is the issuingDistributionPoint (RFC 5280 §5.2.5).
type scope struct {
	names                                     []name.General // nil if absent
	onlyUser, onlyCA, onlyAttribute, indirect bool
	reasons                                   reasonMask
}

// reasonMask is a set of ReasonFlags.
type reasonMask uint16

// everyReason is the set of the reasons from keyCompromise(1) to
// aACompromise(8). Bit 0 is unused.
const everyReason reasonMask = 0x1fe

// ParseCRL parses a DER CertificateList with nothing after it. It checks only
// the structure. Signature, dates and scope are checked when the CRL is used.
func ParseCRL(der []byte) (*CRL, error) {
	c := &CRL{raw: der, scope: scope{reasons: everyReason}}
	in := cryptobyte.String(der)
	var outer, tbs, outerAlgorithm, innerAlgorithm cryptobyte.String
	if !in.ReadASN1(&outer, asn1.SEQUENCE) || !in.Empty() ||
		!outer.ReadASN1Element(&tbs, asn1.SEQUENCE) ||
		!outer.ReadASN1Element(&outerAlgorithm, asn1.SEQUENCE) ||
		!outer.ReadASN1BitStringAsBytes(&c.signature) || !outer.Empty() {
		return nil, ErrMalformed
	}
	c.tbs = tbs
	if !onlySequence(&tbs) {
		return nil, ErrMalformed
	}
	version := 0
	if tbs.PeekASN1Tag(asn1.INTEGER) && (!tbs.ReadASN1Integer(&version) || version != 1) {
		return nil, ErrMalformed
	}
	var issuer cryptobyte.String
	if !tbs.ReadASN1Element(&innerAlgorithm, asn1.SEQUENCE) ||
		!tbs.ReadASN1Element(&issuer, asn1.SEQUENCE) ||
		!readTime(&tbs, &c.thisUpdate) || !bytes.Equal(innerAlgorithm, outerAlgorithm) {
		return nil, ErrMalformed
	}
	c.algorithm = sigalg.Parse(outerAlgorithm)
	var err error
	if c.issuer, err = name.ParseDN(issuer); err != nil || len(c.issuer) == 0 {
		return nil, ErrMalformed
	}
	if tbs.PeekASN1Tag(asn1.UTCTime) || tbs.PeekASN1Tag(asn1.GeneralizedTime) {
		if !readTime(&tbs, &c.nextUpdate) {
			return nil, ErrMalformed
		}
	}
	if tbs.PeekASN1Tag(asn1.SEQUENCE) && !tbs.ReadASN1(&c.entries, asn1.SEQUENCE) {
		return nil, ErrMalformed
	}
	if !tbs.Empty() {
		var list cryptobyte.String
		if version != 1 || !tbs.ReadASN1(&list, tagContextConstructed) || !tbs.Empty() ||
			!onlySequence(&list) || !readExtensions(list, c.extension) {
			return nil, ErrMalformed
		}
	}
	c.unnumbered = c.unnumbered || version == 1 && c.number == nil
	if c.base != nil && c.number == nil {
		return nil, ErrMalformed // a delta CRL must have a number (RFC 5280 §5.2.4)
	}
	if err := c.checkEntries(version); err != nil {
		return nil, err
	}
	return c, nil
}

// extension reads one extension of the CRL.
func (c *CRL) extension(e extension) bool {
	v := e.value
	switch e.oid {
	case oidCRLNumber:
		c.number = new(big.Int)
		c.unnumbered = e.critical
		return len(v) <= 64 && v.ReadASN1Integer(c.number) && v.Empty() && c.number.Sign() >= 0
	case oidDeltaCRLIndicator:
		c.base = new(big.Int)
		return len(v) <= 64 && v.ReadASN1Integer(c.base) && v.Empty() && c.base.Sign() >= 0
	case oidIssuingDP:
		c.rawScope = e.value
		return c.readScope(v)
	case oidAuthorityKeyID:
		var id cryptobyte.String
		var present bool
		if !onlySequence(&v) || !v.ReadOptionalASN1(&id, &present, tagContext0) {
			return false
		}
		c.keyID = id
		return true
	case oidFreshestCRL:
		c.freshest = true
		return true
	case oidExpiredCertsOnCRL:
		return v.ReadASN1GeneralizedTime(&c.keepsExpiredFrom) && v.Empty()
	case oidIssuerAltName, oidAuthorityInfo:
		return true
	}
	c.unknownCritical = c.unknownCritical || e.critical
	return true
}

// readScope reads an IssuingDistributionPoint.
func (c *CRL) readScope(v cryptobyte.String) bool {
	if !onlySequence(&v) {
		return false
	}
	var point, reasons cryptobyte.String
	var hasPoint, hasReasons bool
	if !v.ReadOptionalASN1(&point, &hasPoint, tagContextConstructed) ||
		!readFlag(&v, 1, &c.scope.onlyUser) || !readFlag(&v, 2, &c.scope.onlyCA) ||
		!v.ReadOptionalASN1(&reasons, &hasReasons, asn1.Tag(3).ContextSpecific()) ||
		!readFlag(&v, 4, &c.scope.indirect) || !readFlag(&v, 5, &c.scope.onlyAttribute) || !v.Empty() {
		return false
	}
	if hasPoint {
		names, err := readPointName(point, c.issuer)
		if err != nil {
			return false
		}
		c.scope.names = names
	}
	if hasReasons {
		mask, ok := readReasons(reasons)
		if !ok {
			return false
		}
		c.scope.reasons = mask
	}
	return true
}

// readFlag reads an optional implicit BOOLEAN DEFAULT FALSE.
func readFlag(in *cryptobyte.String, tag int, out *bool) bool {
	var v cryptobyte.String
	var present bool
	if !in.ReadOptionalASN1(&v, &present, asn1.Tag(tag).ContextSpecific()) {
		return false
	}
	if present {
		if len(v) != 1 || v[0] != 0 && v[0] != 0xff {
			return false
		}
		*out = v[0] != 0
	}
	return true
}

// readReasons reads the contents of a ReasonFlags BIT STRING.
func readReasons(bits cryptobyte.String) (reasonMask, bool) {
	if len(bits) < 1 || len(bits) > 3 || bits[0] > 7 {
		return 0, false
	}
	var mask reasonMask
	for i := 0; i < 9; i++ {
		if at := 1 + i/8; at < len(bits) && bits[at]&(0x80>>(i%8)) != 0 {
			mask |= 1 << i
		}
	}
	return mask & everyReason, true
}

// readPointName reads a DistributionPointName. It converts a name relative to
// the CRL issuer to the full directory name.
func readPointName(v cryptobyte.String, issuer name.DN) ([]name.General, error) {
	var inner cryptobyte.String
	switch {
	case v.PeekASN1Tag(tagContextConstructed):
		if !v.ReadASN1(&inner, tagContextConstructed) || !v.Empty() {
			return nil, ErrMalformed
		}
		return name.ReadGenerals(inner)
	case v.PeekASN1Tag(asn1.Tag(0xa1)):
		if !v.ReadASN1(&inner, asn1.Tag(0xa1)) || !v.Empty() {
			return nil, ErrMalformed
		}
		rdn, err := name.ParseRDN(inner)
		if err != nil {
			return nil, err
		}
		return []name.General{{Form: name.DirectoryName, DN: issuer.Append(rdn)}}, nil
	}
	return nil, ErrMalformed
}

// Lists returns the contents of the PEM blocks with CRLs in a file, or the file
// itself if it is not PEM. It does not parse them.
func Lists(b []byte) [][]byte {
	if !bytes.Contains(b, []byte("-----BEGIN ")) || b[0] == 0x30 {
		return [][]byte{b}
	}
	var lists [][]byte
	for {
		block, rest := pem.Decode(b)
		if block == nil {
			return lists
		}
		if block.Type == "X509 CRL" || block.Type == "CRL" {
			lists = append(lists, block.Bytes)
		}
		b = rest
	}
}
