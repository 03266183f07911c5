package sign

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"natsuin/card"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/fingerprint"
	"natsuin/verify/trust"
)

// signAll reads the certificates, refuses those that must not sign, and signs
// every file in order. It runs inside the VERIFY transaction and waits only for
// the card: it reads and writes no files, and passes its messages and the
// signatures to the writer.
func (r *run) signAll(ctx context.Context, s *access.Session) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	cert, err := s.Card.Certificate(r.certificate())
	if err != nil {
		return err
	}
	if err := r.fit(cert); err != nil {
		return err
	}
	if err := r.useHashOf(cert); err != nil {
		return err
	}
	k := &key{cert: cert}
	if r.form.issuers {
		ca := issuerOf(cert, r.known)
		if ca == nil {
			if ca, err = s.Card.Certificate(r.certificate().CA()); err != nil {
				return err
			}
			if err := issued(r.certificate(), cert, ca); err != nil {
				return err
			}
			r.keep = func() { r.issuers().keep(cert, ca) }
		}
		k.issuers = []*x509.Certificate{ca}
	}
	if k.Signer, err = s.Card.Signer(r.certificate(), cert, card.SignerOptions{AllowWeak: r.opts.AllowWeak}); err != nil {
		return err
	}
	// Draw all marks first: a character that the font lacks must not stop a run
	// halfway.
	if err := r.each(ctx, func(j *job) error { _, err := r.drawMark(j, k, r.Now()); return err }); err != nil {
		return err
	}
	r.signing = true
	return r.each(ctx, func(j *job) error { return r.signOne(ctx, j, k) })
}

func (r *run) issuers() issuers { return issuers{r.Folders.Issuers()} }

var errNotIssued = errors.New("not signed by the CA on the card")

// issued returns a [*card.BadCertificateError] if the signature on cert, or
// that of the CA on itself, does not verify with the CA's key from the card: a
// bit was lost in transmission, or the files do not belong together, and nobody
// could verify the signatures. SHA-1 signatures, which old cards have, are not
// checked, because crypto/x509 does not verify them.
func issued(id card.CertID, cert, ca *x509.Certificate) error {
	for i, c := range []*x509.Certificate{cert, ca} {
		err := ca.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
		if err != nil && !errors.As(err, new(x509.InsecureAlgorithmError)) {
			return &card.BadCertificateError{ID: []card.CertID{id, id.CA()}[i], Err: fmt.Errorf("%w: %w", errNotIssued, err)}
		}
	}
	return nil
}

// each runs one step for every file in order, and stops at the first failure.
func (r *run) each(ctx context.Context, step func(*job) error) error {
	for _, j := range r.jobs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(j); err != nil {
			if !errors.Is(err, errStopped) {
				j.fail(err)
			}
			return err
		}
	}
	return nil
}

// fit returns an error if the certificate has expired or is not valid yet,
// unless --allow-expired is set. It prints a remark on one that has expired, or
// expires within 90 days. It also adds the signer to the report.
func (r *run) fit(cert *x509.Certificate) error {
	now := r.Now()
	practice := trust.IsPractice(cert)
	r.rep.Signer = &signer{
		Subject: certtext.Subject(cert.RawSubject, r.ShowsPersonal()), SHA256: fingerprint.Of(cert).SHA256.String(),
		NotAfter: console.Stamp(cert.NotAfter), Practice: practice,
	}
	switch {
	case practice && r.Access.Reader == access.PracticeReader: // the person has asked for practice
		r.writer.say(r.T("practice.mark"))
	case practice:
		r.writer.warn(r.T("practice.mark"))
	}
	r.ended = now.After(cert.NotAfter) || now.Before(cert.NotBefore)
	switch {
	case now.After(cert.NotAfter) && !r.opts.AllowExpired:
		return &outcome.Error{Code: outcome.CodeExpired, ID: "err.expired", Pairs: []any{"Date", r.Date(cert.NotAfter)}}
	case now.Before(cert.NotBefore) && !r.opts.AllowExpired:
		return &outcome.Error{Code: outcome.CodeExpired, ID: "err.not-yet", Pairs: []any{"Date", r.Date(cert.NotBefore)}}
	case now.After(cert.NotAfter):
		r.writer.warn(r.T("sign.expired-anyway", "Date", r.Date(cert.NotAfter)))
	case certtext.DaysLeft(cert.NotAfter, r.Now()) < 90:
		r.writer.say(r.T("sign.days-left", "N", certtext.DaysLeft(cert.NotAfter, r.Now()), "Date", r.Date(cert.NotAfter)))
	}
	return nil
}

// signOne makes one signature on the card and hands it to the writer.
func (r *run) signOne(ctx context.Context, j *job, k *key) error {
	if err := r.writer.stopped(); err != nil {
		return err
	}
	finish, err := r.form.sign(r, j, k)
	if err != nil {
		return err
	}
	r.writer.add(ctx, j, finish)
	return nil
}
