package cms

import (
	"bytes"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Attributes holds the signed attributes.
type Attributes struct {
	List []Attribute
	// DER is the SET OF that is signed (RFC 5652 §5.4). AsSent is the same, but
	// in the order of the message.
	DER, AsSent []byte
}

// Sorted reports whether the attributes were sent in DER order.
func (a *Attributes) Sorted() bool { return bytes.Equal(a.DER, a.AsSent) }

// An Attribute is a type and its values, each of which is a whole element.
type Attribute struct {
	Type   OID
	Values [][]byte
}

// signedAttributes reads the attributes, converts them to DER, and keeps both
// orders.
func (s *Signer) signedAttributes(c *cursor) error {
	off := c.off
	der, err := c.der(tagContext0, maxBags)
	if err != nil {
		return err
	}
	der[0] = tagSet
	list, why := parseAttributes(der)
	if why != "" {
		return syntax(why, off)
	}
	s.Signed = &Attributes{List: list, AsSent: der, DER: sortSet(der)}
	return nil
}

// parseAttributes parses the DER SET OF Attribute that fills der, in any order.
// why is empty on success. An empty set is not valid (RFC 5652 §5.3: SIZE
// 1..MAX). Nor is a type that is not in its shortest form, because another
// reader could take it for an attribute that this one does not find.
func parseAttributes(der []byte) (list []Attribute, why Reason) {
	s := cryptobyte.String(der)
	var set cryptobyte.String
	if !s.ReadASN1(&set, asn1.SET) || !s.Empty() || set.Empty() {
		return nil, BadValue
	}
	for !set.Empty() {
		var seq, oid, values cryptobyte.String
		if !set.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
			!seq.ReadASN1(&values, asn1.SET) || !seq.Empty() || !OID(oid).valid() {
			return nil, BadValue
		}
		if len(list) == maxAttributes {
			return nil, TooMany
		}
		a := Attribute{Type: OID(oid)}
		for !values.Empty() {
			value, ok := takeElement((*[]byte)(&values))
			if !ok {
				return nil, BadValue
			}
			if len(a.Values) == maxAttributes {
				return nil, TooMany
			}
			a.Values = append(a.Values, value)
		}
		list = append(list, a)
	}
	return list, ""
}

// takeElement removes one element of definite length from b, whatever its tag
// is. cryptobyte does not support tag numbers above 30, which the values of
// attributes may have.
func takeElement(b *[]byte) ([]byte, bool) {
	h, err := memory(*b).header(0, int64(len(*b)))
	if err != nil || h.length < 0 {
		return nil, false
	}
	end := h.body + h.length
	element := (*b)[:end]
	*b = (*b)[end:]
	return element, true
}

// sortSet returns a well-formed SET OF with its elements in DER order (X.690
// §11.6). If they are in order, it returns der itself.
func sortSet(der []byte) []byte {
	s := cryptobyte.String(der)
	var set cryptobyte.String
	s.ReadASN1(&set, asn1.SET)
	head := len(der) - len(set)
	var elements [][]byte
	for !set.Empty() {
		e, ok := takeElement((*[]byte)(&set))
		if !ok {
			break
		}
		elements = append(elements, e)
	}
	if slices.IsSortedFunc(elements, bytes.Compare) {
		return der
	}
	slices.SortStableFunc(elements, bytes.Compare)
	return append(bytes.Clone(der[:head]), bytes.Join(elements, nil)...)
}

// LooksLikeAttributes reports, from the beginning of the content, whether it
// has the form of a SET OF Attribute, which is what a signer with attributes
// signs (ePrint 2023/1801): a SET whose first element is a SEQUENCE of an
// identifier and a SET, with lengths in any form of BER. size is the length of
// such content, or -1 if its length is indefinite. Only this outer form counts,
// so that nothing inside can hide it.
func LooksLikeAttributes(head []byte) (size int64, is bool) {
	rest := head
	for _, want := range []byte{tagSet, tagSequence, tagOID} {
		tag, after, why := readIdentifier(rest)
		if why != "" || tag != want {
			return 0, false
		}
		length, after, why := readLength(after, want != tagOID)
		if why != "" {
			return 0, false
		}
		rest = after
		switch want {
		case tagSet:
			if size = length; length >= 0 {
				size += int64(len(head) - len(rest))
			}
		case tagOID:
			if length > int64(len(rest)) {
				return size, true // the identifier continues beyond head
			}
			rest = rest[length:]
		}
	}
	tag, _, why := readIdentifier(rest)
	return size, why == "" && tag == tagSet
}

// unsignedAttributes reads attributes that no signature covers. Their values
// are unchanged.
func (c *cursor) unsignedAttributes() ([]Attribute, error) {
	var list []Attribute
	err := c.each(maxAttributes, func() error {
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
		err = set.each(maxAttributes, func() error {
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
