//go:build linux

package main_test

import (
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Without a shell to continue the process, Ctrl-Z does not stop it. The entry
// is wiped, and echo stays off throughout.
func TestCtrlZWithoutAShellShowsNothing(t *testing.T) {
	b := newBox(t).inputs()
	// The built-in password is shown at the prompt, so this test uses another.
	if r := b.command("pin", "change", "sign", "--reader", "practice", "--json", "--pin-from", "file:@change").run(); r.exit != 0 {
		t.Fatalf("pin change: exit %d", r.exit)
	}
	p := b.command("sign", "--reader", "practice", "--yes", "@a")
	s := newScreen(t)
	p.Stdin, p.Stdout, p.Stderr = s.slave, s.slave, s.slave
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	b.must(p.Start())
	s.await("Signature password: ")
	s.master.WriteString("ATA\x1a")
	time.Sleep(50 * time.Millisecond)
	s.master.WriteString("RASHI")
	s.await("Signature password: ")
	s.master.WriteString("\x15" + freshPIN + "\r")
	s.await("signed: ")
	if r := p.end(); r.exit != 0 {
		t.Errorf("exit %d", r.exit)
	}
	if shown := s.whole(); strings.Contains(shown, "ATA") || strings.Contains(shown, "RASHI") {
		t.Errorf("a key was shown: %q", shown)
	}
}

// A job that a shell sends to the background and back does not echo, although
// the shell need not send SIGCONT to a running job.
func TestAJobBroughtBackToTheForegroundDoesNotEcho(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		lacking(t, "bash is missing: apt-get install bash")
	}
	b := newBox(t).inputs()
	silent := newSilentServer(t)
	p := b.command("validity", "--reader", "practice", "--ocsp", silent)
	s := newScreen(t)
	p.Cmd.Path, p.Cmd.Args = bash, []string{"bash", "--noprofile", "--norc", "-i"}
	p.Env = append(p.Env, "PS1=ready> ", "NATSUIN="+b.program, "SERVER="+silent)
	p.Stdin, p.Stdout, p.Stderr = s.slave, s.slave, s.slave
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	b.must(p.Start())
	defer p.Process.Kill()
	s.await("ready> ")
	s.master.WriteString("$NATSUIN validity --reader practice --ocsp $SERVER\r")
	s.await("Signature password: ")
	s.master.WriteString(rightPIN + "\r")
	time.Sleep(500 * time.Millisecond) // it is waiting for the server by now
	s.master.WriteString("\x1a")
	s.await("Stopped")
	s.master.WriteString("bg\r")
	s.await("&")
	s.master.WriteString("fg\r")
	s.await("validity")
	time.Sleep(500 * time.Millisecond)
	const typed = "echo TYPED$((40+2))"
	s.master.WriteString(typed + "\r")
	time.Sleep(300 * time.Millisecond)
	s.master.WriteString("\x03")
	s.await("ready> ")
	time.Sleep(300 * time.Millisecond)
	if shown := s.shown(); strings.Contains(shown, "TYPED") {
		t.Errorf("what was typed is shown, or reached the shell: %q", shown)
	}
}

// newSilentServer accepts connections and never answers.
func newSilentServer(t *testing.T) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close() // which keeps it open until the listener ends
		}
	}()
	return "http://" + listener.Addr().String()
}
