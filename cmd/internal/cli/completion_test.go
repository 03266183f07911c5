package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"natsuin/card/pcsc"
)

// complete returns the words that a shell would offer, and cobra's directive.
func (m *machine) complete(t *testing.T, args ...string) (words []string, directive string) {
	t.Helper()
	exit, out, _ := m.run(append([]string{"__complete"}, args...)...)
	if exit != 0 {
		t.Fatalf("exit %d: %s", exit, out)
	}
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		if d, ok := strings.CutPrefix(line, ":"); ok {
			return words, d
		}
		word, _, _ := strings.Cut(line, "\t")
		words = append(words, word)
	}
	return words, ""
}

func TestCompletionOffersWhatCanBeTyped(t *testing.T) {
	const files, noFiles = "0", "4"
	m := newMachine(t)
	m.readers = &fakeReaders{readers: []pcsc.Reader{{Name: "Plain Reader 00"}, {Name: "Other Reader 01"}}}
	for _, c := range []struct {
		args      string // the last argument is being typed
		want      string
		directive string
	}{
		{"pin ", "change status", noFiles},
		{"pin change ", "sign auth", noFiles},
		{"fingerprint ", "root sign sign-ca auth auth-ca", files},
		{"cert show ", "sign sign-ca auth auth-ca", noFiles},
		{"cert export ", "sign sign-ca auth auth-ca", noFiles},
		{"cert export --format ", "pem der p7b ssh", noFiles},
		{"validity ", "sign auth", noFiles},
		{"sign ", "", files},
		{"sign --key ", "sign auth", noFiles},
		{"sign --hash ", "sha256 sha384 sha512", noFiles},
		{"completion ", "bash zsh fish powershell", noFiles},
		{"help pin ", "change status", noFiles},
		{"practice unlock ", "sign auth", noFiles},
		{"practice revoke --reason ", "moved name lost other", noFiles},
		{"--lang ", "ja en", noFiles},
	} {
		words, directive := m.complete(t, strings.Split(c.args, " ")...)
		if got := strings.Join(words, " "); got != c.want || directive != c.directive {
			t.Errorf("natsuin %s: %q, %s; want %q, %s", c.args, got, directive, c.want, c.directive)
		}
	}
	readers, _ := m.complete(t, "sign", "--reader", "")
	for _, name := range []string{"practice", "Plain Reader 00", "Other Reader 01"} {
		if !slices.Contains(readers, name) {
			t.Errorf("--reader: %q is not offered: %q", name, readers)
		}
	}
	words, _ := m.complete(t, "help", "")
	for _, word := range []string{"locked", "lost", "sign", "practice"} {
		if !slices.Contains(words, word) {
			t.Errorf("help: %s is not offered: %v", word, words)
		}
	}
}

func TestCompletionDescriptionsAreWords(t *testing.T) {
	m := newMachine(t)
	m.env["LANG"] = "ja_JP.UTF-8"
	_, out, _ := m.run("__complete", "sign", "--")
	if strings.Contains(out, "`") || !strings.Contains(out, "--output\t出力するファイル") {
		t.Errorf("flags are described so: %s", out)
	}
}

func TestCompletionScriptsAreValid(t *testing.T) {
	m := newMachine(t)
	for shell, check := range map[string][]string{"bash": {"bash", "-n"}, "zsh": {"zsh", "-n"}, "fish": {"fish", "-n"}, "powershell": nil} {
		t.Run(shell, func(t *testing.T) {
			exit, out, talk := m.run("completion", shell)
			if exit != 0 || talk != "" || !strings.Contains(out, "natsuin") {
				t.Fatalf("exit %d, %s", exit, talk)
			}
			if check == nil || testing.Short() {
				return
			}
			program, err := exec.LookPath(check[0])
			if err != nil {
				t.Skipf("%s is not installed", shell)
			}
			script := filepath.Join(t.TempDir(), "script")
			if err := os.WriteFile(script, []byte(out), 0o600); err != nil {
				t.Fatal(err)
			}
			if said, err := exec.Command(program, check[1], script).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, said)
			}
		})
	}
}
