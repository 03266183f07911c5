package cli

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
)

type verb struct {
	name string
	make func(*app) *cobra.Command
}

// verbs are the commands below the root, in the order of the help.
var verbs = []verb{
	{"sign", newSign}, {"verify", newVerify}, {"fingerprint", newFingerprint}, {"pin", newPIN}, {"cert", newCert},
	{"validity", newValidity}, {"trust", newTrust}, {"doctor", newDoctor}, {"practice", newPractice},
	{"version", newVersion}, {"completion", newCompletion},
}

// newRoot builds the command tree: the whole of it, or, when the first word is a verb,
// that verb's part. It reads nothing and opens nothing: commands and flags carry the ids
// of their words, which few runs show.
func newRoot(a *app) *cobra.Command {
	root := a.group("natsuin", "root")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { a.help(c) })
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		a.command = path(c)
		return a.flagError(c, err)
	})
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		if err := emptyValue(c.Flags()); err != nil {
			return err
		}
		return a.checkGlobals()
	}

	f := root.PersistentFlags()
	f.SortFlags = false
	g := &a.flags
	f.StringVar(&g.reader, "reader", "", "flag.reader")
	f.StringVar(&g.lang, "lang", "", "flag.lang")
	f.BoolVar(&a.asJSON, "json", a.asJSON, "flag.json")
	f.StringVar(&g.pinFrom, "pin-from", "", "flag.pin-from")
	f.BoolVar(&g.noInput, "no-input", false, "flag.no-input")
	f.StringVar(&g.wait, "wait", "", "flag.wait")
	f.IntVar(&g.minTries, "min-tries", 0, "flag.min-tries")
	f.BoolVar(&g.personal, "personal", false, "flag.personal")
	f.BoolVarP(&g.verbose, "verbose", "v", false, "flag.verbose")
	f.BoolVarP(&g.quiet, "quiet", "q", false, "flag.quiet")
	f.StringVar(&g.color, "color", "auto", "flag.color")
	f.BoolP("help", "h", false, "flag.help")
	f.Lookup("color").DefValue = ""
	root.Flags().Bool("version", false, "cmd.version.short") // what people try first
	a.completeGlobals(root)

	chosen := verbs
	if len(a.env.Args) > 0 {
		if i := slices.IndexFunc(verbs, func(v verb) bool { return v.name == a.env.Args[0] }); i >= 0 {
			chosen = verbs[i : i+1]
		}
	}
	for _, v := range chosen {
		root.AddCommand(v.make(a))
	}
	root.SetHelpCommand(newHelp(a))
	root.InitDefaultHelpCmd() // now, not when it runs: the documents list it too
	return root
}

// group is a command without a run: its subcommands do the work.
func (a *app) group(use, id string) *cobra.Command {
	c := a.verb(use, id, nil)
	c.RunE = func(c *cobra.Command, args []string) error {
		a.command = path(c)
		asked, err := c.Flags().GetBool("version") // the root's alone
		switch {
		case err == nil && asked && len(args) == 0:
			a.command = "version"
			a.showVersion()
			return nil
		case c.HasParent() && len(args) > 0:
			return outcome.Usage("err.subcommand.unknown", "Command", c.CommandPath(), "Value", strings.Join(args, " "), "Known", names(c))
		case c.HasParent():
			return outcome.Usage("err.subcommand", "Command", c.CommandPath(), "Known", names(c))
		case len(args) > 0:
			return outcome.Usage("err.command", "Value", strings.Join(args, " "), "Known", names(c))
		case a.asJSON:
			return outcome.Usage("err.subcommand", "Command", c.CommandPath(), "Known", names(c))
		}
		a.help(c)
		return nil
	}
	return c
}

// verb is a command whose words are in the catalogue under cmd.ID.
func (a *app) verb(use, id string, run func(ctx context.Context, args []string) error) *cobra.Command {
	c := &cobra.Command{
		Use:                   use,
		Annotations:           map[string]string{wordsID: id},
		DisableFlagsInUseLine: true,
		Args:                  cobra.ArbitraryArgs,
	}
	c.Flags().SortFlags = false
	if run != nil {
		c.RunE = func(c *cobra.Command, args []string) error { return run(c.Context(), args) }
	}
	return c
}

// arguments bounds the number of positional arguments; most < 0 is no bound.
func (a *app) arguments(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		a.command = path(c)
		if len(args) < least || slices.Contains(args, "") { // an empty one is a variable that was not set
			return outcome.Usage("err.args.few", "Command", c.CommandPath(), "Use", a.useLine(c))
		}
		if most >= 0 && len(args) > most {
			return outcome.Usage("err.args.many", "Command", c.CommandPath(), "Use", a.useLine(c), "Value", strings.Join(args[most:], " "))
		}
		return nil
	}
}

// path is the command's name as JSON says it: without the program's name.
func path(c *cobra.Command) string {
	if !c.HasParent() {
		return c.Name()
	}
	return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
}

func names(c *cobra.Command) string {
	var list []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			list = append(list, sub.Name())
		}
	}
	return strings.Join(list, ", ")
}

// flagError words what pflag found wrong, in the run's language.
func (a *app) flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		var known []string
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		// A secret may be the flag's own text, or the argument after it.
		typed := append([]string{unknown.GetSpecifiedName()}, a.env.Args...)
		return outcome.Usage("err.flag.unknown", "Value", strings.Join(typed, " "), "Known", strings.Join(known, ", "))
	case errors.As(err, &missing):
		return outcome.Usage("err.flag.value", "Flag", "--"+missing.GetFlag().Name)
	case errors.As(err, &invalid):
		return outcome.Usage("err.flag.invalid", "Flag", "--"+invalid.GetFlag().Name, "Value", invalid.GetValue())
	}
	return outcome.Usage("err.flag.other", "Value", strings.Join(a.env.Args, " "))
}

// emptyValue refuses a flag that was given an empty value: a script whose variable is not
// set would go on without the very check that it asks for.
func emptyValue(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		list, many := f.Value.(pflag.SliceValue)
		if f.Value.String() == "" || many && slices.Contains(list.GetSlice(), "") {
			err = outcome.Usage("err.flag.value", "Flag", "--"+f.Name)
		}
	})
	return err
}

// checkGlobals refuses global flags whose values mean nothing.
func (a *app) checkGlobals() error {
	g := a.flags
	if _, err := console.ParseColorMode(g.color); err != nil {
		return outcome.Usage("err.flag.choice", "Flag", "--color", "Value", g.color, "Known", "auto, always, never")
	}
	if a.root.PersistentFlags().Changed("min-tries") && (g.minTries < 1 || g.minTries > 5) {
		return outcome.Usage("err.min-tries", "Value", strconv.Itoa(g.minTries))
	}
	if _, err := g.waitLimit(false); err != nil {
		return err
	}
	return checkPINSource(g.pinFrom)
}

func oneOf(v string, list ...string) bool {
	for _, l := range list {
		if v == l {
			return true
		}
	}
	return false
}
