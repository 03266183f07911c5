package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
)

func newCompletion(a *app) *cobra.Command {
	shells := map[string]func(io.Writer) error{
		"bash":       a.bashCompletion,
		"zsh":        func(w io.Writer) error { return a.root.GenZshCompletion(w) },
		"fish":       func(w io.Writer) error { return a.root.GenFishCompletion(w, true) },
		"powershell": func(w io.Writer) error { return a.root.GenPowerShellCompletionWithDesc(w) },
	}
	known := []string{"bash", "zsh", "fish", "powershell"}
	c := a.Verb("completion "+strings.Join(known, "|"), "completion", func(_ context.Context, args []string) error {
		write, ok := shells[args[0]]
		if !ok {
			return outcome.Usage("err.word", "Value", args[0], "Known", strings.Join(known, ", "))
		}
		if a.JSON {
			return outcome.Usage("err.json-stdout", "Flag", "completion")
		}
		if err := write(a.Streams.Out); err != nil {
			return console.NotWritten(err)
		}
		return nil
	})
	c.Args = a.Arguments(1, 1)
	c.ValidArgs = known
	return c
}

// bashMore corrects two things in cobra's script. If the package
// bash-completion is not loaded, it replaces the function of the script that
// needs it. If several words match when Tab is pressed once (COMP_TYPE 9), it
// quotes them, because bash inserts their common prefix as it is. A second Tab
// lists the words unquoted.
const bashMore = `
if ! declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
    __natsuin_init_completion()
    {
        COMPREPLY=()
        words=("${COMP_WORDS[@]}")
        cword=$COMP_CWORD
        cur=${COMP_WORDS[COMP_CWORD]}
        prev=${COMP_WORDS[COMP_CWORD > 0 ? COMP_CWORD - 1 : 0]}
    }
fi

__natsuin_complete()
{
    __start_natsuin
    local i
    if [[ ${#COMPREPLY[@]} -gt 1 && ${COMP_TYPE:-9} -eq 9 ]]; then
        for i in "${!COMPREPLY[@]}"; do
            COMPREPLY[i]=$(printf %q "${COMPREPLY[i]}")
        done
    fi
}

if [[ $(type -t compopt) = "builtin" ]]; then
    complete -o default -F __natsuin_complete natsuin
else
    complete -o default -o nospace -F __natsuin_complete natsuin
fi
`

func (a *app) bashCompletion(w io.Writer) error {
	if err := a.root.GenBashCompletionV2(w, true); err != nil {
		return err
	}
	_, err := io.WriteString(w, bashMore)
	return err
}

// completable reports whether cobra may complete these arguments. It must not
// if cobra would return an error, which repeats flags and values on stderr:
// they may be secrets.
func (a *app) completable() bool {
	args := a.env.Args
	if len(args) < 2 || !slices.Contains([]string{cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, args[0]) {
		return true
	}
	last := len(args) - 1
	c, rest, err := a.root.Find(args[1:last])
	if err != nil {
		return false
	}
	err = c.ParseFlags(rest)
	waits := errors.As(err, new(*pflag.ValueRequiredError)) // for the value that is being typed
	name, _, isFlag := strings.Cut(args[last], "=")
	name, long := strings.CutPrefix(name, "--")
	known := !isFlag || !long || c.Flag(name) != nil
	return known && (err == nil || waits)
}

// completeGlobals registers the completion of the global flags. That of
// --reader offers the names of the readers.
func (a *app) completeGlobals(root *cobra.Command) {
	_ = root.RegisterFlagCompletionFunc("reader", func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		names := []string{access.PracticeReader}
		readers, err := a.Access.Readers.List(c.Context())
		if err == nil {
			for _, r := range readers {
				names = append(names, r.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
	command.CompleteWords(root, "lang", i18n.Languages()...)
	command.CompleteWords(root, "color", "auto", "always", "never")
	command.CompleteWords(root, "pin-from", "fd:", "file:", "stdin")
}

// completeHelp offers the topics, and the subcommands of the command already
// typed.
func (a *app) completeHelp(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var words []string
	if len(args) == 0 {
		for _, topic := range i18n.Topics() {
			words = append(words, cobra.CompletionWithDesc(topic, a.T("topic."+topic)))
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
