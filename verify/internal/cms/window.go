package cms

import (
	"errors"
	"io"
)

const windowSize = 64 << 10

// window reads an input of any size, but holds only a small part of it in
// memory.
type window struct {
	r    io.ReaderAt
	size int64
	buf  []byte // at most windowSize, or the whole input if r is nil
	off  int64  // the offset of buf
}

func newWindow(r io.ReaderAt, size int64) *window { return &window{r: r, size: size} }

func memory(b []byte) *window { return &window{size: int64(len(b)), buf: b} }

// peek returns n bytes from off, or fewer at the end of the input. They are
// valid until the next call. n must not exceed windowSize.
func (w *window) peek(off int64, n int) ([]byte, error) {
	if off < 0 || off >= w.size {
		return nil, nil
	}
	n = int(min(int64(n), w.size-off))
	if off < w.off || off+int64(n) > w.off+int64(len(w.buf)) {
		if err := w.fill(off); err != nil {
			return nil, err
		}
	}
	start := off - w.off
	return w.buf[start : start+int64(n)], nil
}

func (w *window) fill(off int64) error {
	if cap(w.buf) == 0 {
		w.buf = make([]byte, min(w.size, windowSize))
	}
	w.buf = w.buf[:min(w.size-off, int64(cap(w.buf)))]
	w.off = off
	n, err := w.r.ReadAt(w.buf, off)
	if n == len(w.buf) {
		return nil
	}
	w.buf = w.buf[:0]
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // the input has become shorter since it was opened
	}
	return &ReadError{err}
}

// copy returns a copy of n bytes from off. The caller must limit n.
func (w *window) copy(off, n int64) ([]byte, error) {
	out := make([]byte, 0, n)
	for int64(len(out)) < n {
		b, err := w.peek(off+int64(len(out)), int(min(n-int64(len(out)), windowSize)))
		if err != nil {
			return nil, err
		}
		if len(b) == 0 {
			return nil, syntax(Truncated, off+int64(len(out)))
		}
		out = append(out, b...)
	}
	return out, nil
}
