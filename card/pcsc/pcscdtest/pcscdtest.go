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
	"errors"
	"fmt"
	"io"
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

	"github.com/gofrs/flock"

	"natsuin/card/pcsc"
	"natsuin/card/virtual/vpcd"
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

const (
	insertLimit = 4 * time.Second // if pcscd sees a card at all, it takes less
	removeLimit = 4 * time.Second // the same for its removal
	pollTime    = time.Second / 2 // longer than pcscd's polling interval, which is 0.4 s
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

// Need skips the test with -short, or if one of the programs is missing. If
// CI=true is in the environment, a missing program fails the test instead.
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

func skipUnlessPossible(t testing.TB) {
	t.Helper()
	skipIfShort(t)
	if !pcsc.Available() {
		lack(t, "built without reader support: set CGO_ENABLED=1 and "+Install+" libpcsclite-dev")
	}
}

// takeTurn waits until the test may use one of the slots, or all of them, and
// returns the first. No other test gets them until end is called.
//
// Only one test at a time waits for slots. Otherwise a test that waits for all
// of them might wait until no other test wants one.
func takeTurn(t testing.TB, all bool) (slot int, end func()) {
	t.Helper()
	deadline := time.Now().Add(turnLimit)
	lock := func(names ...string) (int, func()) {
		t.Helper()
		for ; time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			for i, name := range names {
				lock := flock.New(filepath.Join(os.TempDir(), "natsuin-pcscd"+name+".lock"), flock.SetPermissions(0o666))
				if ok, err := lock.TryLock(); err != nil {
					t.Fatal(err)
				} else if ok {
					return i, func() { lock.Unlock() }
				}
			}
		}
		t.Fatalf("no virtual reader is free after %v", turnLimit)
		return 0, nil
	}
	_, next := lock("")
	defer next()
	if !all {
		return lock("-0", "-1")
	}
	_, endFirst := lock("-0")
	_, endSecond := lock("-1")
	return 0, func() { endSecond(); endFirst() }
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
		s.withdraw()
		time.Sleep(pollTime)
	}
}

// serve connects the card to the reader.
func (s *Service) serve(card vpcd.Card) {
	s.t.Helper()
	conn, err := vpcd.Dial(context.Background(), slots[s.slot]) // the context of a test ends before its Cleanup
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

// Remove removes the card, if there is one, and returns when the service
// reports this.
func (s *Service) Remove() {
	s.t.Helper()
	early, _ := s.present(false)
	if !s.withdraw() {
		return
	}
	s.awaitEmpty()
	if early {
		// After a failed command or reset, pcscd reports an empty reader, but
		// misses a card that is inserted again before it polls the reader.
		time.Sleep(pollTime)
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

// awaitEmpty returns when the service reports that the reader is empty.
func (s *Service) awaitEmpty() {
	s.t.Helper()
	for deadline := time.Now().Add(stateLimit); ; {
		if ok, seen := within(removeLimit, func() (bool, any) { return s.present(false) }); ok {
			return
		} else if time.Now().After(deadline) {
			s.t.Fatalf("no empty reader after %v: %v", stateLimit, seen)
		}
		// If a card is removed while pcscd resets it for a client that has
		// died, pcscd may report it until another card comes and goes.
		s.serve(blank{})
		time.Sleep(pollTime)
		s.withdraw()
	}
}

// A blank is a card without an application.
type blank struct{}

func (blank) ATR() []byte { return []byte{0x3B, 0x00} }
func (blank) PowerUp()    {}
func (blank) PowerDown()  {}
func (blank) Reset()      {}

// Transmit answers that the instruction is not supported.
func (blank) Transmit([]byte) ([]byte, error) { return []byte{0x6D, 0x00}, nil }

// present reports whether the presence of a card in the reader is as wanted. It
// also returns the report of the service.
func (s *Service) present(want bool) (bool, any) {
	readers, err := pcsc.System{}.Readers(context.Background())
	for _, r := range readers {
		if r.Name == s.reader && r.CardPresent == want {
			return true, nil
		}
	}
	return false, fmt.Sprint(readers, err)
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
