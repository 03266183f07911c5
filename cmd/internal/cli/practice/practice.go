// Package practice shows and changes the practice card, puts it into a PC/SC
// reader, and runs the services of the practice CA.
package practice

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card/practice"
	"natsuin/card/virtual"
	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
)

// New returns the command practice.
func New(c *command.Run) *cobra.Command {
	r := &run{c}
	return r.Group("practice", "practice",
		newShow(r), newIssue(r), newUnlock(r), newRevoke(r), newRenew(r),
		newCRL(r), newOCSP(r), newTSA(r), newOfficial(r), newServe(r), newReset(r),
	)
}

type run struct{ *command.Run }

// report is the JSON object of practice show, and of every command that changes
// the card and then shows it.
type report struct {
	console.Head
	Kind       string           `json:"kind"`
	TriesLeft  map[string]any   `json:"tries_left"`
	SHA256     *string          `json:"sha256"`
	RootSHA256 *string          `json:"root_sha256"`
	Secrets    map[string]any   `json:"secrets"`
	Revoked    *string          `json:"revoked_at"`
	Holder     *certtext.Holder `json:"holder,omitempty"` // only with --personal
}

func newShow(r *run) *cobra.Command {
	c := r.Verb("show", "practice.show", func(context.Context, []string) error { return r.show() })
	c.Args = r.Arguments(0, 0)
	return c
}

// showAfter says what was done and shows the card.
func (r *run) showAfter(done string) error {
	r.Say(done)
	return r.show()
}

// show prints everything about the practice card, including its passwords,
// which are not secret.
func (r *run) show() error {
	info, err := r.Access.Practice().Show()
	if err != nil {
		return err
	}
	rep := &report{Kind: string(info.Kind), TriesLeft: map[string]any{}, Secrets: map[string]any{}}
	birth := info.Birth.Format(time.DateOnly)
	if r.Personal {
		rep.Holder = &certtext.Holder{Name: info.Name, Address: info.Address, Birth: birth, Sex: string(info.Sex)}
	}
	r.Print(r.T("practice.mark"))
	r.Field("practice.kind", r.T("practice.kind."+string(info.Kind)))
	r.Field("practice.holder", text.Escape(info.Name))
	r.Field("practice.holder.address", text.Escape(info.Address))
	r.Field("practice.holder.birth", birth)
	r.Field("practice.holder.sex", r.T("sex."+string(info.Sex)))
	for _, half := range []struct {
		cred virtual.Credential
		info practice.SlotInfo
	}{{virtual.Sign, info.Sign}, {virtual.Auth, info.Auth}} {
		id := half.cred.String()
		if half.info.MaxTries == 0 {
			rep.TriesLeft[id], rep.Secrets[id] = nil, nil
			continue
		}
		rep.TriesLeft[id], rep.Secrets[id] = half.info.Tries, half.info.Secret
		r.Field("practice."+id, r.T("practice.secret", "Secret", half.info.Secret, "N", half.info.Tries))
	}
	if c := info.Sign.Certificate; c != nil {
		rep.SHA256 = console.OrNull(fingerprint.Of(c).SHA256.String())
		r.Groups("practice.sha256", *rep.SHA256)
	}
	if c := info.Sign.CA; c != nil {
		rep.RootSHA256 = console.OrNull(fingerprint.Of(c).SHA256.String())
		r.Groups("practice.root-sha256", *rep.RootSHA256)
	}
	if revoked := info.Sign.Revoked; revoked != nil {
		rep.Revoked = console.OrNull(console.Stamp(revoked.At))
		r.Field("practice.revoked", r.DateTime(revoked.At))
	}
	r.Field("practice.folder", text.Escape(r.Folders.Practice()))
	r.Report = rep
	return nil
}

func newReset(r *run) *cobra.Command {
	var yes bool
	c := r.Verb("reset [flags]", "practice.reset", func(ctx context.Context, _ []string) error {
		if !yes && !r.Interactive() {
			return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.practice.reset-declined"}
		}
		if !yes {
			agreed, err := r.Agree(ctx, r.T("practice.reset.ask"))
			if err != nil {
				return err
			}
			if !agreed {
				return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.practice.reset-declined"}
			}
		}
		if err := r.Access.Practice().Reset(); err != nil {
			return err
		}
		return r.showAfter(r.T("practice.reset.done"))
	})
	c.Args = r.Arguments(0, 0)
	c.Flags().BoolVar(&yes, "yes", false, "flag.practice.yes")
	return c
}
