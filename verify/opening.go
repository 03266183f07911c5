package verify

import (
	"context"
	"crypto/x509"
	"errors"
	"io"

	"natsuin/verify/internal/cms"
	"natsuin/verify/trust"
)

// verify is Verify with the lookup of pinned roots as a parameter.
func verify(ctx context.Context, in Input, p Policy, pinned func(*x509.Certificate) (trust.Root, bool)) (*Report, error) {
	if err := p.check(p.now()); err != nil {
		return nil, err
	}
	opened, err := cms.Open(in.Signature, in.Size)
	var attached *cms.AttachmentError
	if errors.As(err, &attached) {
		r := &Report{Encoding: EncodingSMIME, Attachments: attached.Names}
		r.Checks = []Check{unclear(CheckStructure, ReasonAttached, Indeterminate)}
		r.conclude()
		return r, nil
	}
	if err != nil {
		return new(Report).unreadable(err)
	}
	r, err := judgeForms(ctx, in, opened, p, pinned)
	if err != nil {
		return nil, err
	}
	r.mail(opened.Mail)
	if err := r.lineEnds(ctx, in, opened); err != nil {
		return nil, err
	}
	return r, nil
}

// judgeForms judges a message. The signed part of multipart/signed is judged
// with the line ends of text on the wire and, if it is not what was signed, as
// it stands: some signers do not bring it into that form (RFC 8551 §3.1.1).
func judgeForms(ctx context.Context, in Input, opened *cms.Input, p Policy, pinned func(*x509.Certificate) (trust.Root, bool)) (*Report, error) {
	if opened.Content == nil {
		return judgeForm(ctx, in, opened, nil, p, pinned)
	}
	start, again := restart(in.Content)
	if !again {
		return judgeForm(ctx, in, opened, opened.Content(), p, pinned)
	}
	trial := in
	trial.Out = nil
	canonical, err := judgeForm(ctx, trial, opened, opened.Content(), p, pinned)
	if err != nil {
		return nil, err
	}
	form, best := opened.Content, canonical
	if canonical.contentDiffers() {
		if err := start(); err != nil {
			return nil, err
		}
		asSent, err := judgeForm(ctx, trial, opened, opened.AsSent(), p, pinned)
		if err != nil {
			return nil, err
		}
		if !asSent.contentDiffers() {
			form, best = opened.AsSent, asSent
		}
	}
	if in.Out == nil {
		return best, nil
	}
	if err := start(); err != nil {
		return nil, err
	}
	return judgeForm(ctx, in, opened, form(), p, pinned)
}

// contentDiffers reports whether some signer signed another content, or the
// copies of the content differ.
func (r *Report) contentDiffers() bool {
	if c, _ := r.Check(CheckContent); c.Result == Failed {
		return true
	}
	for _, s := range r.Signers {
		digest, _ := s.Check(CheckMessageDigest)
		signature, _ := s.Check(CheckSignature)
		if digest.Result == Failed || digest.Result == NotDone && signature.Result == Failed {
			return true
		}
	}
	return false
}

// restart returns a function that brings a content back to where it stands now,
// and whether that is possible. Without content there is nothing to do.
func restart(content io.Reader) (func() error, bool) {
	if content == nil {
		return func() error { return nil }, true
	}
	seeker, ok := content.(io.Seeker)
	if !ok {
		return nil, false
	}
	at, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, false
	}
	return func() error {
		_, err := seeker.Seek(at, io.SeekStart)
		return err
	}, true
}

// HoldsContent reports whether a message has its content inside or beside it,
// or is not one: then no other file is its content.
func HoldsContent(r io.ReaderAt, size int64) bool {
	opened, err := cms.Open(r, size)
	if err != nil || opened.Content != nil {
		return true
	}
	m, err := cms.Parse(opened.Message, opened.Size)
	return err != nil || m.Attached
}

// ContentTypeTimestamp is the Report.ContentType of a time-stamp token
// (RFC 3161 §2.4.2).
const ContentTypeTimestamp = "1.2.840.113549.1.9.16.1.4"
