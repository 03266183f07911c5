package sign

import (
	"context"
	"crypto"
	_ "crypto/sha256" // registers SHA-256
	_ "crypto/sha512" // registers SHA-384 and SHA-512
	"fmt"
	"hash"
	"io"

	"natsuin/sign/internal/cms"
)

// Content describes the content to be signed. [Digest] returns one.
type Content struct {
	Hash crypto.Hash // SHA-256, SHA-384 or SHA-512
	Sum  []byte      // the digest
	Size int64       // in bytes
}

const (
	firstBlock = 32 << 10  // a smaller file needs no second goroutine
	blockSize  = 256 << 10 // two blocks fit into the cache of a core
)

// Digest reads r to its end and returns the digest and size of the content. It
// uses constant memory; reading and hashing overlap. If ctx is cancelled, it
// returns the cause before the next block; to interrupt a Read that blocks,
// close what r reads from. Errors: [*UnsupportedError] unless h is SHA-256,
// SHA-384 or SHA-512; errors of r, wrapped.
func Digest(ctx context.Context, r io.Reader, h crypto.Hash) (Content, error) {
	if !cms.Supported(h) {
		return Content{}, &UnsupportedError{What: "hash", Name: h.String()}
	}
	return stream(ctx, r, h, io.Discard)
}

// stream hashes r to its end, and copies it to w.
func stream(ctx context.Context, r io.Reader, h crypto.Hash, w io.Writer) (Content, error) {
	c := Content{Hash: h}
	sum := h.New()

	block := make([]byte, firstBlock)
	n, err := readBlock(ctx, r, block)
	c.Size = int64(n)
	sum.Write(block[:n])
	if _, werr := w.Write(block[:n]); werr != nil {
		return Content{}, fmt.Errorf("copy: content: %w", werr)
	}
	if err == nil {
		err = overlap(ctx, r, sum, w, &c.Size)
	}
	if err != nil && err != io.EOF {
		return Content{}, err
	}
	c.Sum = sum.Sum(nil)
	return c, nil
}

// overlap continues after the first block and hashes in a second goroutine,
// which has ended when overlap returns. At the end of r it returns [io.EOF].
func overlap(ctx context.Context, r io.Reader, sum hash.Hash, w io.Writer, size *int64) error {
	const blocks = 2
	free := make(chan []byte, blocks)
	full := make(chan []byte, blocks)
	for range blocks {
		free <- make([]byte, blockSize)
	}
	hashed := make(chan struct{})
	go func() {
		defer close(hashed)
		for block := range full {
			sum.Write(block)
			free <- block[:blockSize]
		}
	}()
	defer func() {
		close(full)
		<-hashed
	}()

	for {
		block := <-free
		n, err := readBlock(ctx, r, block)
		*size += int64(n)
		full <- block[:n]
		if _, werr := w.Write(block[:n]); werr != nil {
			return fmt.Errorf("copy: content: %w", werr)
		}
		if err != nil {
			return err
		}
	}
}

// readBlock fills block. It returns [io.EOF] with the last bytes before the end
// of r. If r itself reports an unexpected end, that is an error.
func readBlock(ctx context.Context, r io.Reader, block []byte) (n int, err error) {
	if ctx.Err() != nil {
		return 0, fmt.Errorf("read: content: %w", context.Cause(ctx))
	}
	for n < len(block) && err == nil {
		var m int
		m, err = r.Read(block[n:])
		n += m
	}
	if err != nil && err != io.EOF {
		return n, fmt.Errorf("read: content: %w", err)
	}
	return n, err
}
