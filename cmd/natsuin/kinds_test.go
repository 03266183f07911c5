//go:build linux

package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"natsuin/card/practice"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/pdftest"
)

// A meeting is a command, and its outcome for each kind of card. The outcome
// for other kinds is that of "", or ok. once marks commands that succeed only
// once.
type meeting struct {
	command string
	once    bool
	codes   map[practice.Kind]outcome.Code
}

const (
	juki, noSign, expired, next = practice.KindJuki, practice.KindNoSign, practice.KindExpired, practice.KindNext
)

type outcomes = map[practice.Kind]outcome.Code

var (
	needsSign = outcomes{noSign: outcome.CodeNoCertificate}
	needsAuth = outcomes{juki: outcome.CodeNoCertificate}
)

// meetings has runs of each verb that uses a card, except doctor, which package
// cli tests. The files sign and auth contain the card's secrets.
var meetings = []meeting{
	{command: "pin status"},
	{command: "fingerprint"},
	{command: "fingerprint root"},
	{command: "fingerprint sign --pin-from file:sign", codes: needsSign},
	{command: "fingerprint auth --pin-from file:auth", codes: needsAuth},
	{command: "fingerprint auth-ca", codes: needsAuth},
	{command: "cert show"},
	{command: "cert show sign --personal --pin-from file:sign", codes: needsSign},
	{command: "cert show auth --pin-from file:auth", codes: needsAuth},
	{command: "cert show sign-ca"},
	{command: "cert show auth-ca", codes: needsAuth},
	{command: "cert export sign --format p7b --force -o out.p7b --pin-from file:sign", codes: needsSign},
	{command: "cert export auth --format p7b --force -o out.p7b --pin-from file:auth", codes: needsAuth},
	{command: "cert export auth --format ssh --force -o out.pub --pin-from file:auth", codes: needsAuth},
	{command: "cert export sign-ca --format der --force -o out.der"},
	{command: "practice crl --force -o list.crl"},
	// A certificate with a 1024-bit key is never called good, whatever the
	// source.
	{command: "validity --pin-from file:sign", codes: outcomes{"": outcome.CodeIndeterminate, noSign: outcome.CodeNoCertificate, expired: outcome.CodeExpired}},
	{command: "validity --crl list.crl --pin-from file:sign", codes: outcomes{juki: outcome.CodeIndeterminate, noSign: outcome.CodeNoCertificate, expired: outcome.CodeExpired}},
	{command: "validity auth --ocsp auto --pin-from file:auth", codes: outcomes{"": outcome.CodeIndeterminate, juki: outcome.CodeNoCertificate, expired: outcome.CodeExpired}},
	{command: "sign --dry-run letter.txt", codes: outcomes{juki: outcome.CodeWeak}},
	{command: "sign --yes --force --pin-from file:sign letter.txt", codes: outcomes{juki: outcome.CodeWeak, noSign: outcome.CodeNoCertificate, expired: outcome.CodeExpired}},
	{command: "sign --yes --force --raw --pin-from file:sign letter.txt", codes: outcomes{juki: outcome.CodeWeak, noSign: outcome.CodeNoCertificate, expired: outcome.CodeExpired}},
	{command: "sign --yes --force --pdf --pin-from file:sign letter.pdf", codes: outcomes{juki: outcome.CodeWeak, noSign: outcome.CodeNoCertificate, expired: outcome.CodeExpired}},
	{command: "sign --yes --force --pdf --profile touki --pin-from file:sign letter.pdf", codes: outcomes{juki: outcome.CodeWeak, noSign: outcome.CodeNoCertificate, expired: outcome.CodeExpired, next: outcome.CodeUsage}},
	{command: "sign --yes --force --allow-weak --allow-expired -o whatever.p7s --pin-from file:sign letter.txt", codes: needsSign},
	{command: "sign --yes --force --key auth -o login.p7s --pin-from file:auth letter.txt", codes: outcomes{juki: outcome.CodeWeak, expired: outcome.CodeExpired}},
	{command: "trust add --from-card", codes: outcomes{"": outcome.CodeInvalid}},
	{command: "pin change sign --pin-from file:sign.new", once: true},
	{command: "pin change auth --pin-from file:auth.new", once: true, codes: needsAuth},
	{command: "practice show"},
	{command: "practice unlock sign"},
	{command: "practice unlock auth", codes: needsAuth},
	{command: "practice official --force -o letter.txt.p7s letter.txt"},
	{command: "practice revoke --reason name", once: true, codes: needsSign},
	{command: "practice revoke --reason name", codes: outcomes{"": outcome.CodeRevoked, noSign: outcome.CodeNoCertificate}},
	{command: "practice renew", once: true},
	{command: "practice show"},
}

func (m meeting) code(kind practice.Kind) outcome.Code {
	if code, ok := m.codes[kind]; ok {
		return code
	}
	if code, ok := m.codes[""]; ok {
		return code
	}
	return outcome.CodeOK
}

