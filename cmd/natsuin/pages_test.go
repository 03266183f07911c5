package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	shellBlock = regexp.MustCompile("(?ms)^```(?:sh|powershell)\\n(.*?)^```$")
	symptom    = regexp.MustCompile("(?m)^\\| `?([^|`]+)`? \\|")
)

func page(t *testing.T, name ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "docs"}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The commands of the English pages are run by .ci/release/try-pages. Those of
// the Japanese pages must be the same.
func TestPagesShowTheSameCommandsInEachLanguage(t *testing.T) {
	for _, name := range []string{"start", "faq"} {
		var blocks [2][]string
		for i, lang := range []string{"en", "ja"} {
			for _, m := range shellBlock.FindAllStringSubmatch(page(t, name, lang+".md"), -1) {
				blocks[i] = append(blocks[i], m[1])
			}
		}
		if len(blocks[0]) < 4 || !slices.Equal(blocks[0], blocks[1]) {
			t.Errorf("docs/%s: the commands in English\n%q\nand those in Japanese\n%q", name, blocks[0], blocks[1])
		}
	}
}

// The table of docs/start says what to do about messages of the program. Each
// of them must be in its catalogue, word by word.
func TestSymptomsAreMessagesOfTheProgram(t *testing.T) {
	for lang, heading := range map[string]string{"en": "## If it does not work", "ja": "## うまくいかないとき"} {
		var messages []string
		files, err := filepath.Glob(filepath.Join("..", "internal", "i18n", "messages", "*."+lang+".json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			messages = append(messages, catalogue(t, file)...)
		}
		_, table, ok := strings.Cut(page(t, "start", lang+".md"), heading)
		rows := symptom.FindAllStringSubmatch(table, -1)
		if !ok || len(rows) < 10 {
			t.Fatalf("%s: %d rows below %q", lang, len(rows), heading)
		}
		for _, row := range rows[1:] { // the first is the head
			if strings.HasPrefix(row[1], "-") {
				continue
			}
			if !slices.ContainsFunc(messages, func(m string) bool { return strings.Contains(m, row[1]) }) {
				t.Errorf("%s: no message says %q", lang, row[1])
			}
		}
	}
}

// catalogue returns the messages of a file, the forms of plurals one by one.
func catalogue(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var entries map[string]any
	if err := json.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	var list []string
	for id, entry := range entries {
		switch entry := entry.(type) {
		case string:
			if !strings.HasSuffix(id, ".hint") {
				list = append(list, entry)
			}
		case map[string]any:
			for _, form := range entry {
				if form, ok := form.(string); ok {
					list = append(list, form)
				}
			}
		}
	}
	return list
}

// A link in a page of the person's must lead to a file.
func TestLinksOfThePagesLead(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	root := filepath.Join("..", "..")
	for _, name := range []string{"README.md", "docs/start/en.md", "docs/start/ja.md", "docs/faq/en.md", "docs/faq/ja.md", "docs/dependencies.md"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
