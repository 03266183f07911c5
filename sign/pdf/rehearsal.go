package pdf

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io"

	"natsuin/sign/pdf/seal"
)

// rehearse makes the update with nothing in it, and reads the result as
// [Signed.Check] will. A file in which an object has two roles, or which fills
// a limit, is thus refused before there is a signature.
func (d *Document) rehearse(p *Plan) error {
	empty := &Pending{plan: p, prefix: prefix{state: sha256.New().(hash.Cloner)}}
	if p.placement != nil {
		empty.details.Mark = &seal.Mark{}
	}
	s := &Signed{pending: empty, cms: []byte{0x30}}
	tail := s.update()
	if p.line {
		tail = append([]byte{'\n'}, tail...)
	}
	again, err := read(&appended{d.r, d.size, tail}, d.size+int64(len(tail)))
	var refused *RefusedError
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	if err == nil {
		err = s.checkDocument(again)
	}
	switch {
	case err == nil:
		return nil
	case refused != nil:
		return refuse(refused.Reason, "after the update: %w", refused.Err)
	}
	return refuse(ReasonBroken, "after the update: %w", err)
}

// An appended is what a reader holds up to size, and then a tail.
type appended struct {
	r    io.ReaderAt
	size int64
	tail []byte
}

func (a *appended) ReadAt(b []byte, offset int64) (n int, err error) {
	if offset < a.size {
		n, err = a.r.ReadAt(b[:min(int64(len(b)), a.size-offset)], offset)
		if n < len(b) && offset+int64(n) < a.size {
			return n, err
		}
		offset += int64(n)
	}
	if n < len(b) && offset < a.size+int64(len(a.tail)) {
		n += copy(b[n:], a.tail[offset-a.size:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
