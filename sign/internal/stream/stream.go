// Package stream reads content of any size in constant memory, and hashes it
// while it is read.
//
// It does not open files, and does not depend on a format.
package stream

import (
	"context"
	"fmt"
	"io"
)

const (
	firstBlock = 32 << 10 // a smaller file needs no second goroutine
	blockSize  = 256 << 10
)

// Copy reads r to its end, and writes the content to w and to sum. It returns
// the number of bytes read. sum is a hash, to which Copy writes while it reads,
// and whose errors it ignores. If ctx is cancelled, Copy returns the cause
// before the next block. To interrupt a Read that blocks, close the source of
// r. The error wraps that of r or w.
func Copy(ctx context.Context, w, sum io.Writer, r io.Reader) (int64, error) {
	block := make([]byte, firstBlock)
	n, err := readBlock(ctx, r, block)
	size := int64(n)
	sum.Write(block[:n])
	if _, werr := w.Write(block[:n]); werr != nil {
		return size, fmt.Errorf("copy: content: %w", werr)
	}
	if err == nil {
		err = overlap(ctx, w, sum, r, &size)
	}
	if err != io.EOF {
		return size, err
	}
	return size, nil
}

// overlap continues after the first block and hashes in a second goroutine,
// which has ended when overlap returns. At the end of r it returns [io.EOF].
func overlap(ctx context.Context, w, sum io.Writer, r io.Reader, size *int64) error {
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

// readBlock fills block. With the last bytes before the end of r it returns
// [io.EOF]. If r itself returns [io.ErrUnexpectedEOF], readBlock returns that
// error.
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
