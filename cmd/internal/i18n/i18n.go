// Package i18n holds the messages and help topics that natsuin shows to a
// person, and chooses the text for an outcome.
//
// It does not classify errors: package outcome does. Flags, exit codes and JSON
// are the same in every language.
//
// The catalogues are messages/SUBJECT.LANG.json in the format of go-i18n
// (docs/cli.md, behaviour 23), and topics/TOPIC.LANG.txt. A language is added
// by adding its files: no code outside the tests names a language, except for
// the fallback.
package i18n

import (
	"cmp"
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"

	"natsuin/cmd/internal/outcome"
)

//go:embed messages/*.json topics/*.txt
var embedded embed.FS

// catalogues holds messages/SUBJECT.LANG.json and topics/TOPIC.LANG.txt.
var catalogues fs.FS = embedded

// fallback is the language of a locale that has no catalogue.
const fallback = "en"

// Languages returns the values of --lang, which are the languages of the
// catalogues: in alphabetical order, except that the fallback is last.
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

// Topics returns the names for [Printer.Topic], in the order in which the help
// lists them.
func Topics() []string {
	return []string{"exit-codes", "environment", "json", "legal", "locked", "lost", "unknown-outcome"}
}

// Topic returns the text of a help topic, and reports whether there is one with
// this name.
func (p *Printer) Topic(name string) (string, bool) {
	if !slices.Contains(Topics(), name) {
		return "", false
	}
	b, err := fs.ReadFile(catalogues, "topics/"+name+"."+p.lang+".txt")
	return string(b), err == nil
}

// Choose chooses the language by docs/cli.md, behaviour 23: the flag, then the
// first of NATSUIN_LANG, LC_ALL, LC_MESSAGES and LANG that is not empty, then
// the setting of the platform. It returns an error if the flag has an unknown
// language.
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

// fromLocale returns the language with the longest code with which the locale
// begins, or the fallback. Case does not matter, and a hyphen equals an
// underscore: pt_BR.UTF-8 begins with pt-BR.
func fromLocale(locale string) string {
	locale = strings.ReplaceAll(strings.ToLower(locale), "_", "-")
	var best string
	for _, code := range Languages() {
		if len(code) > len(best) && strings.HasPrefix(locale, strings.ToLower(code)) {
			best = code
		}
	}
	return cmp.Or(best, fallback)
}
