package sign

import (
	"context"
	"errors"
	"io/fs"

	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/sign"
	"natsuin/sign/pdf"
)

// write writes a signature to its output, whole or not at all.
func (r *run) write(ctx context.Context, j *job, render rendering) error {
	if err := j.unchanged(); err != nil {
		return err
	}
	if j.output == "-" {
		if err := render.write(ctx, r.Streams.Out); err != nil {
			return writeError(j, err)
		}
		return nil
	}
	f, err := outfile.Create(j.output, outfile.Options{Force: r.opts.Force})
	if err != nil {
		return err
	}
	defer f.Abort()
	// A signal does not end the copy: writer.close waits for it, up to grace.
	if err := render.write(context.WithoutCancel(ctx), f); err != nil {
		return writeError(j, err)
	}
	if render.check != nil {
		if err := render.check(f, f.Size()); err != nil {
			return writeError(j, err)
		}
	}
	if r.writer.left.Load() {
		return context.Canceled // the report without this file may have been printed
	}
	if j.written, err = f.Stat(); err != nil {
		return outcome.File("err.file.write", j.output, err)
	}
	return f.Commit()
}

func writeError(j *job, err error) error {
	var own *outcome.Error
	var out *outfile.Error
	switch {
	case errors.Is(err, sign.ErrContentChanged):
		return j.changedError()
	case errors.As(err, &own), errors.As(err, &out), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, new(*pdf.CheckError)) && !errors.As(err, new(*fs.PathError)):
		return err
	}
	if j.output == "-" {
		return console.NotWritten(err)
	}
	return outcome.File("err.file.write", j.output, err)
}
