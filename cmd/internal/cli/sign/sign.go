// Package sign signs files with a key on a card.
package sign

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/cmd/internal/timestamping"
)

// Options holds the flags of sign, except those of [timestamping.Source].
type Options struct {
	Forms             []bool // whether the flag of each form was given, by index in forms
	PEM               bool
	Output, OutputDir string
	Force             bool
	SkipExisting      bool
	Hash, Key         string
	Yes, DryRun       bool
	AllowExpired      bool
	AllowWeak         bool
	PDF               PDFOptions
	TimestampRequired bool
}

// report is sign's part of the JSON object (docs/cli.md, "JSON").
type report struct {
	console.Head
	Files     []*file        `json:"files"`
	Signer    *signer        `json:"signer"`
	TriesLeft map[string]any `json:"tries_left"`
}

type file struct {
	Input     string       `json:"input"`
	Output    *string      `json:"output"`
	Format    string       `json:"format"`
	Field     *string      `json:"field,omitempty"` // of a PDF
	DigestAlg string       `json:"digest_alg"`
	Digest    *string      `json:"digest"`
	OK        bool         `json:"ok"`
	Code      outcome.Code `json:"code"`
	Reason    string       `json:"reason,omitempty"`

	Timestamp      any    `json:"timestamp,omitempty"` // *timestamping.JSON, if one is asked for
	TimestampError string `json:"timestamp_error,omitempty"`
}

type signer struct {
	Subject  string `json:"subject"`
	SHA256   string `json:"sha256"`
	NotAfter string `json:"not_after"`
	Practice bool   `json:"practice"`
}

// New returns the command sign.
func New(c *command.Run) *cobra.Command {
	o := &Options{Forms: make([]bool, len(forms))}
	stamps := &timestamping.Source{Run: c}
	verb := c.Verb("sign [flags] FILE...", "sign", func(ctx context.Context, args []string) error {
		r := &run{Run: c, opts: o, stamps: stamps}
		return r.do(ctx, args)
	})
	verb.Args = c.Arguments(1, -1)
	f := verb.Flags()
	for i, form := range forms {
		if form.flag != "" {
			f.BoolVar(&o.Forms[i], form.flag, false, "flag.sign."+form.flag)
		}
	}
	o.PDF.declare(verb)
	f.BoolVar(&o.PEM, "pem", false, "flag.sign.pem")
	f.StringVarP(&o.Output, "output", "o", "", "flag.sign.output")
	f.StringVar(&o.OutputDir, "output-dir", "", "flag.sign.output-dir")
	f.BoolVar(&o.Force, "force", false, "flag.force")
	f.BoolVar(&o.SkipExisting, "skip-existing", false, "flag.sign.skip-existing")
	f.StringVar(&o.Hash, "hash", "", "flag.sign.hash")
	f.StringVar(&o.Key, "key", "sign", "flag.sign.key")
	f.BoolVar(&o.Yes, "yes", false, "flag.sign.yes")
	f.BoolVar(&o.DryRun, "dry-run", false, "flag.sign.dry-run")
	f.BoolVar(&o.AllowExpired, "allow-expired", false, "flag.sign.allow-expired")
	f.BoolVar(&o.AllowWeak, "allow-weak", false, "flag.allow-weak")
	stamps.Define(f)
	f.BoolVar(&o.TimestampRequired, "timestamp-required", false, "flag.sign.timestamp-required")
	command.CompleteWords(verb, "hash", "sha256", "sha384", "sha512")
	command.CompleteWords(verb, "key", "sign", "auth")
	return verb
}

// A run is the state of one run of sign; its methods are the steps.
type run struct {
	*command.Run
	opts *Options
	form form
	hash crypto.Hash
	jobs []*job
	// leftOut lists the inputs that were skipped as outputs of earlier runs.
	leftOut []string
	seal    sealing
	rep     *report

	writer  *writer
	signing bool                // the card has begun to sign
	ended   bool                // the certificate has expired, or is not valid yet
	wanted  crypto.Hash         // the hash that the key may need instead; 0 for none
	known   []*x509.Certificate // CA certificates of earlier runs
	keep    func()              // stores the CA certificate of this run, if it is new
	stamps  *timestamping.Source
}

