package cms

import (
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Signer is a SignerInfo.
type Signer struct {
	// The certificate is identified by RawIssuer (a DER Name) and Serial, or by
	// SubjectKeyID.
	RawIssuer    []byte
	Serial       *big.Int
	SubjectKeyID []byte
	Digest       Algorithm
	// Signed is nil if there are no signed attributes.
	Signed    *Attributes
	Algorithm Algorithm
	Signature []byte
	// Unsigned holds the attributes that no signature covers. Their values are
	// unchanged.
	Unsigned []Attribute
}

// parseSigner parses the SignerInfo that fills raw. at is the offset of raw in
// the message.
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
	if s.Unsigned, err = child.unsignedAttributes(); err != nil {
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
