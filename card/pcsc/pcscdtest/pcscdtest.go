// Package pcscdtest inserts virtual cards into a reader of the real PC/SC
// service, for tests: pcscd, which it starts unless it runs, with the virtual
// reader driver of vsmartcard.
//
// It is for tests only and needs no hardware. It is not for machines whose
// readers are in use: during a test the card is in the virtual reader's first
// slot, where every program can use it.
//
// It needs Debian's packages pcscd and vsmartcard-vpcd, unchanged. All
// processes share the slots, and go test runs packages in parallel: a file lock
// makes them take turns.
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

// Install is the command that installs the programs that the tests need.
const Install = "apt-get install pcscd vsmartcard-vpcd opensc openssl"

const (
	slot   = "127.0.0.1:35963" // the first of the driver's two
	socket = "/run/pcscd/pcscd.comm"
	driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
)

// Limits that only a broken machine reaches.
const (
	turnLimit  = 10 * time.Minute
	startLimit = 30 * time.Second
	stateLimit = 20 * time.Second
)

const (
	insertLimit = 4 * time.Second // pcscd sees a card in less, or not at all
	pollTime    = time.Second     // longer than pcscd's polling interval
)

// A Service is the PC/SC service with one virtual reader reserved for the test.
type Service struct {
	t      testing.TB
	reader string

	mu     sync.Mutex
	remove func()
}

// Use waits for this process's turn, starts pcscd unless it runs, and returns
// it with an empty virtual reader. At the end of the test the reader is
// emptied, and pcscd stopped if Use started it. If the service is missing, Use
// skips the test, or fails it if CI=true is in the environment. With -short it
// always skips.
func Use(t testing.TB) *Service {
	t.Helper()
	skipIfShort(t)
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

// Need skips the test if one of the programs is missing, or with -short; if
// CI=true is in the environment, a missing program fails the test.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	skipIfShort(t)
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			lack(t, p+" is missing: "+Install)
		}
	}
}

func skipIfShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs are not used with -short")
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

// Insert puts a card into the reader and returns when the service reports it.
func (s *Service) Insert(card vpcd.Card) {
	s.t.Helper()
	for deadline := time.Now().Add(stateLimit); ; {
		s.serve(card)
		if ok, seen := within(insertLimit, func() (bool, any) { return s.present(true) }); ok {
			return
		} else if time.Now().After(deadline) {
			s.t.Fatalf("no card in the reader after %v: %v", stateLimit, seen)
		}
		// pcscd polls its readers every 0.4 s and misses a card that was
		// reinserted between two polls after a failed command or reset: remove
		// it once more.
		s.withdraw()
		time.Sleep(pollTime)
	}
}

// serve connects the card to the reader.
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

// Remove removes the card, if any, and returns when the service reports that.
func (s *Service) Remove() {
	s.t.Helper()
	if s.withdraw() {
		s.awaitPresence(false)
	}
}

// withdraw disconnects the card and reports whether there was one.
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

// present reports whether the presence of a card in the reader is as wanted,
// and returns what the service reported.
func (s *Service) present(want bool) (bool, any) {
	readers, err := pcsc.System{}.Readers(context.Background())
	for _, r := range readers {
		if r.Name == s.reader && r.CardPresent == want {
			return true, nil
		}
	}
	return false, fmt.Sprint(readers, err)
}

// await polls until holds returns true, and fails the test with what holds saw
// if limit passes first.
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
