//go:build linux

package main_test

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// clockPace is an environment variable for the clock that the program uses for
// its progress: "still", or "leaping" by one second at each call.
const clockPace = "TEST_CLOCK"

func clock(pace string) func() time.Time {
	start := time.Now()
	var looks atomic.Int64
	return func() time.Time {
		if pace == "leaping" {
			return start.Add(time.Duration(looks.Add(1)) * time.Second)
		}
		return start
	}
}

// today is an environment variable with the current time for the program, in
// RFC 3339.
const today = "TEST_TODAY"

func onDay(day string) func() time.Time {
	at, err := time.Parse(time.RFC3339, day)
	if err != nil {
		panic(err)
	}
	return func() time.Time { return at }
}

// peakFile is an environment variable with the name of a file, to which the
// program writes its peak memory in KiB. The kernel's figure for a child
// process would include memory that its parent had.
const peakFile = "TEST_PEAK"

func leavePeak(file string) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, _, _ := strings.Cut(rest, "kB")
	if err := os.WriteFile(file, []byte(strings.TrimSpace(kib)), 0o600); err != nil {
		panic(err)
	}
}

// peak MIB COMMAND... runs a command, which must succeed and must never have
// used more memory than this.
func peak(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: peak MiB command...")
	}
	most, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Setenv(peakFile, ts.MkAbs("peak"))
	defer ts.Setenv(peakFile, "")
	ts.Check(ts.Exec(args[1], args[2:]...))
	kib, err := strconv.Atoi(ts.ReadFile("peak"))
	ts.Check(err)
	if kib>>10 > most {
		ts.Fatalf("it had %d MiB, want %d at most", kib>>10, most)
	}
	ts.Logf("%d MiB", kib>>10)
}
