package verify

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
	"natsuin/verify/touki"
)

// pdfFlags returns a usage error if the arguments name a content for a PDF,
// which contains its own.
func (r *run) pdfFlags(p pair) error {
	if p.content != "" {
		return outcome.Usage("err.verify.pdf-content", "Path", text.Escape(p.signature), "Content", text.Escape(p.content))
	}
	return nil
}

// cmsFlags returns a usage error if a flag was given that applies only to a
// PDF.
func (r *run) cmsFlags() error {
	switch {
	case r.opts.Profile != "":
		return outcome.Usage("err.verify.pdf-only", "Flag", "--profile")
	case r.opts.Signature != 0:
		return outcome.Usage("err.verify.pdf-only", "Flag", "--signature")
	}
	return nil
}

// isPDF reports whether a file is a PDF by its content.
func isPDF(in verify.Input) bool {
	kind, err := verify.Sniff(in.Signature, in.Size)
	return err == nil && kind == verify.KindPDF
}

// judgePDF judges the signatures inside a PDF, and writes the revision that one
// of them signed to --out if that revision by itself is VALID (docs/cli.md,
// "Checking a PDF").
func (r *run) judgePDF(ctx context.Context, j *judged, in verify.Input) {
	report, err := verify.PDF(ctx, in.Signature, in.Size, r.policy)
	var refused *verify.PDFError
	switch {
	case errors.As(err, &refused):
		j.err = &outcome.Error{
			Code: outcome.CodeUnsuitable, ID: "err.verify.pdf." + string(refused.Problem), Reason: string(refused.Problem),
			Pairs: []any{"Path", text.Escape(j.signature)}, Err: err,
		}
		return
	case err != nil && ctx.Err() != nil:
		j.err = ctx.Err()
		return
	case err != nil:
		j.err = outcome.File("err.file.read", j.signature, err)
		return
	}
	j.pdf, j.report = report, summary(report)
	if r.opts.Profile == touki.Profile {
		j.points = touki.Check(report, filepath.Base(j.signature))
	}
	if r.opts.Out != "" && len(report.Signatures) > 0 {
		j.err = r.writeRevision(ctx, j, in)
	}
}

// summary returns a report with the fields that the output of every form uses.
func summary(p *verify.PDFReport) *verify.Report {
	r := &verify.Report{Verdict: p.Verdict, Reason: p.Reason, Checks: p.Checks, Practice: p.Practice}
	for _, s := range p.Signatures {
		r.Signers = append(r.Signers, s.Signer)
	}
	return r
}

// writeRevision writes the revision that --signature names, or that of the only
// signature, if that revision by itself is VALID. The copy is verified once
// more before it gets its name, since the file may change meanwhile.
func (r *run) writeRevision(ctx context.Context, j *judged, in verify.Input) error {
	n := r.opts.Signature
	switch all := len(j.pdf.Signatures); {
	case n == 0 && all > 1:
		return outcome.Usage("err.verify.which-signature", "N", all)
	case n > all:
		return outcome.Usage("err.verify.no-such-signature", "N", all)
	case n == 0:
		n = 1
	}
	section, _, err := j.pdf.Revision(ctx, in.Signature, n, r.policy)
	if err != nil || section == nil {
		return r.noRevision(ctx, j, err)
	}
	f, err := outfile.Create(r.opts.Out, outfile.Options{Force: r.opts.Force})
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := io.Copy(f, section); err != nil {
		return r.noRevision(ctx, j, err)
	}
	copied, err := verify.PDF(ctx, f, section.Size(), r.policy)
	if err != nil || copied.Verdict != verify.Valid {
		return r.noRevision(ctx, j, err)
	}
	return f.Commit()
}

// noRevision returns the error of a run that did not write --out. If err is
// nil, the revision is not VALID: noRevision prints that nothing was written
// and returns nil, so that the verdict decides the outcome.
func (r *run) noRevision(ctx context.Context, j *judged, err error) error {
	var out *outfile.Error
	switch {
	case err == nil:
		r.Warn(r.T("verify.out-not-written", "Path", text.Escape(r.opts.Out)))
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &out):
		return err
	}
	return outcome.File("err.file.read", j.signature, err)
}
