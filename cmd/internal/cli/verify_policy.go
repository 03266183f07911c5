package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/ui"
	"natsuin/fingerprint"
	"natsuin/verify"
)

// readPolicy turns the flags into what the verifier trusts and tolerates.
func (r *verifyRun) readPolicy(ctx context.Context, pairs []pair) error {
	o, a := r.opts, r.app
	p := &r.policy
	p.Cache = new(verify.Cache)
	p.Now, p.AllowSHA1, p.AllowWeak, p.AllowAuth = a.env.Now(), o.allowSHA1, o.allowWeak, o.allowAuth
	if o.revocation != "" && o.revocation != "require" {
		return usage("err.flag.choice", "Flag", "--revocation", "Value", o.revocation, "Known", "require")
	}
	p.RequireRevocation = o.revocation == "require"
	if o.at != "" {
		at, err := time.Parse(time.RFC3339, o.at)
		if err != nil || at.IsZero() { // year 1 means "not given" to verify
			return usage("err.flag.time", "Flag", "--at")
		}
		if at.After(p.Now) {
			return usage("err.flag.future", "Flag", "--at")
		}
		p.At = at
	}
	if o.signer != "" {
		print, err := fingerprint.Parse(o.signer)
		if err != nil {
			return err
		}
		if print.Algorithm != fingerprint.SHA256 {
			return usage("err.verify.signer-sha1")
		}
		p.SignerSHA256 = (*[32]byte)(print.Sum)
	}
	if o.out == "-" { // a pipe cannot be taken back when the verdict is not VALID
		return usage("err.verify.out-stdout")
	}
	if o.out != "" {
		if err := errors.Join(outfile.Check([]string{o.out}, r.inputs(pairs), o.force)...); err != nil {
			return existing(err, "err.output.exists.out")
		}
	}
	var err error
	if p.Anchors, err = a.anchors(ctx, o.ca); err != nil {
		return err
	}
	for _, name := range o.tsaCA {
		certs, err := readCertificates(ctx, name)
		if err != nil {
			return err
		}
		p.TSAAnchors = append(p.TSAAnchors, certs...)
	}
	if o.cert != "" {
		if p.Certificates, err = readCertificates(ctx, o.cert); err != nil {
			return err
		}
	}
	return a.revocationSources(ctx, p, o.crl, o.ocsp)
}

// inputs are the files that are read, of which --out may replace none.
func (r *verifyRun) inputs(pairs []pair) []string {
	o := r.opts
	list := slices.Concat(o.ca, o.tsaCA, o.crl, []string{o.cert})
	for _, p := range pairs {
		list = append(list, p.signature, p.content)
	}
	return list
}

// revocationSources adds the lists and the responder that the person named.
func (a *app) revocationSources(ctx context.Context, p *verify.Policy, crls []string, ocsp string) error {
	if ocsp != "" {
		if err := checkOCSPAddress(ocsp); err != nil {
			return err
		}
		p.OCSP, p.OCSPURL = a.ocsp.ask, ocsp
	}
	for _, name := range crls {
		b, err := readSmall(ctx, name)
		if err != nil {
			return err
		}
		lists, err := verify.ReadLists(b)
		if err != nil {
			return &i18n.Error{Code: i18n.CodeFile, ID: "err.file.crl", Pairs: []any{"Path", ui.Escape(name)}, Err: err}
		}
		p.CRLs = append(p.CRLs, lists...)
	}
	return nil
}

// anchors are the roots of --ca, the practice roots if it names them, and those
// that the person registered.
func (a *app) anchors(ctx context.Context, names []string) ([]verify.Anchor, error) {
	var list []verify.Anchor
	add := func(like verify.Anchor, certs []*x509.Certificate) {
		for _, c := range certs {
			like.Certificate = c
			list = append(list, like)
		}
	}
	for _, name := range names {
		if name == practiceReader {
			signature, authentication, err := a.practiceStore().Roots()
			if err != nil {
				return nil, err
			}
			add(verify.Anchor{Kind: verify.AnchorPractice, Name: practiceReader}, signature)
			add(verify.Anchor{Kind: verify.AnchorPractice, Name: practiceReader, Authentication: true}, authentication)
			continue
		}
		certs, err := readCertificates(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, c := range certs {
			if err := verify.Readable(c); err != nil {
				return nil, &i18n.Error{Code: i18n.CodeFile, ID: "err.file.certificate-part", Pairs: []any{"Path", ui.Escape(name), "Error", ui.Escape(err.Error())}, Err: err}
			}
		}
		add(verify.Anchor{Kind: verify.AnchorFile, Name: name}, certs)
	}
	registered, err := a.rootStore().List()
	if err != nil {
		a.say(a.t("trust.bad-file", "Error", a.out.Explain(err).Message))
	}
	for _, r := range registered {
		add(verify.Anchor{Kind: verify.AnchorRegistered, Name: r.Name}, []*x509.Certificate{r.Certificate})
	}
	return list, nil
}
