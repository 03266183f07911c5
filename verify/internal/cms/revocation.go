package cms

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

func (m *Message) revocation(c *cursor) error {
	start := c.off
	return c.each(maxRevocation, func() error {
		h, err := c.w.header(c.off, c.limit)
		if err != nil {
			return err
		}
		if h.tag != tagContext1 {
			raw, err := c.raw(tagSequence, maxBags-(c.off-start))
			m.CRLs = append(m.CRLs, raw)
			return err
		}
		return m.inside(c, tagContext1, func(c *cursor) error {
			kind, err := c.oid()
			if err != nil {
				return err
			}
			if kind != ocspResponses && kind != basicResponse {
				_, err = c.next()
				return err
			}
			raw, err := c.raw(tagSequence, maxBags-(c.off-start))
			if err == nil && kind == basicResponse {
				raw, err = WholeResponse(raw)
			}
			m.OCSP = append(m.OCSP, raw)
			return err
		})
	})
}

// WholeResponse wraps a BasicOCSPResponse in an OCSPResponse (RFC 6960 §4.2.1).
// RFC 5940 requires an OCSPResponse, but some CAdES signers enclose a
// BasicOCSPResponse.
func WholeResponse(basic []byte) ([]byte, error) {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(basic)+32))
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0)
		b.AddASN1(asn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes([]byte(basicResponse)) })
				b.AddASN1OctetString(basic)
			})
		})
	})
	return b.Bytes()
}
