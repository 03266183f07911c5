package sign

import (
	"context"
	"crypto"
	_ "crypto/sha256" // registers SHA-256
	_ "crypto/sha512" // registers SHA-384 and SHA-512
	"io"

	"natsuin/sign/internal/cms"
	"natsuin/sign/internal/stream"
)

// A Content describes the content to be signed. [Digest] returns one.
type Content struct {
	Hash crypto.Hash // SHA-256, SHA-384 or SHA-512
	Sum  []byte      // the digest
	Size int64       // in bytes
}

// Digest reads r to its end and returns the digest and the size of the content.
// It uses constant memory, and reads and hashes at the same time. If ctx is
// cancelled, it returns the cause before the next block. To interrupt a Read
// that blocks, close the source of r. The error is an [*UnsupportedError]
// unless h is SHA-256, SHA-384 or SHA-512, and otherwise wraps that of r.
func Digest(ctx context.Context, r io.Reader, h crypto.Hash) (Content, error) {
	if !cms.Supported(h) {
		return Content{}, &UnsupportedError{What: "hash", Name: h.String()}
	}
	return copyContent(ctx, io.Discard, r, h)
}

// copyContent hashes r to its end, and copies it to w.
func copyContent(ctx context.Context, w io.Writer, r io.Reader, h crypto.Hash) (Content, error) {
	sum := h.New()
	size, err := stream.Copy(ctx, w, sum, r)
	if err != nil {
		return Content{}, err
	}
	return Content{Hash: h, Sum: sum.Sum(nil), Size: size}, nil
}
