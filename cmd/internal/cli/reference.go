package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"natsuin/cmd/internal/ui"
)

// A Page is what the documentation says of one command.
type Page struct {
	Name     string // "natsuin pin status"
	Use      string // how it is typed
	Short    string // one line
	Long     string // an idea a line
	Example  string // a command a line; may be empty
	Flags    []Flag // its own
	Commands []Page // those below it
}

// A Flag is what the documentation says of one flag.
type Flag struct {
	Name      string // without dashes
	Shorthand string // one letter, or empty
	Value     string // what stands for its value; empty for a flag without one
	Words     string
}

// Reference is the command tree in a language of i18n.Languages, and the flags that
// every command takes. It opens and reads nothing.
func Reference(lang string) (root Page, global []Flag, err error) {
	a, err := newApp(&Env{
		Args:    []string{"--lang", lang},
		Getenv:  func(string) string { return "" },
		Streams: &ui.Streams{Terminal: func() (*ui.Terminal, error) { return nil, ui.ErrNoTerminal }},
	})
	if err != nil {
		return Page{}, nil, err
	}
	return a.page(a.root), flagsOf(a.root.PersistentFlags()), nil
}

func (a *app) page(c *cobra.Command) Page {
	p := Page{
		Name: c.CommandPath(), Use: a.useLine(c), Short: c.Short, Long: c.Long, Example: c.Example,
		Flags: flagsOf(ownFlags(c)),
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			p.Commands = append(p.Commands, a.page(sub))
		}
	}
	return p
}

func flagsOf(set *pflag.FlagSet) []Flag {
	var list []Flag
	set.VisitAll(func(f *pflag.Flag) {
		list = append(list, Flag{f.Name, f.Shorthand, strings.Join(f.Annotations[placeholder], ""), f.Usage})
	})
	return list
}
