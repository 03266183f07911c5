package verify

import (
	"context"
	"errors"
	"slices"
	"time"

	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/fingerprint"
	"natsuin/verify"
)

// readPolicy sets the policy for the verifier from the flags.
func (r *run) readPolicy(ctx context.Context, pairs []pair) error {
	o := r.opts
	p := &r.policy
	p.Cache = new(verify.Cache)
	p.Now, p.AllowSHA1, p.AllowWeak, p.AllowAuth = r.Now(), o.AllowSHA1, o.AllowWeak, o.AllowAuth
	if o.Revocation != "" && o.Revocation != "require" {
		return outcome.Usage("err.flag.choice", "Flag", "--revocation", "Value", o.Revocation, "Known", "require")
	}
	p.RequireRevocation = o.Revocation == "require"
	if o.At != "" {
		at, err := time.Parse(time.RFC3339, o.At)
		if err != nil || at.IsZero() { // verify takes the year 1 as "not given"
			return outcome.Usage("err.flag.time", "Flag", "--at")
		}
		if at.After(p.Now) {
			return outcome.Usage("err.flag.future", "Flag", "--at")
		}
		p.At = at
	}
	if o.Signer != "" {
		print, err := fingerprint.Parse(o.Signer)
		if err != nil {
			return err
		}
		if print.Algorithm != fingerprint.SHA256 {
			return outcome.Usage("err.verify.signer-sha1")
		}
		p.SignerSHA256 = (*[32]byte)(print.Sum)
	}
	if o.Out == "-" { // a pipe cannot take content back if the verdict is not VALID
		return outcome.Usage("err.verify.out-stdout")
	}
	if o.Out != "" {
		if err := errors.Join(outfile.Check([]string{o.Out}, r.inputs(pairs), o.Force)...); err != nil {
			return outcome.Exists(err, "err.output.exists.out")
		}
	}
	var err error
	if p.Anchors, err = r.sources.Anchors(ctx, r.sources.CA); err != nil {
		return err
	}
	if p.TSAAnchors, _, err = r.sources.TSAAnchors(ctx, o.TSACA); err != nil {
		return err
	}
	if o.Cert != "" {
		if p.Certificates, err = infile.Certificates(ctx, o.Cert); err != nil {
			return err
		}
	}
	return r.sources.Add(ctx, p)
}

// inputs returns the files that the run reads, none of which --out may replace.
func (r *run) inputs(pairs []pair) []string {
	o := r.opts
	list := slices.Concat(r.sources.CA, o.TSACA, r.sources.CRL, []string{o.Cert})
	for _, p := range pairs {
		list = append(list, p.signature, p.content)
	}
	return list
}
