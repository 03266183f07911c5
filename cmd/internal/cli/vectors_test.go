package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/terminal"
)

// vectors is the folder with messages of other projects. It may be absent.
const vectors = "../../../../shared/data/cms"

// TestVectorsThroughTheCommandLine runs `natsuin verify` for every undisputed
// case that has a trust anchor, as a person would. If the catalogue and natsuin
// differ about whether a case is VALID, docs/verify.md must name it.
func TestVectorsThroughTheCommandLine(t *testing.T) {
	manifest, err := os.ReadFile(filepath.Join(vectors, "manifest.jsonl"))
	if err != nil {
		t.Skip("no vectors at hand: ", err)
	}
	listed, err := os.ReadFile("../../../docs/verify.md")
	if err != nil {
		t.Fatal(err)
	}
	dir, judged := t.TempDir(), 0
	for line := range strings.Lines(string(manifest)) {
		var c struct{ ID, File, Content, Trust, Cert, At, Level, Want string }
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		if c.Level != "signature+path" || c.Want == "DISPUTED" {
			continue
		}
		judged++
		signature := filepath.Join(dir, "message.p7m")
		message, err := os.ReadFile(filepath.Join(vectors, c.File))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(signature, message, 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"verify", "--json", signature}
		for flag, file := range map[string]string{"--content": c.Content, "--ca": c.Trust, "--cert": c.Cert} {
			if file != "" {
				args = append(args, flag, filepath.Join(vectors, file))
			}
		}
		now := time.Now
		if c.At != "" {
			args = append(args, "--at", c.At)
			if at, err := time.Parse(time.RFC3339, c.At); err != nil {
				t.Fatal(err)
			} else if at.After(now()) { // set the clock to that day
				now = func() time.Time { return at }
			}
		}
		verdict, code, exit := verdictOf(t, dir, now, args)
		if exit == 3 && code == "unsuitable" && c.Want != "VALID" { // such as a message with certificates only
			continue
		}
		if want := map[string]int{"VALID": 0, "INVALID": 1, "INDETERMINATE": 4}[verdict]; exit != want {
			t.Errorf("%s: %s with exit code %d", c.ID, verdict, exit)
		}
		if (verdict == "VALID") != (c.Want == "VALID") && !bytes.Contains(listed, []byte(c.ID)) {
			t.Errorf("%s: %s, the catalogue says %s, and docs/verify.md does not say why", c.ID, verdict, c.Want)
		}
	}
	if judged == 0 {
		t.Error("no case was judged")
	}
}

// verdictOf runs verify once, with dir as the home directory.
func verdictOf(t *testing.T, dir string, now func() time.Time, args []string) (verdict, code string, exit int) {
	t.Helper()
	var out bytes.Buffer
	env := &cli.Env{
		Args: args, Now: now, Readers: newFakeService(),
		Getenv: func(name string) string { return map[string]string{"HOME": dir, "LANG": "C"}[name] },
		Streams: &console.Streams{
			In: strings.NewReader(""), Out: &out, Err: &bytes.Buffer{}, Now: time.Now,
			Env:      func(string) string { return "" },
			Terminal: func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal },
		},
	}
	exit = cli.Main(env)
	var report struct{ Verdict, Code string }
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out.Bytes())
	}
	return report.Verdict, report.Code, exit
}
