package sign

import (
	"context"
	"crypto"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/text"
	"natsuin/sign"
	"natsuin/sign/pdf"
	"natsuin/sign/pdf/seal"
	"natsuin/verify"
	"natsuin/verify/touki"
	"natsuin/verify/trust"
)

// practiceMark begins the /Reason of every signature made with a practice card.
// Package seal draws the same text across the visible mark.
const practiceMark = "練習 / PRACTICE"

// planPDF reads the structure of a PDF, makes every refusal, and hashes the
// file, so that the card's transaction need not read it.
func planPDF(ctx context.Context, r *run, j *job, h crypto.Hash, seen io.Writer) error {
	f, err := infile.Open(ctx, j.input)
	if err != nil {
		return outcome.File("err.file.read", j.input, err)
	}
	defer f.Close()
	if err := j.planAndDigest(ctx, r, f, h, seen); err != nil {
		return j.planError(ctx, err)
	}
	j.digested(r, sign.Content{Hash: h, Size: j.info.Size()})
	return nil
}

func (j *job) planAndDigest(ctx context.Context, r *run, f *os.File, h crypto.Hash, seen io.Writer) error {
	if j.plan == nil {
		if err := r.plan(ctx, j, infile.At(ctx, f)); err != nil {
			return err
		}
	}
	return j.plan.Digest(ctx, io.TeeReader(f, seen), h)
}

// planError returns the outcome of a failure before the card is touched. If the
// file has changed meanwhile, that is the outcome, because err may be a
// consequence of the change.
func (j *job) planError(ctx context.Context, err error) error {
	j.content.Size = j.info.Size()
	switch changed := j.unchanged(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case changed != nil:
		return changed
	case errors.Is(err, sign.ErrContentChanged):
		return j.changedError()
	}
	if outcome.CodeOf(err) == outcome.CodeInternal || errors.As(err, new(*fs.PathError)) {
		return j.readError(ctx, err)
	}
	return j.namedError(err)
}

// plan opens a PDF, makes every refusal that does not need the digest, and
// decides where the signature goes.
func (r *run) plan(ctx context.Context, j *job, in io.ReaderAt) error {
	doc, err := pdf.Open(in, j.info.Size())
	if err != nil {
		return err
	}
	if err := r.checkLeftOut(j, doc); err != nil {
		return err
	}
	if j.plan, err = r.place(doc); err != nil {
		return err
	}
	if err := r.rehearseMark(j.plan); err != nil {
		return err
	}
	j.held, j.warnings = doc.Signatures(), doc.Warnings()
	if j.held > 0 && !r.opts.PDF.AllowBroken || r.opts.PDF.Profile == touki.Profile {
		if err := r.checkEarlier(ctx, j, in); err != nil {
			return err
		}
	}
	field := j.plan.Field()
	j.report.Field = &field
	return nil
}

// checkLeftOut returns an error if the output is an input that was left out,
// and that file is more than the document with one signature: somebody may have
// signed it since, and --force must not lose that.
func (r *run) checkLeftOut(j *job, doc *pdf.Document) error {
	return outfile.CheckLeftOut(j.output, r.leftOut, doc.IsOriginalOf)
}

// checkEarlier refuses a PDF in which a signature is INVALID, since the new one
// would be over a document that somebody altered, unless --allow-broken is set.
// For --profile touki it also records whether the file contains something that
// the profile excludes.
func (r *run) checkEarlier(ctx context.Context, j *job, in io.ReaderAt) error {
	report, err := verify.PDF(ctx, in, j.info.Size(), verify.Policy{Now: r.Now()})
	if errors.As(err, new(*verify.PDFError)) {
		return &pdf.RefusedError{Reason: pdf.ReasonBroken, Err: err}
	}
	if err != nil {
		return err
	}
	for _, s := range report.Signatures {
		if s.Verdict == verify.Invalid && !r.opts.PDF.AllowBroken {
			return &outcome.Error{
				Code: outcome.CodeUnsuitable, ID: "err.sign.broken-signature", Reason: "broken-signature",
				Pairs: []any{"Field", text.Escape(s.Field)},
			}
		}
	}
	for _, p := range touki.Check(report, "") {
		if p.Result == touki.NotMet && p.ID != touki.Signed {
			j.unlikeTouki = r.opts.PDF.Profile == touki.Profile
		}
	}
	return nil
}

