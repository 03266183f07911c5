//go:build linux

package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"

	"golang.org/x/sys/unix"
)

// runShell is what an interactive shell is to its job:
//
//	shell [-b] COMMAND...
//
// It runs the command as a job, with -b in the background, and writes its process
// id to the file pid. When the job stops it takes the terminal back, says by which
// signal and whether the settings are as before, and reads a line: fg or bg. At
// the end it says what is left to read, and exits as the job did.
func runShell() {
	code, err := shell(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	os.Exit(code)
}

func shell(words []string) (code int, err error) {
	background := words[0] == "-b"
	if background {
		words = words[1:]
	}
	before, err := unix.IoctlGetTermios(0, unix.TCGETS)
	if err != nil {
		return 0, err
	}
	job := exec.Command(words[0], words[1:]...)
	job.Stdin, job.Stdout, job.Stderr = os.Stdin, os.Stdout, os.Stderr
	job.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Foreground: !background, Pdeathsig: unix.SIGKILL}
	if err := job.Start(); err != nil {
		return 0, err
	}
	signal.Ignore(unix.SIGTTOU) // only now: the job would ignore it, too
	pid := job.Process.Pid
	if err := os.WriteFile("pid", []byte(strconv.Itoa(pid)), 0o600); err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(os.Stdin)
	for {
		var status unix.WaitStatus
		if _, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil); errors.Is(err, unix.EINTR) {
			continue
		} else if err != nil {
			return 0, err
		}
		settings, err := takeBack(before)
		if err != nil {
			return 0, err
		}
		if !status.Stopped() {
			left, err := unread(before)
			fmt.Fprintf(os.Stderr, "[exit %d, %s, %d bytes left]\n", status.ExitStatus(), settings, left)
			return status.ExitStatus(), err
		}
		fmt.Fprintf(os.Stderr, "[stopped by %s, %s]\n", unix.SignalName(status.StopSignal()), settings)
		if !lines.Scan() {
			return 0, errors.New("the shell's input has ended")
		}
		if lines.Text() == "fg" {
			if err := unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, pid); err != nil {
				return 0, err
			}
		}
		if err := unix.Kill(-pid, unix.SIGCONT); err != nil {
			return 0, err
		}
	}
}

// takeBack gives the shell the terminal, with its own settings.
func takeBack(before *unix.Termios) (settings string, err error) {
	if err := unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, unix.Getpgrp()); err != nil {
		return "", err
	}
	now, err := unix.IoctlGetTermios(0, unix.TCGETS)
	if err != nil {
		return "", err
	}
	if *now == *before {
		return "terminal as before", nil
	}
	return "terminal changed", unix.IoctlSetTermios(0, unix.TCSETS, before)
}

// unread returns how many bytes wait for the shell, line ends or not.
func unread(before *unix.Termios) (int, error) {
	raw := *before
	raw.Lflag &^= unix.ICANON | unix.ECHO
	if err := unix.IoctlSetTermios(0, unix.TCSETS, &raw); err != nil {
		return 0, err
	}
	n, err := unix.IoctlGetInt(0, unix.TIOCINQ)
	return n, errors.Join(err, unix.IoctlSetTermios(0, unix.TCSETS, before))
}
