package trust

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/comparison"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/policy"
	"natsuin/cmd/internal/terminal"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
	"natsuin/verify/trust"
)

type addOptions struct {
	fromCard      bool
	compare, name string
}

func newAdd(r *run) *cobra.Command {
	o := &addOptions{}
	c := r.Verb("add [flags] FILE | --from-card", "trust.add", func(ctx context.Context, args []string) error {
		if o.fromCard == (len(args) == 1) {
			return outcome.Usage("err.trust.source")
		}
		return r.add(ctx, o, args)
	})
	c.Args = r.Arguments(0, 1)
	c.Flags().BoolVar(&o.fromCard, "from-card", false, "flag.trust.from-card")
	c.Flags().StringVar(&o.compare, "compare", "", "flag.trust.compare")
	c.Flags().StringVar(&o.name, "name", "", "flag.trust.name")
	return c
}

// add registers a root after its fingerprint was compared. A pinned root needs
// no comparison, because the program contains its fingerprint.
func (r *run) add(ctx context.Context, o *addOptions, args []string) error {
	var want *fingerprint.Fingerprint
	if o.compare != "" {
		if o.compare == "-" && o.fromCard && r.Interactive() {
			if err := r.Access.CheckService(ctx); err != nil {
				return err
			}
		}
		print, err := comparison.Parse(ctx, r.Console, o.compare)
		if err != nil {
			return err
		}
		want = &print
	}
	cert, err := r.rootToAdd(ctx, o, args)
	if err != nil {
		return err
	}
	if err := trust.Acceptable(cert); err != nil {
		return err
	}
	if err := r.compared(ctx, cert, want); err != nil {
		return err
	}
	added, err := policy.Registered(r.Run).Add(o.name, cert)
	if err != nil {
		return err
	}
	r.Report = &report{Roots: []root{rootOf(added)}, Already: added.Already}
	if !added.Already {
		r.Print(r.T("trust.added"))
	} else if name := text.Escape(added.Name); added.Matches(o.name) {
		r.Print(r.T("trust.already", "Name", name))
	} else {
		r.Print(r.T("trust.already.named", "Name", name, "Wanted", text.Escape(o.name)))
	}
	r.printRegistered(added)
	return nil
}

func (r *run) rootToAdd(ctx context.Context, o *addOptions, args []string) (*x509.Certificate, error) {
	if o.fromCard {
		return r.Access.ReadCertificate(ctx, card.SignCA)
	}
	certs, err := infile.Certificates(ctx, args[0])
	if err != nil {
		return nil, err
	}
	if len(certs) != 1 {
		return nil, outcome.Usage("err.trust.one", "Path", text.Escape(args[0]), "N", len(certs))
	}
	return certs[0], nil
}

// compared returns an error unless the whole fingerprint was compared with the
// published one, by --compare or by typing it at the terminal, or the root is
// pinned.
func (r *run) compared(ctx context.Context, cert *x509.Certificate, want *fingerprint.Fingerprint) error {
	root, pinned := trust.Lookup(cert)
	if pinned {
		r.Say(r.T("trust.is-pinned", "Name", root.Name))
	}
	if want == nil && pinned {
		return nil
	}
	prints := fingerprint.Of(cert)
	if want == nil {
		if !r.Interactive() {
			return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.trust.compare-needed"}
		}
		r.Prompt(r.T("trust.compare.intro", "Subject", text.Escape(certtext.Name(cert.RawSubject))))
		print, err := r.askPrint(ctx)
		if err != nil {
			return err
		}
		want = &print
	}
	if prints.Select(want.Algorithm).Equal(*want) {
		if want.Algorithm == fingerprint.SHA1 {
			r.Say(r.T("compare.weak"))
		}
		return nil
	}
	comparison.PrintDifference(r.Console, "root", prints, *want)
	return comparison.Different(r.Console, "trust.not-added")
}

// askPrint asks for a fingerprint at the terminal until the entry is a complete
// one.
func (r *run) askPrint(ctx context.Context) (fingerprint.Fingerprint, error) {
	for {
		typed, err := r.AskLines(ctx, r.T("trust.compare.ask"), r.morePrint)
		switch {
		case errors.Is(err, terminal.ErrInputLength):
			err = fingerprint.ErrTooLong
		case errors.Is(err, terminal.ErrNotText):
			err = &fingerprint.SyntaxError{Char: utf8.RuneError}
		case err != nil:
			return fingerprint.Fingerprint{}, err
		default:
			var print fingerprint.Fingerprint
			if print, err = fingerprint.Parse(typed); err == nil {
				return print, nil
			}
		}
		r.AskAgain(err)
	}
}

// morePrint reports whether the fingerprint continues on another line. An empty
// line ends it.
func (r *run) morePrint(text string) (prompt string, on bool) {
	if text == "" || strings.HasSuffix(text, "\n") {
		return "", false
	}
	print, err := fingerprint.Parse(text)
	var part *fingerprint.LengthError
	digits := 0
	switch {
	case err == nil && print.Algorithm == fingerprint.SHA1: // may be the beginning of a SHA-256 fingerprint
		digits = 2 * len(print.Sum)
	case errors.As(err, &part) && part.Short():
		digits = part.Digits + part.Base64
	case errors.Is(err, fingerprint.ErrEmpty): // only a label so far
	default:
		return "", false
	}
	return r.T("trust.compare.more", "N", digits), true
}
