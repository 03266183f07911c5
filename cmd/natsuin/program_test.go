//go:build linux

package main_test

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"natsuin/cmd/internal/cli"
)

// readyFile is an environment variable with the name of a file that the program
// creates once it handles signals itself.
const readyFile = "TEST_READY"

// signalFirst is an environment variable that makes the program get a signal
// when it starts.
const signalFirst = "TEST_SIGNAL_FIRST"

// runProgram is main for the scripts. The environment selects what a machine
// cannot be made to do on demand.
func runProgram() {
	if os.Getenv(atTerminal) == "" {
		// Without the terminal of the person who runs the tests.
		_, _ = unix.Setsid() // fails only for a session leader, which has no terminal anyway
	}
	env := cli.OS()
	if file := os.Getenv(readyFile); file != "" {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			panic(err)
		}
	}
	if file := os.Getenv(pluggedFile); file != "" {
		env.Readers = plugged{env.Readers, file}
	}
	if pace := os.Getenv(clockPace); pace != "" {
		env.Streams.Now = clock(pace)
	}
	if day := os.Getenv(today); day != "" {
		env.Now = onDay(day)
	}
	if os.Getenv(signalFirst) != "" {
		_ = unix.Kill(os.Getpid(), unix.SIGTERM)
		time.Sleep(100 * time.Millisecond) // so that it arrives before the command runs
	}
	exit := cli.Main(env)
	if file := os.Getenv(peakFile); file != "" {
		leavePeak(file)
	}
	os.Exit(exit)
}
