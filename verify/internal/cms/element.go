package cms

// maxDepth is how many levels below the outermost element an element may be.
const maxDepth = 32

// The identifier octets that CMS uses. Those of universal types have their
// ASN.1 names.
const (
	tagInteger     byte = 0x02
	tagOctetString byte = 0x04
	tagOID         byte = 0x06
	tagSequence    byte = 0x30
	tagSet         byte = 0x31
	tagOctetsBuilt byte = 0x24 // constructed OCTET STRING
	tagContext0    byte = 0xA0
	tagContext1    byte = 0xA1
	tagSKI         byte = 0x80 // [0] IMPLICIT OCTET STRING
)

// header is the identifier and length octets of a BER element.
type header struct {
	tag    byte  // the first identifier octet: class, form, number
	off    int64 // the start of the element
	body   int64 // the start of its contents
	length int64 // of the contents; -1 if indefinite
}

func (h header) constructed() bool { return h.tag&0x20 != 0 }
func (h header) endOfContents() bool {
	return h.tag == 0 && h.length == 0 && h.body-h.off == 2
}

// header reads the header of the element at off, which must end at or before
// limit.
func (w *window) header(off, limit int64) (header, error) {
	b, err := w.peek(off, 16)
	if err != nil {
		return header{}, err
	}
	if int64(len(b)) > limit-off {
		b = b[:max(0, limit-off)]
	}
	h := header{off: off}
	tag, rest, why := readIdentifier(b)
	if why != "" {
		return h, syntax(why, off)
	}
	h.tag = tag
	if h.length, rest, why = readLength(rest, h.constructed()); why != "" {
		return h, syntax(why, off)
	}
	h.body = off + int64(len(b)-len(rest))
	if h.length > limit-h.body {
		if limit == w.size {
			return h, syntax(Truncated, off)
		}
		return h, syntax(OutsideParent, off)
	}
	if h.tag == 0 && !h.endOfContents() {
		return h, syntax(BadHeader, off)
	}
	return h, nil
}

// readIdentifier removes the identifier octets from b. CMS has no tag numbers
// above 30, which take more octets, but the values of attributes may have them.
// why is empty on success.
func readIdentifier(b []byte) (tag byte, rest []byte, why Reason) {
	if len(b) == 0 {
		return 0, nil, Truncated
	}
	tag, rest = b[0], b[1:]
	if tag&0x1F != 0x1F {
		return tag, rest, ""
	}
	for i, c := range rest {
		switch {
		case i == 0 && c == 0x80 || i == 4:
			return tag, nil, BadHeader
		case c < 0x80:
			return tag, rest[i+1:], ""
		}
	}
	return tag, nil, Truncated
}

// readLength removes the length octets from b. length is -1 if it is
// indefinite, which only a constructed element may be.
func readLength(b []byte, constructed bool) (length int64, rest []byte, why Reason) {
	if len(b) == 0 {
		return 0, nil, Truncated
	}
	first, rest := b[0], b[1:]
	count := int(first & 0x7F)
	switch {
	case first < 0x80:
		return int64(first), rest, ""
	case first == 0x80 && constructed:
		return -1, rest, ""
	case first == 0x80 || count > 8:
		return 0, nil, BadHeader
	}
	for _, c := range rest[:min(count, len(rest))] {
		if length >= 1<<54 {
			return 0, nil, BadHeader
		}
		length = length<<8 | int64(c)
	}
	if len(rest) < count {
		return 0, nil, Truncated
	}
	return length, rest[count:], ""
}

// end returns the offset after the element. For an indefinite length it
// iterates over the contents, without recursion, and counts the open levels.
// depth is the number of levels above h.
func (w *window) end(h header, limit int64, depth int) (int64, error) {
	if h.length >= 0 {
		return h.body + h.length, nil
	}
	off := h.body
	for open := 1; open > 0; {
		if depth+open > maxDepth {
			return 0, syntax(TooDeep, off)
		}
		c, err := w.header(off, limit)
		switch {
		case err != nil:
			return 0, err
		case c.endOfContents():
			open--
			off = c.body
		case c.length < 0:
			open++
			off = c.body
		default:
			off = c.body + c.length
		}
	}
	return off, nil
}
