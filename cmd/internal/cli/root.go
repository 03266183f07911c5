package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"natsuin/cmd/internal/cli/cert"
	"natsuin/cmd/internal/cli/doctor"
	"natsuin/cmd/internal/cli/fingerprint"
	"natsuin/cmd/internal/cli/pin"
	"natsuin/cmd/internal/cli/practice"
	"natsuin/cmd/internal/cli/sign"
	"natsuin/cmd/internal/cli/timestamp"
	"natsuin/cmd/internal/cli/trust"
	"natsuin/cmd/internal/cli/validity"
	"natsuin/cmd/internal/cli/verify"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
)

// A verb is a command directly below the root.
type verb struct {
	name string
	make func(*command.Run) *cobra.Command
}

// verbs returns the verbs in the order in which the help lists them.
func (a *app) verbs() []verb {
	return []verb{
		{"sign", sign.New}, {"verify", verify.New}, {"timestamp", timestamp.New}, {"fingerprint", fingerprint.New}, {"pin", pin.New},
		{"cert", cert.New}, {"validity", validity.New}, {"trust", trust.New}, {"doctor", doctor.New},
		{"practice", practice.New},
		{"version", func(*command.Run) *cobra.Command { return newVersion(a) }},
		{"completion", func(*command.Run) *cobra.Command { return newCompletion(a) }},
	}
}

// newRoot builds the command tree. If the first argument is a verb, it builds
// only that part. It opens no file, and sets ids of messages as descriptions,
// because few runs print them.
func newRoot(a *app) *cobra.Command {
	root := a.Group("natsuin", "root")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { a.help(c) })
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		a.Command = command.Path(c)
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
	g := &a.Access.Flags
	f.StringVar(&g.Reader, "reader", "", "flag.reader")
	f.String("lang", "", "flag.lang") // already read by newApp
	f.BoolVar(&a.JSON, "json", a.JSON, "flag.json")
	f.StringVar(&g.PINFrom, "pin-from", "", "flag.pin-from")
	f.BoolVar(&a.noInput, "no-input", false, "flag.no-input")
	f.StringVar(&g.Wait, "wait", "", "flag.wait")
	f.IntVar(&g.MinTries, "min-tries", 0, "flag.min-tries")
	f.BoolVar(&a.Personal, "personal", false, "flag.personal")
	f.BoolVarP(&a.Verbose, "verbose", "v", false, "flag.verbose")
	f.BoolVarP(&a.Quiet, "quiet", "q", false, "flag.quiet")
	f.StringVar(&a.Color, "color", "auto", "flag.color")
	f.BoolP("help", "h", false, "flag.help")
	f.Lookup("color").DefValue = ""
	asked := root.Flags().Bool("version", false, "cmd.version.short") // many people try --version first
	group := root.RunE
	root.RunE = func(c *cobra.Command, args []string) error {
		if *asked && len(args) == 0 {
			a.Command = "version"
			a.showVersion()
			return nil
		}
		return group(c, args)
	}
	a.completeGlobals(root)

	verbs := a.verbs()
	chosen := verbs
	if len(a.env.Args) > 0 {
		if i := slices.IndexFunc(verbs, func(v verb) bool { return v.name == a.env.Args[0] }); i >= 0 {
			chosen = verbs[i : i+1]
		}
	}
	for _, v := range chosen {
		root.AddCommand(v.make(a.Run))
	}
	root.SetHelpCommand(newHelp(a))
	root.InitDefaultHelpCmd() // now, because the documents list it too
	return root
}

// flagError converts an error of pflag to one in the language of the run.
func (a *app) flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		// A misspelt command leaves its flags to the group.
		words := a.env.Args[min(len(strings.Fields(c.CommandPath()))-1, len(a.env.Args)):]
		if c.HasSubCommands() && len(words) > 0 && !strings.HasPrefix(words[0], "-") {
			return c.RunE(c, words)
		}
		var known []string
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		name := unknown.GetSpecifiedName()
		if letters := unknown.GetSpecifiedShortnames(); letters != "" {
			name = letters // -pdf
		}
		// The unknown flag itself, or the argument after it, may be a secret.
		typed := append([]string{name}, a.env.Args...)
		return outcome.Usage("err.flag.unknown", "Value", strings.Join(typed, " "), "Known", strings.Join(known, ", "))
	case errors.As(err, &missing):
		return outcome.Usage("err.flag.value", "Flag", "--"+missing.GetFlag().Name)
	case errors.As(err, &invalid):
		return outcome.Usage("err.flag.invalid", "Flag", "--"+invalid.GetFlag().Name, "Value", invalid.GetValue())
	}
	return outcome.Usage("err.flag.other", "Value", strings.Join(a.env.Args, " "))
}

// emptyValue returns a usage error if a flag has an empty value: a script with
// an unset variable would otherwise skip a check that it asked for.
func emptyValue(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		list, many := f.Value.(pflag.SliceValue)
		if f.Value.String() == "" || many && slices.Contains(list.GetSlice(), "") {
			err = outcome.Usage("err.flag.value", "Flag", "--"+f.Name)
		}
	})
	return err
}

// checkGlobals returns a usage error if a global flag has an invalid value.
func (a *app) checkGlobals() error {
	if _, err := console.ParseColorMode(a.Color); err != nil {
		return outcome.Usage("err.flag.choice", "Flag", "--color", "Value", a.Color, "Known", "auto, always, never")
	}
	a.Unattended = a.noInput || a.Access.PINFrom != ""
	return a.Access.Check(a.root.PersistentFlags().Changed("min-tries"))
}
