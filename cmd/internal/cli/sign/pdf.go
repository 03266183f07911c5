package sign

import (
	"context"
	"crypto"
	"errors"
	"io"
	"os"
	"time"

	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/sign"
	"natsuin/sign/pdf"
	"natsuin/sign/pdf/seal"
	"natsuin/verify"
	"natsuin/verify/trust"
)

// practiceMark is on everything that a practice certificate signs visibly, and
// in /Reason.
const practiceMark = "練習 / PRACTICE"

// planPDF reads the structure of a PDF, makes every refusal, and hashes the
// file: after VERIFY, nothing of it is read.
func planPDF(ctx context.Context, r *run, j *job, h crypto.Hash, seen io.Writer) error {
	in := &source{ctx: ctx, name: j.input, seen: seen}
	defer in.Close()
	if j.plan == nil {
		if err := r.plan(ctx, j, in); err != nil {
			return err
		}
	}
	in.counts = true
	if err := j.plan.Digest(ctx, in.all(j.info.Size()), h); err != nil {
		return j.pdfError(ctx, err)
	}
	j.digested(r, sign.Content{Hash: h, Size: j.info.Size()})
	return nil
}

// plan decides where the signature of a PDF goes.
func (r *run) plan(ctx context.Context, j *job, in *source) error {
	doc, err := pdf.Open(in, j.info.Size())
	if err != nil {
		return j.pdfError(ctx, err)
	}
	if j.plan, err = r.place(doc); err != nil {
		return j.pdfError(ctx, err)
	}
	if err := r.seal.rehearse(j.plan, r.opts.PDF.Name); err != nil {
		return j.pdfError(ctx, err)
	}
	j.held, j.warnings = doc.Signatures(), doc.Warnings()
	if j.held > 0 && !r.opts.PDF.AllowBroken {
		if err := r.checkEarlier(ctx, j, in); err != nil {
			return err
		}
	}
	field := j.plan.Field()
	j.report.Field = &field
	return nil
}

// checkEarlier refuses a PDF in which a signature is INVALID: the new signature
// would be over a document that somebody altered.
func (r *run) checkEarlier(ctx context.Context, j *job, in *source) error {
	report, err := verify.PDF(ctx, in, j.info.Size(), verify.Policy{Now: r.Now()})
	if err != nil {
		return j.readError(ctx, err)
	}
	for _, s := range report.Signatures {
		if s.Verdict == verify.Invalid {
			return &outcome.Error{
				Code: outcome.CodeUnsuitable, ID: "err.sign.broken-signature", Reason: "broken-signature",
				Pairs: []any{"Path", text.Escape(j.input), "Field", text.Escape(s.Field)},
			}
		}
	}
	return nil
}

// place plans the signature. A mark goes into the field of --field, or else to
// the usual corner.
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
	var field *pdf.FieldError
	if errors.As(err, &field) && field.Problem == pdf.FieldWithout && r.seal.asked && o.Visible == nil {
		o.Visible = &usualCorner
		plan, err = doc.Plan(o)
	}
	return plan, err
}

// pdfError returns the outcome of a PDF that could not be read, or cannot be
// signed; package outcome knows the latter.
func (j *job) pdfError(ctx context.Context, err error) error {
	if ctx.Err() != nil { // err may be that of another file
		return ctx.Err()
	}
	if e := outcome.Of(err); e.Code != outcome.CodeInternal && e.Code != outcome.CodeFile {
		return &outcome.Error{Code: e.Code, ID: e.ID, Reason: e.Reason, Err: err, Pairs: append(e.Pairs, "Path", text.Escape(j.input))}
	}
	return j.readError(ctx, err)
}

// signPDF signs a PDF within itself (ISO 32000-1 §12.8.3.3, or PAdES with
// --pades).
func signPDF(r *run, j *job, k *key) (finishing, error) {
	now := r.Now()
	details := pdf.Details{
		Hash: r.hash, Time: now, Name: r.signerName(k),
		Reason: r.opts.PDF.Reason, Location: r.opts.PDF.Location, Contact: r.opts.PDF.Contact,
	}
	practice := trust.IsPractice(k.cert)
	if practice {
		details.Reason = practiceReason(details.Reason)
	}
	mark, err := r.seal.draw(j.plan, k.cert, details.Name, now, practice)
	if err != nil {
		return nil, err
	}
	details.Mark = mark
	update, err := j.plan.Prepare(details)
	if err != nil {
		return nil, err
	}
	content := update.Content()
	j.reportDigest(content)
	pending, err := sign.Prepare(content, k.cert, r.cmsOptions(k, now))
	if err != nil {
		return nil, err
	}
	value, err := k.Sign(nil, pending.Digest(), pending.Hash())
	if err != nil {
		return nil, err
	}
	return func() (rendering, error) {
		s, err := pending.Complete(value)
		if err != nil {
			return rendering{}, err
		}
		put := func(s *sign.Signature) (rendering, error) { return j.put(update, s) }
		j.stamp = newStampable(s, now, put)
		return put(s)
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
		check: func(written io.ReaderAt) error { return signed.Check(written, signed.Size()) },
	}, nil
}

// cmsOptions returns the attributes that the profile of the signature has
// (docs/cli.md, "Signing a PDF").
func (r *run) cmsOptions(k *key, now time.Time) sign.Options {
	return sign.Options{
		Issuers: k.issuers, SigningTime: now,
		OmitSigningTime:        r.opts.PDF.PAdES,
		OmitSigningCertificate: r.opts.PDF.Profile == profileTouki,
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

// A source is an input that is read at any offset. It is open only while it is
// read: a run may have more inputs than a process may open files.
type source struct {
	ctx    context.Context
	name   string
	file   *os.File
	seen   io.Writer
	counts bool // what is read goes to seen too
}

// ReadAt opens the file if necessary.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if s.file == nil {
		f, err := os.Open(s.name)
		if err != nil {
			return 0, err
		}
		s.file = f
	}
	n, err := s.file.ReadAt(p, off)
	if s.counts {
		s.seen.Write(p[:n])
	}
	return n, err
}

// all returns a reader of the size bytes of the file.
func (s *source) all(size int64) io.Reader { return io.NewSectionReader(s, 0, size) }

// Close closes the file; a later ReadAt opens it again.
func (s *source) Close() {
	if s.file != nil {
		s.file.Close()
		s.file = nil
	}
}
