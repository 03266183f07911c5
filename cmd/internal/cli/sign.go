package cli

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
	"natsuin/fingerprint"
	"natsuin/sign"
)

type signOptions struct {
	attached, raw, pem bool
	output, outputDir  string
	force              bool
	hash               string
	key                string
	yes, dryRun        bool
	allowExpired       bool
	allowWeak          bool
}

// signReport is sign's part of the JSON object (CLI.md, "JSON").
type signReport struct {
	Files     []*signFile    `json:"files"`
	Signer    *signSigner    `json:"signer"`
	TriesLeft map[string]any `json:"tries_left"`
}

type signFile struct {
	Input     string    `json:"input"`
	Output    *string   `json:"output"`
	Format    string    `json:"format"`
	DigestAlg string    `json:"digest_alg"`
	Digest    *string   `json:"digest"`
	OK        bool      `json:"ok"`
	Code      i18n.Code `json:"code"`
}

type signSigner struct {
	Subject  string `json:"subject"`
	SHA256   string `json:"sha256"`
	NotAfter string `json:"not_after"`
	Practice bool   `json:"practice"`
}

func newSign(a *app) *cobra.Command {
	o := &signOptions{}
	c := a.command1("sign [flags] FILE...", "sign", func(ctx context.Context, args []string) error {
		r := &signRun{app: a, opts: o}
		return r.run(ctx, args)
	})
	c.Args = a.arguments(1, -1)
	f := c.Flags()
	f.BoolVar(&o.attached, "attached", false, "flag.sign.attached")
	f.BoolVar(&o.raw, "raw", false, "flag.sign.raw")
	f.BoolVar(&o.pem, "pem", false, "flag.sign.pem")
	f.StringVarP(&o.output, "output", "o", "", "flag.sign.output")
	f.StringVar(&o.outputDir, "output-dir", "", "flag.sign.output-dir")
	f.BoolVar(&o.force, "force", false, "flag.force")
	f.StringVar(&o.hash, "hash", "", "flag.sign.hash")
	f.StringVar(&o.key, "key", "sign", "flag.sign.key")
	f.BoolVar(&o.yes, "yes", false, "flag.sign.yes")
	f.BoolVar(&o.dryRun, "dry-run", false, "flag.sign.dry-run")
	f.BoolVar(&o.allowExpired, "allow-expired", false, "flag.sign.allow-expired")
	f.BoolVar(&o.allowWeak, "allow-weak", false, "flag.allow-weak")
	completeWords(c, "hash", "sha256", "sha384", "sha512")
	completeWords(c, "key", "sign", "auth")
	return c
}

// A signRun is one run of sign: DESIGN.md's "Order of one sign", a method a step.
type signRun struct {
	app  *app
	opts *signOptions
	hash crypto.Hash
	jobs []*job
	rep  *signReport
}

var hashes = map[string]crypto.Hash{"sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}

func (r *signRun) run(ctx context.Context, args []string) (err error) {
	r.rep = &signReport{Files: []*signFile{}, TriesLeft: map[string]any{r.credential().String(): nil}}
	r.app.report = r.rep
	if err := r.check(args); err != nil {
		return err
	}
	secrets, err := r.app.scriptSecrets(ctx, 1, r.readsStdin())
	if err != nil {
		return err
	}
	defer wipe(secrets)
	if len(secrets) == 1 {
		if secrets[0], err = r.app.normalize(r.credential(), secrets[0]); err != nil {
			return err
		}
	}
	if err := r.digest(ctx); err != nil {
		return err
	}
	return r.withCard(ctx, secrets)
}

// credential is the secret that guards the key of --key.
func (r *signRun) credential() card.Credential {
	if r.opts.key == "auth" {
		return card.AuthPIN
	}
	return card.SignPassword
}

func (r *signRun) certificate() card.CertID {
	if r.opts.key == "auth" {
		return card.AuthCert
	}
	return card.SignCert
}

// withCard shows what will be disclosed, gets the secret and signs every file.
func (r *signRun) withCard(ctx context.Context, secrets []card.Secret) error {
	a := r.app
	var secret card.Secret
	defer func() { secret.Wipe() }()
	var hint *time.Time
	return a.unlock(ctx, unlocking{
		cred: r.credential(),
		prepare: func(s *session, token card.Token) error {
			if err := r.able(token); err != nil {
				return err
			}
			if end, err := s.card.Expiry(card.AuthCert); err == nil {
				hint = &end
			}
			return nil
		},
		notice:   func(ctx context.Context) error { return r.notice(ctx, hint) },
		rehearse: r.opts.dryRun,
		collect: func(ctx context.Context) (err error) {
			secret.Wipe()
			if secrets != nil {
				secret = secrets[0] // a script's is sent once at most
				return nil
			}
			secret, err = a.askSecret(ctx, r.credential(), a.t("prompt."+r.credential().String()))
			return err
		},
		given: func() card.Secret { return secret },
		tries: func(t card.Tries) { r.rep.TriesLeft[r.credential().String()] = triesValue(t) },
		send: func(s *session) error {
			if err := s.card.Verify(r.credential(), secret); err != nil {
				return err
			}
			secret.Wipe()
			r.rep.TriesLeft[r.credential().String()] = r.credential().MaxTries()
			return r.signAll(ctx, s)
		},
	})
}

// able refuses, before anything is asked, the cards that can sign nothing valid by
// what they are (CARD.md §1).
func (r *signRun) able(t card.Token) error {
	switch {
	case t.Kind == card.KindJuki && !r.opts.allowWeak:
		return &i18n.Error{Code: i18n.CodeWeak, ID: "err.sign.juki"}
	case t.Kind == card.KindIPhone:
		return &i18n.Error{Code: i18n.CodeNotJPKI, ID: "err.sign.iphone"}
	}
	return nil
}

// triesValue is a count for JSON: null when the card did not say.
func triesValue(t card.Tries) any {
	if !t.Known {
		return nil
	}
	return t.Left
}

// notice tells what travels in the signature and what ends the certificate
// (CLI.md, behaviour 15), and asks whether to go on unless --yes was given.
func (r *signRun) notice(ctx context.Context, authEnd *time.Time) error {
	a := r.app
	tell := a.say
	if a.interactive() && !r.opts.yes {
		tell = a.prompt
	}
	if r.credential() == card.SignPassword {
		tell(a.t("sign.notice"))
	}
	if authEnd != nil {
		tell(a.t("sign.auth-end", "Date", a.date(*authEnd)))
	}
	if r.opts.yes || r.opts.dryRun {
		return nil
	}
	yes, err := a.agree(ctx, a.t("sign.agree", "N", len(r.jobs)))
	if err != nil {
		return err
	}
	if !yes {
		return &i18n.Error{Code: i18n.CodeDeclined, ID: "err.declined"}
	}
	return nil
}

// signAll reads the certificates, refuses what should not sign, and signs every
// file in order. It runs inside the VERIFY transaction.
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
	if err := r.useHashOf(ctx, cert); err != nil {
		return err
	}
	var beside []*x509.Certificate
	if !r.opts.raw {
		known := issuers{r.app.env.cacheDir("issuers")}
		ca := known.of(cert)
		if ca == nil {
			if ca, err = s.card.Certificate(r.certificate().CA()); err != nil {
				return err
			}
			if err := issued(r.certificate(), cert, ca); err != nil {
				return err
			}
			defer known.keep(cert, ca) // after the last signature
		}
		beside = append(beside, ca)
	}
	signer, err := s.card.Signer(r.certificate(), cert, card.SignerOptions{AllowWeak: r.opts.allowWeak})
	if err != nil {
		return err
	}
	w := newWriter(r)
	return w.close(r.each(ctx, func(j *job) error {
		return r.signOne(ctx, j, cert, beside, signer, w)
	}))
}

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

