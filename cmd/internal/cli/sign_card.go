package cli

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
	"natsuin/fingerprint"
	"natsuin/sign"
	"natsuin/verify/trust"
)

// signAll reads the certificates, refuses what should not sign, and signs every
// file in order. It runs inside the VERIFY transaction and waits for the card alone: it
// reads and writes no file, and its talk and the signatures go to the writer.
func (r *signRun) signAll(ctx context.Context, s *session) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	cert, err := s.card.Certificate(r.certificate())
	if err != nil {
		return err
	}
	if err := r.fit(cert); err != nil {
		return err
	}
	if err := r.useHashOf(cert); err != nil {
		return err
	}
	var beside []*x509.Certificate
	if !r.opts.raw {
		ca := issuerOf(cert, r.known)
		if ca == nil {
			if ca, err = s.card.Certificate(r.certificate().CA()); err != nil {
				return err
			}
			if err := issued(r.certificate(), cert, ca); err != nil {
				return err
			}
			r.keep = func() { r.issuers().keep(cert, ca) }
		}
		beside = append(beside, ca)
	}
	signer, err := s.card.Signer(r.certificate(), cert, card.SignerOptions{AllowWeak: r.opts.allowWeak})
	if err != nil {
		return err
	}
	r.signing = true
	return r.each(ctx, func(j *job) error {
		return r.signOne(ctx, j, cert, beside, signer)
	})
}

func (r *signRun) issuers() issuers { return issuers{r.app.env.cacheDir("issuers")} }

var errNotIssued = errors.New("not signed by the CA on the card")

// issued refuses certificates that the CA's key on the card did not sign: a bit was lost
// on the way, or the files do not belong together, and nobody could verify what is signed
// with them. SHA-1, which old cards have, cannot be checked by crypto/x509.
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
func (r *signRun) each(ctx context.Context, step func(*job) error) error {
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

// fit refuses an expired certificate before the signature, and mentions one that
// soon will be.
func (r *signRun) fit(cert *x509.Certificate) error {
	a, now := r.app, r.app.env.Now()
	practice := trust.IsPractice(cert)
	r.rep.Signer = &signSigner{
		Subject: r.app.subject(cert.RawSubject), SHA256: fingerprint.Of(cert).SHA256.String(),
		NotAfter: stamp(cert.NotAfter), Practice: practice,
	}
	if practice {
		r.writer.say(a.t("practice.mark"))
	}
	switch {
	case now.After(cert.NotAfter) && !r.opts.allowExpired:
		return &outcome.Error{Code: outcome.CodeExpired, ID: "err.expired", Pairs: []any{"Date", a.date(cert.NotAfter)}}
	case now.Before(cert.NotBefore) && !r.opts.allowExpired:
		return &outcome.Error{Code: outcome.CodeExpired, ID: "err.not-yet", Pairs: []any{"Date", a.date(cert.NotBefore)}}
	case now.After(cert.NotAfter):
		r.writer.say(a.t("sign.expired-anyway", "Date", a.date(cert.NotAfter)))
	case a.daysLeft(cert.NotAfter) < 90:
		r.writer.say(a.t("sign.days-left", "N", a.daysLeft(cert.NotAfter), "Date", a.date(cert.NotAfter)))
	}
	return nil
}

// signOne makes one signature on the card and hands it to the writer.
func (r *signRun) signOne(ctx context.Context, j *job, cert *x509.Certificate, issuers []*x509.Certificate, key crypto.Signer) error {
	if err := r.writer.stopped(); err != nil {
		return err
	}
	if r.opts.raw {
		value, err := key.Sign(nil, j.content.Sum, r.hash)
		if err != nil {
			return err
		}
		r.writer.add(ctx, j, func() (rendering, error) {
			return bytesOf(value), sign.CheckRaw(j.content, cert, value)
		})
		return nil
	}
	pending, err := sign.Prepare(j.content, cert, sign.Options{
		Issuers: issuers, SigningTime: r.app.env.Now(),
	})
	if err != nil {
		return err
	}
	value, err := key.Sign(nil, pending.Digest(), pending.Hash())
	if err != nil {
		return err
	}
	r.writer.add(ctx, j, func() (rendering, error) {
		s, err := pending.Complete(value)
		if err != nil {
			return nil, err
		}
		return r.cms(j, s), nil
	})
	return nil
}
