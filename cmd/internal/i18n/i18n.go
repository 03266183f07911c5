// Package i18n holds every word that natsuin says to a person, in Japanese and
// in English, and turns errors into those words.
//
// It is not where anything is decided: libraries return typed errors with facts,
// the commands pass them up unchanged, and Explain words them once, at the edge.
// Flags, exit codes and JSON are the same in every language.
//
// The catalogues are messages/TOPIC.LANG.json in go-i18n's format (docs/cli.md,
// behaviour 23); a translator adds a language by adding files, and its code here.
package i18n

import (
	"embed"
	"slices"
	"strings"

	"natsuin/cmd/internal/outcome"
)

//go:embed messages/*.json topics/*.txt
var catalogues embed.FS

// Languages are the codes that --lang takes.
func Languages() []string { return []string{"ja", "en"} }

// Topics are the names that Topic knows, in the order of the help.
func Topics() []string {
	return []string{"exit-codes", "environment", "json", "legal", "locked", "lost", "unknown-outcome"}
}

// Topic returns a page of help by name.
func (p *Printer) Topic(name string) (string, bool) {
	if !slices.Contains(Topics(), name) {
		return "", false
	}
	b, err := catalogues.ReadFile("topics/" + name + "." + p.lang + ".txt")
	return string(b), err == nil
}

// Choose picks the language as docs/cli.md behaviour 23 says: the flag, then the
// first variable that is not empty of NATSUIN_LANG, LC_ALL, LC_MESSAGES and
// LANG, then the platform's own setting. A flag that names no language is an error.
func Choose(flag string, getenv func(string) string, platform func() string) (string, error) {
	if flag != "" {
		for _, l := range Languages() {
			if flag == l {
				return l, nil
			}
		}
		return "", outcome.Refuse("err.lang", flag, Languages())
	}
	for _, name := range []string{"NATSUIN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			return fromLocale(v), nil
		}
	}
	if platform != nil {
		return fromLocale(platform()), nil
	}
	return "en", nil
}

func fromLocale(v string) string {
	if strings.HasPrefix(strings.ToLower(v), "ja") {
		return "ja"
	}
	return "en"
}
