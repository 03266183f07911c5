// Package infile reads the files that a command line names: of any kind,
// streams included, and in a way that Ctrl-C ends.
//
// It is the counterpart of package outfile. It decides nothing about what it
// reads but how long it may be.
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

// interruptible runs work that may block where no context reaches, such as a
// read of a pipe, and gives up when ctx ends: Ctrl-C ends every wait
// (docs/cli.md, behaviour 9). What is still blocked ends with the process.
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

// Open opens a file for reading. It may wait for a writer (FIFO) or a file
// server; the end of ctx ends the wait.
func Open(ctx context.Context, name string) (*os.File, error) {
	return interruptible(ctx, func() (*os.File, error) { return os.Open(name) })
}

// Stream returns in itself if its reads end soon, and otherwise a reader that
// ctx ends.
func Stream(ctx context.Context, in io.Reader) io.Reader {
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return in
		}
	}
	return &interruptibleReader{ctx: ctx, in: in}
}

// An interruptibleReader is a reader whose Read returns when ctx ends. It reads
// into its own buffer rather than the caller's: a read that was abandoned may
// still write to that buffer later.
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
	clear(own[:n]) // it may have been a secret
	return n, err
}

// Certificates reads every certificate of a file: DER, PEM or a bundle.
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

// Read reads a file that is meant to be small: certificates, lists, letters.
func Read(ctx context.Context, name string) ([]byte, error) {
	f, err := Open(ctx, name)
	if err != nil {
		return nil, outcome.File("err.file.read", name, err)
	}
	defer f.Close()
	return ReadAll(Stream(ctx, f), name)
}

// ReadAll reads a stream that is meant to be small to its end.
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

// UTF16 returns the outcome of a text that a shell wrote in UTF-16: exit code
// 3.
func UTF16(name string) error {
	return &outcome.Error{
		Code: outcome.CodeUnsuitable, ID: "err.file.utf16",
		Pairs: []any{"Path", text.Escape(name)}, Reason: string(verify.KindUTF16),
	}
}
