// Package verify checks signatures, and prints which checks were done, with
// which result, and which were not done.
package verify

import (
	"context"
	"runtime"
	"sync"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/policy"
	"natsuin/verify"
	"natsuin/verify/touki"
)

// Options holds the flags of verify, except those of [policy.Sources].
type Options struct {
	Content, Cert                   string
	TSACA                           []string
	At, Revocation, Signer          string
	AllowSHA1, AllowWeak, AllowAuth bool
	Out                             string
	Signature                       int
	Profile                         string
	Force                           bool
}

// New returns the command verify.
func New(c *command.Run) *cobra.Command {
	r := &run{Run: c, sources: policy.Sources{Run: c}}
	o := &r.opts
	verb := c.Verb("verify [flags] SIG [CONTENT]...", "verify", func(ctx context.Context, args []string) error {
		return r.do(ctx, args)
	})
	verb.Args = c.Arguments(1, -1)
	f := verb.Flags()
	f.StringVar(&o.Content, "content", "", "flag.verify.content")
	f.StringVar(&o.Cert, "cert", "", "flag.verify.cert")
	f.StringArrayVar(&r.sources.CA, "ca", nil, "flag.verify.ca")
	f.StringArrayVar(&o.TSACA, "tsa-ca", nil, "flag.verify.tsa-ca")
	f.StringVar(&o.At, "at", "", "flag.verify.at")
	f.StringArrayVar(&r.sources.CRL, "crl", nil, "flag.crl")
	f.StringVar(&r.sources.OCSP, "ocsp", "", "flag.ocsp")
	f.StringVar(&o.Revocation, "revocation", "", "flag.verify.revocation")
	f.StringVar(&o.Signer, "signer", "", "flag.verify.signer")
	f.BoolVar(&o.AllowSHA1, "allow-sha1", false, "flag.verify.allow-sha1")
	f.BoolVar(&o.AllowWeak, "allow-weak", false, "flag.allow-weak")
	f.BoolVar(&o.AllowAuth, "allow-auth", false, "flag.verify.allow-auth")
	f.StringVar(&o.Out, "out", "", "flag.verify.out")
	f.IntVar(&o.Signature, "signature", 0, "flag.verify.signature")
	f.StringVar(&o.Profile, "profile", "", "flag.verify.profile")
	f.BoolVar(&o.Force, "force", false, "flag.force")
	command.CompleteWords(verb, "revocation", "require")
	command.CompleteWords(verb, "profile", touki.Profile)
	return verb
}

// A run is one run of verify.
type run struct {
	*command.Run
	opts    Options
	sources policy.Sources // --ca, --crl and --ocsp
	policy  verify.Policy
	stdin   func() ([]byte, error) // reads the signature from standard input, once
}

// A pair is a signature and the file with its content. If content is "", the
// content is in the signature, or in the file of the same name without .p7s.
type pair struct{ signature, content string }

func (r *run) do(ctx context.Context, args []string) error {
	r.stdin = sync.OnceValues(func() ([]byte, error) { return r.readStdin(ctx) })
	pairs, err := r.pairs(ctx, args)
	if err != nil {
		return err
	}
	if err := r.readPolicy(ctx, pairs); err != nil {
		return err
	}
	err = r.conclude(ctx, r.judgeAll(ctx, pairs), len(pairs) > 1)
	r.sources.SayUnreached()
	return err
}

// judgeAll judges the pairs in parallel. The returned channel has one channel
// per pair, in order, each of which gets one result. A bounded number of pairs
// is judged ahead of the printing. Every pair gets a result, even if ctx ends.
func (r *run) judgeAll(ctx context.Context, pairs []pair) <-chan chan *judged {
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
						answer <- &judged{pair: p, format: "cms", err: outcome.Bug(v)}
					}
				}()
				answer <- r.judge(ctx, p)
			}()
		}
	}()
	return answers
}

// A judged is the result for one signature file: a report, or an error.
type judged struct {
	pair
	format string // cms or pdf
	report *verify.Report
	pdf    *verify.PDFReport // of a PDF; report is then its summary
	points []touki.Point     // with --profile touki
	err    error
	// signedContent reports whether the content is a PDF with signatures. It
	// reads the file again, and is called only where that is shown.
	signedContent func() bool
}

func (j *judged) code() outcome.Code {
	if j.err != nil {
		return outcome.CodeOf(j.err)
	}
	if j.unsigned() {
		return outcome.CodeNoSignature
	}
	return verdictCode(j.report.Verdict)
}

// unsigned reports whether the file is a PDF without a signature.
func (j *judged) unsigned() bool {
	return j.report != nil && j.report.Reason == verify.ReasonNoSignature
}

func verdictCode(v verify.Verdict) outcome.Code {
	switch v {
	case verify.Valid:
		return outcome.CodeOK
	case verify.Indeterminate:
		return outcome.CodeIndeterminate
	}
	return outcome.CodeInvalid
}

// judge opens the signature and its content, each once, and verifies the
// signature.
func (r *run) judge(ctx context.Context, p pair) *judged {
	j := &judged{pair: p, format: "cms"}
	j.signedContent = func() bool { return namesPDF(ctx, j.content) && looksSigned(ctx, j.content) }
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
	if isPDF(in) {
		j.format = "pdf"
		if j.err = r.pdfFlags(p); j.err == nil {
			r.judgePDF(ctx, j, in)
		}
		return j
	}
	if j.err = r.cmsFlags(); j.err != nil {
		return j
	}
	if p.content == "" {
		j.content = impliedContent(p.signature) // if this is "", the content may be inside
	}
	if j.content == "-" {
		in.Content = infile.Stream(ctx, r.Streams.In)
	} else if j.content != "" {
		content, err := infile.Open(ctx, j.content)
		if err != nil {
			j.err = outcome.File("err.file.read", j.content, err)
			return j
		}
		defer content.Close()
		in.Content = infile.Stream(ctx, content)
	}
	r.judgeInto(ctx, j, in)
	return j
}

// judgeInto verifies a CMS signature and sets the result in j. If the signature
// is VALID and --out is given, it writes the attached content to that file.
func (r *run) judgeInto(ctx context.Context, j *judged, in verify.Input) {
	var f *outfile.File
	if r.opts.Out != "" {
		var err error
		if f, err = outfile.Create(r.opts.Out, outfile.Options{Force: r.opts.Force}); err != nil {
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
		j.err = outcome.File("err.file.read", j.signature, err)
	case r.unsuitable(j, in, report):
	case r.opts.Out != "" && !report.Attached:
		j.err = outcome.Usage("err.verify.out-detached")
	default:
		j.report = report
		if f != nil && report.Verdict == verify.Valid {
			j.err = f.Commit()
		}
	}
}
