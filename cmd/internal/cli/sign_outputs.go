package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outfile"
	"natsuin/sign"
)

// A writer checks and writes finished signatures while the card makes the next
// one. The card takes hundreds of milliseconds, the disk a few; eight at a time
// keep the disk's flushes from queueing up.
type writer struct {
	run    *signRun
	group  errgroup.Group
	failed atomic.Bool
	once   sync.Once
	err    error
}

func newWriter(r *signRun) *writer {
	w := &writer{run: r}
	w.group.SetLimit(8)
	return w
}

// A rendering writes one finished signature.
type rendering func(context.Context, io.Writer) error

// add takes one signature value: complete has it checked independently and says
// how it is written. Nothing is started once a file has failed.
func (w *writer) add(ctx context.Context, j *job, complete func() (rendering, error)) error {
	if w.failed.Load() {
		return errStopped
	}
	w.group.Go(func() error {
		render, err := complete()
		if err == nil {
			err = w.run.write(ctx, j, render)
		}
		if err != nil {
			w.failed.Store(true)
			j.fail(err)
			return err
		}
		j.report.OK, j.report.Code = true, i18n.CodeOK
		return nil
	})
	return nil
}

// errStopped ends the loop over the files; the error that matters is the writer's.
var errStopped = errors.New("an earlier file failed")

// wait lets the writes under way end, once, and reports every file in order.
func (w *writer) wait() error {
	w.once.Do(func() {
		w.err = w.group.Wait()
		w.run.summary()
	})
	return w.err
}

// close returns the error that decides the run: the loop's or the writer's.
func (w *writer) close(err error) error {
	werr := w.wait()
	switch {
	case err == nil || errors.Is(err, errStopped):
		return werr
	case werr == nil:
		return err
	case i18n.Worse(i18n.CodeOf(err), i18n.CodeOf(werr)) == i18n.CodeOf(err):
		return err
	}
	return werr
}

// summary prints a line for each signed file, and a count when there were several.
func (r *signRun) summary() {
	done := 0
	for _, j := range r.jobs {
		if j.report.OK {
			done++
			r.app.done(j)
		}
	}
	if len(r.jobs) > 1 {
		r.app.say(r.app.t("sign.summary", "N", done, "All", len(r.jobs)))
	}
}

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
				return fileError("err.file.read", j.input, err)
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
	var own *i18n.Error
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
	return fileError("err.file.write", j.output, err)
}
