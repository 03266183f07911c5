package cms

// maxDepth is how many levels an element may lie below the outermost one.
const maxDepth = 32

// The identifier octets that CMS uses, universal ones by their ASN.1 names.
const (
	tagInteger     byte = 0x02
	tagOctetString byte = 0x04
	tagOID         byte = 0x06
	tagSequence    byte = 0x30
	tagSet         byte = 0x31
	tagOctetsBuilt byte = 0x24 // OCTET STRING in constructed form
	tagContext0    byte = 0xA0
	tagContext1    byte = 0xA1
	tagSKI         byte = 0x80 // [0] IMPLICIT OCTET STRING
)

// header is the start of a BER element.
type header struct {
	tag    byte  // first identifier octet: class, form, number
	off    int64 // where the element begins
	body   int64 // where its contents begin
	length int64 // of the contents; -1 when indefinite
}

func (h header) constructed() bool { return h.tag&0x20 != 0 }
func (h header) endOfContents() bool {
	return h.tag == 0 && h.length == 0 && h.body-h.off == 2
}

// header reads the start of the element at off, which must end at or before limit.
func (w *window) header(off, limit int64) (header, error) {
	b, err := w.peek(off, 16)
	if err != nil {
		return header{}, err
	}
	if int64(len(b)) > limit-off {
		b = b[:max(0, limit-off)]
	}
	h := header{off: off}
	n := 0
	next := func() (byte, bool) {
		if n >= len(b) {
			return 0, false
		}
		n++
		return b[n-1], true
	}
	c, ok := next()
	if !ok {
		return h, syntax(Truncated, off)
	}
	h.tag = c
	if c&0x1F == 0x1F { // a number above 30 takes further octets; CMS has none, certificates of others may
		for i := 0; ; i++ {
			c, ok = next()
			if !ok {
				return h, syntax(Truncated, off)
			}
			if i == 0 && c == 0x80 || i == 4 {
				return h, syntax(BadHeader, off)
			}
			if c < 0x80 {
				break
			}
		}
	}
	c, ok = next()
	if !ok {
		return h, syntax(Truncated, off)
	}
	switch {
	case c < 0x80:
		h.length = int64(c)
	case c == 0x80:
		if !h.constructed() {
			return h, syntax(BadHeader, off)
		}
		h.length = -1
	default:
		count := int(c & 0x7F)
		if count > 8 {
			return h, syntax(BadHeader, off)
		}
		for range count {
			c, ok = next()
			if !ok {
				return h, syntax(Truncated, off)
			}
			if h.length >= 1<<54 {
				return h, syntax(BadHeader, off)
			}
			h.length = h.length<<8 | int64(c)
		}
	}
	h.body = off + int64(n)
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

// end returns the offset after the element. For an indefinite length it walks over the contents, without recursion, counting
// the open levels: depth are those above h.
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
