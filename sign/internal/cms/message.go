package cms

import (
	"errors"
	"fmt"
	"io"
)

// Limits on messages made elsewhere. They are those of package verify.
const (
	maxSigners = 64
	maxInfos   = 12 << 20 // octets of all SignerInfos
	maxDepth   = 32
)

// A SyntaxError means that data is not a SignedData to which this package can
// add attributes.
type SyntaxError struct{ What string }

func (e *SyntaxError) Error() string { return "parse: signed data: " + e.What }

// A Message is a SignedData that exists already, in DER, or in BER with its
// SignerInfos in DER. Its content may have any size and is not read.
type Message struct {
	Signers []SignerInfo

	r          io.ReaderAt
	size       int64
	levels     [3]element // ContentInfo, its content, SignedData
	start, end int64      // of the SET of SignerInfos
}

// element is a BER element: its identifier octet, its offset, the offset of its
// contents, and their length, or -1 if that is indefinite.
type element struct {
	tag               byte
	off, body, length int64
}

// Parse finds the parts of the message that fills r from 0 to size. Errors:
// [*SyntaxError]; those of r.
func Parse(r io.ReaderAt, size int64) (*Message, error) {
	m := &Message{r: r, size: size}
	off, err := m.enter(0, tagSequence, tagContext0, tagSequence)
	if err != nil {
		return nil, err
	}
	for _, tag := range []byte{tagInteger, tagSet, tagSequence} { // version, digestAlgorithms, encapContentInfo
		if off, err = m.skip(off, tag); err != nil {
			return nil, err
		}
	}
	for {
		e, err := m.element(off)
		switch {
		case err != nil:
			return nil, err
		case e.tag == tagSet:
			return m, m.readSigners(e)
		case e.tag != tagContext0 && e.tag != tagContext1:
			return nil, &SyntaxError{"no signers"}
		}
		if off, err = m.after(e); err != nil { // certificates, crls
			return nil, err
		}
	}
}

// enter reads the headers of the three outer levels, and the type of the
// ContentInfo between them.
func (m *Message) enter(off int64, tags ...byte) (int64, error) {
	for i, tag := range tags {
		e, err := m.element(off)
		if err != nil {
			return 0, err
		}
		if e.tag != tag {
			return 0, &SyntaxError{"not a SignedData"}
		}
		m.levels[i], off = e, e.body
		if i > 0 {
			continue
		}
		oid := encodedOID(oidSignedData)
		found := make([]byte, len(oid))
		if _, err := m.r.ReadAt(found, off); err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("read: signed data: %w", err)
		}
		if string(found) != string(oid) {
			return 0, &SyntaxError{"not a SignedData"}
		}
		off += int64(len(oid))
	}
	return off, nil
}

// element reads the header of the element at off.
func (m *Message) element(off int64) (element, error) {
	var b [10]byte
	n, err := m.r.ReadAt(b[:min(int64(len(b)), max(0, m.size-off))], off)
	if err != nil && !errors.Is(err, io.EOF) {
		return element{}, fmt.Errorf("read: signed data: %w", err)
	}
	e := element{tag: b[0], off: off, body: off + 2}
	first := b[1]
	more := int(first & 0x7f)
	switch {
	case n < 2:
		return e, &SyntaxError{"truncated"}
	case e.tag&0x1f == 0x1f: // no part of a SignedData has such a tag
		return e, &SyntaxError{"header"}
	case first < 0x80:
		e.length = int64(first)
	case first == 0x80 && e.tag&0x20 != 0:
		e.length = -1
		return e, nil
	case first == 0x80 || more > 7 || n < 2+more:
		return e, &SyntaxError{"header"}
	default:
		for _, o := range b[2 : 2+more] {
			e.length = e.length<<8 | int64(o)
		}
		e.body += int64(more)
	}
	if e.length > m.size-e.body {
		return e, &SyntaxError{"truncated"}
	}
	return e, nil
}

// after returns where an element ends. It counts the levels inside an element
// of indefinite length instead of recursing into them.
func (m *Message) after(e element) (int64, error) {
	if e.length >= 0 {
		return e.body + e.length, nil
	}
	off := e.body
	for open := 1; open > 0; {
		if open > maxDepth {
			return 0, &SyntaxError{"depth"}
		}
		c, err := m.element(off)
		switch {
		case err != nil:
			return 0, err
		case c.tag == 0:
			if c.length != 0 {
				return 0, &SyntaxError{"header"}
			}
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

// skip returns where the element at off ends, which must have this tag.
func (m *Message) skip(off int64, tag byte) (int64, error) {
	e, err := m.element(off)
	if err != nil {
		return 0, err
	}
	if e.tag != tag {
		return 0, &SyntaxError{"not a SignedData"}
	}
	return m.after(e)
}

// readSigners reads the SET of SignerInfos and the ends of the levels around
// it, and requires that nothing follows these.
func (m *Message) readSigners(set element) (err error) {
	m.start = set.off
	if m.end, err = m.after(set); err != nil {
		return err
	}
	off, last := m.end, int64(0)
	for i := len(m.levels) - 1; i >= 0; i-- {
		if e := m.levels[i]; e.length >= 0 {
			last = e.body + e.length
		} else {
			end, err := m.element(off)
			if err != nil {
				return err
			}
			if end.tag != 0 || end.length != 0 {
				return &SyntaxError{"end"}
			}
			off += 2
			last = off
		}
		if off != last {
			return &SyntaxError{"end"}
		}
	}
	if off != m.size {
		return &SyntaxError{"trailing data"}
	}
	body, end := set.body, m.end
	if set.length < 0 {
		end -= 2
	}
	if end-body > maxInfos {
		return &SyntaxError{"size of the signers"}
	}
	infos := make([]byte, end-body)
	if _, err := m.r.ReadAt(infos, body); err != nil && !(errors.Is(err, io.EOF)) {
		return fmt.Errorf("read: signed data: %w", err)
	}
	m.Signers, err = parseSigners(infos)
	return err
}

// With returns the message with other SignerInfos. Everything between the outer
// headers and the SignerInfos is the same, octet for octet; the SET of
// SignerInfos is written in DER.
func (m *Message) With(signers []SignerInfo) *Pieces {
	set := wrap(tagSet, encodeSigners(signers))
	sd := m.levels[2]
	length := m.start - sd.body + int64(len(set))
	var front, back []byte
	for i := len(m.levels) - 1; i >= 0; i-- {
		e := m.levels[i]
		head := header(e.tag, length)
		if e.length < 0 {
			head, back, length = []byte{e.tag, 0x80}, append(back, 0, 0), length+2
		}
		if i == 0 {
			head = append(head, encodedOID(oidSignedData)...)
		}
		front = append(head, front...)
		length += int64(len(head))
		if i == 1 {
			length += int64(len(encodedOID(oidSignedData)))
		}
	}
	return &Pieces{front: front, middle: io.NewSectionReader(m.r, sd.body, m.start-sd.body), back: append(set, back...)}
}
