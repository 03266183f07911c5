package nodump_test

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"natsuin/cmd/internal/nodump"
)

// TestMain lets a test start this binary as the process that must not be
// dumped.
func TestMain(m *testing.M) {
	if os.Getenv("NODUMP_TEST") == "" {
		os.Exit(m.Run())
	}
	var before, after unix.Rlimit
	_ = unix.Getrlimit(unix.RLIMIT_CORE, &before)
	err := nodump.Disable()
	_ = unix.Getrlimit(unix.RLIMIT_CORE, &after)
	dumpable, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil || dumpable != 0 || after.Cur != 0 || after.Max != before.Max {
		os.Exit(1)
	}
	os.Exit(0)
}

func TestNoDumpAfterDisable(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", `ulimit -c unlimited 2>/dev/null; exec "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), "NODUMP_TEST=1")
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
}
