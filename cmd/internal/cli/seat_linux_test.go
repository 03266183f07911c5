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

// seated is set in the environment of the process that has a terminal.
const seated = "CLI_TEST_SEATED"

// TestMain runs the tests in a process with a controlling terminal of its own, since
// prompts open that and nothing else. The test sits in the person's chair.
func TestMain(m *testing.M) {
	if os.Getenv(seated) != "" {
		os.Exit(m.Run())
	}
	runtime.LockOSThread() // the signal below comes when the thread ends that started the process
	master, slave, err := newTerminal()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), seated+"=1")
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

// A chair is what the person sees and does.
type chair struct {
	master *os.File

	mu     sync.Mutex
	screen bytes.Buffer
	more   chan struct{}
}

var theChair = sync.OnceValue(func() *chair {
	c := &chair{master: os.NewFile(4, "ptmx"), more: make(chan struct{}, 1)}
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

// A sitting is one run of the program at the terminal.
type sitting struct {
	t        *testing.T
	chair    *chair
	seen     int
	out, err written
	exited   chan struct{}
	exit     int
}

// written is an output that is read while the run goes on.
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

// sit starts a run at the terminal.
func (d *desk) sit(t *testing.T, lang string, args ...string) *sitting {
	t.Helper()
	c := theChair()
	if err := unix.IoctlSetInt(3, unix.TCFLSH, unix.TCIFLUSH); err != nil {
		t.Fatal(err)
	}
	s := &sitting{t: t, chair: c, exited: make(chan struct{})}
	s.seen = len(s.screen())
	env := d.env(t, &s.out, &s.err, append([]string{"--lang", lang}, args...))
	env.Streams.Terminal = terminal.Open
	go func() {
		defer close(s.exited)
		s.exit = cli.Main(env)
	}()
	return s
}

func (s *sitting) screen() string {
	s.chair.mu.Lock()
	defer s.chair.mu.Unlock()
	return s.chair.screen.String()
}

// patience ends a test that has failed; no test measures it.
const patience = 30 * time.Second

// expect waits until the screen shows text, behind what was expected before.
func (s *sitting) expect(text string) *sitting {
	s.t.Helper()
	limit := time.After(patience)
	for {
		if i := strings.Index(s.screen()[s.seen:], text); i >= 0 {
			s.seen += i + len(text)
			return s
		}
		select {
		case <-s.chair.more:
		case <-time.After(50 * time.Millisecond): // what another sitting took the news of
		case <-limit:
			s.t.Fatalf("waited for %q; the screen shows:\n%s\nand the errors:\n%s", text, s.screen(), s.err.String())
		}
	}
}

func (s *sitting) send(line string) *sitting {
	s.t.Helper()
	if _, err := s.chair.master.WriteString(line + "\r"); err != nil {
		s.t.Fatal(err)
	}
	return s
}

// end waits for the run to end with this exit code.
func (s *sitting) end(exit int) {
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

// waitsFor waits until the program has said on stderr that it waits for text.
func (s *sitting) waitsFor(text string) {
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
