package timestamp

import (
	"context"
	"crypto"
	"errors"
	"io"
	"math"

	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/policy"
	"natsuin/cmd/internal/text"
	"natsuin/sign"
	"natsuin/sign/pdf"
	stamps "natsuin/sign/timestamp"
	"natsuin/verify"
)

// A document is a PDF, signed or not, that gets a document time stamp in a new
// revision.
type document struct {
	*input
	before  *verify.PDFReport
	pending *pdf.Pending
	signed  *pdf.Signed
}

// openDocument plans the new revision of a PDF and hashes it. It returns an
// error if a signature in the PDF is INVALID, as openMessage does. It also does
// if the output was left out as an input and, although --force is set, must not
// be replaced: it is more than the PDF with one time stamp.
func (r *run) openDocument(ctx context.Context, j *job) (stampable, error) {
	in := j.input
	d := &document{input: in}
	doc, err := pdf.Open(infile.At(ctx, in.file), in.info.Size())
	if err != nil {
		return nil, d.refusal(ctx, err)
	}
	if err := outfile.CheckLeftOut(j.output, r.leftOut, doc.IsOriginalOf); err != nil {
		return nil, err
	}
	err = d.plan(ctx, doc, func(w pdf.Warning) {
		if w == pdf.WarningUsageRights {
			r.Warn(r.T("timestamp.usage-rights", "Path", text.Escape(in.name)))
		}
	})
	if err == nil {
		d.before, err = verify.PDF(ctx, infile.At(ctx, in.file), in.info.Size(), in.policy)
	}
	if err != nil {
		return nil, d.refusal(ctx, err)
	}
	for _, s := range d.before.Signatures {
		if s.Verdict == verify.Invalid {
			return nil, &outcome.Error{
				Code: outcome.CodeInvalid, ID: "err.timestamp.invalid-in-pdf",
				Pairs: []any{"Path", text.Escape(in.name), "Field", text.Escape(s.Field), "Reason", policy.Reason(r.Printer, s.Reason)},
			}
		}
	}
	return d, nil
}

// plan prepares the new revision, and calls warn for each warning.
func (d *document) plan(ctx context.Context, doc *pdf.Document, warn func(pdf.Warning)) error {
	plan, err := doc.Plan(pdf.Options{SubFilter: pdf.ETSIRFC3161})
	if err != nil {
		return err
	}
	for _, w := range doc.Warnings() {
		warn(w)
	}
	if err := plan.Digest(ctx, d.whole(ctx), crypto.SHA256); err != nil {
		return err
	}
	d.pending, err = plan.Prepare(pdf.Details{Hash: crypto.SHA256})
	return err
}

// refusal returns the outcome of an error before the file is written. If the
// input has changed meanwhile, that is the outcome, because err may be a
// consequence of the change.
func (d *document) refusal(ctx context.Context, err error) error {
	var no *pdf.RefusedError
	changed := d.unchanged()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case changed != nil:
		return changed
	case errors.Is(err, sign.ErrContentChanged):
		return d.changed()
	case errors.As(err, &no):
		return &outcome.Error{
			Code: outcome.CodeUnsuitable, ID: "err.timestamp.pdf." + string(no.Reason), Reason: string(no.Reason),
			Pairs: []any{"Path", text.Escape(d.name)}, Err: err,
		}
	case errors.As(err, new(*pdf.CheckError)):
		return err
	}
	return outcome.File("err.file.read", d.name, err)
}

func (d *document) imprints() []stamps.Imprint {
	c := d.pending.Content()
	return []stamps.Imprint{{Hash: c.Hash, Sum: c.Sum}}
}

// add puts the token into the new revision. Package verify then verifies the
// result: every signature must have the same verdict as before, and the token
// must be over the whole file.
func (d *document) add(ctx context.Context, tokens [][]byte) (err error) {
	if d.signed, err = d.pending.Complete(tokens[0]); err != nil {
		return err
	}
	result := d.signed.Over(infile.At(ctx, d.file))
	after, err := verify.PDF(ctx, result, result.Size(), d.policy)
	switch {
	case errors.As(err, new(*verify.PDFError)):
		err = &pdf.CheckError{Err: err}
	case err == nil && !(d.same(after) && covered(after)):
		err = &pdf.CheckError{Err: errors.New("another verdict with the time stamp")}
	}
	if err != nil {
		return d.refusal(ctx, err)
	}
	return nil
}

// same reports whether the signatures have the same verdicts as before, and one
// document time stamp was added.
func (d *document) same(after *verify.PDFReport) bool {
	same := after.Verdict == d.before.Verdict && after.Reason == d.before.Reason &&
		len(after.Signatures) == len(d.before.Signatures) && len(after.Timestamps) == len(d.before.Timestamps)+1
	for i := 0; same && i < len(after.Signatures); i++ {
		was, is := d.before.Signatures[i], after.Signatures[i]
		same = is.Verdict == was.Verdict && is.Reason == was.Reason
	}
	return same
}

// covered reports whether the newest time stamp is over the whole file and
// nothing but its trust is in doubt. The policy here lacks the root of the
// authority, so the path is missing; or the time is ahead of this computer's
// clock. The token itself was verified when it arrived.
func covered(report *verify.PDFReport) bool {
	newest := report.Timestamps[len(report.Timestamps)-1]
	return newest.CoversWholeFile && (newest.Reason == verify.ReasonTimestampChain || newest.Reason == verify.ReasonTimestampFuture)
}

// write copies the file and appends the new revision.
func (d *document) write(ctx context.Context, w io.Writer) error {
	err := d.signed.Write(ctx, w, d.whole(ctx))
	if errors.Is(err, sign.ErrContentChanged) {
		return d.changed()
	}
	return err
}

func (d *document) check(written io.ReaderAt, size int64) error {
	return d.signed.Check(written, size)
}

// whole returns a reader of the whole file, even if it has grown since it was
// opened.
func (d *document) whole(ctx context.Context) io.Reader {
	return io.NewSectionReader(infile.At(ctx, d.file), 0, math.MaxInt64)
}
