// Package timestamp adds time stamps to signatures that exist already. It
// needs no card.
package timestamp

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/text"
	"natsuin/cmd/internal/timestamping"
)

// Options are the flags of timestamp, besides those of [timestamping.Source].
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
	Timestamps []*timestamping.JSON `json:"timestamps"` // one for each signer
	Error      string               `json:"timestamp_error,omitempty"`
}

// New returns the command.
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
}

// A job is one signature to stamp.
type job struct {
	input, output string // "-" is stdout
	report        *file
	signature     signature
}

// do checks everything that can be checked without the network, for every
// file, and then asks for the stamps.
func (r *run) do(ctx context.Context, args []string) error {
	r.rep = &report{Files: []*file{}}
	r.Report = r.rep
	for _, arg := range args {
		j := &job{input: arg, output: arg, report: &file{Input: arg, Code: outcome.CodeNotDone, Timestamps: []*timestamping.JSON{}}}
		if r.opts.Output != "" {
			j.output = r.opts.Output
		}
		if j.output != "-" {
			j.report.Output = &j.output
		}
		r.jobs, r.rep.Files = append(r.jobs, j), append(r.rep.Files, j.report)
	}
	if err := r.check(args); err != nil {
		return err
	}
	if err := r.stamps.Open(ctx); err != nil {
		return err
	}
	for _, j := range r.jobs {
		defer j.close()
		if err := r.open(ctx, j); err != nil {
			return j.fail(err)
		}
	}
	r.Say(r.stamps.Notice())
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

// check refuses flags and outputs that do not fit.
func (r *run) check(args []string) error {
	switch o := r.opts; {
	case !r.stamps.Wanted():
		return outcome.Usage("err.flag.value", "Flag", "--timestamp")
	case o.Output != "" && len(args) > 1:
		return outcome.Usage("err.timestamp.one-output")
	case o.Output != "":
		if err := r.CheckOutput(o.Output, args, o.Force); err != nil {
			return r.jobs[0].fail(err)
		}
	case !o.Force:
		return r.jobs[0].fail(&outcome.Error{Code: outcome.CodeExists, ID: "err.timestamp.replace", Pairs: []any{"Path", text.Escape(args[0])}})
	default:
		// An input that is written is not an input of another: the same file
		// twice is.
		if err := errors.Join(outfile.Check(args, nil, true)...); err != nil {
			return err
		}
	}
	return r.stamps.Check()
}

// fail marks a file with the outcome that stopped it, and returns it.
func (j *job) fail(err error) error {
	if err != nil && !errors.Is(err, context.Canceled) {
		j.report.Code, j.report.Reason = outcome.CodeOf(err), outcome.UnsuitableReason(err)
	}
	return err
}

func (j *job) close() {
	if j.signature != nil {
		j.signature.close()
	}
}

// stamp gets a stamp for each signer of one file, and writes the file.
func (r *run) stamp(ctx context.Context, j *job) error {
	var tokens [][]byte
	var stamps []*timestamping.Stamp
	for _, imprint := range j.signature.imprints() {
		s, err := r.stamps.Stamp(ctx, imprint, time.Time{})
		var failure *timestamping.Failure
		if errors.As(err, &failure) {
			j.report.Error = failure.Code
			return failure.Outcome("err.no-timestamp.file", "Path", text.Escape(j.input))
		}
		if err != nil {
			return err
		}
		tokens, stamps = append(tokens, s.Token), append(stamps, s)
	}
	if err := j.signature.add(ctx, tokens); err != nil {
		return err
	}
	if err := r.write(ctx, j); err != nil {
		return err
	}
	j.report.OK, j.report.Code = true, outcome.CodeOK
	for _, s := range stamps {
		j.report.Timestamps = append(j.report.Timestamps, s.JSON())
		r.Say(r.stamps.Done(s, j.output))
		for _, line := range r.stamps.Remarks(s) {
			r.Say(line)
		}
	}
	return nil
}

// write writes the stamped file, whole or not at all. A signal ends it.
func (r *run) write(ctx context.Context, j *job) error {
	if j.output == "-" {
		if err := j.signature.write(ctx, r.Streams.Out); err != nil {
			return console.NotWritten(err)
		}
		return nil
	}
	f, err := outfile.Create(j.output, outfile.Options{Force: r.opts.Force})
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := j.signature.write(ctx, f); err != nil {
		return err
	}
	j.signature.close() // Windows does not replace an open file
	return f.Commit()
}