// place plans the signature. Without --visible, a mark goes into the area of
// the field that --field names. If there is no such field, it goes to
// usualCorner.
func (r *run) place(doc *pdf.Document) (*pdf.Plan, error) {
	o := pdf.Options{
		Field: r.opts.PDF.Field, Mark: r.seal.asked, Visible: r.seal.position,
		VisibleWidth: seal.DefaultWidth, VisibleHeight: seal.DefaultHeight,
		TimeStamp: r.stamps.Wanted(),
	}
	if r.opts.PDF.PAdES {
		o.SubFilter = pdf.ETSICAdESDetached
	}
	if r.seal.only {
		o.VisibleWidth, o.VisibleHeight = seal.PictureSide, seal.PictureSide
	}
	plan, err := doc.Plan(o)
	if o.Visible != nil || !isFieldProblem(err, pdf.FieldWithout) {
		return plan, err
	}
	o.Visible = &usualCorner
	inCorner, again := doc.Plan(o)
	if isFieldProblem(again, pdf.FieldHasBox) {
		return nil, err // the field exists but has no area
	}
	return inCorner, again
}

func isFieldProblem(err error, problem pdf.FieldProblem) bool {
	var field *pdf.FieldError
	return errors.As(err, &field) && field.Problem == problem
}

// namedError returns the outcome of err with the name of the input added.
func (j *job) namedError(err error) error {
	e := outcome.Of(err)
	return &outcome.Error{Code: e.Code, ID: e.ID, Reason: e.Reason, Err: err, Pairs: append(e.Pairs, "Path", text.Escape(j.input))}
}

// signPDF signs a PDF within itself (ISO 32000-1 §12.8.3.3, or PAdES with
// --pades).
func signPDF(r *run, j *job, k *key) (finishing, error) {
	now := r.Now()
	details := pdf.Details{
		Hash: r.hash, Time: now, Name: r.signerName(k),
		Reason: r.opts.PDF.Reason, Location: r.opts.PDF.Location, Contact: r.opts.PDF.Contact,
	}
	if trust.IsPractice(k.cert) {
		details.Reason = practiceReason(details.Reason)
	}
	mark, err := r.drawMark(j, k, now)
	if err != nil {
		return nil, err
	}
	details.Mark = mark
	update, err := j.plan.Prepare(details)
	if err != nil {
		return nil, j.namedError(err)
	}
	content := update.Content()
	j.reportDigest(content)
	complete, err := k.signCMS(content, r.cmsOptions(k, now))
	if err != nil {
		return nil, err
	}
	return func() (rendering, error) {
		s, err := complete()
		if err != nil {
			return rendering{}, err
		}
		put := func(s *sign.Signature) (rendering, error) { return j.put(update, s) }
		render, err := put(s)
		if err != nil {
			return rendering{}, err
		}
		r.keepForStamp(j, s, now, put)
		return render, nil
	}, nil
}

// put returns the rendering of a PDF with the signature in it.
func (j *job) put(update *pdf.Pending, s *sign.Signature) (rendering, error) {
	signed, err := update.Complete(s.DER())
	if err != nil {
		return rendering{}, err
	}
	return rendering{
		write: j.reread(signed.Write),
		check: signed.Check,
	}, nil
}

// cmsOptions returns the attributes that the profile of the signature has
// (docs/cli.md, "Signing a PDF").
func (r *run) cmsOptions(k *key, now time.Time) sign.Options {
	return sign.Options{
		Issuers: k.issuers, SigningTime: now,
		OmitSigningTime:        r.opts.PDF.PAdES,
		OmitSigningCertificate: r.opts.PDF.Profile == touki.Profile,
	}
}

// signerName returns --name, or the name in the certificate.
func (r *run) signerName(k *key) string {
	if r.opts.PDF.Name != "" {
		return r.opts.PDF.Name
	}
	if h := certtext.HolderOf(k.cert); h != nil && h.Name != "" {
		return h.Name
	}
	return k.cert.Subject.CommonName
}

func practiceReason(reason string) string {
	if reason == "" {
		return practiceMark
	}
	return practiceMark + ": " + reason
}
