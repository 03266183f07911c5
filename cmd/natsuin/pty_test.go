//go:build linux

package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// patience limits each step at the terminal, so that a test that hangs ends. No
// test depends on its value.
const patience = 60 * time.Second

// atTerminal is an environment variable of commands that pty runs.
const atTerminal = "TEST_AT_TERMINAL"

// onTerminal runs a command at a terminal of its own, and does what a person
// would do:
//
//	pty CODE STEPS COMMAND...
//
// CODE is the exit code. STEPS is a file with one step per line:
//
//	expect TEXT   wait until the screen shows TEXT after the last match
//	send TEXT     type TEXT and Enter
//	type TEXT     type TEXT alone; \x03 is Ctrl-C. As the first step, it comes
//	              before the program starts
//	run COMMAND…  run another command in the meantime, which must succeed
//	fail COMMAND… the same, which must fail
//	signal NAME   send INT, TERM or HUP
//	reader WHAT   do something to the readers
//
// [ja] or [en] before a step limits it to that language. Standard input and
// standard error are the terminal, and standard output is the file out.
// Afterwards the file screen has the contents of the screen, and the terminal
// must have its settings from before.
func onTerminal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: pty code steps command...")
	}
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := newSitting(ts)
	defer s.close()
	out, err := os.Create(ts.MkAbs("out"))
	ts.Check(err)
	defer out.Close()
	path := lookPath(ts, args[2])
	cmd := exec.Command(path, args[3:]...)
	cmd.Args[0] = args[2]
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(environ(ts), atTerminal+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.slave, out, s.slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	before := s.settings()
	steps := strings.Split(ts.ReadFile(args[1]), "\n")
	if strings.HasPrefix(steps[0], "type ") {
		s.step(steps[0])
		steps = steps[1:]
	}
	ts.Check(cmd.Start())
	var exit error
	var after unix.Termios
	go func() {
		exit = cmd.Wait()
		after = s.settings()
		close(s.exited)
	}()
	s.cmd = cmd
	defer func() {
		cmd.Process.Kill()
		<-s.exited
	}()
	for _, step := range steps {
		s.step(step)
	}
	got := 0
	select {
	case <-s.exited:
		var failed *exec.ExitError
		if errors.As(exit, &failed) {
			got = failed.ExitCode()
		} else {
			ts.Check(exit)
		}
	case <-time.After(patience):
		ts.Fatalf("the program does not end; the screen shows:\n%s", s.shown())
	}
	if after != before {
		ts.Fatalf("the terminal is not set as it was: %+v, was %+v", after, before)
	}
	s.drain()
	ts.Check(os.WriteFile(ts.MkAbs("screen"), []byte(strings.ReplaceAll(s.shown(), "\r\n", "\n")), 0o644))
	said(ts, s.shown())
	if got != code {
		ts.Fatalf("exit code %d, want %d; the screen shows:\n%s", got, code, s.shown())
	}
}

func lookPath(ts *testscript.TestScript, name string) string {
	for _, dir := range strings.Split(ts.Getenv("PATH"), ":") {
		if info, err := os.Stat(dir + "/" + name); err == nil && !info.IsDir() {
			return dir + "/" + name
		}
	}
	ts.Fatalf("no command %s", name)
	return ""
}

func environ(ts *testscript.TestScript) []string {
	var list []string
	for _, name := range []string{
		"PATH", "HOME", "LANG", "LC_ALL", "NATSUIN_LANG", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "NO_COLOR", "TERM",
		"ACCESSIBLE", "TMPDIR", "GOCOVERDIR", "PCSCLITE_CSOCK_NAME", "READER", pluggedFile, clockPace,
	} {
		if v := ts.Getenv(name); v != "" {
			list = append(list, name+"="+v)
		}
	}
	return list
}

// A terminalRun is a terminal whose other end the test holds.
type terminalRun struct {
	ts     *testscript.TestScript
	master *os.File
	slave  *os.File
	cmd    *exec.Cmd

	mu     sync.Mutex
	screen bytes.Buffer
	seen   int // how much of the screen expect has matched
	more   chan struct{}
	exited chan struct{} // closed when the program has ended
	ended  chan struct{} // closed when the screen has ended
}

func newSitting(ts *testscript.TestScript) *terminalRun {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	ts.Check(err)
	ts.Check(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	ts.Check(err)
	ts.Check(unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 160}))
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	ts.Check(err)
	s := &terminalRun{
		ts: ts, master: os.NewFile(uintptr(fd), "ptmx"), slave: slave,
		more: make(chan struct{}, 1), exited: make(chan struct{}), ended: make(chan struct{}),
	}
	go s.read()
	return s
}

func (s *terminalRun) read() {
	defer close(s.ended)
	buf := make([]byte, 4096)
	for {
		n, err := s.master.Read(buf)
		s.mu.Lock()
		s.screen.Write(buf[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
		select {
		case s.more <- struct{}{}:
		default:
		}
	}
}

// drain reads the rest of the screen, which ends because no process has the
// terminal open any more.
func (s *terminalRun) drain() {
	s.slave.Close()
	<-s.ended
}

func (s *terminalRun) close() {
	s.slave.Close()
	s.master.Close()
}

func (s *terminalRun) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.String()
}

// settings returns the settings of the terminal, or the zero value if they
// cannot be read.
func (s *terminalRun) settings() (t unix.Termios) {
	if termios, err := unix.IoctlGetTermios(int(s.slave.Fd()), unix.TCGETS); err == nil {
		t = *termios
	}
	return t
}

func (s *terminalRun) step(line string) {
	if limit, rest, ok := strings.Cut(line, "] "); ok && strings.HasPrefix(limit, "[") {
		if !strings.HasPrefix(s.ts.Getenv("LANG"), limit[1:]) {
			return
		}
		line = rest
	}
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "", "#":
	case "expect":
		s.expect(rest)
	case "send":
		s.press(rest + "\r")
	case "type":
		text, err := strconv.Unquote(`"` + rest + `"`)
		s.ts.Check(err)
		s.press(text)
	case "run", "fail":
		s.run(verb == "fail", strings.Fields(rest))
	case "signal":
		number := unix.SignalNum("SIG" + rest)
		s.ts.Check(s.cmd.Process.Signal(number))
	case "reader":
		reader(s.ts, false, strings.Fields(rest))
	default:
		s.ts.Fatalf("no step %q", line)
	}
}

func (s *terminalRun) expect(text string) {
	limit := time.After(patience)
	for {
		if s.find(text) {
			return
		}
		select {
		case <-s.more:
		case <-s.exited:
			s.drain()
			if s.find(text) {
				return
			}
			s.ts.Fatalf("the program ended before %q; the screen shows:\n%s", text, s.shown())
		case <-limit:
			s.ts.Fatalf("waited for %q; the screen shows:\n%s", text, s.shown())
		}
	}
}

// find looks for text after the last match.
func (s *terminalRun) find(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := strings.Index(s.screen.String()[s.seen:], text)
	if i < 0 {
		return false
	}
	s.seen += i + len(text)
	return true
}

func (s *terminalRun) press(keys string) {
	_, err := s.master.WriteString(keys)
	s.ts.Check(err)
}

func (s *terminalRun) run(fails bool, words []string) {
	cmd := exec.Command(lookPath(s.ts, words[0]), words[1:]...)
	cmd.Args[0] = words[0]
	cmd.Dir, cmd.Env = s.ts.MkAbs("."), environ(s.ts)
	out, err := cmd.CombinedOutput()
	if (err != nil) != fails {
		s.ts.Fatalf("%v: %v\n%s", words, err, out)
	}
}
