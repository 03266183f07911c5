package sign

import (
	"context"
	"errors"
	"time"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/text"
	"natsuin/cmd/internal/timestamping"
	"natsuin/sign"
	"natsuin/sign/pdf"
	"natsuin/sign/timestamp"
	"natsuin/verify/touki"
)

// A stampable is a finished signature to which a time stamp can be added. The
// sign function of a form with stamps sets it.
type stampable struct {
	claimed time.Time // when the signer claims to have signed
	imprint timestamp.Imprint
	// with returns the rendering with the token in it. It is called once the
	// card has been released.
	with func(token []byte) (rendering, error)
	// without is the rendering without a token. It is set only if stampsFirst,
	// since otherwise that rendering was written at once.
	without rendering
}

// keepForStamp sets the job's stamp for the finished signature s if time stamps
// are wanted. Otherwise it keeps nothing, so that the signature can be freed
// once it is written. render returns the rendering of a signature that has the
// token.
func (r *run) keepForStamp(j *job, s *sign.Signature, claimed time.Time, render func(*sign.Signature) (rendering, error)) {
	if !r.stamps.Wanted() {
		return
	}
	j.stamp = &stampable{claimed: claimed, imprint: s.Imprint(), with: func(token []byte) (rendering, error) {
		stamped, err := s.WithTimeStamp(token)
		if err != nil {
			return rendering{}, err
		}
		return render(stamped)
	}}
}

// checkStamps returns a usage error if the flags about time stamps do not fit
// together or do not fit the form. If time stamps are wanted, it also adds
// "timestamp": null to the JSON of each file.
func (r *run) checkStamps() error {
	switch {
	case r.stamps.Wanted() && !r.form.stamps:
		return outcome.Usage("err.flags.both", "A", "--"+r.form.flag, "B", "--timestamp")
	case r.stamps.Wanted() && r.opts.PDF.Profile == touki.Profile: // offices may not accept it
		return outcome.Usage("err.flags.both", "A", "--profile "+touki.Profile, "B", "--timestamp")
	case r.opts.TimestampRequired && !r.stamps.Wanted():
		return outcome.Usage("err.flag.needs", "Flag", "--timestamp-required", "Needs", "--timestamp")
	}
	if r.stamps.Wanted() {
		for _, j := range r.jobs {
			j.report.Timestamp = (*timestamping.JSON)(nil) // null, unlike absent
		}
	}
	return r.stamps.Check()
}

// stampsFirst reports whether nothing is written until the authority has
// answered: a file can be replaced later, but standard output cannot, and with
// --timestamp-required no file without a stamp may be left.
func (r *run) stampsFirst() bool {
	return r.stamps.Wanted() && (r.opts.TimestampRequired || r.opts.Output == "-")
}

// stampAll asks for a time stamp for each signature that was made, one after
// another, when the card has been released and everything that could be lost is
// on the disk (docs/cli.md, behaviour 29). It returns the error that decides
// the run: err, from the part with the card, or that of a context that ended.
func (r *run) stampAll(ctx context.Context, err error) error {
	if !r.stamps.Wanted() || !r.signing {
		return err
	}
	if !r.writer.files.Wait(ctx, grace) {
		return outcome.WorseError(err, ctx.Err())
	}
	asked := false
	for _, j := range r.jobs {
		if j.stamp == nil || !j.report.OK && (!r.stampsFirst() || j.report.Code != outcome.CodeNotDone) {
			continue
		}
		if ctx.Err() == nil && !asked {
			asked = true
			r.writer.say(r.T("timestamp.asking"))
		}
		r.stampOne(ctx, j)
	}
	return outcome.WorseError(err, ctx.Err())
}

// stampOne asks for the time stamp of one signature, writes the file with it,
// and reports the result.
func (r *run) stampOne(ctx context.Context, j *job) {
	stamp, err := r.stamps.Stamp(ctx, j.stamp.imprint, j.stamp.claimed)
	var render rendering
	if err == nil {
		render, err = j.stamp.with(stamp.Token)
		if large := (*pdf.TooLargeError)(nil); errors.As(err, &large) {
			err = r.stamps.NoRoom(err)
		}
	}
	switch {
	case r.stampsFirst():
		r.writeLate(ctx, j, render, err)
		if err != nil || !j.report.OK {
			break
		}
	case err == nil:
		err = r.replace(ctx, j, render)
	}
	if ctx.Err() == nil && err != nil && j.report.OK {
		r.writer.warn(r.T("timestamp.failed", "Path", text.Escape(j.output), "Why", r.why(err)))
	}
	switch {
	case !j.report.OK:
	case err != nil:
		j.report.TimestampError = errorCode(err)
	default:
		j.report.Timestamp = stamp.JSON()
		r.writer.say(r.stamps.Done(stamp, j.output))
		for _, line := range r.stamps.Remarks(stamp) {
			r.writer.warn(line)
		}
	}
}

// writeLate writes a signature for the first time: with its stamp or, if none
// is required, without. err is why there is no stamp.
func (r *run) writeLate(ctx context.Context, j *job, stamped rendering, err error) {
	var failure *timestamping.Failure
	switch {
	case ctx.Err() != nil: // nothing was written
		return
	case err == nil:
		err = r.write(ctx, j, stamped)
	case !r.opts.TimestampRequired:
		err = r.write(ctx, j, j.stamp.without)
	case errors.As(err, &failure):
		err = failure.Outcome("err.no-timestamp.sign", "Path", text.Escape(j.input))
	}
	r.writer.note(j, err)
}

// replace atomically replaces the file that was written without a stamp, but no
// other file that has its name by now ([outfile.ErrMoved]). If ctx ends while
// it copies, the file stays as it was.
func (r *run) replace(ctx context.Context, j *job, render rendering) error {
	f, err := outfile.Create(j.output, outfile.Options{Force: true, Over: j.written})
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := render.write(ctx, f); err != nil {
		return writeError(j, err)
	}
	if render.check != nil {
		if err := render.check(f, f.Size()); err != nil {
			return writeError(j, err)
		}
	}
	return f.Commit()
}

// why returns the text that says why a file that was written has no stamp.
func (r *run) why(err error) string {
	var failure *timestamping.Failure
	switch {
	case errors.As(err, &failure):
		return failure.Why
	case errors.Is(err, outfile.ErrMoved):
		return r.T("timestamp.moved")
	}
	return r.Explain(err).Message
}

// errorCode returns the value of timestamp_error in JSON.
func errorCode(err error) string {
	var failure *timestamping.Failure
	switch {
	case errors.As(err, &failure):
		return failure.Code
	case errors.Is(err, outfile.ErrMoved):
		return "moved"
	}
	return string(outcome.CodeOf(err))
}
