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
	"strings"

	"golang.org/x/sys/unix"
)

// runShell plays the part of an interactive shell:
//
//	shell [-b] COMMAND...
//
// It runs the command as a job, with -b in the background, and writes its
// process id to the file pid. When the job stops, it takes the terminal back,
// prints which signal stopped the job and whether the settings are as before,
// and reads a line: fg or bg. Meanwhile the terminal has other settings, as in
// a shell with line editing. At the end it prints the input that is left, and
// exits with the exit code of the job.
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
	before, err := unix.IoctlGetTermios(0, unix.TCGETS)
	if err != nil {
		return 0, err
	}
	editing := *before
	editing.Lflag &^= unix.ICANON | unix.ECHO
	settings := before // the settings that the job must leave
	if background {
		words, settings = words[1:], &editing
	}
	if err := errors.Join(set(settings), os.RemoveAll("pid")); err != nil {
		return 0, err
	}
	job := exec.Command(words[0], words[1:]...)
	job.Stdin, job.Stdout, job.Stderr = os.Stdin, os.Stdout, os.Stderr
	job.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Foreground: !background, Pdeathsig: unix.SIGKILL}
	if err := job.Start(); err != nil {
		return 0, err
	}
	signal.Ignore(unix.SIGTTOU) // not before, because the job would inherit it
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
		found, err := takeBack(settings)
		if err := errors.Join(err, set(&editing)); err != nil {
			return 0, err
		}
		if !status.Stopped() {
			left, err := unix.IoctlGetInt(0, unix.TIOCINQ)
			fmt.Fprintf(os.Stderr, "[exit %d, %s, %d bytes left]\n", status.ExitStatus(), found, left)
			return status.ExitStatus(), errors.Join(err, set(before))
		}
		fmt.Fprintf(os.Stderr, "[stopped by %s, %s]\n", unix.SignalName(status.StopSignal()), found)
		if !lines.Scan() {
			return 0, errors.New("the shell's input has ended")
		}
		// Input that the job had not read when SIGSTOP came precedes fg.
		if settings = &editing; strings.HasSuffix(lines.Text(), "fg") {
			settings = before
			if err := errors.Join(set(before), unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, pid)); err != nil {
				return 0, err
			}
		}
		if err := unix.Kill(-pid, unix.SIGCONT); err != nil {
			return 0, err
		}
	}
}

// takeBack makes the shell the foreground job, and says whether the terminal
// has the settings want.
func takeBack(want *unix.Termios) (string, error) {
	if err := unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, unix.Getpgrp()); err != nil {
		return "", err
	}
	now, err := unix.IoctlGetTermios(0, unix.TCGETS)
	if err != nil || *now == *want {
		return "terminal as before", err
	}
	return "terminal changed", nil
}

func set(settings *unix.Termios) error { return unix.IoctlSetTermios(0, unix.TCSETS, settings) }
