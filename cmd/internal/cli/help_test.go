package cli_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/text"
)

func (m *machine) help(t *testing.T, lang string, command []string) string {
	t.Helper()
	exit, out, talk := m.run(append(append([]string{}, command...), "--help", "--lang", lang)...)
	if exit != 0 || talk != "" {
		t.Fatalf("%v --help: exit %d, %s", command, exit, talk)
	}
	return out
}

// A word in Latin letters counts as English, except for what a person types,
// names, acronyms and files.
var (
	word   = regexp.MustCompile(`[A-Za-z][A-Za-z0-9-]*`)
	typed  = regexp.MustCompile("`[^`]*`|\\B--?[a-z0-9-]+|\\S*[.:/*=<_]\\S*|\\b[A-Z][A-Z0-9-]+\\b|^ *natsuin( [a-z-]+)*|^  [a-z-]+ ")
	proper = strings.Fields("mm natsuin Android iPhone SSH Apache License Ctrl-C Linux Windows macOS Web base64 s PKCS OpenSC p11tool ssh-keygen")
	values = strings.Fields("ja en fd file stdin auto always never practice sign auth sign-ca auth-ca root pem der p7b ssh require " +
		"sha256 sha384 sha512 mynumber juki phone no-sign expired next moved name lost other male female unknown pcscd vpcd localhost " +
		"bash zsh fish powershell exit-codes environment json legal locked touki")
)

func TestJapaneseHelpHasNoEnglishWord(t *testing.T) {
	m := newMachine(t)
	known := map[string]bool{}
	for _, w := range append(proper, values...) {
		known[w] = true
	}
	for _, command := range commands(t) {
		for _, line := range strings.Split(withoutExamples(m.help(t, "ja", command), "例:"), "\n") {
			for _, w := range word.FindAllString(typed.ReplaceAllString(line, " "), -1) {
				if !known[w] {
					t.Errorf("natsuin %s --help: %q in: %s", strings.Join(command, " "), w, line)
				}
			}
		}
	}
}

func TestEnglishHelpHasNoJapanese(t *testing.T) {
	m := newMachine(t)
	for _, command := range commands(t) {
		for _, line := range strings.Split(m.help(t, "en", command), "\n") {
			if strings.ContainsFunc(line, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }) {
				t.Errorf("natsuin %s --help: %s", strings.Join(command, " "), line)
			}
		}
	}
}

// withoutExamples removes the paragraph of examples from a help text.
func withoutExamples(help, title string) string {
	before, rest, found := strings.Cut(help, "\n"+title+"\n")
	if !found {
		return help
	}
	_, after, _ := strings.Cut(rest, "\n\n")
	return before + "\n" + after
}

func TestHelpFitsTheTerminal(t *testing.T) {
	for _, columns := range []int{40, 80, 160} {
		m := newMachine(t)
		m.columns = columns
		for _, lang := range i18n.Languages() {
			for _, command := range commands(t) {
				examples := map[string]string{"ja": "例:", "en": "Examples:"}[lang]
				for _, line := range strings.Split(withoutExamples(m.help(t, lang, command), examples), "\n") {
					if text.Width(line) > columns && strings.Contains(strings.TrimSpace(line), " ") {
						t.Errorf("%d columns, %s: natsuin %s --help: %s", columns, lang, strings.Join(command, " "), line)
					}
				}
			}
		}
	}
}

func TestUsageErrorsAreInTheRunsLanguage(t *testing.T) {
	m := newMachine(t)
	for _, line := range lines(misuses) {
		args := arguments(line, "f", "g")
		t.Run(line, func(t *testing.T) {
			exit, out, talk := m.run(append([]string{"--lang", "ja"}, args...)...)
			if exit != 2 || out != "" {
				t.Errorf("exit %d, stdout %q", exit, out)
			}
			lines := strings.Split(strings.TrimSpace(talk), "\n")
			if len(lines) < 2 || !strings.HasPrefix(lines[0], "natsuin: エラー: ") || !strings.HasPrefix(lines[1], "natsuin: ヒント: ") {
				t.Fatalf("not an error and a hint: %s", talk)
			}
			for _, cobras := range []string{"unknown ", "invalid", "required", "Usage", "accepts", "argument", "flags", "Run '"} {
				if strings.Contains(talk, cobras) {
					t.Errorf("%q in: %s", cobras, talk)
				}
			}
			_, out, talk = m.run(append([]string{"--json", "--lang", "ja"}, args...)...)
			var object struct {
				Code, Message, Hint string
				Exit                int
			}
			if err := json.Unmarshal([]byte(out), &object); args[0] == "sign" && len(args) > 1 && args[1] == "--json=zz" {
				return // the value of the flag is the error
			} else if err != nil || talk != "" || object.Code != "usage" || object.Exit != 2 || object.Message == "" || object.Hint == "" {
				t.Errorf("JSON %v: %s %s", err, out, talk)
			}
		})
	}
}