// TestEveryKindMeetsEveryVerb checks the outcome of each meeting with each kind
// of card, or with -short with two kinds, as JSON and in both languages. The
// messages must not contain message ids or text of Go.
func TestEveryKindMeetsEveryVerb(t *testing.T) {
	store := freshStore(t)
	kinds := practice.Kinds()
	if testing.Short() {
		kinds = []practice.Kind{practice.KindMyNumber, noSign}
	}
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			folder := filepath.Join(dir, "data", "natsuin", "practice")
			if err := os.CopyFS(folder, os.DirFS(store)); err != nil {
				t.Fatal(err)
			}
			if err := practice.Open(practice.Options{Dir: folder}).Issue(practice.IssueOptions{Kind: kind}); err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{
				"letter.txt": "a letter\n", "letter.pdf": string(pdftest.Sample("a letter")), "sign": "RENSHU123\n", "auth": "1234\n",
				"sign.new": "RENSHU123\nATARASHII9\n", "auth.new": "1234\n8052\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, m := range meetings {
				args := append(strings.Fields(m.command), "--no-input")
				if !strings.HasPrefix(m.command, "practice") {
					args = append(args, "--reader", "practice")
				}
				m.asJSON(t, dir, kind, args)
				for _, lang := range []string{"ja", "en"} {
					if !m.once {
						m.inWords(t, dir, kind, append(args, "--lang", lang))
					}
				}
			}
		})
	}
}

// asJSON checks the code and the exit code in the JSON object.
func (m meeting) asJSON(t *testing.T, dir string, kind practice.Kind, args []string) {
	t.Helper()
	exit, stdout, stderr := runIn(t, dir, append(args, "--json"))
	var object struct {
		Code outcome.Code
		Exit int
	}
	if err := json.Unmarshal([]byte(stdout), &object); err != nil || stderr != "" {
		t.Errorf("%s: %v\n%s%s", m.command, err, stdout, stderr)
	}
	if want := m.code(kind); object.Code != want || exit != want.Exit() || object.Exit != exit {
		t.Errorf("%s: %s, exit %d, want %s\n%s", m.command, object.Code, exit, want, stdout)
	}
	clean(t, m.command, stdout)
}

func (m meeting) inWords(t *testing.T, dir string, kind practice.Kind, args []string) {
	t.Helper()
	exit, stdout, stderr := runIn(t, dir, args)
	if want := m.code(kind); exit != want.Exit() {
		t.Errorf("%s: exit %d, want %s\n%s%s", m.command, exit, want, stdout, stderr)
	}
	clean(t, m.command, stdout+stderr)
}

// rawID matches a message id, which is shown if the message is missing: a word
// with which an id of the catalogues begins, and more words. It also matches
// the names of some files, such as pin.txt.
var rawID = sync.OnceValue(func() *regexp.Regexp {
	files, _ := filepath.Glob("../internal/i18n/messages/*.en.json")
	beginnings := map[string]bool{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		for _, m := range regexp.MustCompile(`(?m)^  "([a-z-]+)\.`).FindAllSubmatch(b, -1) {
			beginnings[string(m[1])] = true
		}
		if err != nil {
			panic(err)
		}
	}
	return regexp.MustCompile(`\b(` + strings.Join(slices.Sorted(maps.Keys(beginnings)), "|") + `)\.[a-z][a-z0-9-]*(\.[a-z0-9-]+)*\b`)
})

// fileName matches the name of a file, which rawID may take for an id. A test
// that fails at the name of a file wants its extension here.
var fileName = regexp.MustCompile(`^[a-z]+\.(cer|crl|csr|der|html|json|new|p7b|p7m|p7s|pdf|pem|sh|store|txt|xml)(\.in)?$`)

// goText matches text of Go and its libraries, which is for programmers.
var goText = regexp.MustCompile(`%!|<nil>|<no value>|\{\{|runtime error|goroutine|\b(x509|asn1|apdu|pcsc|virtual|json|strconv|cms): `)

func clean(t *testing.T, command, said string) {
	t.Helper()
	for _, found := range rawID().FindAllString(said, -1) {
		if !fileName.MatchString(found) {
			t.Errorf("%s shows the id %s:\n%s", command, found, said)
		}
	}
	if found := goText.FindString(said); found != "" {
		t.Errorf("%s shows %q:\n%s", command, found, said)
	}
}

// runIn runs natsuin in a folder that is also its home directory.
func runIn(t *testing.T, dir string, args []string) (exit int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command("natsuin", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=en_US.UTF-8",
		"XDG_DATA_HOME=" + filepath.Join(dir, "data"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "GORACE=" + os.Getenv("GORACE"),
	}
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	err := cmd.Run()
	var code *exec.ExitError
	if err != nil && !errors.As(err, &code) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), talk.String()
}