// useHashOf hashes the files again if the key's profile asks for another hash than the
// usual one and none was demanded. It happens within the transaction: what key the card
// holds is not known before, and no card of today needs it.
func (r *signRun) useHashOf(ctx context.Context, cert *x509.Certificate) error {
	h := card.HashFor(cert.PublicKey)
	if h == 0 || h == r.hash {
		return nil
	}
	for _, j := range r.jobs {
		if r.opts.hash != "" || j.streamed() {
			return usage("err.sign.hash-for-key", "Hash", hashName(h))
		}
		j.report.DigestAlg = hashName(h)
	}
	r.hash = h
	return r.digest(ctx)
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
	practice := isPractice(cert)
	r.rep.Signer = &signSigner{
		Subject: r.app.subject(cert.RawSubject), SHA256: fingerprint.Of(cert).SHA256.String(),
		NotAfter: stamp(cert.NotAfter), Practice: practice,
	}
	if practice {
		a.say(a.t("practice.mark"))
	}
	switch {
	case now.After(cert.NotAfter) && !r.opts.allowExpired:
		return &i18n.Error{Code: i18n.CodeExpired, ID: "err.expired", Pairs: []any{"Date", a.date(cert.NotAfter)}}
	case now.Before(cert.NotBefore) && !r.opts.allowExpired:
		return &i18n.Error{Code: i18n.CodeExpired, ID: "err.not-yet", Pairs: []any{"Date", a.date(cert.NotBefore)}}
	case now.After(cert.NotAfter):
		a.say(a.t("sign.expired-anyway", "Date", a.date(cert.NotAfter)))
	case a.daysLeft(cert.NotAfter) < 90:
		a.say(a.t("sign.days-left", "N", a.daysLeft(cert.NotAfter), "Date", a.date(cert.NotAfter)))
	}
	return nil
}

// signOne makes one signature on the card and hands it to the writer.
func (r *signRun) signOne(ctx context.Context, j *job, cert *x509.Certificate, issuers []*x509.Certificate, key crypto.Signer, w *writer) error {
	if r.opts.raw {
		value, err := key.Sign(nil, j.content.Sum, r.hash)
		if err != nil {
			return err
		}
		return w.add(ctx, j, func() (rendering, error) {
			return bytesOf(value), sign.CheckRaw(j.content, cert, value)
		})
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
	return w.add(ctx, j, func() (rendering, error) {
		s, err := pending.Complete(value)
		if err != nil {
			return nil, err
		}
		return r.cms(j, s), nil
	})
}

// fail marks a file with the outcome that stopped it.
func (j *job) fail(err error) {
	if !errors.Is(err, context.Canceled) {
		j.report.Code = i18n.CodeOf(err)
	}
}

func (a *app) done(j *job) {
	a.say(a.t("sign.done", "Input", ui.Escape(j.name()), "Output", ui.Escape(j.output)))
}
