package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/folders"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
)

// An app is the state of one run: the part that the verbs use, the environment,
// and the command tree.
type app struct {
	*command.Run
	env     *Env
	root    *cobra.Command
	noInput bool // --no-input
}

// newApp chooses the language and builds the command tree. If it returns an
// error, the app can still print that error, in the language of the
// environment.
func newApp(env *Env, gate *access.Gate) (*app, error) {
	c := console.New(env.Streams, env.Jobs, env.Guard)
	c.JSON = flagGiven(env.Args, "--json")
	a := &app{env: env, Run: &command.Run{Console: c, Folders: folders.Env(env.Getenv), Getenv: env.Getenv, Now: env.Now}}
	a.Access = &access.Access{
		Console: c, Readers: env.Readers, Gate: gate, Jobs: env.Jobs, Folder: a.Folders.Practice(),
		Now: env.Now, AfterFunc: env.after,
	}
	lang, langErr := i18n.Choose(flagValue(env.Args, "--lang"), env.Getenv, platformLanguage)
	if langErr != nil {
		lang, _ = i18n.Choose("", env.Getenv, platformLanguage)
	}
	p, err := i18n.New(lang)
	if err != nil {
		return a, err
	}
	p.Version = version
	c.Printer = p
	a.root = newRoot(a)
	if langErr != nil {
		if c, _, err := a.root.Find(env.Args); err == nil {
			a.Command = command.Path(c)
		}
	}
	return a, langErr
}

// flagGiven reports whether a boolean flag is among the arguments before "--".
// It is used before the flags are parsed, so that a usage error is also JSON.
func flagGiven(args []string, name string) bool {
	for _, arg := range args {
		if arg == "--" {
			return false
		}
		if arg == name || arg == name+"=true" {
			return true
		}
	}
	return false
}

// flagValue returns the last value of a flag among the arguments before "--".
func flagValue(args []string, name string) string {
	value := ""
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if v, ok := strings.CutPrefix(arg, name+"="); ok {
			value = v
		} else if arg == name && i+1 < len(args) {
			value = args[i+1]
		}
	}
	return value
}

func (a *app) execute(ctx context.Context) error {
	a.root.SetArgs(a.env.Args)
	a.root.SetIn(a.Streams.In)
	a.root.SetOut(a.Streams.Out)
	a.root.SetErr(a.Streams.Err)
	if slices.ContainsFunc(a.env.Args, func(arg string) bool { return strings.HasPrefix(arg, cobra.ShellCompRequestCmd) }) {
		a.wordTree(a.root)
	}
	if !a.completable() {
		a.WriteLine(":0") // cobra.ShellCompDirectiveDefault, without any completion
		return nil
	}
	c, err := a.root.ExecuteContextC(ctx)
	if err != nil && strings.HasPrefix(c.Name(), cobra.ShellCompRequestCmd) { // typed by hand; the message is cobra's
		return outcome.Usage("err.args.few", "Command", c.CommandPath(), "Use", a.UseLine(c))
	}
	return err
}
