package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/terminal"
)

// hasTerminal is set in the environment of the process that has a terminal.
const hasTerminal = "CLI_TEST_HAS_TERMINAL"

// TestMain runs the tests in a process with its own controlling terminal,
// because prompts open only that. The tests hold the other end.
func TestMain(m *testing.M) {
	if os.Getenv(hasTerminal) != "" {
		os.Exit(m.Run())
	}
	runtime.LockOSThread() // the signal below is sent when the thread that started the process ends
	master, slave, err := newTerminal()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), hasTerminal+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{slave, master}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(max(cmd.ProcessState.ExitCode(), -cmd.ProcessState.ExitCode()))
}

func newTerminal() (master, slave *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open /dev/ptmx: %w", err)
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, err
	}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, nil, err
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	return master, slave, err
}

// A pty is the other end of the terminal, which shows output and types input.
type pty struct {
	master *os.File

	mu     sync.Mutex
	screen bytes.Buffer
	more   chan struct{}
}

var thePTY = sync.OnceValue(func() *pty {
	c := &pty{master: os.NewFile(4, "ptmx"), more: make(chan struct{}, 1)}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := c.master.Read(buf)
			if err != nil {
				return
			}
			c.mu.Lock()
			c.screen.Write(buf[:n])
			c.mu.Unlock()
			select {
			case c.more <- struct{}{}:
			default:
			}
		}
	}()
	return c
})

// A terminalRun is one run of the program at the terminal.
type terminalRun struct {
	t        *testing.T
	pty      *pty
	seen     int
	out, err written
	exited   chan struct{}
	exit     int
}

// written is an output that can be read during the run.
type written struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *written) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(b)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// atTerminal starts a run at the terminal.
func (d *fakeService) atTerminal(t *testing.T, lang string, args ...string) *terminalRun {
	t.Helper()
	c := thePTY()
	if err := unix.IoctlSetInt(3, unix.TCFLSH, unix.TCIFLUSH); err != nil {
		t.Fatal(err)
	}
	s := &terminalRun{t: t, pty: c, exited: make(chan struct{})}
	s.seen = len(s.screen())
	env := d.env(t, &s.out, &s.err, append([]string{"--lang", lang}, args...))
	env.Streams.Terminal = terminal.Open
	go func() {
		defer close(s.exited)
		s.exit = cli.Main(env)
	}()
	return s
}

func (s *terminalRun) screen() string {
	s.pty.mu.Lock()
	defer s.pty.mu.Unlock()
	return s.pty.screen.String()
}

// patience limits each wait, so that a test that hangs ends.
const patience = 30 * time.Second

// expect waits until the screen shows text after what was expected before.
func (s *terminalRun) expect(text string) *terminalRun {
	s.t.Helper()
	limit := time.After(patience)
	for {
		if i := strings.Index(s.screen()[s.seen:], text); i >= 0 {
			s.seen += i + len(text)
			return s
		}
		select {
		case <-s.pty.more:
		case <-time.After(50 * time.Millisecond): // in case another run took the notice of new output
		case <-limit:
			s.t.Fatalf("waited for %q; the screen shows:\n%s\nand the errors:\n%s", text, s.screen(), s.err.String())
		}
	}
}

func (s *terminalRun) send(line string) *terminalRun {
	s.t.Helper()
	if _, err := s.pty.master.WriteString(line + "\r"); err != nil {
		s.t.Fatal(err)
	}
	return s
}

// end waits for the run to end with this exit code.
func (s *terminalRun) end(exit int) {
	s.t.Helper()
	select {
	case <-s.exited:
	case <-time.After(patience):
		s.t.Fatalf("the run does not end; the screen shows:\n%s", s.screen())
	}
	if s.exit != exit {
		s.t.Fatalf("exit code %d, want %d; the screen shows:\n%s\nand the errors:\n%s", s.exit, exit, s.screen(), s.err.String())
	}
}

// waitsFor waits until standard error says that the program waits for text.
func (s *terminalRun) waitsFor(text string) {
	s.t.Helper()
	limit := time.After(patience)
	for !strings.Contains(s.err.String(), text) {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-s.exited:
			s.t.Fatalf("the run ended with %d before it said %q: %s", s.exit, text, s.err.String())
		case <-limit:
			s.t.Fatalf("waited for %q; it said: %s", text, s.err.String())
		}
	}
}
