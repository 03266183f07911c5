package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/terminal"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
	"natsuin/verify/trust"
)

func newTrust(a *app) *cobra.Command {
	c := a.group("trust", "trust")
	c.AddCommand(newTrustList(a), newTrustAdd(a), newTrustRemove(a))
	return c
}

func (a *app) rootStore() trust.Store { return trust.Store{Dir: a.env.configDir("roots")} }

// trustReport is the JSON object's part of trust list, add and remove.
type trustReport struct {
	Roots []trustRoot `json:"roots"`
	// Already says of trust add that the root was registered before, under the name in Roots.
	Already bool `json:"already,omitempty"`
}

type trustRoot struct {
	Name     string `json:"name"`
	SHA256   string `json:"sha256"`
	Kind     string `json:"kind"` // "pinned" or "registered"
	NotAfter string `json:"not_after"`
}

func newTrustList(a *app) *cobra.Command {
	c := a.verb("list", "trust.list", func(context.Context, []string) error { return a.trustList() })
	c.Args = a.arguments(0, 0)
	return c
}

func (a *app) trustList() error {
	rep := &trustReport{Roots: []trustRoot{}}
	a.report = rep
	a.print(a.t("trust.pinned"))
	for _, r := range trust.Published() {
		rep.Roots = append(rep.Roots, trustRoot{r.Name, r.SHA256.String(), "pinned", stamp(r.NotAfter)})
		a.print(a.t("trust.root", "Name", r.Name, "Until", a.date(r.NotAfter)))
		a.printGroups("field.sha256", r.SHA256.String())
	}
	registered, err := a.rootStore().List()
	a.print(a.t("trust.registered", "N", len(registered)))
	for _, r := range registered {
		rep.Roots = append(rep.Roots, registeredRoot(r))
		a.printRegistered(r)
	}
	return err
}

func registeredRoot(r trust.Registered) trustRoot {
	return trustRoot{r.Name, r.Fingerprints.SHA256.String(), "registered", stamp(r.Certificate.NotAfter)}
}

func (a *app) printRegistered(r trust.Registered) {
	a.print(a.t("trust.root", "Name", text.Escape(r.Name), "Until", a.date(r.Certificate.NotAfter)))
	a.field("field.subject", text.Escape(distinguishedName(r.Certificate.RawSubject)))
	a.printGroups("field.sha256", r.Fingerprints.SHA256.String())
}

type trustAddOptions struct {
	fromCard      bool
	compare, name string
}

func newTrustAdd(a *app) *cobra.Command {
	o := &trustAddOptions{}
	c := a.verb("add [flags] FILE | --from-card", "trust.add", func(ctx context.Context, args []string) error {
		if o.fromCard == (len(args) == 1) {
			return outcome.Usage("err.trust.source")
		}
		return a.trustAdd(ctx, o, args)
	})
	c.Args = a.arguments(0, 1)
	c.Flags().BoolVar(&o.fromCard, "from-card", false, "flag.trust.from-card")
	c.Flags().StringVar(&o.compare, "compare", "", "flag.trust.compare")
	c.Flags().StringVar(&o.name, "name", "", "flag.trust.name")
	return c
}

// trustAdd keeps a root after its fingerprint was compared; a pinned root needs no
// comparison, since its fingerprint is part of the program.
func (a *app) trustAdd(ctx context.Context, o *trustAddOptions, args []string) error {
	var want *fingerprint.Fingerprint
	if a.changed("trust add", "compare") {
		print, err := a.parsePrint(ctx, o.compare)
		if err != nil {
			return err
		}
		want = &print
	}
	cert, err := a.rootToAdd(ctx, o, args)
	if err != nil {
		return err
	}
	if err := trust.Acceptable(cert); err != nil {
		return err
	}
	if err := a.compared(ctx, cert, want); err != nil {
		return err
	}
	r, err := a.rootStore().Add(o.name, cert)
	if err != nil {
		return err
	}
	a.report = &trustReport{Roots: []trustRoot{registeredRoot(r)}, Already: r.Already}
	if !r.Already {
		a.print(a.t("trust.added"))
	} else if name := text.Escape(r.Name); r.Matches(o.name) {
		a.print(a.t("trust.already", "Name", name))
	} else {
		a.print(a.t("trust.already.named", "Name", name, "Wanted", text.Escape(o.name)))
	}
	a.printRegistered(r)
	return nil
}

