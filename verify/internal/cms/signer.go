package cms

import (
	"bytes"
	"errors"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Signer is a SignerInfo.
type Signer struct {
	// RawIssuer (a DER Name) and Serial, or else SubjectKeyID, name the certificate.
	RawIssuer    []byte
	Serial       *big.Int
	SubjectKeyID []byte
	Digest       Algorithm
	// Signed is nil when there are no signed attributes.
	Signed    *Attributes
	Algorithm Algorithm
	Signature []byte
	// Unsigned attributes are covered by nothing. Their values are as sent.
	Unsigned []Attribute
}

// Attributes are the signed attributes.
type Attributes struct {
	List []Attribute
	// DER is the SET OF that RFC 5652 5.4 says is signed; AsSent is the same with the order in which it was sent.
	DER, AsSent []byte
}

// Sorted reports whether the attributes were sent in the order of DER.
func (a *Attributes) Sorted() bool { return bytes.Equal(a.DER, a.AsSent) }

// Attribute is a type and its values, each one whole element.
type Attribute struct {
	Type   OID
	Values [][]byte
}

// parseSigner reads the SignerInfo that fills raw, which begins at offset at of the message.
func parseSigner(raw []byte, depth int, at int64) (Signer, error) {
	var s Signer
	c := cursor{w: memory(raw), limit: int64(len(raw)), depth: depth}
	child, err := c.enter(tagSequence)
	if err == nil {
		err = s.read(&child)
	}
	if err == nil {
		err = c.leave(child)
	}
	var broken *SyntaxError
	if errors.As(err, &broken) {
		err = syntax(broken.Reason, at+broken.Offset)
	}
	return s, err
}

func (s *Signer) read(c *cursor) (err error) {
	if err = c.version(); err != nil {
		return err
	}
	if err = s.identifier(c); err != nil {
		return err
	}
	if s.Digest, err = c.algorithm(); err != nil {
		return err
	}
	if ok, err := c.is(tagContext0); err != nil {
		return err
	} else if ok {
		if err := s.signedAttributes(c); err != nil {
			return err
		}
	}
	if s.Algorithm, err = c.algorithm(); err != nil {
		return err
	}
	if s.Signature, err = c.octets(); err != nil {
		return err
	}
	if ok, err := c.is(tagContext1); !ok || err != nil {
		return err
	}
	child, err := c.enter(tagContext1)
	if err != nil {
		return err
	}
	if s.Unsigned, err = child.attributes(); err != nil {
		return err
	}
	return c.leave(child)
}

func (s *Signer) identifier(c *cursor) error {
	off := c.off
	if ok, err := c.is(tagSKI); err != nil {
		return err
	} else if ok {
		der, err := c.der(tagSKI, maxSmall)
		if err != nil {
			return err
		}
		var id cryptobyte.String
		value := cryptobyte.String(der)
		if !value.ReadASN1(&id, asn1.Tag(tagSKI)) || len(id) == 0 {
			return syntax(BadValue, off)
		}
		s.SubjectKeyID = id
		return nil
	}
	der, err := c.der(tagSequence, maxSmall)
	if err != nil {
		return err
	}
	value := cryptobyte.String(der)
	var seq, issuer cryptobyte.String
	s.Serial = new(big.Int)
	if !value.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1Element(&issuer, asn1.SEQUENCE) ||
		!seq.ReadASN1Integer(s.Serial) || !seq.Empty() {
		return syntax(BadValue, off)
	}
	s.RawIssuer = issuer
	return nil
}

func (c *cursor) octets() ([]byte, error) {
	off := c.off
	tag := tagOctetString
	if ok, err := c.is(tagOctetsBuilt); err != nil {
		return nil, err
	} else if ok {
		tag = tagOctetsBuilt
	}
	der, err := c.der(tag, maxSmall)
	if err != nil {
		return nil, err
	}
	value := cryptobyte.String(der)
	var body cryptobyte.String
	if !value.ReadASN1(&body, asn1.OCTET_STRING) {
		return nil, syntax(BadValue, off)
	}
	return body, nil
}

// signedAttributes brings the attributes into DER, whatever they were sent in, and keeps both orders.
func (s *Signer) signedAttributes(c *cursor) error {
	off := c.off
	der, err := c.der(tagContext0, maxAttributes)
	if err != nil {
		return err
	}
	der[0] = tagSet
	list, ok := ParseAttributes(der)
	if !ok {
		return syntax(BadValue, off)
	}
	s.Signed = &Attributes{List: list, AsSent: der, DER: sortSet(der)}
	return nil
}

// ParseAttributes reads the DER SET OF Attribute that fills der, in whatever order, and reports whether it is one. It is not
// one if it is empty (RFC 5652 5.3: SIZE 1..MAX).
func ParseAttributes(der []byte) ([]Attribute, bool) {
	s := cryptobyte.String(der)
	var set cryptobyte.String
	if !s.ReadASN1(&set, asn1.SET) || !s.Empty() || set.Empty() {
		return nil, false
	}
	var list []Attribute
	for !set.Empty() {
		var seq, oid, values cryptobyte.String
		if !set.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
			!seq.ReadASN1(&values, asn1.SET) || !seq.Empty() || len(oid) == 0 {
			return nil, false
		}
		a := Attribute{Type: OID(oid)}
		for !values.Empty() {
			var value cryptobyte.String
			var tag asn1.Tag
			if !values.ReadAnyASN1Element(&value, &tag) {
				return nil, false
			}
			a.Values = append(a.Values, value)
		}
		list = append(list, a)
	}
	return list, true
}

// sortSet returns a SET OF with its elements in the order of DER (X.690 11.6). der is well formed.
func sortSet(der []byte) []byte {
	s := cryptobyte.String(der)
	var set cryptobyte.String
	s.ReadASN1(&set, asn1.SET)
	head := len(der) - len(set)
	var elements [][]byte
	for !set.Empty() {
		var e cryptobyte.String
		var tag asn1.Tag
		if !set.ReadAnyASN1Element(&e, &tag) {
			break
		}
		elements = append(elements, e)
	}
	slices.SortStableFunc(elements, bytes.Compare)
	return append(bytes.Clone(der[:head]), bytes.Join(elements, nil)...)
}

// attributes reads unsigned attributes and leaves their values as they are.
func (c *cursor) attributes() ([]Attribute, error) {
	var list []Attribute
	err := c.each(maxUnsigned, func() error {
		one, err := c.enter(tagSequence)
		if err != nil {
			return err
		}
		var a Attribute
		if a.Type, err = one.oid(); err != nil {
			return err
		}
		set, err := one.enter(tagSet)
		if err != nil {
			return err
		}
		err = set.each(maxUnsigned, func() error {
			e, err := set.next()
			if err != nil {
				return err
			}
			raw, err := c.w.copy(e.off, e.end-e.off)
			a.Values = append(a.Values, raw)
			return err
		})
		if err != nil {
			return err
		}
		if err := one.leave(set); err != nil {
			return err
		}
		list = append(list, a)
		return c.leave(one)
	})
	return list, err
}
