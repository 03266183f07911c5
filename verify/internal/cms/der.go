package cms

import "encoding/binary"

// maxNodes limits the number of elements in a part that toDER rewrites.
const maxNodes = 1 << 16

type node struct {
	tag    []byte // identifier octets
	body   []byte // contents of a primitive element
	length int    // of the contents in DER
	bare   bool   // a piece of a constructed OCTET STRING: only its contents are written
}

// toDER encodes a BER element with definite lengths in their shortest form and
// with each OCTET STRING in one piece. It keeps the order of sets. It does not
// recurse, and its time and memory are proportional to the input. If the input
// needs no change, toDER returns it, whatever its size. Offsets in its errors
// count from the start of raw.
func toDER(raw []byte) ([]byte, error) {
	if isDER(raw) {
		return raw, nil
	}
	nodes, err := readNodes(raw)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(raw))
	for _, n := range nodes {
		out = n.write(out)
	}
	return out, nil
}

// isDER reports whether toDER would change nothing. It needs memory only for
// the ends of the open elements.
func isDER(raw []byte) bool {
	w := memory(raw)
	ends := []int64{w.size}
	for off := int64(0); ; {
		for off == ends[len(ends)-1] {
			if ends = ends[:len(ends)-1]; len(ends) == 0 {
				return true
			}
		}
		h, err := w.header(off, ends[len(ends)-1])
		if err != nil || h.length < 0 || h.tag == tagOctetsBuilt || h.endOfContents() || !formAllowed(h.tag) {
			return false
		}
		head := raw[off:h.body]
		if len(head) != len(identifier(head))+lengthSize(int(h.length)) {
			return false
		}
		off = h.body
		if h.constructed() {
			if len(ends) > maxDepth {
				return false
			}
			ends = append(ends, h.body+h.length)
		} else {
			off += h.length
		}
	}
}

// readNodes splits BER into its elements, each before its children, with their
// lengths in DER.
func readNodes(raw []byte) ([]node, error) {
	w := memory(raw)
	var nodes []node
	type level struct {
		node   int
		cursor cursor
	}
	stack := []level{{-1, cursor{w: w, limit: w.size}}}
	for {
		top := &stack[len(stack)-1]
		more, err := top.cursor.more()
		if err != nil {
			return nil, err
		}
		if !more {
			done := *top
			stack = stack[:len(stack)-1]
			if len(stack) == 0 {
				return nodes, nil
			}
			parent := &stack[len(stack)-1]
			parent.cursor.off = done.cursor.off
			if parent.node >= 0 {
				nodes[parent.node].length += nodes[done.node].size()
			}
			continue
		}
		h, err := w.header(top.cursor.off, top.cursor.limit)
		if err != nil {
			return nil, err
		}
		if len(nodes) >= maxNodes {
			return nil, syntax(TooMany, h.off)
		}
		if h.endOfContents() || !formAllowed(h.tag) {
			return nil, syntax(BadHeader, h.off)
		}
		bare := top.node >= 0 && nodes[top.node].tag[0] == tagOctetsBuilt
		if bare && h.tag != tagOctetString && h.tag != tagOctetsBuilt {
			return nil, syntax(UnexpectedTag, h.off)
		}
		n := node{tag: identifier(raw[h.off:h.body]), bare: bare}
		if h.constructed() {
			child, err := top.cursor.open(h)
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, n)
			stack = append(stack, level{len(nodes) - 1, child})
			continue
		}
		n.body = raw[h.body : h.body+h.length]
		n.length = len(n.body)
		nodes = append(nodes, n)
		top.cursor.off = h.body + h.length
		if top.node >= 0 {
			nodes[top.node].length += n.size()
		}
	}
}

// formAllowed reports whether an element may have its form, primitive or
// constructed (X.690 §8, RFC 5652). Of the string types, only an OCTET STRING
// may be constructed.
func formAllowed(tag byte) bool {
	if tag&0xC0 != 0 {
		return true
	}
	built := tag&0x20 != 0
	switch tag & 0x1F {
	case 16, 17, 8, 11: // SEQUENCE, SET, EXTERNAL, EMBEDDED PDV
		return built
	case 4:
		return true
	default:
		return !built
	}
}

func identifier(head []byte) []byte {
	n := 1
	if head[0]&0x1F == 0x1F {
		for head[n] >= 0x80 {
			n++
		}
		n++
	}
	return head[:n]
}

func (n node) size() int {
	if n.bare {
		return n.length
	}
	return len(n.tag) + lengthSize(n.length) + n.length
}

// write appends the element. Of a constructed element it appends only the
// header, because its children follow.
func (n node) write(out []byte) []byte {
	if !n.bare {
		first := n.tag[0]
		if first == tagOctetsBuilt {
			first = tagOctetString
		}
		out = append(out, first)
		out = append(out, n.tag[1:]...)
		out = appendLength(out, n.length)
	}
	return append(out, n.body...)
}

func lengthSize(n int) int { return len(appendLength(make([]byte, 0, 9), n)) }

func appendLength(b []byte, n int) []byte {
	if n < 0x80 {
		return append(b, byte(n))
	}
	var full [8]byte
	binary.BigEndian.PutUint64(full[:], uint64(n))
	i := 0
	for full[i] == 0 {
		i++
	}
	b = append(b, 0x80|byte(8-i))
	return append(b, full[i:]...)
}