func (a *app) rootToAdd(ctx context.Context, o *trustAddOptions, args []string) (*x509.Certificate, error) {
	if o.fromCard {
		return a.readCertificate(ctx, card.SignCA)
	}
	certs, err := readCertificates(ctx, args[0])
	if err != nil {
		return nil, err
	}
	if len(certs) != 1 {
		return nil, outcome.Usage("err.trust.one", "Path", text.Escape(args[0]), "N", len(certs))
	}
	return certs[0], nil
}

// compared makes sure that the person held the whole fingerprint against what was
// published: by --compare, or typed at the terminal.
func (a *app) compared(ctx context.Context, cert *x509.Certificate, want *fingerprint.Fingerprint) error {
	root, pinned := trust.Lookup(cert)
	if pinned {
		a.say(a.t("trust.is-pinned", "Name", root.Name))
	}
	if want == nil && pinned {
		return nil
	}
	prints := fingerprint.Of(cert)
	if want == nil {
		if !a.interactive() {
			return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.trust.compare-needed"}
		}
		a.prompt(a.t("trust.compare.intro", "Subject", text.Escape(distinguishedName(cert.RawSubject))))
		print, err := a.askPrint(ctx)
		if err != nil {
			return err
		}
		want = &print
	}
	if prints.Select(want.Algorithm).Equal(*want) {
		if want.Algorithm == fingerprint.SHA1 {
			a.say(a.t("compare.weak"))
		}
		return nil
	}
	a.printDifference(a.entryOf("root", cert), *want)
	return a.different("trust.not-added")
}

// askPrint asks for a fingerprint at the terminal until one was typed in full.
func (a *app) askPrint(ctx context.Context) (fingerprint.Fingerprint, error) {
	for {
		typed, err := a.askLines(ctx, a.t("trust.compare.ask"), a.morePrint)
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
		a.askOn(err)
	}
}

// morePrint reads on over as many lines as a fingerprint is printed on. An empty
// line ends it as well.
func (a *app) morePrint(text string) (prompt string, on bool) {
	if text == "" || strings.HasSuffix(text, "\n") {
		return "", false
	}
	print, err := fingerprint.Parse(text)
	var part *fingerprint.LengthError
	digits := 0
	switch {
	case err == nil && print.Algorithm == fingerprint.SHA1: // or the beginning of more
		digits = 2 * len(print.Sum)
	case errors.As(err, &part) && part.Short():
		digits = part.Digits + part.Base64
	case errors.Is(err, fingerprint.ErrEmpty): // a label
	default:
		return "", false
	}
	return a.t("trust.compare.more", "N", digits), true
}

func newTrustRemove(a *app) *cobra.Command {
	c := a.verb("remove NAME|SHA256", "trust.remove", func(_ context.Context, args []string) error {
		return a.trustRemove(strings.Join(args, " "))
	})
	// The groups of four that trust list prints need no quotes.
	c.Args = func(c *cobra.Command, args []string) error {
		most := 1
		if _, err := fingerprint.Parse(strings.Join(args, " ")); err == nil {
			most = -1
		}
		return a.arguments(1, most)(c, args)
	}
	return c
}

func (a *app) trustRemove(which string) error {
	r, err := a.rootStore().Remove(which)
	if errors.Is(err, trust.ErrNotRegistered) {
		if root, ok := builtIn(which); ok {
			return outcome.Usage("err.trust.built-in", "Name", root.Name)
		}
		return outcome.Usage("err.trust.unknown", "Value", which)
	}
	if err != nil {
		return err
	}
	a.report = &trustReport{Roots: []trustRoot{}}
	a.print(a.t("trust.removed", "Name", text.Escape(r.Name)))
	if root, ok := trust.Lookup(r.Certificate); ok {
		a.print(a.t("trust.still-pinned", "Name", root.Name))
	}
	return nil
}

// builtIn finds a pinned root by its name or SHA-256.
func builtIn(which string) (trust.Root, bool) {
	print, _ := fingerprint.Parse(which)
	for _, r := range trust.Published() {
		if strings.EqualFold(r.Name, which) || r.SHA256.Equal(print) {
			return r, true
		}
	}
	return trust.Root{}, false
}
