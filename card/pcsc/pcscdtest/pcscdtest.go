// Package pcscdtest inserts virtual cards into a reader of the real PC/SC
// service, for tests. The service is pcscd with the virtual reader driver of
// vsmartcard. The package starts pcscd unless it is running.
//
// It is for tests only and needs no hardware. It is not for machines whose
// readers are in use: during a test the card is in a virtual reader, where every
// program can use it.
//
// It needs Debian's packages pcscd and vsmartcard-vpcd, unchanged. The driver
// has two readers. All processes share them, and tests run in parallel, so the
// package uses file locks to make them take turns.
package pcscdtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"natsuin/card/pcsc"
)

// Install is the command that installs the programs that tests with this
// package need.
const Install = "apt-get install pcscd vsmartcard-vpcd opensc openssl gnutls-bin openssh-client"

const (
	socket = "/run/pcscd/pcscd.comm"
	driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
)

// slots are the addresses at which the driver waits for the cards of its
// readers.
var slots = [...]string{"127.0.0.1:35963", "127.0.0.1:35964"}

// Limits that are well above the time needed if everything works.
const (
	turnLimit  = 10 * time.Minute
	startLimit = 30 * time.Second
	stateLimit = 20 * time.Second
)

// A Service is the PC/SC service with a virtual reader that is reserved for the
// test.
type Service struct {
	t      testing.TB
	slot   int // an index of slots
	reader string

	mu     sync.Mutex
	remove func()
}

// Use waits for this test's turn, starts pcscd unless it is running, and returns
// the service with an empty virtual reader, the first of two. No other test uses
// the second meanwhile. The end of the test empties the reader, and stops pcscd
// if Use has started it. If pcscd is missing or cannot be started by this user,
// or if the build does not support readers, Use skips the test, or fails it if
// CI=true is in the environment. With -short it always skips the test.
//
// A test with a reader must not run parallel subtests: they might wait for tests
// that wait for the reader.
func Use(t testing.TB) *Service {
	t.Helper()
	skipUnlessPossible(t)
	_, end := takeTurn(t, true)
	t.Cleanup(end)
	if !runs() {
		start(t)
	}
	return newService(t, 0)
}

// UseOne is like Use, but returns whichever reader is free first, and another
// test may use the other one meanwhile. If pcscd is not running, it is Use.
func UseOne(t testing.TB) *Service {
	t.Helper()
	skipUnlessPossible(t)
	slot, end := takeTurn(t, false)
	if !runs() {
		end()
		return Use(t)
	}
	t.Cleanup(end)
	return newService(t, slot)
}

func newService(t testing.TB, slot int) *Service {
	t.Helper()
	s := &Service{t: t, slot: slot}
	await(t, startLimit, "virtual reader; install it: "+Install, func() (bool, any) {
		readers, err := pcsc.System{}.Readers(context.Background())
		readers = slices.DeleteFunc(readers, func(r pcsc.Reader) bool { return !r.Virtual })
		if len(readers) != len(slots) {
			return false, fmt.Sprint(readers, err)
		}
		s.reader = readers[slot].Name // pcscd keeps the order of the slots
		return true, nil
	})
	t.Cleanup(s.Remove)
	s.awaitEmpty()
	return s
}

// runs reports whether the service accepts connections at its socket.
func runs() bool {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

func start(t testing.TB) {
	t.Helper()
	program, err := exec.LookPath("pcscd")
	if err != nil {
		program = "/usr/sbin/pcscd" // not in every PATH
	}
	for _, file := range []string{program, driver} {
		if _, err := os.Stat(file); err != nil {
			lack(t, file+" is missing: "+Install)
		}
	}
	if os.Geteuid() != 0 {
		lack(t, "pcscd does not run, and only root may start it: sudo pcscd --foreground")
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "pcscd.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--foreground")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		cmd.Wait()
		close(gone)
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-gone:
		case <-time.After(startLimit):
			cmd.Process.Kill()
			<-gone
		}
		log.Close()
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("pcscd said:\n%s", text)
		}
	})
	await(t, startLimit, "pcscd", func() (bool, any) { return runs(), socket })
}

// Reader returns the name of the reader into which [Service.Insert] puts cards.
func (s *Service) Reader() string { return s.reader }

// OnlyForOpenSC makes OpenSC's programs and its PKCS #11 module, which the test
// or its children run, ignore all other readers.
func (s *Service) OnlyForOpenSC() {
	s.t.Helper()
	readers, err := pcsc.System{}.Readers(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	var others []string
	for _, r := range readers {
		if r.Name != s.reader {
			others = append(others, strconv.Quote(r.Name))
		}
	}
	text := ""
	if others != nil {
		text = "app default {\n ignored_readers = " + strings.Join(others, ", ") + ";\n}\n"
	}
	conf := filepath.Join(s.t.TempDir(), "opensc.conf")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.t.Setenv("OPENSC_CONF", conf)
}

// await polls until holds returns true. If limit passes first, it fails the
// test and prints seen.
func await(t testing.TB, limit time.Duration, what string, holds func() (ok bool, seen any)) {
	t.Helper()
	if ok, seen := within(limit, holds); !ok {
		t.Fatalf("no %s after %v: %v", what, limit, seen)
	}
}

// within polls until holds returns true or limit has passed.
func within(limit time.Duration, holds func() (ok bool, seen any)) (ok bool, seen any) {
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		if ok, seen = holds(); ok || time.Now().After(deadline) {
			return ok, seen
		}
	}
}
