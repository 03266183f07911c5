//go:build linux

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rehearsal matches a section of the guide with its commands and their output.
var rehearsal = regexp.MustCompile("(?ms)^## (\\d+)\\. ([^\\n]*)\\n.*?^```sh\\n(.*?)^```\\n```text\\n(.*?)^```\\n")

// TestGuide runs the rehearsals of each guide in order, with -short only those
// of the Japanese one, and compares the output with that in the guide.
func TestGuide(t *testing.T) {
	t.Parallel()
	for lang, locale := range map[string]string{"ja": "ja_JP.UTF-8", "en": "en_US.UTF-8"} {
		t.Run(lang, func(t *testing.T) {
			if testing.Short() && lang != "ja" {
				t.Skip("with -short in Japanese only")
			}
			text, err := os.ReadFile(filepath.Join("..", "..", "docs", "guide", lang+".md"))
			if err != nil {
				t.Fatal(err)
			}
			sections := rehearsal.FindAllStringSubmatch(string(text), -1)
			if len(sections) != 13 || strings.Count(string(text), "```") != 52 {
				t.Fatalf("%d rehearsals that can be run", len(sections))
			}
			home := t.TempDir()
			work := filepath.Join(home, "work")
			if err := os.Mkdir(work, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, s := range sections {
				number, title, commands, answer := s[1], s[2], s[3], s[4]
				cmd := exec.Command("sh", "-c", commands)
				cmd.Dir = work
				cmd.Env = []string{
					"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=" + locale,
					"XDG_DATA_HOME=" + filepath.Join(home, "data"), "XDG_CONFIG_HOME=" + filepath.Join(home, "config"), "GORACE=" + os.Getenv("GORACE"),
				}
				said, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%s. %s: %v\n%s", number, title, err, said)
				}
				if !pattern(answer).Match(said) {
					t.Fatalf("%s. %s: the guide says\n%s\nbut the commands\n%s", number, title, answer, said)
				}
			}
		})
	}
}

// pattern converts an output to a regular expression. … stands for any
// characters, and on a line of its own for any lines.
func pattern(answer string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A`)
	for _, line := range strings.SplitAfter(answer, "\n") {
		if line == "…\n" {
			b.WriteString(`(?:[^\n]*\n)*?`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", `[^\n]*`))
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}
