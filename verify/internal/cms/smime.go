package cms

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// openBody opens the body of a MIME entity with a CMS message, from off to end.
// It returns the end of the message, because text may follow base64.
func openBody(w *window, h fields, off, end int64) (in *Input, after int64, err error) {
	switch strings.ToLower(strings.TrimSpace(h.get("content-transfer-encoding"))) {
	case "base64":
		b, err := newBase64At(w, off, end)
		if err != nil || b.textEnd != end {
			if b, err = firstBase64(w, off, end); err != nil {
				return nil, 0, err
			}
		}
		return &Input{Form: SMIME, Message: b, Size: b.size}, b.textEnd, nil
	case "", "binary", "7bit", "8bit":
		return &Input{Form: SMIME, Message: io.NewSectionReader(w.r, off, end-off), Size: end - off}, end, nil
	case "quoted-printable":
		message, err := quotedPrintable(w, off, end)
		if err != nil {
			return nil, 0, err
		}
		return &Input{Form: SMIME, Message: bytes.NewReader(message), Size: int64(len(message))}, end, nil
	}
	return nil, 0, syntax(BadText, off)
}

// firstBase64 opens the lines of base64 at off, up to the first line that is
// empty or not base64, because a mailing list may have added text below.
func firstBase64(w *window, off, end int64) (*base64At, error) {
	r := bufio.NewReaderSize(readErrors{io.NewSectionReader(w.r, off, end-off)}, windowSize)
	at, begun := off, false
	for lineStart := true; ; {
		piece, err := r.ReadSlice('\n')
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return nil, err
		}
		text := bytes.Trim(piece, " \t\r\n")
		other := func(c rune) bool { return c != '=' && (c > 0x7F || !isBase64(byte(c)) && !isSpace(byte(c))) }
		if lineStart && begun && len(text) == 0 || bytes.ContainsFunc(text, other) {
			break
		}
		begun = begun || len(text) > 0
		at += int64(len(piece))
		lineStart = err == nil
		if err == io.EOF {
			break
		}
	}
	b, err := newBase64At(w, off, at)
	if err != nil {
		return nil, err
	}
	if b.textEnd != at {
		return nil, syntax(BadText, b.textEnd)
	}
	return b, nil
}

// openMultipart finds the two parts of multipart/signed (RFC 1847 §2.1), which
// are the unchanged content and the signature. It also returns their
// boundaries.
func openMultipart(w *window, t mediaType, off, end int64) (*Input, []mark, error) {
	marks, err := boundaries(w, t.params["boundary"], off, end, 3)
	if err != nil {
		return nil, nil, err
	}
	if len(marks) != 3 || marks[0].last || marks[1].last || !marks[2].last {
		return nil, nil, syntax(BadText, off)
	}
	second := marks[1].after
	head, err := w.peek(second, int(min(maxHead, marks[2].before-second)))
	if err != nil {
		return nil, nil, err
	}
	h, skip, ok := parseFields(bytes.Clone(head))
	if !ok {
		return nil, nil, syntax(BadText, second)
	}
	kind, ok := h.mediaType()
	if !ok {
		return nil, nil, syntax(BadText, second)
	}
	octets := kind.kind == "application/octet-stream" &&
		(isSignature(strings.ToLower(t.params["protocol"])) || hasSuffix(strings.ToLower(h.fileName(kind)), ".p7s"))
	if !isSignature(kind.kind) && !octets {
		return nil, nil, syntax(NoContentType, second)
	}
	in, after, err := openBody(w, h, second+int64(skip), marks[2].before)
	if err != nil {
		return nil, nil, err
	}
	if after != marks[2].before {
		return nil, nil, syntax(BadText, after)
	}
	from, to := marks[0].after, marks[1].before
	in.AsSent = func() io.Reader { return io.NewSectionReader(w.r, from, to-from) }
	in.Content = func() io.Reader { return CRLF(in.AsSent()) }
	return in, marks, nil
}

// mark is a boundary line. before is the end of the text before it, and after
// is the start of the next line. The line end before it belongs to the
// boundary.
type mark struct {
	before, after int64
	last          bool
}

// boundaries finds at most most boundary lines from off to end, up to the
// closing one.
func boundaries(w *window, boundary string, off, end int64, most int) ([]mark, error) {
	if boundary == "" || len(boundary) > 70 {
		return nil, syntax(BadText, off)
	}
	delimiter := []byte("--" + boundary)
	var marks []mark
	r := bufio.NewReaderSize(readErrors{io.NewSectionReader(w.r, off, max(end-off, 0))}, windowSize)
	var previous [2]byte // the last bytes before this line
	for lineStart := true; len(marks) < most; {
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

// CRLF returns a reader of r with each lone line feed replaced by CR LF, the
// form in which text is signed (RFC 8551 §3.1.1). Its errors are *[ReadError].
func CRLF(r io.Reader) io.Reader {
	return &canonical{r: bufio.NewReaderSize(readErrors{r}, windowSize)}
}

type canonical struct {
	r    *bufio.Reader
	cr   bool // the last byte was CR
	feed bool // a CR was inserted, and LF follows
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

// LF returns a reader of r with each CR LF replaced by a line feed. Its errors
// are *[ReadError].
func LF(r io.Reader) io.Reader {
	return &unixLines{r: bufio.NewReaderSize(readErrors{r}, windowSize)}
}

type unixLines struct{ r *bufio.Reader }

// Read implements io.Reader.
func (u *unixLines) Read(p []byte) (int, error) {
	for n := 0; n < len(p); n++ {
		if n > 0 && u.r.Buffered() < 2 {
			return n, nil
		}
		b, err := u.r.ReadByte()
		if err != nil {
			return n, err
		}
		if next, _ := u.r.Peek(1); b == '\r' && len(next) == 1 && next[0] == '\n' {
			b, _ = u.r.ReadByte()
		}
		p[n] = b
	}
	return len(p), nil
}
