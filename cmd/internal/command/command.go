// Package command defines what a verb gets from a run, and declares its command
// with the text from the catalogues, and the number and the values of the
// arguments.
//
// It does not depend on the verbs. Each verb has a package of its own, and
// package cli puts them together.
package command

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/folders"
	"natsuin/cmd/internal/outcome"
)

// A Run is what a verb gets from one run of natsuin.
type Run struct {
	*console.Console
	Access   *access.Access
	Folders  folders.Env
	Getenv   func(name string) string
	Now      func() time.Time
	Personal bool // --personal: JSON contains personal data too
}

// ShowsPersonal reports whether personal data is shown: always without --json,
// and with --json only if --personal is given.
func (r *Run) ShowsPersonal() bool { return !r.JSON || r.Personal }

// WordsID is the annotation of a command from which the ids of its messages are
// made: cmd.ID.short, cmd.ID.long and cmd.ID.example.
const WordsID = "words"

// Verb returns a command whose messages have ids that begin with cmd.ID. run
// may be nil. It gets the arguments with file URLs replaced by their paths.
func (r *Run) Verb(use, id string, run func(ctx context.Context, args []string) error) *cobra.Command {
	c := &cobra.Command{
		Use:                   use,
		Annotations:           map[string]string{WordsID: id},
		DisableFlagsInUseLine: true,
		Args:                  cobra.ArbitraryArgs,
	}
	c.Flags().SortFlags = false
	if run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			paths := make([]string, len(args))
			for i, arg := range args {
				paths[i] = FilePath(arg)
			}
			return run(c.Context(), paths)
		}
	}
	return c
}

// Group returns a command that only has subcommands. Run without one, the root
// shows its help, except with --json; any other group returns a usage error.
func (r *Run) Group(use, id string, subcommands ...*cobra.Command) *cobra.Command {
	c := r.Verb(use, id, nil)
	c.RunE = func(c *cobra.Command, args []string) error {
		r.Command = Path(c)
		switch {
		case len(args) > 0 && unlocks(c, args[0]):
			return outcome.Usage("err.unlock", "Command", c.CommandPath(), "Value", strings.Join(args[1:], " "))
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

// unlocks reports whether word, as a command after c, asks to unlock a card,
// which no program of a computer can do (docs/card.md §5).
func unlocks(c *cobra.Command, word string) bool {
	switch Path(c) {
	case "natsuin":
		return word == "unlock" || word == "unblock"
	case "pin":
		return word == "unlock" || word == "unblock" || word == "reset"
	}
	return false
}

// Arguments limits the number of positional arguments to the range least to
// most, and refuses empty ones. A negative most means no limit.
func (r *Run) Arguments(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		r.Command = Path(c)
		if len(args) < least || slices.Contains(args, "") { // an empty argument usually comes from a variable that is not set
			return outcome.Usage("err.args.few", "Command", c.CommandPath(), "Use", r.UseLine(c))
		}
		flags := args
		if n := c.ArgsLenAtDash(); n >= 0 {
			flags = args[:n] // after "--" there are none
		}
		for _, arg := range flags {
			if strings.ContainsRune(dashes, []rune(arg)[0]) && !exists(arg) {
				e := outcome.Refuse("err.args.dash", "", nil)
				e.Typed = outcome.HoldsSecretForm(strings.Join(args, " "))
				return e
			}
		}
		if most >= 0 && len(args) > most {
			return outcome.Usage("err.args.many", "Command", c.CommandPath(), "Use", r.UseLine(c), "Value", strings.Join(args[most:], " "))
		}
		return nil
	}
}

// dashes are what a Japanese input method, a word processor or a web page makes
// of a hyphen.
const dashes = "－‐‑‒–—―−ーｰ─"

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// Path returns the name of a command for JSON, such as "pin status".
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
