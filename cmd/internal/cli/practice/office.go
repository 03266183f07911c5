package practice

import (
	"context"
	"crypto"
	"encoding/pem"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card/practice"
	"natsuin/card/virtual"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/sign"
)

var halves = []virtual.Credential{virtual.Sign, virtual.Auth}

func newUnlock(r *run) *cobra.Command {
	c := r.Verb("unlock sign|auth", "practice.unlock", func(_ context.Context, args []string) error {
		cred, err := command.ByWord(args[0], halves)
		if err != nil {
			return err
		}
		if err := r.Access.Practice().Unlock(cred); err != nil {
			return err
		}
		return r.showAfter(r.T("practice.unlock.done", "Secret", r.T("secret.name."+cred.String())))
	})
	c.Args = r.Arguments(1, 1)
	c.ValidArgs = command.WordsOf(halves)
	return c
}

func newRevoke(r *run) *cobra.Command {
	var reason, at string
	c := r.Verb("revoke [flags]", "practice.revoke", func(context.Context, []string) error {
		var when time.Time
		if at != "" {
			t, err := time.Parse(time.RFC3339, at)
			if err != nil {
				return outcome.Usage("err.flag.time", "Flag", "--at")
			}
			when = t
		}
		if err := r.Access.Practice().Revoke(practice.Reason(reason), when); err != nil {
			return err
		}
		done := "practice.revoke.done"
		if practice.Reason(reason) == practice.Lost {
			done = "practice.revoke.done.all"
		}
		return r.showAfter(r.T(done))
	})
	c.Args = r.Arguments(0, 0)
	c.Flags().StringVar(&reason, "reason", string(practice.Moved), "flag.practice.reason")
	c.Flags().StringVar(&at, "at", "", "flag.practice.at")
	command.CompleteWords(c, "reason", practice.Reasons()...)
	return c
}

func newRenew(r *run) *cobra.Command {
	var o practice.RenewOptions
	c := r.Verb("renew [flags]", "practice.renew", func(context.Context, []string) error {
		if err := r.Access.Practice().Renew(o); err != nil {
			return err
		}
		return r.showAfter(r.T("practice.renew.done"))
	})
	c.Args = r.Arguments(0, 0)
	c.Flags().BoolVar(&o.NewRoot, "new-root", false, "flag.practice.new-root")
	return c
}

// newCRL returns the command practice crl. It writes the CRL that covers the
// card's signature certificate, or with --all the CRLs of every practice CA,
// since a path through the bridge CA needs three.
func newCRL(r *run) *cobra.Command {
	var output string
	var all, force bool
	c := r.Verb("crl -o FILE", "practice.crl", func(context.Context, []string) error {
		if output == "" {
			return outcome.Usage("err.flag.value", "Flag", "-o")
		}
		if err := r.CheckOutput(output, nil, force); err != nil {
			return err
		}
		lists := r.Access.Practice().CRL
		if all {
			lists = r.lists
		}
		data, err := lists()
		if err != nil {
			return err
		}
		if err := r.WriteOutput(output, data, force); err != nil {
			return err
		}
		r.Say(r.T("practice.crl.done", "Path", text.Escape(output)))
		return nil
	})
	c.Args = r.Arguments(0, 0)
	c.Flags().StringVarP(&output, "output", "o", "", "flag.practice.crl")
	c.Flags().BoolVar(&all, "all", false, "flag.practice.crl-all")
	c.Flags().BoolVar(&force, "force", false, "flag.force")
	return c
}

// lists returns the CRLs of every practice CA in one PEM file.
func (r *run) lists() ([]byte, error) {
	lists, err := r.Access.Practice().CRLs()
	if err != nil {
		return nil, err
	}
	var data []byte
	for _, der := range lists {
		data = append(data, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})...)
	}
	return data, nil
}

// newOfficial returns the command practice official. It signs a letter as a
// practice official, so that people can practise checking a 官職証明書 through
// the bridge CA.
func newOfficial(r *run) *cobra.Command {
	var output string
	var force bool
	c := r.Verb("official -o LETTER.p7s LETTER", "practice.official", func(ctx context.Context, args []string) error {
		if output == "" {
			return outcome.Usage("err.flag.value", "Flag", "-o")
		}
		if err := r.CheckOutput(output, args, force); err != nil {
			return err
		}
		data, err := r.officialSignature(ctx, args[0])
		if err != nil {
			return err
		}
		if err := r.WriteOutput(output, data, force); err != nil {
			return err
		}
		r.Say(r.T("sign.done", "Input", text.Escape(args[0]), "Output", text.Escape(output)))
		r.Say(r.T("practice.mark"))
		return nil
	})
	c.Args = r.Arguments(1, 1)
	c.Flags().StringVarP(&output, "output", "o", "", "flag.practice.official")
	c.Flags().BoolVar(&force, "force", false, "flag.force")
	return c
}

func (r *run) officialSignature(ctx context.Context, letter string) ([]byte, error) {
	f, err := infile.Open(ctx, letter)
	if err != nil {
		return nil, outcome.File("err.file.read", letter, err)
	}
	defer f.Close()
	content, err := sign.Digest(ctx, infile.Stream(ctx, f), crypto.SHA256)
	if err != nil {
		return nil, outcome.File("err.file.read", letter, err)
	}
	key, chain, err := r.Access.Practice().Official()
	if err != nil {
		return nil, err
	}
	pending, err := sign.Prepare(content, chain[0], sign.Options{Issuers: chain[1:], SigningTime: r.Now()})
	if err != nil {
		return nil, err
	}
	s, err := pending.Sign(key)
	if err != nil {
		return nil, err
	}
	return s.DER(), nil
}
