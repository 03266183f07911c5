// Package command is how a verb is declared: what a run gives it, its words
// from the catalogues, the number of its arguments and the words that they may
// be.
//
// It knows no verb and does nothing by itself: package cli puts the verbs
// together, and each verb's own package does the work.
package command

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/folders"
	"natsuin/cmd/internal/outcome"
)

// A Run is one run of natsuin, as far as a verb sees it.
type Run struct {
	*console.Console
	Access   *access.Access
	Folders  folders.Env
	Now      func() time.Time
	Personal bool // --personal: JSON holds personal data too
}

// ShowsPersonal reports whether personal data is shown: on the screen, which is
// before the person, always; in JSON with --personal.
func (r *Run) ShowsPersonal() bool { return !r.JSON || r.Personal }

// WordsID is the annotation of a command that holds the id of its words.
const WordsID = "words"

// Verb returns a command whose words are in the catalogues under cmd.ID. Its
// run may be nil.
func (r *Run) Verb(use, id string, run func(ctx context.Context, args []string) error) *cobra.Command {
	c := &cobra.Command{
		Use:                   use,
		Annotations:           map[string]string{WordsID: id},
		DisableFlagsInUseLine: true,
		Args:                  cobra.ArbitraryArgs,
	}
	c.Flags().SortFlags = false
	if run != nil {
		c.RunE = func(c *cobra.Command, args []string) error { return run(c.Context(), args) }
	}
	return c
}

// Group returns a command whose subcommands do the work.
func (r *Run) Group(use, id string, subcommands ...*cobra.Command) *cobra.Command {
	c := r.Verb(use, id, nil)
	c.RunE = func(c *cobra.Command, args []string) error {
		r.Command = Path(c)
		switch {
		case c.HasParent() && len(args) > 0:
			return outcome.Usage("err.subcommand.unknown", "Command", c.CommandPath(), "Value", strings.Join(args, " "), "Known", Names(c))
		case len(args) > 0:
			return outcome.Usage("err.command", "Value", strings.Join(args, " "), "Known", Names(c))
		case c.HasParent() || r.JSON:
			return outcome.Usage("err.subcommand", "Command", c.CommandPath(), "Known", Names(c))
		}
		return c.Help()
	}
	c.AddCommand(subcommands...)
	return c
}

// Arguments bounds the number of positional arguments; most < 0 is no bound.
func (r *Run) Arguments(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		r.Command = Path(c)
		if len(args) < least || slices.Contains(args, "") { // an empty one is a variable that was not set
			return outcome.Usage("err.args.few", "Command", c.CommandPath(), "Use", r.UseLine(c))
		}
		if most >= 0 && len(args) > most {
			return outcome.Usage("err.args.many", "Command", c.CommandPath(), "Use", r.UseLine(c), "Value", strings.Join(args[most:], " "))
		}
		return nil
	}
}

// Path returns the command's name as JSON has it, without the program's name.
func Path(c *cobra.Command) string {
	if !c.HasParent() {
		return c.Name()
	}
	return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
}

// Names returns the names of the commands below c, separated by ", ".
func Names(c *cobra.Command) string {
	var list []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			list = append(list, sub.Name())
		}
	}
	return strings.Join(list, ", ")
}
