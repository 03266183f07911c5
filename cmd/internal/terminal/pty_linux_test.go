package terminal_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"natsuin/cmd/internal/terminal"
)

// pty is a pseudo-terminal whose master side the test holds.
type pty struct {
	t      *testing.T
	master *os.File
	fd     int    // of the master
	path   string // of the slave
	opened *terminal.Terminal

	mu     sync.Mutex
	screen strings.Builder
	more   chan struct{} // receives a value for each new piece of output
}

func newPTY(t *testing.T) *pty {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("open /dev/ptmx: %v", err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	p := &pty{t: t, master: os.NewFile(uintptr(fd), "ptmx"), fd: fd, path: fmt.Sprintf("/dev/pts/%d", n), more: make(chan struct{}, 1)}
	// The settings last as long as the test holds the slave open.
	held, err := os.OpenFile(p.path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close(); p.master.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := p.master.Read(buf)
			if err != nil {
				return
			}
			p.mu.Lock()
			p.screen.Write(buf[:n])
			p.mu.Unlock()
			select {
			case p.more <- struct{}{}:
			default:
			}
		}
	}()
	return p
}

func (p *pty) shown() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.screen.String()
}

// waitFor returns when the screen ends with text.
func (p *pty) waitFor(text string) {
	p.t.Helper()
	p.waitUntil(text, func() bool { return strings.HasSuffix(p.shown(), text) })
}

// waitForOneMore returns when the screen shows text more than before times.
func (p *pty) waitForOneMore(text string, before int) {
	p.t.Helper()
	p.waitUntil(text, func() bool { return p.count(text) > before })
}

func (p *pty) count(text string) int { return strings.Count(p.shown(), text) }

func (p *pty) waitUntil(text string, holds func() bool) {
	p.t.Helper()
	limit := time.After(10 * time.Second)
	for !holds() {
		select {
		case <-p.more:
		case <-limit:
			p.t.Fatalf("the screen is %q; waited for %q", p.shown(), text)
		}
	}
}

func (p *pty) press(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pty) settings() unix.Termios {
	p.t.Helper()
	termios, err := unix.IoctlGetTermios(p.fd, unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return *termios
}

func (p *pty) echoes() bool { return p.settings().Lflag&unix.ECHO != 0 }

// unread returns the input that a shell would get, also if it is not a whole
// line.
func (p *pty) unread() string {
	p.t.Helper()
	fd, err := unix.Open(p.path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	defer unix.Close(fd)
	cooked := p.settings()
	raw := cooked
	raw.Lflag &^= unix.ICANON | unix.ECHO
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &raw); err != nil {
		p.t.Fatal(err)
	}
	defer unix.IoctlSetTermios(fd, unix.TCSETS, &cooked)
	buf := make([]byte, 4096)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return "" // EAGAIN: there is no input
	}
	return string(buf[:n])
}
