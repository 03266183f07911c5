// Package pcscdtest puts virtual cards into a reader of the real PC/SC service, for
// tests: pcscd, started when it does not run, with vsmartcard's virtual reader driver.
//
// It is for tests alone and needs no hardware. It is not for machines with readers in
// use: a card lies in the virtual reader's first slot for as long as a test lasts, and
// every program may reach it there.
//
// The parts are Debian's packages pcscd and vsmartcard-vpcd, as they come. The slots
// are shared by all processes, and go test runs packages at once: a lock makes them
// take turns.
package pcscdtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"natsuin/card/pcsc"
	"natsuin/card/virtual/vpcd"
)

// Install is the command that installs what the tests need.
const Install = "apt-get install pcscd vsmartcard-vpcd opensc openssl"

const (
	slot   = "127.0.0.1:35963" // the first of the driver's two
	socket = "/run/pcscd/pcscd.comm"
	driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
)

// Limits that only a broken machine meets.
const (
	turnLimit  = 10 * time.Minute
	startLimit = 30 * time.Second
	stateLimit = 20 * time.Second
)

const (
	insertLimit = 4 * time.Second // a card that pcscd sees at all it sees in less
	pollTime    = time.Second     // more than pcscd takes to look at its readers again
)

// A Service is the PC/SC service with one virtual reader at the test's disposal.
type Service struct {
	t      testing.TB
	reader string

	mu     sync.Mutex
	remove func()
}

// Use waits for this process's turn, starts pcscd unless it runs, and returns it with
// an empty virtual reader. At the end of the test the reader is empty again and what
// was started is stopped. Where the service cannot be had the test is skipped, or
// fails when the environment says CI=true.
func Use(t testing.TB) *Service {
	t.Helper()
	if !pcsc.Available() {
		lack(t, "built without reader support: set CGO_ENABLED=1 and "+Install+" libpcsclite-dev")
	}
	takeTurn(t)
	if !runs() {
		start(t)
	}
	s := &Service{t: t}
	await(t, startLimit, "virtual reader; install it: "+Install, func() (bool, any) {
		readers, err := pcsc.System{}.Readers(context.Background())
		for _, r := range readers {
			if r.Virtual {
				s.reader = r.Name
				return true, nil
			}
		}
		return false, fmt.Sprint(readers, err)
	})
	t.Cleanup(s.Remove)
	s.awaitPresence(false)
	return s
}

// Need looks for programs, and skips the test without one; in CI it fails.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			lack(t, p+" is missing: "+Install)
		}
	}
}

func lack(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func takeTurn(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), turnLimit)
	defer cancel()
	lock := flock.New(filepath.Join(os.TempDir(), "natsuin-pcscd.lock"), flock.SetPermissions(0o666))
	if ok, err := lock.TryLockContext(ctx, 50*time.Millisecond); !ok {
		t.Fatalf("wait for the virtual reader: %v", err)
	}
	t.Cleanup(func() { lock.Unlock() })
}

// runs is whether somebody answers at the service's socket.
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
		program = "/usr/sbin/pcscd" // not in the path of everyone
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

// Reader is the name of the reader in which Insert puts cards.
func (s *Service) Reader() string { return s.reader }

// Insert puts a card into the reader and returns when the service sees it there.
func (s *Service) Insert(card vpcd.Card) {
	s.t.Helper()
	for deadline := time.Now().Add(stateLimit); ; {
		s.serve(card)
		if ok, seen := within(insertLimit, func() (bool, any) { return s.present(true) }); ok {
			return
		} else if time.Now().After(deadline) {
			s.t.Fatalf("no card in the reader after %v: %v", stateLimit, seen)
		}
		// pcscd polls its readers every 0.4 s, and does not see a card that came back
		// between two polls after a command or a reset had failed: it is taken out once more.
		s.withdraw()
		time.Sleep(pollTime)
	}
}

// serve lets the card answer the reader from now on.
func (s *Service) serve(card vpcd.Card) {
	s.t.Helper()
	conn, err := vpcd.Dial(s.t.Context(), slot)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- vpcd.Serve(ctx, conn, card) }()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove = func() {
		cancel()
		err := <-served
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) {
			s.t.Logf("the card left the reader by itself: %v", err)
		}
	}
}

// Remove takes the card away, if there is one, and returns when the service sees that.
func (s *Service) Remove() {
	s.t.Helper()
	if s.withdraw() {
		s.awaitPresence(false)
	}
}

// withdraw ends serving, if a card is there.
func (s *Service) withdraw() bool {
	s.mu.Lock()
	remove := s.remove
	s.remove = nil
	s.mu.Unlock()
	if remove != nil {
		remove()
	}
	return remove != nil
}

func (s *Service) awaitPresence(want bool) {
	s.t.Helper()
	await(s.t, stateLimit, map[bool]string{true: "card in the reader", false: "empty reader"}[want], func() (bool, any) { return s.present(want) })
}

// present is whether the service sees a card in the reader as wanted, and what it sees.
func (s *Service) present(want bool) (bool, any) {
	readers, err := pcsc.System{}.Readers(context.Background())
	for _, r := range readers {
		if r.Name == s.reader && r.CardPresent == want {
			return true, nil
		}
	}
	return false, fmt.Sprint(readers, err)
}

// await polls until holds says so, and fails the test at the limit with what it saw.
func await(t testing.TB, limit time.Duration, what string, holds func() (ok bool, seen any)) {
	t.Helper()
	if ok, seen := within(limit, holds); !ok {
		t.Fatalf("no %s after %v: %v", what, limit, seen)
	}
}

// within polls until holds says so or limit has passed.
func within(limit time.Duration, holds func() (ok bool, seen any)) (ok bool, seen any) {
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		if ok, seen = holds(); ok || time.Now().After(deadline) {
			return ok, seen
		}
	}
}
