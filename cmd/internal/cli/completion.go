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
		return write(a.env.Streams.Out)
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
