//go:build linux

package main_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// moments is how many signals of each kind are sent during each act.
func moments() int {
	if testing.Short() {
		return 2
	}
	return 14
}

var signals = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL}

// After a signal at a random moment, each file is whole or absent, no other
// files are left, the reported outcome of a change is true, no try was used,
// and no transaction is open. Only SIGKILL may leave a temporary file of the
// practice card.
func TestSignalsAtAnyMoment(t *testing.T) {
	t.Parallel()
	for _, act := range []struct {
		name string
		args []string
		look func(*box, result)
	}{
		{"sign 3 files", []string{"sign", "--reader", "practice", "--yes", "--json", "--pin-from", "file:@pin", "@a", "@b", "@c"}, struckSign},
		{"sign attached", []string{"sign", "--reader", "practice", "--yes", "--json", "--attached", "--pin-from", "file:@pin", "@a"}, struckAttached},
		{"sign 2 PDFs", []string{"sign", "--reader", "practice", "--yes", "--json", "--pdf", "--pin-from", "file:@pin", "@a.pdf", "@b.pdf"}, struckPDFs},
		{"timestamp 2 PDFs", []string{"timestamp", "--timestamp", stampingAuthority(t), "--json", "@a.pdf", "@b.pdf"}, struckStamps},
		{"pin change", []string{"pin", "change", "sign", "--reader", "practice", "--json", "--pin-from", "file:@change"}, struckChange},
		{"pin status", []string{"pin", "status", "--reader", "practice", "--json"}, func(b *box, _ result) { b.only("a", "b", "c", "a.pdf", "b.pdf") }},
	} {
		t.Run(act.name, func(t *testing.T) {
			t.Parallel()
			first := newBox(t)
			started := time.Now()
			if r := first.inputs().pdfs().command(copyOf(act.args)...).run(); r.exit != 0 {
				t.Fatalf("without a signal: %+v", r)
			}
			usual := time.Since(started)
			ends := map[string]int{}
			for _, signal := range signals {
				for range moments() {
					b := newBox(t).inputs().pdfs()
					p := b.command(copyOf(act.args)...)
					b.must(p.Start())
					time.Sleep(time.Duration(rand.Int64N(int64(usual) * 5 / 4)))
					p.Process.Signal(signal)
					r := p.end()
					ends[ending(t, r, signal, p)]++
					if signal == syscall.SIGKILL { // it may be left; the next change of the card replaces it
						os.Remove(filepath.Join(b.store, "practice.store.tmp"))
					}
					act.look(b, r)
					if info := b.card(); info.Sign.Tries != info.Sign.MaxTries || info.Auth.Tries != info.Auth.MaxTries {
						t.Errorf("%v: a try is gone: %+v", signal, r)
					}
					if r := b.command("pin", "status", "--reader", "practice", "--json").run(); r.exit != 0 {
						t.Errorf("%v: the card is not to be had afterwards: %+v", signal, r)
					}
				}
			}
			t.Logf("%d signals: %v", moments()*len(signals), ends)
		})
	}
}

func copyOf(args []string) []string { return append([]string(nil), args...) }

func (b *box) inputs() *box {
	for _, name := range []string{"a", "b", "c"} {
		b.write(name, "application "+name+"\n")
	}
	return b
}

// ending returns a name for the way in which a run ended, and fails the test if
// it is not a permitted one.
func ending(t *testing.T, r result, signal syscall.Signal, p *process) string {
	t.Helper()
	switch {
	case r.exit == 0:
		return "done"
	case r.exit == 130 && signal != syscall.SIGKILL && r.Code == "interrupted":
		return "interrupted"
	case r.signal == signal && (signal == syscall.SIGKILL || p.out.Len() == 0):
		return "killed" // or the signal came before the program listened
	}
	t.Errorf("%v: %+v: %s%s", signal, r, p.out.String(), p.err.String())
	return "wrong"
}

func struckSign(b *box, r result) {
	b.t.Helper()
	made := 0
	for i, name := range []string{"a", "b", "c"} {
		signed := b.signed(name)
		if signed {
			made++
		}
		if r.Files != nil && r.Files[i].OK != signed {
			b.t.Errorf("%s: ok is %t, the file is there: %t", name, r.Files[i].OK, signed)
		}
	}
	if r.exit == 0 && made != 3 {
		b.t.Errorf("done, with %d signatures", made)
	}
	b.only("a", "b", "c", "a.pdf", "b.pdf", "a.p7s", "b.p7s", "c.p7s")
}

func struckAttached(b *box, r result) {
	b.t.Helper()
	info, err := os.Stat(b.path("a.p7m"))
	if err == nil && info.Size() == 0 || r.exit == 0 && err != nil {
		b.t.Errorf("a.p7m: %v, %v", info, err)
	}
	if err == nil {
		if r := b.command("verify", "--ca", "practice", "--json", "@a.p7m").run(); r.exit != 0 {
			b.t.Errorf("a.p7m: %+v", r)
		}
	}
	b.only("a", "b", "c", "a.pdf", "b.pdf", "a.p7m")
}

func struckChange(b *box, r result) {
	b.t.Helper()
	secret := b.card().Sign.Secret
	told := map[string]string{"changed": freshPIN, "not-changed": rightPIN}
	if want, ok := told[r.Outcome]; ok && secret != want || secret != rightPIN && secret != freshPIN {
		b.t.Errorf("told as %q, and the password is %s", r.Outcome, secret)
	}
	b.only("a", "b", "c", "a.pdf", "b.pdf")
}

// The defect: a signal that came after the program had done everything and
// stopped listening killed it, so that the exit code was lost.
func TestASignalAtTheVeryEndHidesNoExitCode(t *testing.T) {
	for range 10 {
		b := newBox(t)
		p := b.command("pin", "status", "--reader", "practice", "--json")
		p.Stdout = nil
		out, err := p.StdoutPipe()
		b.must(err)
		b.must(p.Start())
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		for range 300 {
			_ = p.Process.Signal(syscall.SIGHUP) // it may have ended already
		}
		if r := p.end(); r.exit != 0 {
			t.Fatalf("%+v", r)
		}
	}
}

// A signal at a random moment of a run at a terminal leaves the settings of the
// terminal as they were.
func TestSignalsLeaveTheTerminalAsItWas(t *testing.T) {
	for i := range 30 {
		signal := signals[i%3] // not SIGKILL, which cannot be handled
		b := newBox(t).inputs()
		master, slave := openTerminal(t)
		before := settingsOf(t, slave)
		p := b.command("pin", "change", "sign", "--reader", "practice")
		p.Stdin, p.Stdout, p.Stderr = slave, slave, slave
		p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
		b.must(p.Start())
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		p.Process.Signal(signal)
		if r := p.end(); r.exit != 130 && r.signal != signal {
			t.Errorf("%v: %+v", signal, r)
		}
		if settingsOf(t, slave) != before {
			t.Errorf("%v: the terminal is not set as it was", signal)
		}
		slave.Close()
		master.Close()
		if info := b.card(); info.Sign.Tries != 5 || info.Sign.Secret != rightPIN {
			t.Errorf("%v: %+v", signal, info.Sign)
		}
	}
}

// openTerminal opens a terminal whose output nobody reads. Its buffer is enough
// for a short screen.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetUint32(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

func settingsOf(t *testing.T, terminal *os.File) unix.Termios {
	t.Helper()
	settings, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *settings
}
