//go:build linux

package main_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"natsuin/card/practice"
)

// TestMain lets more tests run at once than there are cores, because most of
// them wait for the smart card service. The flag -parallel overrides this.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", strconv.Itoa(4*runtime.NumCPU())); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"natsuin": runProgram, "shell": runShell})
}

// TestBehaviours runs every script once in Japanese and once in English; with
// -short, in one of the two. The name of a script begins with the number of a
// behaviour in docs/cli.md. Numbers 26 to 28 stand for its sections: 26 for
// "JSON", 27 for "Verify's arguments", 28 for "Signing a PDF" and "Checking a
// PDF". Lines about the text in one language begin with [ja] or [en].
func TestBehaviours(t *testing.T) {
	t.Parallel()
	store := freshStore(t)
	for lang, locale := range map[string]string{"ja": "ja_JP.UTF-8", "en": "en_US.UTF-8"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, testscript.Params{
				Files:               scripts(t, lang),
				RequireExplicitExec: true,
				RequireUniqueNames:  true,
				Setup: func(e *testscript.Env) error {
					e.Setenv("LANG", locale)
					e.Setenv("GORACE", os.Getenv("GORACE"))
					e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
					e.Setenv("XDG_DATA_HOME", filepath.Join(e.WorkDir, "data"))
					e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
					e.Values[theReaders{}] = &scriptReaders{t: e.T().(testing.TB)}
					e.Values[theServer{}] = new(atomic.Int64)
					if err := ownerOnly(e.WorkDir); err != nil {
						return err
					}
					return os.CopyFS(storeDir(e.Getenv), os.DirFS(store))
				},
				Condition: func(cond string) (bool, error) {
					if cond == "ja" || cond == "en" {
						return cond == lang, nil
					}
					return false, fmt.Errorf("no condition %q", cond)
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"exits": exits, "json": jsonIs, "tries": tries, "pty": onTerminal, "bytes": writeBytes,
					"reader": reader, "peak": peak, "let": let, "listen": listen, "visits": visits,
					"hides": hides,
				},
			})
		})
	}
}

// scripts returns the scripts to run in a language: all, or with -short every
// other one, so that each is run in one of the two.
func scripts(t *testing.T, lang string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	if !testing.Short() {
		return all
	}
	var some []string
	for i, name := range all {
		if (i%2 == 0) == (lang == "ja") {
			some = append(some, name)
		}
	}
	return some
}

// freshStore makes a practice card, whose keys are generated once for all
// scripts.
func freshStore(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := practice.Open(practice.Options{Dir: dir}).Show(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ownerOnly makes the files of a script readable by their owner only, as
// --pin-from requires.
func ownerOnly(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
}

func storeDir(getenv func(string) string) string {
	return filepath.Join(getenv("XDG_DATA_HOME"), "natsuin", "practice")
}

// exits CODE COMMAND... runs a command and checks its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	said(ts, ts.ReadFile("stdout"))
	said(ts, ts.ReadFile("stderr"))
	if got != want {
		ts.Fatalf("exit code %d, want %d\n%s%s", got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// hides WORD COMMAND... checks that a command refuses its arguments, does not
// repeat the word, neither in upper nor in lower case, and warns that the
// shell's history contains it: as given, with -v and with --json.
func hides(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: hides word command...")
	}
	word, command := args[0], args[1:]
	for _, more := range [][]string{nil, {"-v"}, {"--json"}} {
		exits(ts, false, slices.Concat([]string{"2", command[0]}, more, command[1:]))
		shown := ts.ReadFile("stdout") + ts.ReadFile("stderr")
		if strings.Contains(strings.ToLower(shown), strings.ToLower(word)) {
			ts.Fatalf("%q %q repeats %s:\n%s", more, command, word, shown)
		}
		if !strings.Contains(shown, "history") && !strings.Contains(shown, "履歴") {
			ts.Fatalf("%q %q does not say where it stands:\n%s", more, command, shown)
		}
	}
}

// said checks that no message and no variable is missing in the output.
func said(ts *testscript.TestScript, text string) {
	for _, id := range rawID().FindAllString(text, -1) {
		if !fileName.MatchString(id) {
			ts.Fatalf("no words for %s:\n%s", id, text)
		}
	}
	if strings.Contains(text, "<no value>") {
		ts.Fatalf("a variable is missing:\n%s", text)
	}
}

// json PATH VALUE checks that stdout, or the file of -f FILE, is one JSON
// object whose member at PATH (such as a.0.b or a.len) is VALUE. The value of a
// missing member is "absent". `! json` checks the opposite.
func jsonIs(ts *testscript.TestScript, neg bool, args []string) {
	file := "stdout"
	if len(args) == 4 && args[0] == "-f" {
		file, args = args[1], args[2:]
	}
	if len(args) != 2 {
		ts.Fatalf("usage: [!] json [-f file] path value")
	}
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile(file)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		ts.Fatalf("%s is not JSON: %v: %q", file, err, ts.ReadFile(file))
	}
	if _, ok := v.(map[string]any); !ok || dec.More() {
		ts.Fatalf("%s is not one object: %q", file, ts.ReadFile(file))
	}
	if got := member(v, strings.Split(args[0], ".")); (got == args[1]) == neg {
		ts.Fatalf("%s is %s, want %s\n%s", args[0], got, args[1], ts.ReadFile(file))
	}
}

func member(v any, path []string) string {
	for _, name := range path {
		switch x := v.(type) {
		case map[string]any:
			inner, ok := x[name]
			if !ok {
				return "absent"
			}
			v = inner
		case []any:
			i, err := strconv.Atoi(name)
			if name == "len" {
				v = json.Number(strconv.Itoa(len(x)))
			} else if err != nil || i >= len(x) {
				return "absent"
			} else {
				v = x[i]
			}
		default:
			return "absent"
		}
	}
	if s, ok := v.(string); ok {
		return s
	}
	b, _ := json.Marshal(v) // v was decoded from JSON
	return string(b)
}

// tries sign|auth N checks the count of the practice card itself, without the
// program.
func tries(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tries sign|auth n")
	}
	info, err := practice.Open(practice.Options{Dir: storeDir(ts.Getenv)}).Show()
	ts.Check(err)
	got := info.Sign.Tries
	if args[0] == "auth" {
		got = info.Auth.Tries
	}
	if strconv.Itoa(got) != args[1] {
		ts.Fatalf("the card has %d tries of %s left, want %s", got, args[0], args[1])
	}
}

// bytes FILE TEXT writes bytes that a script cannot contain. TEXT is a Go
// string literal without its quotes.
func writeBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bytes file text")
	}
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	name, err := strconv.Unquote(`"` + args[0] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
}
