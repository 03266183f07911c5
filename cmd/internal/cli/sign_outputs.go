package cli

import (
	"context"
	"errors"
	"io"
	"os"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/sign"
)

// A rendering writes one finished signature.
type rendering func(context.Context, io.Writer) error

// write puts a signature where it belongs, whole or not at all.
func (r *signRun) write(ctx context.Context, j *job, render rendering) error {
	if err := j.unchanged(); err != nil {
		return err
	}
	if j.output == "-" {
		if err := render(ctx, r.app.env.Streams.Out); err != nil {
			return writeError(j, err)
		}
		return nil
	}
	f, err := outfile.Create(j.output, outfile.Options{Force: r.opts.force})
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := render(ctx, f); err != nil {
		return writeError(j, err)
	}
	if r.writer.left.Load() {
		return context.Canceled // the report is out: the file would contradict it
	}
	return f.Commit()
}

// cms writes a CMS signature in the chosen form. Attached content is read and
// hashed again while it is copied, so that a file that changed is caught.
func (r *signRun) cms(j *job, s *sign.Signature) rendering {
	switch {
	case r.opts.attached:
		return func(ctx context.Context, w io.Writer) error {
			content, err := os.Open(j.input)
			if err != nil {
				return outcome.File("err.file.read", j.input, err)
			}
			defer content.Close()
			if r.opts.pem {
				return s.WriteAttachedPEM(ctx, w, content)
			}
			return s.WriteAttached(ctx, w, content)
		}
	case r.opts.pem:
		return bytesOf(s.PEM())
	}
	return bytesOf(s.DER())
}

func bytesOf(b []byte) rendering {
	return func(_ context.Context, w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

func writeError(j *job, err error) error {
	var own *outcome.Error
	var out *outfile.Error
	switch {
	case errors.Is(err, sign.ErrContentChanged):
		return j.changedError()
	case errors.As(err, &own), errors.As(err, &out), errors.Is(err, context.Canceled):
		return err
	}
	if j.output == "-" {
		return stdoutError(err)
	}
	return outcome.File("err.file.write", j.output, err)
}
