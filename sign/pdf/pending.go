package pdf

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"natsuin/sign"
	"natsuin/sign/internal/stream"
	"natsuin/sign/pdf/seal"
	"natsuin/sign/timestamp"
)

// Details holds what the signature states, and what it shows on a page. A
// document time stamp has only Hash, that of its imprint.
type Details struct {
	Hash crypto.Hash // one of those given to [Plan.Digest]

	Name, Reason, Location, Contact string    // "" to leave out
	Time                            time.Time // in the zone in which it is shown
	Mark                            *seal.Mark
}

// A prefix is the state of a hash after the original, and after the line end if
// one is added.
type prefix struct {
	state hash.Cloner
	sum   []byte // of the original alone
}

// Digest reads the original to its end and hashes it with each of hashes. It
// may be called again for other hashes, and for several plans at the same time.
// Errors: [*sign.UnsupportedError]; [*RefusedError] if the field does not allow
// a hash; [sign.ErrContentChanged] if the original has another length; those of
// original, wrapped; the cause if ctx is cancelled.
func (p *Plan) Digest(ctx context.Context, original io.Reader, hashes ...crypto.Hash) error {
	var sums []hash.Hash
	var writers []io.Writer
	for _, h := range hashes {
		if !slices.Contains(supportedHashes, h) {
			return &sign.UnsupportedError{What: "hash", Name: h.String()}
		}
		if p.allowed != nil && !slices.Contains(p.allowed, h) {
			return refuse(ReasonSeedValue, "the field requires another hash than %v", h)
		}
		sum := h.New()
		sums, writers = append(sums, sum), append(writers, sum)
	}
	// Reading one byte more than expected shows whether there is more.
	n, err := stream.Copy(ctx, io.Discard, io.MultiWriter(writers...), io.LimitReader(original, p.size+1))
	if err != nil {
		return err
	}
	if n != p.size {
		return fmt.Errorf("digest: pdf: %w", sign.ErrContentChanged)
	}
	for i, h := range hashes {
		sum := sums[i].Sum(nil)
		if p.line {
			sums[i].Write([]byte{'\n'})
		}
		p.hashes[h] = prefix{state: sums[i].(hash.Cloner), sum: sum}
	}
	return nil
}

// hash returns the hash of the prefix, to be continued.
func (p prefix) hash() hash.Hash {
	h, err := p.state.Clone()
	if err != nil {
		panic(err) // the hashes of the standard library can be cloned
	}
	return h
}

// A Pending is an update that lacks only the CMS. [Plan.Prepare] returns one.
type Pending struct {
	plan    *Plan
	details Details
	prefix  prefix
	content sign.Content
}

// Prepare builds the update in memory, and fixes what is signed. It does not
// read the original. Errors: [*RefusedError] if the mark is too large.
func (p *Plan) Prepare(d Details) (*Pending, error) {
	prefix, ok := p.hashes[d.Hash]
	if !ok {
		return nil, fmt.Errorf("prepare: pdf: not digested with %v", d.Hash)
	}
	if p.sub == ETSIRFC3161 && d != (Details{Hash: d.Hash}) {
		return nil, errors.New("prepare: pdf: a time stamp with details")
	}
	if (d.Mark != nil) != (p.placement != nil) {
		return nil, fmt.Errorf("prepare: pdf: a mark without a place, or a place without a mark")
	}
	pending := &Pending{plan: p, details: d, prefix: prefix}
	u := pending.update()
	if len(u.data) > maxTail {
		return nil, refuse(ReasonLimit, "update of %d bytes", len(u.data))
	}
	sum := prefix.hash()
	sum.Write(u.data[:u.gap.start])
	sum.Write(u.data[u.gap.end:])
	pending.content = sign.Content{Hash: d.Hash, Sum: sum.Sum(nil), Size: p.base() + int64(len(u.data)-(u.gap.end-u.gap.start))}
	return pending, nil
}

// base returns the file offset at which the update begins, after the line end.
func (p *Plan) base() int64 {
	if p.line {
		return p.size + 1
	}
	return p.size
}

// Content returns the digest of the two ranges that the signature covers, for
// [sign.Prepare]. Its Hash and Sum are the imprint of a document time stamp.
func (p *Pending) Content() sign.Content { return p.content }

// Room returns how many bytes of CMS, or of token, there is room for.
func (p *Pending) Room() int { return p.plan.room }

// Complete puts the CMS or the token into the update and checks the result.
// Whether a token proves anything is for package verify to judge. Errors:
// [*TooLargeError]; [*CheckError]; [*timestamp.RefusedError], wrapped, if a
// document time stamp is not a token over the imprint in [Pending.Content].
func (p *Pending) Complete(cms []byte) (*Signed, error) {
	if len(cms) == 0 || len(cms) > p.plan.room {
		return nil, &TooLargeError{Size: len(cms), Room: p.plan.room}
	}
	if p.plan.sub == ETSIRFC3161 {
		info, err := timestamp.ParseToken(cms)
		if err == nil && !info.Has(timestamp.Imprint{Hash: p.content.Hash, Sum: p.content.Sum}) {
			err = &timestamp.RefusedError{Reason: timestamp.ReasonImprint}
		}
		if err != nil {
			return nil, fmt.Errorf("complete: pdf: time stamp: %w", err)
		}
	}
	s := &Signed{pending: p, cms: slices.Clone(cms)}
	if err := s.check(s.update()); err != nil {
		return nil, &CheckError{err}
	}
	return s, nil
}

// A Signed is a signed PDF: the plan, and the CMS or the token. The original
// and the update are put together when it is written.
type Signed struct {
	pending *Pending
	cms     []byte
}

// Size returns the size of the signed PDF in bytes.
func (s *Signed) Size() int64 {
	return s.pending.plan.base() + int64(len(s.update()))
}

// update returns the update with the CMS in it.
func (s *Signed) update() []byte {
	u := s.pending.update()
	copy(u.data[u.gap.start:], strings.TrimSuffix(hexString(s.cms), ">"))
	return u.data
}

// Over returns the signed PDF as [Signed.Write] would write it, so that it can
// be judged before it is written. It reads original, and holds the update in
// memory.
func (s *Signed) Over(original io.ReaderAt) *io.SectionReader {
	plan, tail := s.pending.plan, s.update()
	if plan.line {
		tail = append([]byte{'\n'}, tail...)
	}
	return io.NewSectionReader(&appended{original, plan.size, tail}, 0, plan.size+int64(len(tail)))
}

// An appended reads as the first size bytes of r, and then the tail.
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

// Write writes the signed PDF: the original, which it reads again, and the
// update. The error is [sign.ErrContentChanged] if the bytes read differ from
// those that were digested. After any error the output must be discarded. If
// ctx is cancelled, Write returns the cause before the next block.
func (s *Signed) Write(ctx context.Context, w io.Writer, original io.Reader) error {
	plan := s.pending.plan
	sum := s.pending.content.Hash.New()
	// Reading one byte more than expected shows whether there is more.
	n, err := stream.Copy(ctx, w, sum, io.LimitReader(original, plan.size+1))
	if err != nil {
		return err
	}
	if n != plan.size || !bytes.Equal(sum.Sum(nil), s.pending.prefix.sum) {
		return fmt.Errorf("write: signed pdf: %w", sign.ErrContentChanged)
	}
	tail := s.update()
	if err := s.check(tail); err != nil {
		return &CheckError{err}
	}
	if plan.line {
		tail = append([]byte{'\n'}, tail...)
	}
	if _, err := w.Write(tail); err != nil {
		return fmt.Errorf("write: signed pdf: %w", err)
	}
	return nil
}
