package cms

import "io"

// Content returns a reader of the attached content, without the boundaries of
// its pieces. The reader is empty if there is no attached content. Its errors
// are *[ReadError] as long as the input does not change, because [Parse] has
// checked the structure. Each call returns a reader from the beginning.
func (m *Message) Content() io.Reader {
	if !m.Attached {
		return eof{}
	}
	r := &contentReader{segments: segments{w: newWindow(m.w.r, m.w.size), depth: m.depth}}
	r.err = r.segments.start(m.content, m.limit)
	return r
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// segments iterates over the primitive pieces of an OCTET STRING, primitive or
// constructed, without recursion.
type segments struct {
	w     *window
	depth int
	off   int64 // after the current piece or, at the end, after the whole OCTET STRING
	open  []cursor
	first *header
}

func (s *segments) start(h header, limit int64) error {
	if h.tag == tagOctetString {
		s.first = &h
		return nil
	}
	outer := cursor{w: s.w, off: h.off, limit: limit, depth: s.depth}
	child, err := outer.open(h)
	s.open = append(s.open, child)
	return err
}

// next returns the next piece, or io.EOF.
func (s *segments) next() (header, error) {
	if s.first != nil {
		h := *s.first
		s.first = nil
		s.off = h.body + h.length
		return h, nil
	}
	for len(s.open) > 0 {
		c := &s.open[len(s.open)-1]
		more, err := c.more()
		if err != nil {
			return header{}, err
		}
		if !more {
			s.off = c.off
			s.open = s.open[:len(s.open)-1]
			if len(s.open) > 0 {
				s.open[len(s.open)-1].off = s.off
			}
			continue
		}
		h, err := s.w.header(c.off, c.limit)
		if err != nil {
			return h, err
		}
		switch h.tag {
		case tagOctetString:
			c.off = h.body + h.length
			return h, nil
		case tagOctetsBuilt:
			child, err := c.open(h)
			if err != nil {
				return h, err
			}
			s.open = append(s.open, child)
		default:
			return h, syntax(UnexpectedTag, h.off)
		}
	}
	return header{}, io.EOF
}

type contentReader struct {
	segments segments
	at, left int64
	err      error
}

// Read implements io.Reader.
func (r *contentReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, r.err
	}
	for r.left == 0 && r.err == nil {
		var h header
		if h, r.err = r.segments.next(); r.err == nil {
			r.at, r.left = h.body, h.length
		}
	}
	if r.err != nil {
		return 0, r.err
	}
	b, err := r.segments.w.peek(r.at, int(min(r.left, int64(len(p)), windowSize)))
	if err != nil {
		r.err = err
		return 0, err
	}
	if len(b) == 0 {
		r.err = &ReadError{io.ErrUnexpectedEOF}
		return 0, r.err
	}
	n := copy(p, b)
	r.at += int64(n)
	r.left -= int64(n)
	return n, nil
}
