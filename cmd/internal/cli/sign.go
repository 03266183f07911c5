package cli

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
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

// signReport is sign's part of the JSON object (docs/cli.md, "JSON").
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
	Reason    string    `json:"reason,omitempty"`
}

type signSigner struct {
	Subject  string `json:"subject"`
	SHA256   string `json:"sha256"`
	NotAfter string `json:"not_after"`
	Practice bool   `json:"practice"`
}

func newSign(a *app) *cobra.Command {
	o := &signOptions{}
	c := a.verb("sign [flags] FILE...", "sign", func(ctx context.Context, args []string) error {
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

// A signRun is one run of sign: the order of one sign, a method a step.
type signRun struct {
	app  *app
	opts *signOptions
	hash crypto.Hash
	jobs []*job
	rep  *signReport

	writer  *writer
	signing bool                // the card is about to sign
	wanted  crypto.Hash         // what the key may want instead of hash; 0: nothing
	known   []*x509.Certificate // CA certificates of earlier runs
	keep    func()              // keeps the CA certificate of this one, if it is new
}

var hashes = map[string]crypto.Hash{"sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}

func (r *signRun) run(ctx context.Context, args []string) (err error) {
	r.rep = &signReport{Files: []*signFile{}, TriesLeft: map[string]any{r.credential().String(): nil}}
	r.app.report = r.rep
	if err := r.check(args); err != nil {
		return err
	}
	secret, err := r.app.secretOf(ctx, r.credential(), r.inputs()...)
	if err != nil {
		return err
	}
	defer secret.wipe()
	if err := r.digest(ctx); err != nil {
		return err
	}
	if !r.opts.raw {
		r.known = r.issuers().all()
	}
	r.writer = newWriter(r)
	err = r.withCard(ctx, secret)
	if r.keep != nil { // the card has been let go
		r.writer.files.add(r.keep)
	}
	if err := r.writer.close(ctx, err); err != nil || !r.opts.dryRun {
		return err
	}
	for _, j := range r.jobs {
		r.app.say(r.app.t("sign.would", "Input", ui.Escape(j.name()), "Output", ui.Escape(j.output)))
	}
	return nil
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
func (r *signRun) withCard(ctx context.Context, secret *cardSecret) error {
	var hint *time.Time
	guards := r.certificate()
	if guards == card.AuthCert {
		guards = 0 // it is free to read: Prepare does
	}
	left, err := r.app.unlock(ctx, unlocking{
		Credential: r.credential(),
		Guards:     guards,
		Secret:     secret.get,
		Prepare: func(s *session, token card.Token) error {
			if err := r.able(token); err != nil {
				return err
			}
			hint = nil // of the card before, if this is another
			auth, err := s.card.Preview(card.AuthCert)
			r.expect(token, auth)
			if err == nil {
				hint = &auth.NotAfter
			} else if r.certificate() == card.AuthCert {
				return s.lacksAuth(err)
			}
			return nil
		},
		Notice: func(ctx context.Context) error {
			if err := r.prehash(ctx); err != nil {
				return err
			}
			return r.notice(ctx, hint)
		},
		Use:      func(s *session) error { return r.signAll(ctx, s) },
		Rehearse: r.opts.dryRun,
	})
	r.rep.TriesLeft[r.credential().String()] = triesValue(left)
	return err
}

// able refuses, before anything is asked, the cards that can sign nothing valid by
// what they are (docs/card.md §1).
func (r *signRun) able(t card.Token) error {
	switch {
	case t.Kind == card.KindJuki && !r.opts.allowWeak:
		return &i18n.Error{Code: i18n.CodeWeak, ID: "err.sign.juki"}
	case t.Kind == card.KindIPhone:
		return &i18n.Error{Code: i18n.CodeNotJPKI, ID: "err.sign.iphone"}
	}
	return nil
}

// notice tells what travels in the signature and what ends the certificate
// (docs/cli.md, behaviour 15), and asks whether to go on unless --yes was given.
func (r *signRun) notice(ctx context.Context, authEnd *time.Time) error {
	a := r.app
	tell := a.say
	if !r.opts.yes {
		tell = a.talk
	}
	if r.credential() == card.SignPassword {
		tell(a.t("sign.notice"))
	}
	switch {
	case authEnd == nil:
	case a.env.Now().After(*authEnd):
		tell(a.t("sign.auth-ended", "Date", a.date(*authEnd)))
	default:
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

// fail marks a file with the outcome that stopped it.
func (j *job) fail(err error) {
	if !errors.Is(err, context.Canceled) {
		j.report.Code, j.report.Reason = i18n.CodeOf(err), i18n.ReasonOf(err)
	}
}
