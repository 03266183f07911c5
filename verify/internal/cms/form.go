package cms

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// A Form is the encoding of a message.
type Form string

// The forms that Open recognises.
const (
	Binary Form = "der" // or BER
	PEM    Form = "pem"
	Base64 Form = "base64"
	SMIME  Form = "smime"
)

// maxHead is how many bytes Open searches for a PEM label or the end of a MIME
// header.
const maxHead = 64 << 10

// An Input is the encoded message in a file, and the content that S/MIME has
// next to it.
type Input struct {
	Form Form
	// Message holds the DER or BER bytes, from 0 to Size.
	Message io.ReaderAt
	Size    int64
	// Content returns the signed part of a multipart/signed message with CR LF
	// line ends, and AsSent returns it unchanged. Both are nil in every other
	// form.
	Content, AsSent func() io.Reader
	// Mail describes the parts around the signed part. It is nil unless the
	// form is SMIME.
	Mail *Mail
}

// labels holds the PEM labels of RFC 7468, OpenSSL and gpgsm.
var labels = map[string]bool{
	"CMS": true, "PKCS7": true, "PKCS #7 SIGNED DATA": true, "SIGNED MESSAGE": true,
}

// Open recognises the form of a file by its bytes alone. It reads all of a text
// form, to index it, and all of a mail, to find its parts. Its errors are
// *[SyntaxError], *[AttachmentError] and *[ReadError].
func Open(r io.ReaderAt, size int64) (*Input, error) {
	w := newWindow(r, size)
	head, err := w.peek(0, int(min(size, maxHead)))
	if err != nil {
		return nil, err
	}
	head = bytes.Clone(head)
	if len(head) > 0 && head[0] == tagSequence {
		return &Input{Form: Binary, Message: r, Size: size}, nil
	}
	text := bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	text = bytes.TrimLeft(text, " \t\r\n")
	if bytes.HasPrefix(text, []byte("From ")) { // an mbox has this line before the header
		if line := bytes.IndexByte(text, '\n'); line >= 0 {
			text = text[line+1:]
		}
	}
	start := int64(len(head) - len(text))
	if h, _, ok := parseFields(text); ok && len(h.all("content-type")) > 0 {
		return openMail(w, start)
	}
	if at := labelAt(text); at >= 0 {
		return openPEM(w, text[at:], start+int64(at))
	}
	if len(text) > 0 && isBase64(text[0]) {
		b, err := newBase64At(w, start, size)
		if err != nil {
			return nil, err
		}
		if b.textEnd != size {
			var trailing *SyntaxError
			if rest, err := w.peek(b.textEnd, windowSize); err != nil {
				return nil, err
			} else if errors.As(following(rest, b.textEnd, size), &trailing) && trailing.Reason == TrailingByte {
				return nil, trailing
			}
			return nil, syntax(BadText, b.textEnd)
		}
		return &Input{Form: Base64, Message: b, Size: b.size}, nil
	}
	return nil, syntax(NotSignedData, 0)
}

const begin, dashes = "-----BEGIN ", "-----"

// labelAt returns the offset of the first line that begins PEM, or -1. Other
// text may precede it.
func labelAt(text []byte) int {
	if bytes.HasPrefix(text, []byte(begin)) {
		return 0
	}
	if i := bytes.Index(text, []byte("\n"+begin)); i >= 0 {
		return i + 1
	}
	return -1
}

func openPEM(w *window, text []byte, at int64) (*Input, error) {
	line, _, ok := bytes.Cut(text, []byte("\n"))
	name := strings.TrimRight(string(line), " \t\r")
	if !ok || len(name) < len(begin)+len(dashes) || !strings.HasSuffix(name, dashes) {
		return nil, syntax(BadText, at)
	}
	name = name[len(begin) : len(name)-len(dashes)]
	if !labels[name] {
		return nil, syntax(UnknownLabel, at)
	}
	b, err := newBase64At(w, at+int64(len(line))+1, w.size)
	if err != nil {
		return nil, err
	}
	last := "-----END " + name + dashes
	end, err := w.peek(b.textEnd, len(last))
	if err != nil {
		return nil, err
	}
	if string(end) != last {
		return nil, syntax(BadText, b.textEnd)
	}
	for off := b.textEnd + int64(len(last)); off < w.size; {
		rest, err := w.peek(off, windowSize)
		if err != nil {
			return nil, err
		}
		if other := bytes.TrimLeft(rest, " \t\r\n"); len(other) > 0 {
			return nil, following(other, off+int64(len(rest)-len(other)), w.size)
		}
		off += int64(len(rest))
	}
	return &Input{Form: PEM, Message: b, Size: b.size}, nil
}