var hashes = map[string]crypto.Hash{"sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}

func (r *run) do(ctx context.Context, args []string) (err error) {
	r.rep = &report{Files: []*file{}, TriesLeft: map[string]any{r.credential().String(): nil}}
	r.Report = r.rep
	if err := r.check(args); err != nil {
		return err
	}
	if len(r.jobs) == 0 { // all outputs exist, with --skip-existing
		r.Say(r.T("sign.nothing"))
		return nil
	}
	if err := r.loadSeal(ctx); err != nil {
		return err
	}
	if err := r.stamps.Open(ctx); err != nil {
		return err
	}
	secret, err := r.Access.SecretOf(ctx, r.credential(), r.inputs()...)
	if err != nil {
		return err
	}
	defer secret.Wipe()
	if err := r.digest(ctx); err != nil {
		return err
	}
	if r.form.issuers {
		r.known = r.issuers().all()
	}
	r.writer = newWriter(r)
	err = r.withCard(ctx, secret)
	if r.keep != nil { // the card has been released
		r.writer.files.Add(func() {
			if ctx.Err() == nil { // after a signal nobody waits for it
				r.keep()
			}
		})
	}
	err = r.stampAll(ctx, err)
	if err := r.writer.close(ctx, err); err != nil || !r.opts.DryRun {
		return err
	}
	for _, j := range r.jobs {
		r.Say(r.T("sign.would", "Input", text.Escape(j.name()), "Output", text.Escape(j.output)))
	}
	return nil
}

// credential returns the secret that guards the key of --key.
func (r *run) credential() card.Credential {
	if r.opts.Key == "auth" {
		return card.AuthPIN
	}
	return card.SignPassword
}

func (r *run) certificate() card.CertID {
	if r.opts.Key == "auth" {
		return card.AuthCert
	}
	return card.SignCert
}

// withCard shows the data that will be disclosed, gets the secret and signs
// every file.
func (r *run) withCard(ctx context.Context, secret *access.GivenSecret) error {
	var hint *time.Time
	guards := r.certificate()
	if guards == card.AuthCert {
		guards = 0 // it needs no secret: Prepare reads it
	}
	left, err := r.Access.Unlock(ctx, access.Unlocking{
		Credential: r.credential(),
		Guards:     guards,
		Secret:     secret.Get,
		Prepare: func(s *access.Session, token card.Token) error {
			if err := r.able(token); err != nil {
				return err
			}
			hint = nil // it may be from a previous card
			auth, err := s.Card.Preview(card.AuthCert)
			r.expect(token, auth)
			if err == nil {
				hint = &auth.NotAfter
			} else if r.certificate() == card.AuthCert {
				return s.LacksAuth(err)
			}
			return nil
		},
		Notice: func(ctx context.Context) error {
			if err := r.prehash(ctx); err != nil {
				return err
			}
			return r.notice(ctx, hint)
		},
		Use:      func(s *access.Session) error { return r.signAll(ctx, s) },
		Rehearse: r.opts.DryRun,
	})
	r.rep.TriesLeft[r.credential().String()] = access.TriesValue(left)
	return err
}

// able returns an error for a kind of card that cannot make a valid signature
// (docs/card.md §1), before anything is asked. --allow-weak permits a card of
// the resident register.
func (r *run) able(t card.Token) error {
	switch {
	case t.Kind == card.KindJuki && !r.opts.AllowWeak:
		return &outcome.Error{Code: outcome.CodeWeak, ID: "err.sign.juki"}
	case t.Kind == card.KindIPhone:
		return &outcome.Error{Code: outcome.CodeNotJPKI, ID: "err.sign.iphone"}
	}
	return nil
}

// notice prints the data that the signature will contain and the events that
// end the certificate (docs/cli.md, behaviour 15), and asks whether to go on
// unless --yes was given.
func (r *run) notice(ctx context.Context, authEnd *time.Time) error {
	tell, warn := r.Say, r.Warn
	if !r.opts.Yes {
		tell, warn = r.Talk, r.Talk
	}
	if r.credential() == card.SignPassword {
		tell(r.T("sign.notice"))
	} else {
		tell(r.T("sign.notice.auth"))
	}
	r.noticePDF(tell, warn)
	if r.stamps.Wanted() {
		tell(r.stamps.Notice())
	}
	switch {
	case authEnd == nil:
	case r.Now().After(*authEnd):
		tell(r.T("sign.auth-ended", "Date", r.Date(*authEnd)))
	default:
		tell(r.T("sign.auth-end", "Date", r.Date(*authEnd)))
	}
	if r.opts.Yes || r.opts.DryRun {
		return nil
	}
	r.listFiles()
	yes, err := r.Acknowledge(ctx, r.T("sign.agree", "N", len(r.jobs)))
	if err != nil {
		return err
	}
	if !yes {
		return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.declined"}
	}
	return nil
}

// mostListed is the number of names that a list of files shows on the screen.
const mostListed = 10

// listFiles shows which files the question is about.
func (r *run) listFiles() {
	for i, j := range r.jobs {
		if i == mostListed {
			r.Talk("  " + r.T("list.more", "N", len(r.jobs)-i))
			return
		}
		r.Talk("  " + text.Escape(j.name()))
	}
}

// fail marks a file with the outcome that stopped it.
func (j *job) fail(err error) {
	if !errors.Is(err, context.Canceled) {
		j.report.Code, j.report.Reason = outcome.CodeOf(err), outcome.UnsuitableReason(err)
	}
}
