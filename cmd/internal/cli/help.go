package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
)

// helpReport is the JSON object's part when help was asked for.
type helpReport struct {
	Text string `json:"text"`
}

func newHelp(a *app) *cobra.Command {
	c := a.command1("help [COMMAND|TOPIC]", "help", func(_ context.Context, args []string) error {
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
			return usage("err.help.unknown", "Value", ui.Escape(strings.Join(args, " ")), "Known", strings.Join(i18n.Topics(), ", "))
		}
		a.help(c)
		a.command = "help"
		return nil
	})
	c.ValidArgs = i18n.Topics()
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
	fmt.Fprintf(&b, "%s\n\n%s\n  %s\n", c.Long, a.t("help.usage"), useLine(c))
	if c.Example != "" {
		fmt.Fprintf(&b, "\n%s\n%s\n", a.t("help.examples"), indent(c.Example))
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s\n", a.t("help.commands"))
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				fmt.Fprintf(&b, "  %-12s %s\n", sub.Name(), sub.Short)
			}
		}
	}
	if !c.HasParent() {
		fmt.Fprintf(&b, "\n%s\n", a.t("help.topics"))
		for _, topic := range i18n.Topics() {
			fmt.Fprintf(&b, "  %-12s %s\n", topic, a.t("topic."+topic))
		}
	}
	a.flagHelp(&b, a.t("help.flags"), c.LocalNonPersistentFlags())
	a.flagHelp(&b, a.t("help.global-flags"), c.Root().PersistentFlags())
	return b.String()
}

// useLine is the command as it is typed, without cobra's own words.
func useLine(c *cobra.Command) string {
	if !c.HasParent() {
		return c.Name() + " COMMAND [flags]"
	}
	if c.HasAvailableSubCommands() {
		return c.CommandPath() + " COMMAND [flags]"
	}
	return c.UseLine()
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(text, "\n", "\n  ")
}

func (a *app) flagHelp(b *strings.Builder, title string, flags *pflag.FlagSet) {
	var rows [][2]string
	widest := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, words := pflag.UnquoteUsage(f)
		name := "    --" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", --" + f.Name
		}
		if f.Value.Type() != "bool" && value != "" {
			name += " " + value
		}
		rows = append(rows, [2]string{name, words})
		widest = max(widest, ui.Width(name))
	})
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, row := range rows {
		fmt.Fprintf(b, "  %s%s  %s\n", row[0], strings.Repeat(" ", widest-ui.Width(row[0])), row[1])
	}
}
