// Package infile reads the files that a command line names. They may be of any
// kind, including streams. Ctrl-C ends the wait for a stream, and for a file
// that does not open.
//
// It is the counterpart of package outfile. It limits the size of what it reads
// into memory, and does not interpret it except as certificates.
package infile

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"os"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// interruptible runs work that may block and takes no context, such as a read
// from a pipe. It returns as soon as ctx ends, because Ctrl-C must end every
// wait (docs/cli.md, behaviour 9). A call that still blocks ends with the
// process.
func interruptible[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		value, err := work()
		answers <- answer{value, err}
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, context.Canceled
	}
}

// Open opens a file for reading. It may have to wait for the writer of a FIFO
// or for a file server, but no longer than until ctx ends.
func Open(ctx context.Context, name string) (*os.File, error) {
	return interruptible(ctx, func() (*os.File, error) { return os.Open(name) })
}

// Stream returns a reader of in whose reads end when ctx ends. A regular file
// is returned as it is, because its reads do not block for long.
func Stream(ctx context.Context, in io.Reader) io.Reader {
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return in
		}
	}
	return &interruptibleReader{ctx: ctx, in: in}
}

// An interruptibleReader is a reader whose Read returns when ctx ends. It reads
// into its own buffer and not into the caller's, because an abandoned read may
// still write to its buffer later.
type interruptibleReader struct {
	ctx context.Context
	in  io.Reader
	own []byte
}

func (r *interruptibleReader) Read(p []byte) (int, error) {
	if len(r.own) < len(p) {
		r.own = make([]byte, len(p))
	}
	own := r.own[:len(p)]
	n, err := interruptible(r.ctx, func() (int, error) { return r.in.Read(own) })
	copy(p, own[:n])
	clear(own[:n]) // it may contain a secret
	return n, err
}

// At returns a reader of in, a regular file, that fails once ctx has ended.
func At(ctx context.Context, in io.ReaderAt) io.ReaderAt { return readerAt{ctx, in} }

type readerAt struct {
	ctx context.Context
	in  io.ReaderAt
}

// ReadAt implements [io.ReaderAt].
func (r readerAt) ReadAt(p []byte, off int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.ReadAt(p, off)
}

// Certificates reads all certificates of a file in DER or PEM, or of a PKCS #7
// bundle. The errors are those of [Read], and an [*outcome.Error] with exit
// code 3 if the file has no certificate that can be parsed.
func Certificates(ctx context.Context, name string) ([]*x509.Certificate, error) {
	b, err := Read(ctx, name)
	if err != nil {
		return nil, err
	}
	certs, err := verify.ParseCertificates(b)
	if err != nil && verify.IsUTF16(b) {
		return nil, UTF16(name)
	}
	if err != nil {
		return nil, &outcome.Error{Code: outcome.CodeFile, ID: "err.file.certificate", Pairs: []any{"Path", text.Escape(name)}, Err: err}
	}
	return certs, nil
}

// Read reads a file of at most 64 MiB into memory. The error is an
// [*outcome.Error] with exit code 3.
func Read(ctx context.Context, name string) ([]byte, error) {
	f, err := Open(ctx, name)
	if err != nil {
		return nil, outcome.File("err.file.read", name, err)
	}
	defer f.Close()
	return ReadAll(Stream(ctx, f), name)
}

// ReadAll reads a stream into memory, with the same limit as [Read]. name is
// for errors.
func ReadAll(in io.Reader, name string) ([]byte, error) {
	const most = 64 << 20
	b, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, outcome.File("err.file.read", name, err)
	}
	if len(b) > most {
		return nil, outcome.File("err.file.large", name, errLarge)
	}
	return b, nil
}

var errLarge = errors.New("larger than 64 MiB")

// UTF16 returns the error for a text in UTF-16, which some shells write. The
// exit code is 3.
func UTF16(name string) error {
	return &outcome.Error{
		Code: outcome.CodeUnsuitable, ID: "err.file.utf16",
		Pairs: []any{"Path", text.Escape(name)}, Reason: string(verify.KindUTF16),
	}
}
