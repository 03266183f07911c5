package pcscdtest

import (
	"os"
	"os/exec"
	"testing"

	"natsuin/card/pcsc"
)

// Need skips the test with -short, or if one of the programs is missing. If
// CI=true is in the environment, a missing program fails the test instead.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	skipIfShort(t)
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			lack(t, p+" is missing: "+Install)
		}
	}
}

func skipIfShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs are not used with -short")
	}
}

func lack(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func skipUnlessPossible(t testing.TB) {
	t.Helper()
	skipIfShort(t)
	if !pcsc.Available() {
		lack(t, "built without reader support: set CGO_ENABLED=1 and "+Install+" libpcsclite-dev")
	}
}
