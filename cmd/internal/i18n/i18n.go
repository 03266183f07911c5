// Package i18n holds every word that natsuin says to a person, in Japanese and
// in English, and turns errors into those words.
//
// It is not where anything is decided: libraries return typed errors with facts,
// the commands pass them up unchanged, and Explain words them once, at the edge.
// Flags, exit codes and JSON are the same in every language.
//
// The catalogues are messages/TOPIC.LANG.json in go-i18n's format (CLI.md,
// behaviour 23); a translator adds a language by adding files.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed messages/*.json topics/*.txt
var catalogues embed.FS

// A Printer says things in one language. It may be used by several goroutines.
type Printer struct {
	lang      string
	tag       language.Tag
	localizer *goi18n.Localizer

	mu     sync.Mutex
	bundle *goi18n.Bundle
	unread map[string]json.RawMessage // messages that nobody asked for yet, as they stand
}

// Languages are the codes that --lang takes.
func Languages() []string { return []string{"ja", "en"} }

// New returns a Printer for a code in Languages. Only that language's
// catalogues are read, and of them only what will be said: most of a run's time
// would go into messages that it never needs.
func New(lang string) (*Printer, error) {
	tag, err := language.Parse(lang)
	if err != nil {
		return nil, fmt.Errorf("i18n: language %q: %w", lang, err)
	}
	files, err := fs.Glob(catalogues, "messages/*."+lang+".json")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("i18n: language %q: no catalogue", lang)
	}
	bundle := goi18n.NewBundle(tag)
	p := &Printer{lang: lang, tag: tag, bundle: bundle, localizer: goi18n.NewLocalizer(bundle, lang)}
	for _, name := range files {
		text, err := catalogues.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, &p.unread)
		}
		if err != nil {
			return nil, fmt.Errorf("i18n: catalogue %s: %w", name, err)
		}
	}
	return p, nil
}

// localize reads the message if this is the first time, and fills it in.
func (p *Printer) localize(cfg *goi18n.LocalizeConfig) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if raw, ok := p.unread[cfg.MessageID]; ok {
		delete(p.unread, cfg.MessageID)
		var text any // or plural forms
		if json.Unmarshal(raw, &text) == nil {
			if m, err := goi18n.NewMessage(text); err == nil {
				m.ID = cfg.MessageID
				_ = p.bundle.AddMessages(p.tag, m) // fails for a language without plural rules
			}
		}
	}
	// An error is no plural form of its own, which falls back to the common one.
	text, _ := p.localizer.Localize(cfg)
	return text
}

// Lang returns the language's code, "ja" or "en".
func (p *Printer) Lang() string { return p.lang }

// T returns the message with the given id. The pairs are a name and its value
// in turn; a value named "N" also chooses the plural form. An id that no
// catalogue has comes back as it is, which a test of the catalogues forbids.
func (p *Printer) T(id string, pairs ...any) string {
	cfg := &goi18n.LocalizeConfig{MessageID: id}
	if len(pairs) > 0 {
		data := make(map[string]any, len(pairs)/2)
		for i := 0; i+1 < len(pairs); i += 2 {
			data[pairs[i].(string)] = pairs[i+1]
		}
		cfg.TemplateData = data
		if n, ok := data["N"].(int); ok {
			cfg.PluralCount = n
		}
	}
	if text := p.localize(cfg); text != "" {
		return text
	}
	return id
}

// Has tells whether the catalogues hold the id.
func (p *Printer) Has(id string) bool {
	return p.localize(&goi18n.LocalizeConfig{MessageID: id, TemplateData: map[string]any{}}) != ""
}

// Topics are the names that Topic knows, in the order of the help.
func Topics() []string {
	return []string{"exit-codes", "environment", "json", "legal", "locked", "lost"}
}

// Topic returns a page of help by name.
func (p *Printer) Topic(name string) (string, bool) {
	if !slices.Contains(Topics(), name) {
		return "", false
	}
	b, err := catalogues.ReadFile("topics/" + name + "." + p.lang + ".txt")
	return string(b), err == nil
}

// Choose picks the language as CLI.md behaviour 23 says: the flag, then the
// first variable that is not empty of NATSUIN_LANG, LC_ALL, LC_MESSAGES and
// LANG, then the platform's own setting. A flag that names no language is an error.
func Choose(flag string, getenv func(string) string, platform func() string) (string, error) {
	if flag != "" {
		for _, l := range Languages() {
			if flag == l {
				return l, nil
			}
		}
		return "", &Error{Code: CodeUsage, ID: "err.lang", Pairs: []any{"Value", safe(flag)}}
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
