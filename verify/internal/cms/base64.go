package cms

import (
	"encoding/base64"
	"errors"
	"io"
)

// chunk is the number of decoded bytes between two entries of the index. It is
// a multiple of 3.
const chunk = 48 << 10

// base64At reads the bytes that a base64 text encodes. The text may have white
// space anywhere. The index has 8 bytes for 64 KiB of text.
type base64At struct {
	w       *window
	size    int64   // of the decoded bytes
	textEnd int64   // where the text ends
	index   []int64 // offset of each chunk in the text
	cached  int64   // index of the chunk in decoded
	decoded []byte
	digits  []byte // reused by the next load
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}

func isSpace(c byte) bool { return c == '\n' || c == '\r' || c == ' ' || c == '\t' }

// newBase64At indexes the text from start up to limit, or to the first byte
// that is neither base64 nor white space.
func newBase64At(w *window, start, limit int64) (*base64At, error) {
	b := &base64At{w: w, textEnd: limit, cached: -1}
	var digits, pads int64
scan:
	for off := start; off < limit; {
		text, err := w.peek(off, int(min(windowSize, limit-off)))
		if err != nil {
			return nil, err
		}
		for i, c := range text {
			switch {
			case isSpace(c):
			case c == '=':
				pads++
			case !isBase64(c):
				b.textEnd = off + int64(i)
				break scan
			case pads > 0:
				return nil, syntax(BadText, off+int64(i))
			default:
				if digits%(chunk/3*4) == 0 {
					b.index = append(b.index, off+int64(i))
				}
				digits++
			}
		}
		off += int64(len(text))
	}
	if pads > 2 || (digits+pads)%4 != 0 || digits == 0 {
		return nil, syntax(BadText, b.textEnd)
	}
	b.size = digits / 4 * 3
	if rest := digits % 4; rest > 0 {
		b.size += rest - 1
	}
	return b, nil
}

// ReadAt implements io.ReaderAt. It must not be called by two goroutines at
// once.
func (b *base64At) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at < 0 || at >= b.size {
			return n, io.EOF
		}
		if err := b.load(at / chunk); err != nil {
			return n, err
		}
		n += copy(p[n:], b.decoded[at%chunk:])
	}
	return n, nil
}

func (b *base64At) load(i int64) error {
	if i == b.cached {
		return nil
	}
	b.cached = -1
	if b.digits == nil {
		b.digits, b.decoded = make([]byte, 0, chunk/3*4), make([]byte, chunk)
	}
	digits := b.digits[:0]
	for off := b.index[i]; off < b.textEnd && len(digits) < chunk/3*4; {
		text, err := b.w.peek(off, int(min(windowSize, b.textEnd-off)))
		var failed *ReadError
		if errors.As(err, &failed) {
			return failed.Err
		}
		for _, c := range text {
			if !isSpace(c) && len(digits) < chunk/3*4 {
				digits = append(digits, c)
			}
		}
		off += int64(len(text))
	}
	b.decoded = b.decoded[:chunk]
	n, err := base64.StdEncoding.Decode(b.decoded, digits)
	if err != nil {
		return io.ErrUnexpectedEOF // the index was valid, so the file has changed
	}
	b.decoded, b.cached = b.decoded[:n], i
	if int64(n) != min(chunk, b.size-i*chunk) {
		b.cached = -1
		return io.ErrUnexpectedEOF
	}
	return nil
}
