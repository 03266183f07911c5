package cms

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Algorithm is an AlgorithmIdentifier.
type Algorithm struct {
	OID    OID
	Params []byte // DER; nil if absent
}

func (c *cursor) oid() (OID, error) {
	h, err := c.header(tagOID)
	if err != nil {
		return "", err
	}
	if h.length > maxOID {
		return "", syntax(TooLarge, h.off)
	}
	body, err := c.w.copy(h.body, h.length)
	if err != nil {
		return "", err
	}
	if !OID(body).valid() {
		return "", syntax(BadValue, h.off)
	}
	c.off = h.body + h.length
	return OID(body), nil
}

// version reads a CMSVersion, 0 to 5. Its value follows from the other parts,
// so it is not returned (RFC 5652 §5.1, §5.3).
func (c *cursor) version() error {
	off := c.off
	raw, err := c.der(tagInteger, 8)
	if err != nil {
		return err
	}
	var v int
	s := cryptobyte.String(raw)
	if !s.ReadASN1Integer(&v) || v < 0 || v > 5 {
		return syntax(BadValue, off)
	}
	return nil
}

func (c *cursor) algorithm() (Algorithm, error) {
	off := c.off
	raw, err := c.der(tagSequence, maxSmall)
	if err != nil {
		return Algorithm{}, err
	}
	a, ok := ParseAlgorithm(raw)
	if !ok {
		return a, syntax(BadValue, off)
	}
	return a, nil
}

// ParseAlgorithm parses the AlgorithmIdentifier that fills der. It returns
// false if there is none.
func ParseAlgorithm(der []byte) (Algorithm, bool) {
	s := cryptobyte.String(der)
	var seq, oid, params cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || !seq.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) || !OID(oid).valid() {
		return Algorithm{}, false
	}
	a := Algorithm{OID: OID(oid)}
	if !seq.Empty() {
		var tag asn1.Tag
		if !seq.ReadAnyASN1Element(&params, &tag) || !seq.Empty() {
			return a, false
		}
		a.Params = params
	}
	return a, true
}
