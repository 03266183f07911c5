package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"natsuin/card/virtual"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/cli"
)

// A gate is an output whose writes block until it is opened.
type gate struct {
	reached chan struct{} // closed at the first Write
	opened  chan struct{}
	once    sync.Once
	mu      sync.Mutex
	bytes.Buffer
}

func newGate() *gate { return &gate{reached: make(chan struct{}), opened: make(chan struct{})} }

func (g *gate) Write(b []byte) (int, error) {
	g.once.Do(func() { close(g.reached) })
	<-g.opened
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.Buffer.Write(b)
}

// A transcript is standard error, which a test can read during the run.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *transcript) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// within waits until holds returns true, for 5 seconds at most.
func within(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 5 s: %s", what)
		}
	}
}

// free reports whether no transaction is open and the card was reset after the
// last command.
func (d *fakeService) free(s *slot) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return s.open == 0 && s.card.Fresh()
}

// A tap is a PC/SC service that passes each command to sent before the card
// gets it.
type tap struct {
	*fakeService
	sent func(command []byte)
}

type tapped struct {
	access.Connection
	sent func(command []byte)
}

func (r *tap) Connect(ctx context.Context, reader string) (access.Connection, error) {
	conn, err := r.fakeService.Connect(ctx, reader)
	if err != nil {
		return nil, err
	}
	return &tapped{conn, r.sent}, nil
}

func (c *tapped) Transmit(command []byte) ([]byte, error) {
	c.sent(command)
	return c.Connection.Transmit(command)
}

func (c *tapped) TransmitContext(ctx context.Context, command []byte) ([]byte, error) {
	c.sent(command)
	return c.Connection.TransmitContext(ctx, command)
}

// A pending is a run of sign in another goroutine.
type pending struct {
	service *fakeService
	slot    *slot
	card    *virtual.Card
	errs    *transcript
	exit    chan int
}

// beginSigning signs files in another goroutine. It calls signing once,
// immediately before the first signature.
func beginSigning(t *testing.T, out io.Writer, signing func(), args ...string) *pending {
	t.Helper()
	p := &pending{service: newFakeService(), card: laidCard(t), errs: &transcript{}, exit: make(chan int, 1)}
	p.slot = p.service.plug("reader", p.card)
	env := p.service.env(t, out, p.errs, append([]string{"sign", "--yes", "--pin-from", secretFile(t, signPassword)}, args...))
	signing = sync.OnceFunc(signing)
	env.Readers = &tap{p.service, func(command []byte) {
		if command[1] == 0x2A { // COMPUTE DIGITAL SIGNATURE
			signing()
		}
	}}
	go func() { p.exit <- cli.Main(env) }()
	return p
}

func (p *pending) ends(t *testing.T, within time.Duration, exit int) {
	t.Helper()
	select {
	case got := <-p.exit:
		if got != exit {
			t.Errorf("exit code %d, want %d: %s", got, exit, p.errs)
		}
	case <-time.After(within):
		t.Fatalf("the run has not ended after %v", within)
	}
}

func (p *pending) signatures() int { return p.card.Tally().Signatures }

// leases are files whose opening blocks until answer is called, as on a file
// system that does not answer.
type leases []*os.File

// hang takes a write lease of each file (fcntl(2), F_SETLEASE), which is broken
// only after /proc/sys/fs/lease-break-time, 45 seconds. The files must not be
// open.
func hang(t *testing.T, files ...string) leases {
	var held leases
	for _, name := range files {
		f, err := os.Open(name)
		if err == nil {
			held = append(held, f)
			_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK)
		}
		if err != nil {
			t.Errorf("lease of %s: %v", name, err)
		}
	}
	t.Cleanup(held.answer)
	return held
}

func (l leases) answer() {
	for _, f := range l {
		f.Close()
	}
}

// awaited reports whether somebody waits for each of the files to open.
func (l leases) awaited() bool {
	for _, f := range l {
		if kind, err := unix.FcntlInt(f.Fd(), unix.F_GETLEASE, 0); err != nil || kind == unix.F_WRLCK {
			return false
		}
	}
	return true
}

