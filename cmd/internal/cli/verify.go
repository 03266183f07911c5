package cli

import (
	"context"
	"runtime"
	"sync"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outfile"
	"natsuin/verify"
)

type verifyOptions struct {
	content, cert  string
	ca, tsaCA, crl []string
	at, ocsp       string
	revocation     string
	signer         string
	allowSHA1      bool
	allowWeak      bool
	allowAuth      bool
	out            string
	force          bool
}

func newVerify(a *app) *cobra.Command {
	o := &verifyOptions{}
	c := a.verb("verify [flags] SIG [CONTENT]...", "verify", func(ctx context.Context, args []string) error {
		r := &verifyRun{app: a, opts: o}
		return r.run(ctx, args)
	})
	c.Args = a.arguments(1, -1)
	f := c.Flags()
	f.StringVar(&o.content, "content", "", "flag.verify.content")
	f.StringVar(&o.cert, "cert", "", "flag.verify.cert")
	f.StringArrayVar(&o.ca, "ca", nil, "flag.verify.ca")
	f.StringArrayVar(&o.tsaCA, "tsa-ca", nil, "flag.verify.tsa-ca")
	f.StringVar(&o.at, "at", "", "flag.verify.at")
	f.StringArrayVar(&o.crl, "crl", nil, "flag.crl")
	f.StringVar(&o.ocsp, "ocsp", "", "flag.ocsp")
	f.StringVar(&o.revocation, "revocation", "", "flag.verify.revocation")
	f.StringVar(&o.signer, "signer", "", "flag.verify.signer")
	f.BoolVar(&o.allowSHA1, "allow-sha1", false, "flag.verify.allow-sha1")
	f.BoolVar(&o.allowWeak, "allow-weak", false, "flag.allow-weak")
	f.BoolVar(&o.allowAuth, "allow-auth", false, "flag.verify.allow-auth")
	f.StringVar(&o.out, "out", "", "flag.verify.out")
	f.BoolVar(&o.force, "force", false, "flag.force")
	completeWords(c, "revocation", "require")
	return c
}

// A verifyRun is one run of verify.
type verifyRun struct {
	app    *app
	opts   *verifyOptions
	policy verify.Policy
	stdin  func() ([]byte, error) // the signature that "-" names, read once
}

// A pair is a signature and the content that it speaks of; "" means that the
// content is inside, or in the file of the same name less .p7s.
type pair struct{ signature, content string }

func (r *verifyRun) run(ctx context.Context, args []string) error {
	r.stdin = sync.OnceValues(func() ([]byte, error) { return r.readStdin(ctx) })
	pairs, err := r.pairs(ctx, args)
	if err != nil {
		return err
	}
	if err := r.readPolicy(ctx, pairs); err != nil {
		return err
	}
	err = r.conclude(ctx, r.judgeAll(ctx, pairs))
	r.app.sayUnreached()
	return err
}

// judgeAll judges on all cores. The answers come in order, each by a channel of its own,
// so that the first are told while the next are read; judging runs ahead of telling by
// so many files and no more. All answers come, also when ctx ends.
func (r *verifyRun) judgeAll(ctx context.Context, pairs []pair) <-chan chan *judged {
	const ahead = 64
	answers := make(chan chan *judged, ahead)
	go func() {
		defer close(answers)
		cores := make(chan struct{}, runtime.NumCPU())
		for _, p := range pairs {
			answer := make(chan *judged, 1)
			answers <- answer
			cores <- struct{}{}
			go func() {
				defer func() { <-cores }()
				defer func() {
					if v := recover(); v != nil {
						answer <- &judged{pair: p, err: bug(v)}
					}
				}()
				answer <- r.judge(ctx, p)
			}()
		}
	}()
	return answers
}

// A judged is the answer about one signature file: a report, or why there is none.
type judged struct {
	pair
	report *verify.Report
	err    error
}

func (j *judged) code() i18n.Code {
	if j.err != nil {
		return i18n.CodeOf(j.err)
	}
	return verdictCode(j.report.Verdict)
}

func verdictCode(v verify.Verdict) i18n.Code {
	switch v {
	case verify.Valid:
		return i18n.CodeOK
	case verify.Indeterminate:
		return i18n.CodeIndeterminate
	}
	return i18n.CodeInvalid
}

// judge opens both files once and has them judged.
func (r *verifyRun) judge(ctx context.Context, p pair) *judged {
	j := &judged{pair: p}
	if j.err = ctx.Err(); j.err != nil {
		return j
	}
	sig, err := r.openSignature(ctx, p.signature)
	if err != nil {
		j.err = err
		return j
	}
	defer sig.Close()
	in := verify.Input{Signature: sig, Size: sig.size}
	if p.content == "" {
		j.content = impliedContent(p.signature) // none: perhaps it is inside
	}
	if j.content == "-" {
		in.Content = stream(ctx, r.app.env.Streams.In)
	} else if j.content != "" {
		content, err := openFile(ctx, j.content)
		if err != nil {
			j.err = fileError("err.file.read", j.content, err)
			return j
		}
		defer content.Close()
		in.Content = stream(ctx, content)
	}
	r.judgeInto(ctx, j, in)
	return j
}

// judgeInto lets attached content go to --out only after VALID.
func (r *verifyRun) judgeInto(ctx context.Context, j *judged, in verify.Input) {
	var f *outfile.File
	if r.opts.out != "" {
		var err error
		if f, err = outfile.Create(r.opts.out, outfile.Options{Force: r.opts.force}); err != nil {
			j.err = err
			return
		}
		defer f.Abort()
		in.Out = f
	}
	report, err := verify.Verify(ctx, in, r.policy)
	switch {
	case err != nil && ctx.Err() != nil:
		j.err = ctx.Err()
	case err != nil:
		j.err = fileError("err.file.read", j.signature, err)
	case r.unsuitable(j, in, report):
	case r.opts.out != "" && !report.Attached:
		j.err = usage("err.verify.out-detached")
	default:
		j.report = report
		if f != nil && report.Verdict == verify.Valid {
			j.err = f.Commit()
		}
	}
}
