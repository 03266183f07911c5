package practice_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// need skips the test if a program is missing, or with -short. In CI a missing
// program fails the test.
func need(t *testing.T, program, packages string) {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs are not used with -short")
	}
	if _, err := exec.LookPath(program); err != nil {
		missing(t, program+" is missing: apt-get install "+packages)
	}
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// run returns the output of a program, of both streams.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := output(program, args...)
	if err != nil {
		t.Errorf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return out
}

func output(program string, args ...string) (string, error) {
	out, err := exec.Command(program, args...).CombinedOutput()
	return string(out), err
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