func TestTheCardIsFreeWhileTheOutputIsNotRead(t *testing.T) {
	m, out := newBatch(t, 1), newGate()
	p := beginSigning(t, out, func() {}, "--attached", "-o", "-", m.files[0])
	<-out.reached
	within(t, "the card is reset and its transaction ended", func() bool { return p.service.free(p.slot) })
	close(out.opened)
	p.ends(t, 5*time.Second, 0)
	if content, err := os.ReadFile(m.files[0]); err != nil || !bytes.Contains(out.Bytes(), content) {
		t.Errorf("the output lacks the content: %v", err)
	}
}

func TestASignalEndsTheWaitForAnOutputThatIsNotRead(t *testing.T) {
	m, out := newBatch(t, 1), newGate()
	defer close(out.opened)
	p := beginSigning(t, out, func() {}, "--attached", "-o", "-", m.files[0])
	<-out.reached
	p.service.signals <- unix.SIGTERM
	p.ends(t, time.Second, 130)
	if !p.service.free(p.slot) {
		t.Error("the card is not free")
	}
}

func TestBatchOfHungWritersMakesEverySignatureAndFreesTheCard(t *testing.T) {
	m := newBatch(t, 20)
	p, held := beginHanging(t, m.files, m.files)
	within(t, "20 signatures", func() bool { return p.signatures() == 20 })
	within(t, "the card is reset and its transaction ended", func() bool { return p.service.free(p.slot) })
	select {
	case <-p.exit:
		t.Fatal("the run ended before its files were written")
	default:
	}
	held.answer()
	p.ends(t, 10*time.Second, 0)
	for _, f := range m.files {
		if _, err := os.Stat(f + ".p7m"); err != nil {
			t.Error(err)
		}
	}
}

// beginHanging signs files. Opening those in hung blocks once all are hashed.
func beginHanging(t *testing.T, files, hung []string) (p *pending, held leases) {
	t.Helper()
	signing := make(chan struct{})
	p = beginSigning(t, io.Discard, func() {
		held = hang(t, hung...)
		close(signing)
	}, append([]string{"--attached"}, files...)...)
	<-signing
	return p, held
}

func TestASignalEndsTheWaitForHungWritersAndLeavesNoHalfFile(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the limit in real time")
	}
	m := newBatch(t, 10)
	p, _ := beginHanging(t, m.files, m.files[1:])
	within(t, "10 signatures", func() bool { return p.signatures() == 10 })
	within(t, "the first file is written", func() bool { return exists(m.files[0] + ".p7m") })
	p.service.signals <- unix.SIGINT
	p.ends(t, 4*time.Second, 130)
	for _, f := range m.files[1:] {
		if exists(f + ".p7m") {
			t.Errorf("%s.p7m is there", f)
		}
	}
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

func TestBatchLinesComeAsEachFileIsDurable(t *testing.T) {
	m := newBatch(t, 4)
	p, held := beginHanging(t, m.files, m.files[1:2])
	line := func(i int) string {
		return "signed: " + m.files[i] + " -> " + m.files[i] + ".p7m\n"
	}
	for _, i := range []int{0, 2, 3} {
		within(t, "the line of a file that is written", func() bool { return strings.Contains(p.errs.String(), line(i)) })
		if !exists(m.files[i] + ".p7m") {
			t.Errorf("a line for %s, which is not there", filepath.Base(m.files[i]))
		}
	}
	if said := p.errs.String(); strings.Contains(said, line(1)) || strings.Contains(said, "of 4") {
		t.Errorf("said too early: %s", said)
	}
	held.answer()
	p.ends(t, 5*time.Second, 0)
	if said := p.errs.String(); !strings.HasSuffix(said, line(1)+"4 of 4 files signed.\n") {
		t.Errorf("at the end: %s", said)
	}
}
