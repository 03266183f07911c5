package practice

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/card/practice"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/outcome"
)

func newIssue(r *run) *cobra.Command {
	var kind, name, address, birth, sex string
	c := r.Verb("issue [flags]", "practice.issue", func(ctx context.Context, _ []string) error {
		o := practice.IssueOptions{Kind: practice.Kind(kind), Name: name, Address: address, Sex: practice.Sex(sex)}
		if !slices.Contains(practice.Kinds(), o.Kind) { // checked before the person chooses passwords
			return &practice.InvalidError{Field: "kind", Reason: "unknown"}
		}
		if sex != "" && !slices.Contains(practice.Sexes(), o.Sex) {
			return outcome.Usage("err.flag.choice", "Flag", "--sex", "Value", sex, "Known", "male, female, unknown")
		}
		if birth != "" {
			day, err := time.Parse(time.DateOnly, birth)
			if err != nil {
				return outcome.Usage("err.flag.day", "Flag", "--birth")
			}
			o.Birth = day
		}
		if err := r.secrets(ctx, &o); err != nil {
			return err
		}
		if err := r.Access.Practice().Issue(o); err != nil {
			return err
		}
		return r.showAfter(r.T("practice.issue.done"))
	})
	c.Args = r.Arguments(0, 0)
	f := c.Flags()
	f.StringVar(&kind, "kind", string(practice.KindMyNumber), "flag.practice.kind")
	f.StringVar(&name, "name", "", "flag.practice.name")
	f.StringVar(&address, "address", "", "flag.practice.address")
	f.StringVar(&birth, "birth", "", "flag.practice.birth")
	f.StringVar(&sex, "sex", "", "flag.practice.sex")
	command.CompleteWords(c, "kind", practice.Kinds()...)
	command.CompleteWords(c, "sex", practice.Sexes()...)
	return c
}

// secrets sets the two secrets of the new card. A person types each of them
// twice. A script gives them in two lines of --pin-from; without it the
// built-in ones are used.
func (r *run) secrets(ctx context.Context, o *practice.IssueOptions) error {
	secrets, err := r.Access.ScriptSecrets(ctx, 2)
	if err != nil {
		return err
	}
	defer access.Wipe(secrets)
	if secrets == nil && r.Interactive() {
		r.Prompt(r.T("practice.issue.secrets"))
		asked := []card.Credential{card.SignPassword, card.AuthPIN}
		if !o.Kind.HasAuth() {
			asked = asked[:1]
		}
		for _, c := range asked {
			s, err := r.Access.AskNewSecret(ctx, c, card.Secret{}, true)
			if err != nil {
				return err
			}
			secrets = append(secrets, s)
		}
	}
	fields := []*string{&o.SignPassword, &o.AuthPIN}
	for i, s := range secrets {
		if secrets[i], err = r.Access.Normalize([]card.Credential{card.SignPassword, card.AuthPIN}[i], s); err != nil {
			return err
		}
		*fields[i] = string(secrets[i].Reveal()) // not a secret: the store keeps and shows it
	}
	return nil
}
