// Package timestamp adds time stamps to signatures and PDF files that exist
// already. It needs no card.
package timestamp

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/text"
	"natsuin/cmd/internal/timestamping"
	"natsuin/sign"
	"natsuin/sign/pdf"
	"natsuin/verify"
)

// Options holds the flags of timestamp, except those of [timestamping.Source].
type Options struct {
	Output string
	Force  bool
}

// report is the part of timestamp in the JSON object (docs/cli.md, "JSON").
type report struct {
	console.Head
	Files []*file `json:"files"`
}

type file struct {
	Input      string               `json:"input"`
	Output     *string              `json:"output"`
	OK         bool                 `json:"ok"`
	Code       outcome.Code         `json:"code"`
	Reason     string               `json:"reason,omitempty"`
	Timestamps []*timestamping.JSON `json:"timestamps"` // one for each signer, or for the PDF
	Error      string               `json:"timestamp_error,omitempty"`
}

// New returns the command timestamp.
func New(c *command.Run) *cobra.Command {
	o, stamps := &Options{}, &timestamping.Source{Run: c}
	verb := c.Verb("timestamp [flags] FILE...", "timestamp", func(ctx context.Context, args []string) error {
		r := &run{Run: c, opts: o, stamps: stamps}
		return r.do(ctx, args)
	})
	verb.Args = c.Arguments(1, -1)
	f := verb.Flags()
	stamps.Define(f)
	f.StringVarP(&o.Output, "output", "o", "", "flag.sign.output")
	f.BoolVar(&o.Force, "force", false, "flag.force")
	return verb
}

// A run is one run of timestamp.
type run struct {
	*command.Run
	opts   *Options
	stamps *timestamping.Source
	rep    *report
	jobs   []*job
	// leftOut lists the inputs that were skipped as outputs of earlier runs.
	leftOut []string
}

// A job is one file to stamp.
type job struct {
	name, output string // "-" is stdout
	report       *file
	input        *input
	stampable    stampable
	inPlace      bool // the output is the input, or the file that a link names
}

// do checks everything that can be checked without the network, for every
// file, and then asks for the stamps.
func (r *run) do(ctx context.Context, args []string) error {
	r.rep = &report{Files: []*file{}}
	r.Report = r.rep
	for _, arg := range args {
		j := &job{name: arg, report: &file{Input: arg, Code: outcome.CodeNotDone, Timestamps: []*timestamping.JSON{}}}
		r.jobs, r.rep.Files = append(r.jobs, j), append(r.rep.Files, j.report)
	}
	if err := r.checkFlags(); err != nil {
		return err
	}
	for _, j := range r.jobs {
		var err error
		if j.input, err = r.openInput(ctx, j.name); err != nil {
			return j.fail(err)
		}
		defer j.input.close()
	}
	r.chooseOutputs()
	if err := r.checkOutputs(); err != nil {
		return err
	}
	if err := r.stamps.Open(ctx); err != nil {
		return err
	}
	for _, j := range r.jobs {
		var err error
		if j.stampable, err = r.open(ctx, j); err != nil {
			return j.fail(err)
		}
	}
	r.notice()
	var worst error
	for _, j := range r.jobs {
		err := r.stamp(ctx, j)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		worst = outcome.WorseError(worst, j.fail(err))
	}
	return worst
}

// checkFlags returns a usage error if flags are missing, invalid or do not fit
// together.
func (r *run) checkFlags() error {
	switch {
	case !r.stamps.Wanted():
		return outcome.Usage("err.flag.value", "Flag", "--timestamp")
	case r.opts.Output != "" && len(r.jobs) > 1:
		return outcome.Usage("err.timestamp.one-output")
	}
	return r.stamps.Check()
}

// notice prints, once for each kind of file, what is sent to the authority.
func (r *run) notice() {
	said := map[string]bool{}
	for _, j := range r.jobs {
		line := r.stamps.Notice()
		if j.input.kind == verify.KindPDF {
			line = r.stamps.NoticePDF()
		}
		if !said[line] {
			r.Say(line)
		}
		said[line] = true
	}
}

// fail records err in the JSON of the file, and returns it.
func (j *job) fail(err error) error {
	if err != nil && !errors.Is(err, context.Canceled) {
		j.report.Code, j.report.Reason = outcome.CodeOf(err), outcome.UnsuitableReason(err)
	}
	return err
}

// stamp gets the stamps of one file, and writes it.
func (r *run) stamp(ctx context.Context, j *job) error {
	stamps, err := r.add(ctx, j)
	var failure *timestamping.Failure
	switch {
	case errors.As(err, &failure):
		j.report.Error = failure.Code
		return failure.Outcome("err.no-timestamp.file", "Path", text.Escape(j.name))
	case err == nil:
		err = r.write(ctx, j)
	}
	switch {
	case err == nil:
	case errors.As(err, new(*sign.CheckError)), errors.As(err, new(*pdf.CheckError)):
		return &outcome.Error{Code: outcome.CodeInvalid, ID: "err.timestamp.self-check", Pairs: []any{"Path", text.Escape(j.name)}, Err: err}
	default:
		return err
	}
	j.report.OK, j.report.Code = true, outcome.CodeOK
	for _, s := range stamps {
		j.report.Timestamps = append(j.report.Timestamps, s.JSON())
		r.Say(r.stamps.Done(s, j.output))
		for _, line := range r.stamps.Remarks(s) {
			r.Warn(line)
		}
	}
	return nil
}

// add gets the stamps of one file from the authority, and adds them in memory.
// The error is a [*timestamping.Failure] if the authority gave no usable stamp.
func (r *run) add(ctx context.Context, j *job) ([]*timestamping.Stamp, error) {
	var tokens [][]byte
	var stamps []*timestamping.Stamp
	for _, imprint := range j.stampable.imprints() {
		s, err := r.stamps.Stamp(ctx, imprint, time.Time{})
		if err != nil {
			return nil, err
		}
		tokens, stamps = append(tokens, s.Token), append(stamps, s)
	}
	err := j.stampable.add(ctx, tokens)
	if errors.As(err, new(*pdf.TooLargeError)) {
		err = r.stamps.NoRoom(err)
	}
	return stamps, err
}

// write writes the stamped file, whole or not at all. It stops when ctx ends.
func (r *run) write(ctx context.Context, j *job) error {
	if j.output == "-" {
		err := j.copy(ctx, r.Streams.Out)
		if err == nil || errors.As(err, new(*outcome.Error)) {
			return err
		}
		return console.NotWritten(err)
	}
	to := outfile.Options{Force: r.opts.Force}
	if j.inPlace {
		to.Over = j.input.info
	}
	f, err := outfile.Create(j.output, to)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := j.copy(ctx, f); err != nil {
		return err
	}
	if err := j.stampable.check(f, f.Size()); err != nil {
		return err
	}
	j.input.close() // Windows does not replace an open file
	if err := f.Commit(); !errors.Is(err, outfile.ErrMoved) {
		return err
	}
	return j.input.changed()
}

// copy writes the result, and returns an error if the input has changed since
// it was verified.
func (j *job) copy(ctx context.Context, w io.Writer) error {
	if err := j.stampable.write(ctx, w); err != nil {
		return err
	}
	return j.input.unchanged()
}
