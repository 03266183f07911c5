package cms

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"net/textproto"
	"strings"
)

// mimeHeader parses a MIME header at the start of text and returns its length
// with the empty line after it. It returns false unless there is one with a
// Content-Type.
func mimeHeader(text []byte) (textproto.MIMEHeader, int64, bool) {
	end, skip := -1, 0
	for _, mark := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(text, []byte(mark)); i >= 0 && (end < 0 || i < end) {
			end, skip = i, len(mark)
		}
	}
	if end < 0 {
		return nil, 0, false
	}
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(text[:end+skip])))
	h, err := r.ReadMIMEHeader()
	if err != nil || h.Get("Content-Type") == "" {
		return nil, 0, false
	}
	return h, int64(end + skip), true
}

// openMIME opens a signed MIME entity (RFC 8551 §3.5) whose body begins at off.
func openMIME(w *window, h textproto.MIMEHeader, off int64) (*Input, error) {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return nil, syntax(BadText, 0)
	}
	switch kind {
	case "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pkcs7-signature", "application/x-pkcs7-signature":
		return openBody(w, h, off, w.size)
	case "multipart/signed":
		return openMultipart(w, params["boundary"], off)
	}
	return nil, syntax(NoContentType, 0)
}

// openBody opens the body of a MIME entity that holds a CMS message, from off
// to end.
func openBody(w *window, h textproto.MIMEHeader, off, end int64) (*Input, error) {
	switch strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding"))) {
	case "base64":
		b, err := newBase64At(w, off, end)
		if err != nil {
			return nil, err
		}
		if b.textEnd != end {
			return nil, syntax(BadText, b.textEnd)
		}
		return &Input{Form: SMIME, Message: b, Size: b.size}, nil
	case "", "binary":
		return &Input{Form: SMIME, Message: io.NewSectionReader(w.r, off, end-off), Size: end - off}, nil
	}
	return nil, syntax(BadText, off)
}

// openMultipart finds the two parts of multipart/signed (RFC 1847 §2.1): the
// content as it is, and the signature.
func openMultipart(w *window, boundary string, off int64) (*Input, error) {
	if boundary == "" || len(boundary) > 70 {
		return nil, syntax(BadText, off)
	}
	marks, err := boundaries(w, boundary, off)
	if err != nil {
		return nil, err
	}
	if len(marks) != 3 || marks[0].last || marks[1].last || !marks[2].last {
		return nil, syntax(BadText, off)
	}
	second := marks[1].after
	head, err := w.peek(second, int(min(maxHead, marks[2].before-second)))
	if err != nil {
		return nil, err
	}
	h, skip, ok := mimeHeader(bytes.Clone(head))
	if !ok {
		return nil, syntax(BadText, second)
	}
	switch kind, _, _ := mime.ParseMediaType(h.Get("Content-Type")); kind {
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
	default:
		return nil, syntax(NoContentType, second)
	}
	in, err := openBody(w, h, second+skip, marks[2].before)
	if err != nil {
		return nil, err
	}
	from, to := marks[0].after, marks[1].before
	in.Content = func() io.Reader { return newCanonical(io.NewSectionReader(w.r, from, to-from)) }
	return in, nil
}

// mark is a boundary line: before is where the text in front of it ends (the
// line end belongs to the boundary), after is where the next line begins.
type mark struct {
	before, after int64
	last          bool
}

// boundaries finds the boundary lines up to the closing one, at most three.
func boundaries(w *window, boundary string, off int64) ([]mark, error) {
	delimiter := []byte("--" + boundary)
	var marks []mark
	r := bufio.NewReaderSize(readErrors{io.NewSectionReader(w.r, off, w.size-off)}, windowSize)
	var previous [2]byte // the last bytes before this line
	for lineStart := true; len(marks) < 3; {
		piece, err := r.ReadSlice('\n')
		if lineStart && bytes.HasPrefix(piece, delimiter) && err != bufio.ErrBufferFull {
			rest := piece[len(delimiter):]
			last := bytes.HasPrefix(rest, []byte("--"))
			rest = bytes.TrimPrefix(rest, []byte("--"))
			if len(bytes.Trim(rest, " \t\r\n")) == 0 {
				before := off
				switch {
				case previous == [2]byte{'\r', '\n'}:
					before -= 2
				case previous[1] == '\n':
					before--
				}
				if len(marks) > 0 {
					before = max(before, marks[len(marks)-1].after)
				}
				marks = append(marks, mark{before, off + int64(len(piece)), last})
				if last {
					return marks, nil
				}
			}
		}
		off += int64(len(piece))
		switch n := len(piece); {
		case n >= 2:
			previous = [2]byte(piece[n-2:])
		case n == 1:
			previous = [2]byte{previous[1], piece[0]}
		}
		lineStart = err == nil
		if err == io.EOF {
			return marks, nil
		}
		if err != nil && err != bufio.ErrBufferFull {
			return nil, err
		}
	}
	return marks, nil
}

// readErrors wraps the errors of a reader in *ReadError.
type readErrors struct{ r io.Reader }

func (r readErrors) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && err != io.EOF {
		err = &ReadError{err}
	}
	return n, err
}

// canonical turns lone line feeds into CR LF, the form in which text is signed
// (RFC 8551 §3.1.1).
type canonical struct {
	r    *bufio.Reader
	cr   bool // the last byte was CR
	feed bool // LF follows the CR that was inserted
}

func newCanonical(r io.Reader) io.Reader {
	return &canonical{r: bufio.NewReaderSize(readErrors{r}, windowSize)}
}

// Read implements io.Reader.
func (c *canonical) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if c.feed {
			p[n], c.feed = '\n', false
			n++
			continue
		}
		if n > 0 && c.r.Buffered() == 0 {
			return n, nil
		}
		b, err := c.r.ReadByte()
		if err != nil {
			return n, err
		}
		if b == '\n' && !c.cr {
			c.feed, b = true, '\r'
		}
		c.cr = b == '\r' && !c.feed
		p[n] = b
		n++
	}
	return n, nil
}
