package verify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"hash"
	"io"
	"strings"

	"natsuin/verify/internal/cms"
	"natsuin/verify/internal/path"
)

// document is a message with the digests of its content, and the material for
// judging it.
type document struct {
	message *cms.Message
	// digests holds the digests of the content for SHA-256 and for the
	// algorithms that the signers name. It is nil if there is no content.
	digests map[crypto.Hash][]byte
	size    int64
	// attributeLike reports whether the content has the shape of signed
	// attributes.
	attributeLike bool
	// check is the check of the content.
	check Check
	// material holds all material for this message.
	material
	// budget limits the signatures of all documents of one judgement.
	budget *path.Budget
	// originOf returns the [path.Origin] of a certificate. If it is nil, the
	// origin counts as path.Unproven.
	originOf func(*x509.Certificate) path.Origin
	// tried caches whether each signature that was computed is valid.
	tried map[[sha256.Size]byte]bool
}

// contents holds the copies of the content: inside the message, next to it in
// multipart/signed, and given by the caller. The first copy is hashed, and the
// others must be equal to it.
type contents struct {
	message *cms.Message
	beside  io.Reader
	given   io.Reader
	out     io.Writer
	budget  *path.Budget
}

func (c contents) attached() bool { return c.message.Attached || c.beside != nil }

// sources returns the copies that exist.
func (c contents) sources() []io.Reader {
	var all []io.Reader
	if c.message.Attached {
		all = append(all, c.message.Content())
	}
	for _, r := range []io.Reader{c.beside, c.given} {
		if r != nil {
			all = append(all, r)
		}
	}
	return all
}

// hashes returns SHA-256, for the report, and the hashes that the signers name.
func (c contents) hashes() map[crypto.Hash]hash.Hash {
	all := map[crypto.Hash]hash.Hash{crypto.SHA256: crypto.SHA256.New()}
	for _, s := range c.message.Signers {
		if hash, ok := digests[s.Digest.OID]; ok && all[hash] == nil {
			all[hash] = hash.New()
		}
	}
	return all
}

// read hashes the content with all algorithms in one pass, compares its copies,
// and writes it to out if it is attached.
func (c contents) read(ctx context.Context) (*document, error) {
	d := &document{message: c.message, budget: c.budget}
	sources := c.sources()
	if len(sources) == 0 {
		d.check = unclear(CheckContent, ReasonNoContent, Indeterminate)
		return d, nil
	}
	hashes := c.hashes()
	writers := []io.Writer{}
	for _, h := range hashes {
		writers = append(writers, h)
	}
	if c.out != nil && c.attached() {
		writers = append(writers, c.out)
	}
	var shape AttributeShape
	var inner nested
	writers = append(writers, &shape, &inner)
	others := make([]comparison, len(sources)-1)
	for i := range others {
		others[i].r = sources[i+1]
	}
	err := blocks(ctx, sources[0], func(piece []byte) error {
		d.size += int64(len(piece))
		for _, w := range writers {
			if _, err := w.Write(piece); err != nil {
				return fmt.Errorf("write content: %w", err)
			}
		}
		for i := range others {
			if err := others[i].compare(piece); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	d.check = passed(CheckContent, inner.remark())
	if c.message.ContentType == cms.TSTInfo {
		d.check = passed(CheckContent, RemarkTimestampToken)
	}
	for i := range others {
		same, err := others[i].finished()
		if err != nil {
			return nil, err
		}
		if !same {
			d.check = failed(CheckContent, refuse(ReasonContentDiffers))
		}
	}
	d.digests = make(map[crypto.Hash][]byte)
	for algorithm, h := range hashes {
		d.digests[algorithm] = h.Sum(nil)
	}
	d.attributeLike = shape.Matches()
	return d, nil
}

// The sizes of the blocks in which content is read. The first block is smaller,
// so that small content needs no large buffer.
const (
	firstBlock = 16 << 10
	blockSize  = 64 << 10
)

func grown(buf []byte) []byte {
	if len(buf) < blockSize {
		return make([]byte, blockSize)
	}
	return buf
}

// blocks calls f with one block of r after another, up to the end of r.
func blocks(ctx context.Context, r io.Reader, f func([]byte) error) error {
	for buf := make([]byte, firstBlock); ; buf = grown(buf) {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := fill(r, buf)
		if err := f(buf[:n]); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read content: %w", err)
		}
	}
}

// fill reads until buf is full. At the end it returns io.EOF, and it returns
// any other error unchanged. io.ReadFull would not distinguish a reader that
// failed with io.ErrUnexpectedEOF from one that ended.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var more int
		more, err = r.Read(buf[n:])
		n += more
	}
	return n, err
}

