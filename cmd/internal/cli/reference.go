package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/terminal"
)

// A Page is the documentation of one command.
type Page struct {
	Name     string // such as "natsuin pin status"
	Use      string // the usage line
	Short    string // one line
	Long     string // one idea per line
	Example  string // one command per line; may be empty
	Flags    []Flag // without the global flags
	Commands []Page // its subcommands
}

// A Flag is the documentation of one flag.
type Flag struct {
	Name      string // without the dashes
	Shorthand string // one letter, or empty
	Value     string // the placeholder of the value; empty if there is no value
	Words     string // the description
}

// Reference returns the command tree and the global flags, with their
// descriptions in one of [i18n.Languages]. It opens no file and no reader.
func Reference(lang string) (root Page, global []Flag, err error) {
	a, err := newApp(&Env{
		Args:    []string{"--lang", lang},
		Getenv:  func(string) string { return "" },
		Streams: &console.Streams{Terminal: func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal }},
	}, nil)
	if err != nil {
		return Page{}, nil, err
	}
	return a.page(a.root), a.flagsOf(a.root.PersistentFlags()), nil
}

func (a *app) page(c *cobra.Command) Page {
	p := Page{
		Name: c.CommandPath(), Use: a.UseLine(c), Short: a.short(c), Long: a.long(c), Example: a.example(c),
		Flags: a.flagsOf(ownFlags(c)),
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			p.Commands = append(p.Commands, a.page(sub))
		}
	}
	return p
}

func (a *app) short(c *cobra.Command) string {
	return a.T("cmd." + c.Annotations[command.WordsID] + ".short")
}

func (a *app) long(c *cobra.Command) string {
	return a.T("cmd." + c.Annotations[command.WordsID] + ".long")
}

func (a *app) example(c *cobra.Command) string {
	if id := "cmd." + c.Annotations[command.WordsID] + ".example"; a.Has(id) {
		return a.T(id)
	}
	return ""
}

// flagsOf returns the flags of a set with their descriptions. The usage of each
// flag is the id of a message, in which a quoted part is the placeholder of the
// value.
func (a *app) flagsOf(set *pflag.FlagSet) []Flag {
	var list []Flag
	set.VisitAll(func(f *pflag.Flag) {
		worded := *f
		worded.Usage = a.T(f.Usage)
		value, words := pflag.UnquoteUsage(&worded)
		if f.Value.Type() == "bool" {
			value = ""
		}
		list = append(list, Flag{f.Name, f.Shorthand, value, words})
	})
	return list
}

// wordTree sets the descriptions of c, its flags and its subcommands, for shell
// completion.
func (a *app) wordTree(c *cobra.Command) {
	c.Short = a.short(c)
	for _, set := range []*pflag.FlagSet{c.PersistentFlags(), c.Flags()} {
		for _, f := range a.flagsOf(set) {
			set.Lookup(f.Name).Usage = f.Words
		}
	}
	for _, sub := range c.Commands() {
		a.wordTree(sub)
	}
}
