package cli

import (
	"context"
	"crypto"
	"encoding/pem"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card/practice"
	"natsuin/card/virtual"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/text"
	"natsuin/sign"
)

var practiceHalves = []virtual.Credential{virtual.Sign, virtual.Auth}

func newPracticeUnlock(a *app) *cobra.Command {
	c := a.verb("unlock sign|auth", "practice.unlock", func(_ context.Context, args []string) error {
		cred, err := byWord(args[0], practiceHalves)
		if err != nil {
			return err
		}
		if err := a.practiceStore().Unlock(cred); err != nil {
			return err
		}
		return a.practiceShow()
	})
	c.Args = a.arguments(1, 1)
	c.ValidArgs = wordsOf(practiceHalves)
	return c
}

func newPracticeRevoke(a *app) *cobra.Command {
	var reason, at string
	c := a.verb("revoke [flags]", "practice.revoke", func(context.Context, []string) error {
		var when time.Time
		if at != "" {
			t, err := time.Parse(time.RFC3339, at)
			if err != nil {
				return outcome.Usage("err.flag.time", "Flag", "--at")
			}
			when = t
		}
		if err := a.practiceStore().Revoke(practice.Reason(reason), when); err != nil {
			return err
		}
		return a.practiceShow()
	})
	c.Args = a.arguments(0, 0)
	c.Flags().StringVar(&reason, "reason", string(practice.Moved), "flag.practice.reason")
	c.Flags().StringVar(&at, "at", "", "flag.practice.at")
	completeWords(c, "reason", practice.Reasons()...)
	return c
}

func newPracticeRenew(a *app) *cobra.Command {
	var o practice.RenewOptions
	c := a.verb("renew [flags]", "practice.renew", func(context.Context, []string) error {
		if err := a.practiceStore().Renew(o); err != nil {
			return err
		}
		return a.practiceShow()
	})
	c.Args = a.arguments(0, 0)
	c.Flags().BoolVar(&o.NewRoot, "new-root", false, "flag.practice.new-root")
	return c
}

// newPracticeCRL writes the list that answers for the card's signature certificate, or
// with --all those of every practice CA: a path through the bridge needs three.
func newPracticeCRL(a *app) *cobra.Command {
	var output string
	var all, force bool
	c := a.verb("crl -o FILE", "practice.crl", func(context.Context, []string) error {
		if output == "" {
			return outcome.Usage("err.flag.value", "Flag", "-o")
		}
		if err := a.checkBinary(output, nil, force); err != nil {
			return err
		}
		lists := a.practiceStore().CRL
		if all {
			lists = a.practiceLists
		}
		data, err := lists()
		if err != nil {
			return err
		}
		if err := a.writeBinary(output, data, force); err != nil {
			return err
		}
		a.say(a.t("practice.crl.done", "Path", text.Escape(output)))
		return nil
	})
	c.Args = a.arguments(0, 0)
	c.Flags().StringVarP(&output, "output", "o", "", "flag.practice.crl")
	c.Flags().BoolVar(&all, "all", false, "flag.practice.crl-all")
	c.Flags().BoolVar(&force, "force", false, "flag.force")
	return c
}

// practiceLists are the lists of every practice CA as PEM, which holds several.
func (a *app) practiceLists() ([]byte, error) {
	lists, err := a.practiceStore().CRLs()
	if err != nil {
		return nil, err
	}
	var data []byte
	for _, der := range lists {
		data = append(data, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})...)
	}
	return data, nil
}

// newPracticeOfficial signs a letter as a practice official, to rehearse the check
// of a 官職証明書 through the bridge CA.
func newPracticeOfficial(a *app) *cobra.Command {
	var output string
	var force bool
	c := a.verb("official -o LETTER.p7s LETTER", "practice.official", func(ctx context.Context, args []string) error {
		if output == "" {
			return outcome.Usage("err.flag.value", "Flag", "-o")
		}
		if err := a.checkBinary(output, args, force); err != nil {
			return err
		}
		data, err := a.officialSignature(ctx, args[0])
		if err != nil {
			return err
		}
		if err := a.writeBinary(output, data, force); err != nil {
			return err
		}
		a.say(a.t("sign.done", "Input", text.Escape(args[0]), "Output", text.Escape(output)))
		a.say(a.t("practice.mark"))
		return nil
	})
	c.Args = a.arguments(1, 1)
	c.Flags().StringVarP(&output, "output", "o", "", "flag.practice.official")
	c.Flags().BoolVar(&force, "force", false, "flag.force")
	return c
}

// checkBinary refuses an output that could not be written, before it is made.
func (a *app) checkBinary(output string, inputs []string, force bool) error {
	switch {
	case output != "-":
		return errors.Join(outfile.Check([]string{output}, inputs, force)...)
	case a.asJSON:
		return outcome.Usage("err.json-stdout", "Flag", "-o -")
	case a.env.Streams.OutIsTerminal:
		return outcome.Usage("err.binary-terminal")
	}
	return a.checkStdout()
}

// checkStdout refuses -o - to a standard output that was closed: the result would be
// lost, and every write succeed.
func (a *app) checkStdout() error {
	if a.env.Streams.OutLeadsNowhere {
		return &outcome.Error{Code: outcome.CodeFile, ID: "err.stdout.closed"}
	}
	return nil
}

// writeBinary writes to a file, whole or not at all, or to stdout.
func (a *app) writeBinary(output string, data []byte, force bool) error {
	if output != "-" {
		return writeFile(output, data, force)
	}
	if _, err := a.env.Streams.Out.Write(data); err != nil {
		return stdoutError(err)
	}
	return nil
}

func (a *app) officialSignature(ctx context.Context, letter string) ([]byte, error) {
	f, err := openFile(ctx, letter)
	if err != nil {
		return nil, outcome.File("err.file.read", letter, err)
	}
	defer f.Close()
	content, err := sign.Digest(ctx, stream(ctx, f), crypto.SHA256)
	if err != nil {
		return nil, outcome.File("err.file.read", letter, err)
	}
	key, chain, err := a.practiceStore().Official()
	if err != nil {
		return nil, err
	}
	pending, err := sign.Prepare(content, chain[0], sign.Options{Issuers: chain[1:], SigningTime: a.env.Now()})
	if err != nil {
		return nil, err
	}
	s, err := pending.Sign(key)
	if err != nil {
		return nil, err
	}
	return s.DER(), nil
}
