package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/i18n"
)

func newCompletion(a *app) *cobra.Command {
	shells := map[string]func(io.Writer) error{
		"bash":       func(w io.Writer) error { return a.root.GenBashCompletionV2(w, true) },
		"zsh":        func(w io.Writer) error { return a.root.GenZshCompletion(w) },
		"fish":       func(w io.Writer) error { return a.root.GenFishCompletion(w, true) },
		"powershell": func(w io.Writer) error { return a.root.GenPowerShellCompletionWithDesc(w) },
	}
	known := []string{"bash", "zsh", "fish", "powershell"}
	c := a.command1("completion "+strings.Join(known, "|"), "completion", func(_ context.Context, args []string) error {
		write, ok := shells[args[0]]
		if !ok {
			return usage("err.word", "Value", args[0], "Known", strings.Join(known, ", "))
		}
		if a.asJSON {
			return usage("err.json-stdout", "Flag", "completion")
		}
		if err := write(a.env.Streams.Out); err != nil {
			return stdoutError(err)
		}
		return nil
	})
	c.Args = a.arguments(1, 1)
	c.ValidArgs = known
	return c
}

// completeGlobals offers reader names and the values of the global flags.
func (a *app) completeGlobals(root *cobra.Command) {
	_ = root.RegisterFlagCompletionFunc("reader", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		names := []string{practiceReader}
		readers, err := a.env.Readers.List()
		if err == nil {
			for _, r := range readers {
				names = append(names, r.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
	completeWords(root, "lang", i18n.Languages()...)
	completeWords(root, "color", "auto", "always", "never")
	completeWords(root, "pin-from", "fd:", "file:", "stdin")
}

// completeTargets offers the card's certificates, beside the files of the folder.
func completeTargets(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"root", "sign", "sign-ca", "auth", "auth-ca"}, cobra.ShellCompDirectiveDefault
}

// completeHelp offers topics and the commands below what is typed already.
func (a *app) completeHelp(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var words []string
	if len(args) == 0 {
		for _, topic := range i18n.Topics() {
			words = append(words, cobra.CompletionWithDesc(topic, a.t("topic."+topic)))
		}
	}
	if c, rest, err := a.root.Find(args); err == nil && len(rest) == 0 {
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				words = append(words, cobra.CompletionWithDesc(sub.Name(), a.short(sub)))
			}
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}
