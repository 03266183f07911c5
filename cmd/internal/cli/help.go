package cli

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// helpReport is the JSON object's part when help was asked for.
type helpReport struct {
	Text string `json:"text"`
}

func newHelp(a *app) *cobra.Command {
	c := a.verb("help [COMMAND|TOPIC]", "help", func(_ context.Context, args []string) error {
		if len(args) == 1 {
			if text, ok := a.out.Topic(args[0]); ok {
				a.command = "help"
				a.report = helpReport{text}
				a.print(strings.TrimRight(text, "\n"))
				return nil
			}
		}
		c, rest, err := a.root.Find(args)
		if err != nil || len(rest) > 0 {
			known := strings.Join(i18n.Topics(), ", ") + ", " + names(a.root)
			return outcome.Usage("err.help.unknown", "Value", strings.Join(rest, " "), "Known", known)
		}
		a.help(c)
		a.command = "help"
		return nil
	})
	c.ValidArgsFunction = a.completeHelp
	c.Args = func(*cobra.Command, []string) error { a.command = "help"; return nil }
	return c
}

// help prints a command's help to stdout: cobra's layout in the run's language.
func (a *app) help(c *cobra.Command) {
	a.command = path(c)
	text := a.helpText(c)
	a.report = helpReport{text}
	a.print(strings.TrimRight(text, "\n"))
}

func (a *app) helpText(c *cobra.Command) string {
	var b strings.Builder
	columns := a.env.Streams.Columns()
	fmt.Fprintf(&b, "%s\n\n%s\n%s\n", text.Wrap(a.long(c), columns), a.t("help.usage"), text.Wrap("  "+a.useLine(c), columns))
	if example := a.example(c); example != "" {
		fmt.Fprintf(&b, "\n%s\n%s\n", a.t("help.examples"), indent(example))
	}
	if c.HasAvailableSubCommands() {
		var rows [][2]string
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				rows = append(rows, [2]string{sub.Name(), a.short(sub)})
			}
		}
		writeRows(&b, a.t("help.commands"), rows, columns)
	}
	if !c.HasParent() {
		var rows [][2]string
		for _, topic := range i18n.Topics() {
			rows = append(rows, [2]string{topic, a.t("topic." + topic)})
		}
		writeRows(&b, a.t("help.topics"), rows, columns)
	}
	writeRows(&b, a.t("help.flags"), flagRows(a.flagsOf(ownFlags(c))), columns)
	writeRows(&b, a.t("help.global-flags"), flagRows(a.flagsOf(c.Root().PersistentFlags())), columns)
	return b.String()
}

var metavariable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(flags|[A-Z]{3,})\b`) })

// useLine is the command as it is typed, its placeholders in the run's language.
func (a *app) useLine(c *cobra.Command) string {
	line := c.UseLine()
	if c.HasAvailableSubCommands() {
		line = c.CommandPath() + " COMMAND [flags]"
	}
	return metavariable().ReplaceAllStringFunc(line, func(word string) string {
		if id := "use." + strings.ToLower(word); a.out.Has(id) {
			return a.t(id)
		}
		return word
	})
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(text, "\n", "\n  ")
}

// ownFlags are the flags of this command alone, in the order of their definition.
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

// flagRows are a flag's spelling and its words.
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

// writeRows writes names and their words in two columns, or the words under the name
// where a terminal is too narrow for two.
func writeRows(b *strings.Builder, title string, rows [][2]string, columns int) {
	if len(rows) == 0 {
		return
	}
	left := 0
	for _, row := range rows {
		left = max(left, text.Width(row[0]))
	}
	fmt.Fprintf(b, "\n%s\n", title)
	const narrow = 28 // columns: less for the words reads badly
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
