package cms

import "errors"

// cursor iterates over the elements inside a constructed element.
type cursor struct {
	w          *window
	off        int64 // of the next element
	limit      int64 // the end of the constructed element, or of its parent if its length is indefinite
	indefinite bool
	closed     bool // the end-of-contents octets were read
	depth      int
}

// element is the header of an element, and the offset at which the element
// ends.
type element struct {
	header
	end int64
}

// more reports whether another element follows. At the end of an indefinite
// length it skips the end-of-contents octets.
func (c *cursor) more() (bool, error) {
	if !c.indefinite {
		return c.off < c.limit, nil
	}
	if c.closed {
		return false, nil
	}
	h, err := c.w.header(c.off, c.limit)
	if err != nil {
		return false, err
	}
	if h.endOfContents() {
		c.off, c.closed = h.body, true
		return false, nil
	}
	return true, nil
}

// is reports whether another element follows that begins with the identifier
// octet tag.
func (c *cursor) is(tag byte) (bool, error) {
	ok, err := c.more()
	if !ok || err != nil {
		return false, err
	}
	h, err := c.w.header(c.off, c.limit)
	return h.tag == tag, err
}

// header reads the header of the next element, which must begin with the
// identifier octet tag, without skipping the element.
func (c *cursor) header(tag byte) (header, error) {
	ok, err := c.more()
	if err != nil {
		return header{}, err
	}
	if !ok {
		return header{}, syntax(Truncated, c.off)
	}
	h, err := c.w.header(c.off, c.limit)
	if err != nil {
		return h, err
	}
	if h.tag != tag {
		return h, syntax(UnexpectedTag, h.off)
	}
	return h, nil
}

// enter returns a cursor for the inside of the next element, which must be
// constructed. The caller must call leave afterwards.
func (c *cursor) enter(tag byte) (cursor, error) {
	h, err := c.header(tag)
	if err != nil {
		return cursor{}, err
	}
	return c.open(h)
}

func (c *cursor) open(h header) (cursor, error) {
	if c.depth+1 > maxDepth {
		return cursor{}, syntax(TooDeep, h.off)
	}
	child := cursor{w: c.w, off: h.body, limit: h.body + h.length, depth: c.depth + 1}
	if h.length < 0 {
		child.limit, child.indefinite = c.limit, true
	}
	return child, nil
}

// leave skips an element that was entered. It returns an error unless all of
// the element was read.
func (c *cursor) leave(child cursor) error {
	more, err := child.more()
	if err != nil {
		return err
	}
	if more {
		return syntax(UnexpectedTag, child.off)
	}
	c.off = child.off
	return nil
}

// next skips the next element, whatever it is, and returns it.
func (c *cursor) next() (element, error) {
	h, err := c.w.header(c.off, c.limit)
	if err != nil {
		return element{}, err
	}
	if h.endOfContents() {
		return element{}, syntax(UnexpectedTag, c.off)
	}
	end, err := c.w.end(h, c.limit, c.depth)
	if err != nil {
		return element{}, err
	}
	c.off = end
	return element{h, end}, nil
}

// raw skips the next element, which must begin with the identifier octet tag
// and have at most most bytes, and returns its bytes unchanged.
func (c *cursor) raw(tag byte, most int64) ([]byte, error) {
	if _, err := c.header(tag); err != nil {
		return nil, err
	}
	e, err := c.next()
	if err != nil {
		return nil, err
	}
	if e.end-e.off > most {
		return nil, syntax(TooLarge, e.off)
	}
	return c.w.copy(e.off, e.end-e.off)
}

// der is like raw, but returns the DER form of the element.
func (c *cursor) der(tag byte, most int64) ([]byte, error) {
	off := c.off
	raw, err := c.raw(tag, most)
	if err != nil {
		return nil, err
	}
	der, err := toDER(raw)
	var broken *SyntaxError
	if errors.As(err, &broken) {
		return nil, syntax(broken.Reason, off+broken.Offset)
	}
	return der, err
}
