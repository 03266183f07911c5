// Package pcscdtest inserts virtual cards into a reader of the real PC/SC
// service, for tests. The service is pcscd with the virtual reader driver of
// vsmartcard. The package starts pcscd unless it is running.
//
// It is for tests only and needs no hardware. It is not for machines whose
// readers are in use: during a test the card is in the first slot of the
// virtual reader, where every program can use it.
//
// It needs Debian's packages pcscd and vsmartcard-vpcd, unchanged. All
// processes share the slots, and go test runs packages in parallel, so the
// package uses a file lock to make them take turns.
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
	slot   = "127.0.0.1:35963" // the first of the driver's two slots
	socket = "/run/pcscd/pcscd.comm"
	driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
)

// Limits that are well above the time needed if everything works.
const (
	turnLimit  = 10 * time.Minute
	startLimit = 30 * time.Second
	stateLimit = 20 * time.Second
)

const (
	insertLimit = 4 * time.Second // if pcscd sees a card at all, it takes less
	pollTime    = time.Second     // longer than pcscd's polling interval
)

// A Service is the PC/SC service with one virtual reader that is reserved for
// the test.
type Service struct {
	t      testing.TB
	reader string

	mu     sync.Mutex
	remove func()
}

// Use waits for this process's turn, starts pcscd unless it is running, and
// returns the service with an empty virtual reader. The end of the test empties
// the reader, and stops pcscd if Use has started it. If pcscd is missing or
// cannot be started by this user, or if the build does not support readers, Use
// skips the test, or fails it if CI=true is in the environment. With -short it
// always skips the test.
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
		// pcscd polls its readers every 0.4 s. After a failed command or reset,
		// it may miss a card that is inserted again before the next poll:
		// remove the card once more.
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

// Remove removes the card, if there is one, and returns when the service
// reports this.
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
