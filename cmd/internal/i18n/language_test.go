package i18n_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
)

// A language is added by its files alone, as this test adds two: the code of
// one has a region.
func TestALanguageIsAddedByItsFiles(t *testing.T) {
	files := fstest.MapFS{}
	was := i18n.SetCatalogues(files)
	t.Cleanup(func() { i18n.SetCatalogues(was) })
	err := fs.WalkDir(was, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(was, name)
		files[name] = &fstest.MapFile{Data: b}
		for _, ending := range []string{".json", ".txt"} {
			if stem, ok := strings.CutSuffix(name, ".en"+ending); ok {
				said := strings.ReplaceAll(string(b), "prompting is not possible here", "nenio demandeblas")
				files[stem+".eo"+ending] = &fstest.MapFile{Data: []byte(said)}
				files[stem+".eo-BR"+ending] = &fstest.MapFile{Data: b}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(i18n.Languages(), " "); got != "eo eo-BR ja en" {
		t.Fatalf("languages %s", got)
	}
	for _, c := range []struct{ flag, locale, want string }{
		{"eo", "ja_JP.UTF-8", "eo"}, {"", "eo.UTF-8", "eo"}, {"", "eo_XX.UTF-8", "eo"},
		{"eo-BR", "ja_JP.UTF-8", "eo-BR"}, {"", "eo_BR.UTF-8", "eo-BR"}, {"", "eo-BR", "eo-BR"},
		{"", "ja_JP.UTF-8", "ja"}, {"", "JA", "ja"}, {"", "C.UTF-8", "en"}, {"", "_", "en"},
	} {
		lang, err := i18n.Choose(c.flag, func(string) string { return c.locale }, nil)
		if lang != c.want || err != nil {
			t.Errorf("--lang %q, LANG=%s: %q, %v", c.flag, c.locale, lang, err)
		}
	}
	p, err := i18n.New("eo")
	if err != nil {
		t.Fatal(err)
	}
	x := p.Explain(&outcome.Error{Code: outcome.CodeDeclined, ID: "err.input-needed"})
	if !strings.Contains(x.Message, "nenio demandeblas") || x.Hint == "" {
		t.Errorf("%+v", x)
	}
	for _, topic := range i18n.Topics() {
		if _, ok := p.Topic(topic); !ok {
			t.Errorf("no topic %s", topic)
		}
	}
	if x := p.Explain(errors.New("odd")); x.Exit() != 70 {
		t.Errorf("%+v", x)
	}
}
