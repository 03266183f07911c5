package verify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"hash"
	"io"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"natsuin/verify/internal/address"
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

// judgeForms judges a message. The signed part of multipart/signed is first
// judged with CR LF line ends, in which text is sent. If that is not what was
// signed, it is judged unchanged, because some signers do not convert it (RFC
// 8551 §3.1.1), unless in.Content is given and cannot be read again.
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

// contentDiffers reports whether a signer appears to have signed another
// content, or the copies of the content differ.
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

// restart returns a function that sets content back to its current position,
// and reports whether this is possible. Without content the function does
// nothing.
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

// HoldsContent reports whether a message has its content inside or next to it,
// or is not a message. No other file is then its content.
func HoldsContent(r io.ReaderAt, size int64) bool {
	opened, err := cms.Open(r, size)
	if err != nil || opened.Content != nil {
		return true
	}
	m, err := cms.Parse(opened.Message, opened.Size)
	return err != nil || m.Attached
}

// lineEnds adds a remark to each signer who has signed the same content with
// other line ends. It reads the content again, and never changes a verdict. It
// adds no remark if the content can be read only once.
func (r *Report) lineEnds(ctx context.Context, in Input, opened *cms.Input) error {
	wrong := func(s *Signer) bool {
		c, _ := s.Check(CheckMessageDigest)
		return c.Result == Failed && c.Detail == ReasonDiffers
	}
	any := false
	for i := range r.Signers {
		any = any || wrong(&r.Signers[i])
	}
	if !any {
		return nil
	}
	m, err := cms.Parse(opened.Message, opened.Size)
	if err != nil || len(m.Signers) != len(r.Signers) {
		return err
	}
	var source func() (io.Reader, error)
	switch {
	case m.Attached:
		source = func() (io.Reader, error) { return m.Content(), nil }
	case opened.AsSent != nil:
		source = func() (io.Reader, error) { return opened.AsSent(), nil }
	default:
		seeker, ok := in.Content.(io.ReadSeeker)
		if !ok {
			return nil
		}
		if _, err := seeker.Seek(-r.ContentSize, io.SeekCurrent); err != nil {
			return nil // content that cannot be read again, such as a pipe
		}
		start, ok := restart(seeker)
		if !ok {
			return nil
		}
		source = func() (io.Reader, error) { return seeker, start() }
	}
	for _, form := range []struct {
		remark Reason
		of     func(io.Reader) io.Reader
	}{{RemarkCRLF, cms.CRLF}, {RemarkLF, cms.LF}} {
		content, err := source()
		if err != nil {
			return err
		}
		digests, err := digestAll(ctx, form.of(content), m.Signers)
		if err != nil {
			return err
		}
		for i := range r.Signers {
			s := &r.Signers[i]
			value := attribute(m.Signers[i], oidMessageDigest)
			var signed cryptobyte.String
			if h, ok := digests[signerHash(m.Signers[i])]; !ok || !wrong(s) || !value.ReadASN1(&signed, asn1.OCTET_STRING) || !bytes.Equal(signed, h.Sum(nil)) {
				continue
			}
			for n := range s.Checks {
				if s.Checks[n].ID == CheckMessageDigest {
					s.Checks[n] = s.Checks[n].with(form.remark)
				}
			}
		}
	}
	return nil
}

func signerHash(s cms.Signer) crypto.Hash { return digests[s.Digest.OID] }

// digestAll hashes the content with the algorithms of all signers.
func digestAll(ctx context.Context, content io.Reader, signers []cms.Signer) (map[crypto.Hash]hash.Hash, error) {
	all := map[crypto.Hash]hash.Hash{}
	for _, s := range signers {
		if h := signerHash(s); h != 0 && all[h] == nil {
			all[h] = h.New()
		}
	}
	err := blocks(ctx, content, func(piece []byte) error {
		for _, h := range all {
			h.Write(piece)
		}
		return nil
	})
	return all, err
}

// Mail describes the parts of a mail around the signed part. The verdict is
// about the signed part alone.
type Mail struct {
	// From is the address in the From field of the message with the signed
	// part, or several separated by commas, or "". It is not signed, and it
	// comes from the mail: escape it.
	From string
	// FromInCertificate reports whether each address of From is in the
	// certificate of a signer, compared as in RFC 8550 §3. It is nil if there
	// is nothing to compare.
	FromInCertificate *bool
	// Uncovered lists the parts that no signature covers.
	Uncovered []Uncovered
}

// An Uncovered is a part of a mail that no signature covers.
type Uncovered string

// The parts, in the order of Mail.Uncovered.
const (
	// UncoveredHeaders: From, Subject, Date and all other fields, which are
	// never covered.
	UncoveredHeaders Uncovered = "headers"
	// UncoveredBefore and UncoveredAfter: text or other parts before or after
	// the signed part.
	UncoveredBefore Uncovered = "text-before"
	UncoveredAfter  Uncovered = "text-after"
	// UncoveredSecond: another message or signed part, which was not judged.
	UncoveredSecond Uncovered = "second-message"
)

// mail sets the part of the report about the mail around a message.
func (r *Report) mail(m *cms.Mail) {
	if m == nil {
		return
	}
	out := &Mail{Uncovered: []Uncovered{UncoveredHeaders}}
	for _, part := range []struct {
		there bool
		id    Uncovered
	}{{m.Before, UncoveredBefore}, {m.After, UncoveredAfter}, {m.Second, UncoveredSecond}} {
		if part.there {
			out.Uncovered = append(out.Uncovered, part.id)
		}
	}
	from, ok := address.Parse(m.From)
	out.From = strings.Join(from, ", ")
	var known []string
	for _, s := range r.Signers {
		if s.Certificate != nil {
			known = append(known, address.InCertificate(s.Certificate)...)
		}
	}
	if len(from) > 0 && len(known) > 0 {
		for _, one := range from {
			ok = ok && address.Contains(known, one)
		}
		out.FromInCertificate = &ok
	}
	r.Mail = out
}
