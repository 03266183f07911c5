// Package cms parses CMS SignedData (RFC 5652) from untrusted bytes: DER, and
// BER where the standard allows it, with content of any size, which it does not
// hold in memory. It also decodes PEM, base64 and S/MIME.
//
// It does not verify anything: it refuses bytes that are not a well-formed
// SignedData, and returns the parts. Every loop is limited by the length of the
// input, every part other than the content by a limit, and every depth by 32.
// Nothing recurses, except through the parts of a mail, to a depth of 10.
//
// The ASN.1 module is that of RFC 5652 §12.1. S/MIME is RFC 8551, and PEM is
// RFC 7468.
package cms

import (
	"bytes"
	"io"
)

// Limits for the parts of a message other than its content.
const (
	maxBags         = 12 << 20 // bytes of certificates, of revocation data, and of signers
	maxSmall        = 64 << 10 // bytes of an algorithm, a name, a signature value
	maxCertificates = 1024
	maxRevocation   = 1024
	maxSigners      = 64
	maxAttributes   = 1024 // signed and unsigned ones of a signer, and their values
)

// A Message is a SignedData. Its byte slices are copies.
type Message struct {
	ContentType OID
	// Attached reports whether there is an eContent, even an empty one.
	Attached bool
	// Certificates holds the X.509 certificates, unchanged. Other kinds are
	// skipped.
	Certificates [][]byte
	// CRLs and OCSP hold revocation data (RFC 5940), unchanged except for a
	// BasicOCSPResponse (see [WholeResponse]).
	CRLs, OCSP [][]byte
	Signers    []Signer

	w       *window
	content header
	limit   int64 // the end of the element around the content
	depth   int
}

// Parse parses the SignedData that fills r from 0 to size. Its errors are
// *[SyntaxError] and *[ReadError]. r must be readable while [Message.Content]
// is used.
func Parse(r io.ReaderAt, size int64) (*Message, error) {
	m := &Message{w: newWindow(r, size)}
	top := cursor{w: m.w, limit: size}
	info, err := top.enter(tagSequence)
	if err != nil {
		return nil, err
	}
	kind, err := info.oid()
	if err != nil {
		return nil, err
	}
	if kind != SignedData {
		return nil, syntax(NotSignedData, 0)
	}
	if err := m.inside(&info, tagContext0, func(c *cursor) error { return m.inside(c, tagSequence, m.signedData) }); err != nil {
		return nil, err
	}
	if err := top.leave(info); err != nil {
		return nil, err
	}
	if top.off != size {
		return nil, m.trailing(top.off)
	}
	return m, nil
}

// trailing returns the error for the bytes after the message, which begin at
// off. It examines one window of them.
func (m *Message) trailing(off int64) error {
	rest, err := m.w.peek(off, windowSize)
	if err != nil {
		return err
	}
	if int64(len(rest)) == m.w.size-off && len(bytes.Trim(rest, "\x00")) == 0 {
		return syntax(TrailingZeros, off)
	}
	return following(rest, off, m.w.size)
}

// following returns the error for the bytes after a message, of which rest has
// the first. It distinguishes the one or two bytes that a program or a transfer
// adds at the end of a file from other bytes.
func following(rest []byte, off, size int64) error {
	if n := size - off; n <= 2 && int64(len(rest)) == n && len(bytes.Trim(rest, "\r\n\x00\x1a")) == 0 {
		return syntax(TrailingByte, off)
	}
	return syntax(TrailingData, off)
}

// inside enters the next element of c, reads it with f, and leaves it.
func (m *Message) inside(c *cursor, tag byte, f func(*cursor) error) error {
	child, err := c.enter(tag)
	if err != nil {
		return err
	}
	if err := f(&child); err != nil {
		return err
	}
	return c.leave(child)
}

// optional is like inside, for an element that may be absent.
func (m *Message) optional(c *cursor, tag byte, f func(*cursor) error) error {
	if ok, err := c.is(tag); !ok || err != nil {
		return err
	}
	return m.inside(c, tag, f)
}

func (m *Message) signedData(c *cursor) error {
	if err := c.version(); err != nil {
		return err
	}
	for _, part := range []struct {
		tag      byte
		optional bool
		read     func(*cursor) error
	}{
		{tagSet, false, digestAlgorithms},
		{tagSequence, false, m.encapsulated},
		{tagContext0, true, m.certificates},
		{tagContext1, true, m.revocation},
		{tagSet, false, m.signers},
	} {
		read := m.inside
		if part.optional {
			read = m.optional
		}
		if err := read(c, part.tag, part.read); err != nil {
			return err
		}
	}
	return nil
}

// digestAlgorithms skips the list of digest algorithms, which is only a hint
// for one-pass readers: each signer names its own.
func digestAlgorithms(c *cursor) error {
	return c.each(maxSigners, func() error {
		_, err := c.algorithm()
		return err
	})
}

func (m *Message) encapsulated(c *cursor) (err error) {
	if m.ContentType, err = c.oid(); err != nil {
		return err
	}
	return m.optional(c, tagContext0, func(c *cursor) error {
		ok, err := c.more()
		if err != nil {
			return err
		}
		if !ok {
			return syntax(Truncated, c.off)
		}
		h, err := c.w.header(c.off, c.limit)
		if err != nil {
			return err
		}
		if h.tag != tagOctetString && h.tag != tagOctetsBuilt {
			return syntax(NotOctetString, h.off)
		}
		s := segments{w: c.w, depth: c.depth}
		if err := s.start(h, c.limit); err != nil {
			return err
		}
		for {
			if _, err := s.next(); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
		}
		m.Attached, m.content, m.limit, m.depth = true, h, c.limit, c.depth
		c.off = s.off
		return nil
	})
}

func (m *Message) certificates(c *cursor) error {
	start := c.off
	return c.each(maxCertificates, func() error {
		if ok, err := c.is(tagSequence); err != nil {
			return err
		} else if !ok {
			_, err := c.next()
			return err
		}
		raw, err := c.raw(tagSequence, maxBags-(c.off-start))
		m.Certificates = append(m.Certificates, raw)
		return err
	})
}

func (m *Message) signers(c *cursor) error {
	start := c.off
	return c.each(maxSigners, func() error {
		raw, err := c.raw(tagSequence, maxBags-(c.off-start))
		if err != nil {
			return err
		}
		at := c.off - int64(len(raw))
		s, err := parseSigner(raw, c.depth, at)
		m.Signers = append(m.Signers, s)
		return err
	})
}

// each calls f until there are no more elements. It returns an error if there
// are more than most.
func (c *cursor) each(most int, f func() error) error {
	for n := 0; ; n++ {
		ok, err := c.more()
		if err != nil || !ok {
			return err
		}
		if n == most {
			return syntax(TooMany, c.off)
		}
		if err := f(); err != nil {
			return err
		}
	}
}
