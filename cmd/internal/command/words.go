package command

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/outcome"
)

// ByWord returns the element whose String is word, or a usage error if there is
// none.
func ByWord[T fmt.Stringer](word string, among []T) (T, error) {
	for _, one := range among {
		if one.String() == word {
			return one, nil
		}
	}
	var none T
	return none, outcome.Usage("err.word", "Value", word, "Known", strings.Join(WordsOf(among), ", "))
}

// WordsOf returns the String of each element.
func WordsOf[T fmt.Stringer](all []T) []string {
	var words []string
	for _, one := range all {
		words = append(words, one.String())
	}
	return words
}

// CompleteWords registers words as the values that a shell offers for a flag.
func CompleteWords[T ~string](c *cobra.Command, flag string, words ...T) {
	var list []string
	for _, w := range words {
		list = append(list, string(w))
	}
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp))
}

var metavariable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(flags|[A-Z]{3,})\b`) })

// UseLine returns the usage line of a command, with its placeholders in the
// language of the run.
func (r *Run) UseLine(c *cobra.Command) string {
	line := c.UseLine()
	if c.HasAvailableSubCommands() {
		line = c.CommandPath() + " COMMAND [flags]"
	}
	return metavariable().ReplaceAllStringFunc(line, func(word string) string {
		if id := "use." + strings.ToLower(word); r.Has(id) {
			return r.T(id)
		}
		return word
	})
}
