// Package i18n holds every word that natsuin says to a person, and words
// outcomes.
//
// It decides nothing: package outcome says which error is which outcome. Flags,
// exit codes and JSON are the same in every language.
//
// The catalogues are messages/TOPIC.LANG.json in go-i18n's format (docs/cli.md,
// behaviour 23), and topics/TOPIC.LANG.txt. To add a language is to add files:
// nothing else names the languages.
package i18n

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"

	"natsuin/cmd/internal/outcome"
)

//go:embed messages/*.json topics/*.txt
var embedded embed.FS

// catalogues holds messages/TOPIC.LANG.json and topics/TOPIC.LANG.txt.
var catalogues fs.FS = embedded

// fallback is the language of a locale that has no catalogue.
const fallback = "en"

// Languages returns the codes that --lang takes: those of the catalogues, in
// alphabetical order but for the fallback, which is last.
func Languages() []string {
	names, _ := fs.Glob(catalogues, "messages/*.json") // the pattern is well-formed
	var list []string
	for _, name := range names {
		if code := strings.TrimPrefix(path.Ext(strings.TrimSuffix(name, ".json")), "."); code != fallback {
			list = append(list, code)
		}
	}
	slices.Sort(list)
	return append(slices.Compact(list), fallback)
}

// Topics are the names that Topic knows, in the order of the help.
func Topics() []string {
	return []string{"exit-codes", "environment", "json", "legal", "locked", "lost", "unknown-outcome"}
}

// Topic returns a page of help by name.
func (p *Printer) Topic(name string) (string, bool) {
	if !slices.Contains(Topics(), name) {
		return "", false
	}
	b, err := fs.ReadFile(catalogues, "topics/"+name+"."+p.lang+".txt")
	return string(b), err == nil
}

// Choose picks the language as docs/cli.md, behaviour 23, says: the flag, then
// the first variable that is not empty of NATSUIN_LANG, LC_ALL, LC_MESSAGES and
// LANG, then the platform's own setting. An unknown language in the flag is an
// error.
func Choose(flag string, getenv func(string) string, platform func() string) (string, error) {
	if flag != "" {
		if slices.Contains(Languages(), flag) {
			return flag, nil
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
	return fallback, nil
}

// fromLocale returns the language whose code a locale begins with.
func fromLocale(locale string) string {
	for _, code := range Languages() {
		if strings.HasPrefix(strings.ToLower(locale), code) {
			return code
		}
	}
	return fallback
}
