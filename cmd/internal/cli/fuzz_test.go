package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natsuin/card/pcsc"
	"natsuin/card/practice"
	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/terminal"
)

// FuzzArguments runs arbitrary command lines, with one argument per line, on a
// machine without a reader. No argument may cause an internal error, and --json
// must give exactly one object with the exit code. Arguments that may use the
// network are skipped, except an authority for time stamps at 127.0.0.1. The
// practice card is made once: its keys take too long for each execution.
func FuzzArguments(f *testing.F) {
	for _, line := range []string{
		"sign\nletter\n--yes\n--pin-from\nstdin", "verify\nletter.p7s\n--at\n2026-01-01T00:00:00Z", "pin\nchange\nsign\n--json",
		"fingerprint\n--compare\nAB:CD", "cert\nexport\n--format\np7b", "trust\nadd\nx\n--name\n..", "help\nlocked\n--lang\nja",
		"completion\nbash", "--json\n--lang\nxx", "sign\n-\n-o\n-", "practice\nissue\n--birth\n1990-13-01", "__complete\nsign\n--re",
		"doctor\n--wait\n-1s", "--\n--json", "validity\n--crl\nletter\n--reader\n\u202ex",
	} {
		f.Add(line, "RENSHU123\n")
	}
	for _, row := range []func(commandRow) []string{asks, opens, misuses} {
		for _, line := range lines(row) {
			f.Add(strings.Join(arguments(line, "letter", "letter"), "\n"), "RENSHU123\n")
		}
	}
	store := f.TempDir()
	if _, err := practice.Open(practice.Options{Dir: store}).Show(); err != nil {
		f.Fatal(err)
	}
	const loopback = "--timestamp\nhttp://127.0.0.1:9/" // nothing listens there; more text only adds to the path
	f.Fuzz(func(t *testing.T, line, stdin string) {
		if strings.Contains(strings.ReplaceAll(line, loopback, ""), "--timestamp") {
			t.Skip()
		}
		for _, word := range []string{"ocsp", "serve", "listen", "connect", "/dev/", "/proc/", "/sys/"} {
			if strings.Contains(line, word) {
				t.Skip()
			}
		}
		dir := t.TempDir()
		t.Chdir(dir)
		if err := os.WriteFile("letter", []byte("letter"), 0o600); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, "practice") {
			if err := os.CopyFS(filepath.Join(dir, "natsuin", "practice"), os.DirFS(store)); err != nil {
				t.Fatal(err)
			}
		}
		args := strings.Split(line, "\n")
		var stdout, stderr bytes.Buffer
		exit := cli.Main(&cli.Env{
			Args: args, Readers: &fakeReaders{err: pcsc.ErrNoService}, Now: time.Now,
			Getenv: func(name string) string {
				if strings.HasPrefix(name, "XDG_") || name == "HOME" {
					return dir
				}
				return ""
			},
			Streams: &console.Streams{In: strings.NewReader(stdin), Out: &stdout, Err: &stderr,
				Terminal: func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal }},
		})
		if exit == 70 || exit < 0 {
			t.Errorf("%q: exit %d: %s%s", args, exit, stdout.String(), stderr.String())
		}
		asJSON := false
		for _, arg := range args {
			if arg == "--" {
				break
			}
			asJSON = asJSON || arg == "--json"
		}
		if !asJSON || strings.HasPrefix(args[0], "__complete") {
			return
		}
		var o object
		decoder := json.NewDecoder(&stdout)
		if err := decoder.Decode(&o); err != nil || o.Exit != exit || decoder.More() {
			t.Errorf("%q: %v: exit %d, and %d in JSON", args, err, exit, o.Exit)
		}
	})
}
