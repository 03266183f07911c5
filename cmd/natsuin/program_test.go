//go:build linux

package main_test

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"natsuin/cmd/internal/cli"
)

// readyFile is set in the environment to a file that the program makes as soon as a
// signal ends it in its own way.
const readyFile = "TEST_READY"

// signalFirst in the environment sends the program a signal at its very start.
const signalFirst = "TEST_SIGNAL_FIRST"

// runProgram is main for the scripts: what no machine can be made to do at will comes in
// by the environment.
func runProgram() {
	if os.Getenv(atTerminal) == "" {
		// Away from the terminal of whoever runs the tests.
		_, _ = unix.Setsid() // fails only for a leader, who is away already
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
		time.Sleep(100 * time.Millisecond) // it arrives before the command runs
	}
	exit := cli.Main(env)
	if file := os.Getenv(peakFile); file != "" {
		leavePeak(file)
	}
	os.Exit(exit)
}
