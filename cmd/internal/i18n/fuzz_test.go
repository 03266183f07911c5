package i18n_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"natsuin/cmd/internal/i18n"
)

// inMessage matches a variable of a template.
var inMessage = regexp.MustCompile(`\.([A-Z][A-Za-z0-9]*)`)

// FuzzPrinter puts arbitrary values into every message. No variable may stay
// without its value, no value may be executed as a template, and every message
// must have text.
func FuzzPrinter(f *testing.F) {
	f.Add(uint16(0), "plain", 1)
	f.Add(uint16(7), `{{.N}}{{template "x"}}`, -1)
	f.Add(uint16(300), "\x00\xff\u202e%!s(MISSING)", 0)
	texts := map[string]map[string]string{}
	var ids []string
	for _, lang := range i18n.Languages() {
		texts[lang] = catalogue(&testing.T{}, lang)
		ids = slices.Sorted(maps.Keys(texts[lang]))
	}
	f.Fuzz(func(t *testing.T, at uint16, value string, n int) {
		id := ids[int(at)%len(ids)]
		for lang, all := range texts {
			p, err := i18n.New(lang)
			if err != nil {
				t.Fatal(err)
			}
			pairs := []any{"N", n}
			for _, m := range inMessage.FindAllStringSubmatch(all[id], -1) {
				if m[1] != "N" {
					pairs = append(pairs, m[1], value)
				}
			}
			got := p.T(id, pairs...)
			if got == "" && value != "" || got == id || strings.Contains(got, "<no value>") && !strings.Contains(value, "<no value>") {
				t.Errorf("%s: %s with %q: %q", lang, id, value, got)
			}
			if strings.Contains(got, "{{") && !strings.Contains(value, "{") {
				t.Errorf("%s: %s with %q: %q", lang, id, value, got)
			}
			if other := p.T(value); !p.Has(value) && other != value {
				t.Errorf("an id that no catalogue has comes back as %q", other)
			}
		}
	})
}
