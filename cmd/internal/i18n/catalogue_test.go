package i18n_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"natsuin/cmd/internal/i18n"
)

// catalogue returns all messages of a language: the text of each, or its plural
// forms joined.
func catalogue(t *testing.T, lang string) map[string]string {
	t.Helper()
	files, err := filepath.Glob("messages/*." + lang + ".json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no catalogue for %s: %v", lang, err)
	}
	all := map[string]string{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var messages map[string]any
		if err := json.Unmarshal(b, &messages); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for id, m := range messages {
			if _, twice := all[id]; twice {
				t.Errorf("%s: %s is in another catalogue already", name, id)
			}
			switch m := m.(type) {
			case string:
				all[id] = m
			case map[string]any:
				for _, form := range slices.Sorted(maps.Keys(m)) {
					all[id] += m[form].(string) + "\n"
				}
			}
		}
	}
	return all
}

func TestEveryLanguageHasTheSameMessages(t *testing.T) {
	en := catalogue(t, "en")
	for _, lang := range i18n.Languages() {
		other := catalogue(t, lang)
		for id := range other {
			if _, ok := en[id]; !ok {
				t.Errorf("%s is missing in English", id)
			}
		}
		for id := range en {
			if _, ok := other[id]; !ok {
				t.Errorf("%s is missing in %s", id, lang)
			}
		}
	}
}

// A Printer finds a message by the two spaces at the beginning of its line.
func TestEveryMessageIsFound(t *testing.T) {
	for _, lang := range i18n.Languages() {
		p, err := i18n.New(lang)
		if err != nil {
			t.Fatal(err)
		}
		for id := range catalogue(t, lang) {
			if !p.Has(id) {
				t.Errorf("%s: %s does not begin a line of its own, or is nothing", lang, id)
			}
		}
		if p.Has("other") || p.Has("no.such.message") {
			t.Errorf("%s: an id that no catalogue has is found", lang)
		}
	}
}

var variable = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

func variables(text string) []string {
	var names []string
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestAMessageSaysTheSameFactsInEveryLanguage(t *testing.T) {
	// The variables of dates and places differ between languages.
	ownParts := []string{"date", "birth", "prefecture"}
	en := catalogue(t, "en")
	for _, lang := range i18n.Languages() {
		for id, text := range catalogue(t, lang) {
			if slices.Contains(ownParts, id) {
				continue
			}
			if !slices.Equal(variables(text), variables(en[id])) {
				t.Errorf("%s: %s has %v, English %v", id, lang, variables(text), variables(en[id]))
			}
			if strings.Contains(variable.ReplaceAllString(text, ""), "{{") {
				t.Errorf("%s: %s: a template that is not one variable", lang, id)
			}
		}
	}
}

func TestEveryErrorHasANextStep(t *testing.T) {
	// The line for any error, and the line for its hint.
	frames := []string{"err.line", "err.hint"}
	en := catalogue(t, "en")
	for id := range en {
		if !strings.HasPrefix(id, "err.") || strings.HasSuffix(id, ".hint") || slices.Contains(frames, id) {
			continue
		}
		if en[id+".hint"] == "" {
			t.Errorf("%s has no hint", id)
		}
	}
}

// A typed value may be a secret. Only the name of a reader is repeated.
func TestNoErrorRepeatsWhatWasTyped(t *testing.T) {
	for _, lang := range i18n.Languages() {
		for id, text := range catalogue(t, lang) {
			if strings.HasPrefix(id, "err.") && id != "err.reader-unknown" && slices.Contains(variables(text), "Value") {
				t.Errorf("%s: %s: %s", lang, id, text)
			}
		}
	}
}

func isJapanese(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || strings.ContainsRune("。、「」（）：？", r)
}

func isKana(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) }

// Every answer must be in the form that the console compares, and in only one
// of the three lists.
func TestTheAnswersAreWordsThatMeanOneThing(t *testing.T) {
	for _, lang := range i18n.Languages() {
		have, meant := catalogue(t, lang), map[string]string{}
		for _, id := range []string{"answer.yes", "answer.short", "answer.no"} {
			for _, word := range strings.Split(have[id], ",") {
				word = strings.TrimSpace(word)
				if word == "" || word != strings.ToLower(norm.NFKC.String(word)) {
					t.Errorf("%s: %s: nobody's answer is %q", lang, id, word)
				}
				if other, twice := meant[word]; twice {
					t.Errorf("%s: %q is in %s and %s", lang, word, other, id)
				}
				meant[word] = id
			}
		}
		for word, id := range map[string]string{"yes": "answer.yes", "はい": "answer.yes", "no": "answer.no", "いいえ": "answer.no"} {
			if meant[word] != id {
				t.Errorf("%s: %s is in %q, not in %s", lang, word, meant[word], id)
			}
		}
	}
}

func TestEnglishMessagesAreEnglish(t *testing.T) {
	// Words that a person must type or recognise in Japanese.
	official := regexp.MustCompile(`署名検証者|練習|はい|いいえ|JPKI暗証番号リセット|公的個人認証サービス ポータルサイト|認証局の自己署名証明書`)
	for id, text := range catalogue(t, "en") {
		if strings.ContainsFunc(official.ReplaceAllString(text, ""), isJapanese) {
			t.Errorf("%s: %s", id, text)
		}
	}
}

func TestJapaneseMessagesAreJapanese(t *testing.T) {
	for id, text := range catalogue(t, "ja") {
		bare := variable.ReplaceAllString(text, "")
		if len(strings.Fields(bare)) > 2 && !strings.ContainsFunc(bare, isJapanese) && !strings.HasSuffix(id, ".example") {
			t.Errorf("%s: %s", id, text)
		}
	}
}

func TestTopicsAreWrittenInEveryLanguage(t *testing.T) {
	for _, lang := range i18n.Languages() {
		p, err := i18n.New(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range i18n.Topics() {
			text, ok := p.Topic(topic)
			if !ok || text == "" {
				t.Errorf("%s: no topic %s", lang, topic)
			}
			if kana := strings.ContainsFunc(text, isKana); kana != (lang == "ja") { // Chinese has Han characters too
				t.Errorf("%s: topic %s is in the other language", lang, topic)
			}
		}
	}
}
