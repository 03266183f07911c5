package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// helpReport is the JSON object of a run that asked for help.
type helpReport struct {
	console.Head
	Text string `json:"text"`
}

func newHelp(a *app) *cobra.Command {
	c := a.Verb("help [COMMAND|TOPIC]", "help", func(_ context.Context, args []string) error {
		if len(args) == 1 {
			if text, ok := a.Topic(args[0]); ok {
				a.Command = "help"
				a.Report = &helpReport{Text: text}
				a.Print(strings.TrimRight(text, "\n"))
				return nil
			}
		}
		c, rest, err := a.root.Find(args)
		if err != nil || len(rest) > 0 {
			known := strings.Join(i18n.Topics(), ", ") + ", " + command.Names(a.root)
			return outcome.Usage("err.help.unknown", "Value", strings.Join(rest, " "), "Known", known)
		}
		a.help(c)
		a.Command = "help"
		return nil
	})
	c.ValidArgsFunction = a.completeHelp
	c.Args = func(*cobra.Command, []string) error { a.Command = "help"; return nil }
	return c
}

// help prints a command's help to standard output. The layout is like cobra's,
// and the text is in the language of the run.
func (a *app) help(c *cobra.Command) {
	a.Command = command.Path(c)
	text := a.helpText(c)
	a.Report = &helpReport{Text: text}
	a.Print(strings.TrimRight(text, "\n"))
}

func (a *app) helpText(c *cobra.Command) string {
	var b strings.Builder
	columns := a.Streams.Columns()
	fmt.Fprintf(&b, "%s\n\n%s\n%s\n", text.Wrap(a.long(c), columns), a.T("help.usage"), text.Wrap("  "+a.UseLine(c), columns))
	if example := a.example(c); example != "" {
		fmt.Fprintf(&b, "\n%s\n%s\n", a.T("help.examples"), indent(example))
	}
	if c.HasAvailableSubCommands() {
		var rows [][2]string
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				rows = append(rows, [2]string{sub.Name(), a.short(sub)})
			}
		}
		writeRows(&b, a.T("help.commands"), rows, columns)
	}
	if !c.HasParent() {
		var rows [][2]string
		for _, topic := range i18n.Topics() {
			rows = append(rows, [2]string{topic, a.T("topic." + topic)})
		}
		writeRows(&b, a.T("help.topics"), rows, columns)
	}
	writeRows(&b, a.T("help.flags"), flagRows(a.flagsOf(ownFlags(c))), columns)
	writeRows(&b, a.T("help.global-flags"), flagRows(a.flagsOf(c.Root().PersistentFlags())), columns)
	return b.String()
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(text, "\n", "\n  ")
}

// ownFlags returns the flags of this command without the global ones, in the
// order in which they were defined.
func ownFlags(c *cobra.Command) *pflag.FlagSet {
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.SortFlags = false
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if c.PersistentFlags().Lookup(f.Name) == nil {
			own.AddFlag(f)
		}
	})
	return own
}

// flagRows returns the spelling and the description of each flag.
func flagRows(flags []Flag) [][2]string {
	var rows [][2]string
	for _, f := range flags {
		name := "    --" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", --" + f.Name
		}
		rows = append(rows, [2]string{strings.TrimRight(name+" "+f.Value, " "), f.Words})
	}
	return rows
}

// writeRows writes names and descriptions in two columns, or the description
// below the name if the terminal is too narrow for two.
func writeRows(b *strings.Builder, title string, rows [][2]string, columns int) {
	if len(rows) == 0 {
		return
	}
	left := 0
	for _, row := range rows {
		left = max(left, text.Width(row[0]))
	}
	fmt.Fprintf(b, "\n%s\n", title)
	const narrow = 28 // columns; the least width of a readable description
	for _, row := range rows {
		if columns-left-4 < narrow {
			fmt.Fprintf(b, "  %s\n%s\n", row[0], text.Wrap("        "+row[1], columns))
			continue
		}
		for i, line := range strings.Split(text.Wrap(row[1], columns-left-4), "\n") {
			name := row[0]
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(b, "  %s  %s\n", text.Pad(name, left), line)
		}
	}
}