// comparison compares another copy of the content with the first one.
type comparison struct {
	r       io.Reader
	buf     []byte
	differs bool
}

func (c *comparison) compare(piece []byte) error {
	if c.differs || len(piece) == 0 {
		return nil
	}
	if c.buf == nil {
		c.buf = make([]byte, blockSize)
	}
	n, err := fill(c.r, c.buf[:len(piece)])
	if err != nil && err != io.EOF {
		return fmt.Errorf("read content: %w", err)
	}
	c.differs = !bytes.Equal(c.buf[:n], piece)
	return nil
}

// finished reports whether the copy is equal and ends here.
func (c *comparison) finished() (bool, error) {
	if c.differs {
		return false, nil
	}
	var one [1]byte
	n, err := fill(c.r, one[:])
	if err != nil && err != io.EOF {
		return false, fmt.Errorf("read content: %w", err)
	}
	return n == 0, nil
}

// An AttributeShape recognises content that could be taken for signed
// attributes (ePrint 2023/1801). The content is written to it in pieces of any
// size, and the hash of the signature does not matter. A bare signature over
// such content is also a CMS signature over another content: the one with the
// digest in these attributes. The zero value can be used.
type AttributeShape struct {
	head []byte
	size int64
}

// Write implements io.Writer. It never fails.
func (s *AttributeShape) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	s.head = append(s.head, p[:min(len(p), maxShape-len(s.head))]...)
	return len(p), nil
}

// maxShape is how much of the content is kept, in bytes. The outermost tags and
// lengths are within that. If the identifier of the attribute continues beyond
// it, the content still matches.
const maxShape = 1 << 10

// Matches reports whether all that was written is one SET, over its whole
// length, that begins with SEQUENCE { OID, SET }, in any form of BER. If its
// length is indefinite, only the beginning counts.
func (s *AttributeShape) Matches() bool {
	length, is := cms.LooksLikeAttributes(s.head)
	return is && (length < 0 || length == s.size)
}

// Reason returns [ReasonContentIsAttributes].
func (*AttributeShape) Reason() Reason { return ReasonContentIsAttributes }

// nested keeps the beginning of the content, to find out whether it is itself a
// signed message.
type nested struct{ head []byte }

const maxNested = 8 << 10

// Write implements io.Writer. It never fails.
func (n *nested) Write(p []byte) (int, error) {
	n.head = append(n.head, p[:min(len(p), maxNested-len(n.head))]...)
	return len(p), nil
}

// remark returns RemarkSignedContent if the content begins like a SignedData in
// DER or PEM, or like a signed mail.
func (n *nested) remark() Reason {
	if cms.BeginsSigned(n.head) || bytes.HasPrefix(n.head, []byte("-----BEGIN CMS-----")) || bytes.HasPrefix(n.head, []byte("-----BEGIN PKCS7-----")) {
		return RemarkSignedContent
	}
	if bytes.IndexByte(n.head, 0) >= 0 { // not a mail
		return ""
	}
	head := strings.ToLower(string(n.head))
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		head, _, _ = strings.Cut(head, end)
	}
	for _, kind := range []string{"multipart/signed", "application/pkcs7-mime", "application/x-pkcs7-mime"} {
		if strings.Contains(head, "content-type: "+kind) {
			return RemarkSignedContent
		}
	}
	return ""
}
