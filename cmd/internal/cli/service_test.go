package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"natsuin/card/pcsc"
	"natsuin/card/practice"
	"natsuin/card/virtual"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/terminal"
)

// A fakeService is a PC/SC service with readers that a test plugs in and cards that it lays
// down and lifts.
type fakeService struct {
	mu      sync.Mutex
	slots   []*slot
	waits   int           // calls of Wait
	changed chan struct{} // closed at each change
	signals chan os.Signal
}

type slot struct {
	name  string
	card  *virtual.Card // nil: empty
	busy  bool          // another program has it
	inUse bool          // and the service says so
	open  int           // transactions begun and not ended
}

func newFakeService() *fakeService {
	return &fakeService{changed: make(chan struct{}), signals: make(chan os.Signal, 1)}
}

// change does something to the readers, and whoever waits looks again.
func (d *fakeService) change(do func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	do()
	close(d.changed)
	d.changed = make(chan struct{})
}

// plug adds a reader with a card, or an empty one.
func (d *fakeService) plug(name string, card *virtual.Card) *slot {
	s := &slot{name: name, card: card}
	d.change(func() { d.slots = append(d.slots, s) })
	return s
}

// lift takes the card out of a reader and returns it.
func (d *fakeService) lift(s *slot) (card *virtual.Card) {
	d.change(func() {
		card, s.card = s.card, nil
		card.PowerDown()
	})
	return card
}

func (d *fakeService) lay(s *slot, card *virtual.Card) {
	d.change(func() {
		card.PowerUp()
		s.card = card
	})
}

func (d *fakeService) List(context.Context) ([]pcsc.Reader, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.look(), nil
}

func (d *fakeService) look() []pcsc.Reader {
	var readers []pcsc.Reader
	for _, s := range d.slots {
		readers = append(readers, pcsc.Reader{Name: s.name, CardPresent: s.card != nil, InUse: s.inUse, Virtual: strings.HasPrefix(s.name, "Virtual PCD")})
	}
	return readers
}

func (d *fakeService) Wait(ctx context.Context, known []pcsc.Reader) error {
	d.mu.Lock()
	d.waits++
	d.mu.Unlock()
	for {
		d.mu.Lock()
		now, changed := d.look(), d.changed
		d.mu.Unlock()
		if !slices.EqualFunc(now, known, func(a, b pcsc.Reader) bool { return a.Name == b.Name && a.CardPresent == b.CardPresent }) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Connect is as strict as pcsc.System: a context that has ended connects to nothing.
func (d *fakeService) Connect(ctx context.Context, reader string) (access.Connection, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.slots {
		switch {
		case s.name != reader:
		case s.busy:
			return nil, &pcsc.Error{Op: "connect", Reader: reader, Err: pcsc.ErrBusy}
		case s.card == nil:
			return nil, &pcsc.Error{Op: "connect", Reader: reader, Err: pcsc.ErrNoCard}
		default:
			return &wire{service: d, slot: s, card: s.card}, nil
		}
	}
	return nil, &pcsc.Error{Op: "connect", Reader: reader, Err: pcsc.ErrNoReader}
}

// A wire is a connection to the card that was in the reader when it was made.
type wire struct {
	service *fakeService
	slot    *slot
	card    *virtual.Card
	begun   bool
}

func (w *wire) Reader() string { return w.slot.name }

func (w *wire) gone(op string) error {
	w.service.mu.Lock()
	defer w.service.mu.Unlock()
	if w.slot.card != w.card {
		return &pcsc.Error{Op: op, Reader: w.slot.name, Err: pcsc.ErrRemoved}
	}
	return nil
}

func (w *wire) Begin(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := w.gone("begin"); err != nil {
		return err
	}
	w.count(true)
	return nil
}

func (w *wire) count(begun bool) {
	w.service.mu.Lock()
	defer w.service.mu.Unlock()
	switch {
	case begun && !w.begun:
		w.slot.open++
	case !begun && w.begun:
		w.slot.open--
	}
	w.begun = begun
}

func (w *wire) Transmit(command []byte) ([]byte, error) {
	if !w.begun {
		return nil, &pcsc.Error{Op: "transmit", Reader: w.slot.name, Err: pcsc.ErrNoTransaction}
	}
	if err := w.gone("transmit"); err != nil {
		return nil, err
	}
	answer, err := w.card.Transmit(command)
	if err != nil {
		return nil, &pcsc.Error{Op: "transmit", Reader: w.slot.name, Err: pcsc.ErrRemoved}
	}
	return answer, nil
}

// TransmitContext gives the answer up when ctx ends, and the connection with it.
func (w *wire) TransmitContext(ctx context.Context, command []byte) ([]byte, error) {
	return giveUp(ctx, func() ([]byte, error) { return w.Transmit(bytes.Clone(command)) })
}

// giveUp waits for an answer until ctx ends.
func giveUp(ctx context.Context, transmit func() ([]byte, error)) (answer []byte, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	type result struct {
		answer []byte
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := transmit()
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (w *wire) End(reset bool) error {
	w.count(false)
	if reset && w.gone("end") == nil {
		w.card.Reset()
	}
	return w.gone("end")
}

func (w *wire) Leave() error {
	w.count(false)
	return nil
}

func (w *wire) Close() error {
	w.count(false)
	if w.gone("close") == nil {
		w.card.Reset()
	}
	return nil
}

// The state of a card with real keys and certificates, made once.
var cardState = sync.OnceValues(func() (virtual.State, error) {
	dir, err := os.MkdirTemp("", "natsuin-cli")
	if err != nil {
		return virtual.State{}, err
	}
	defer os.RemoveAll(dir)
	conn, err := practice.Open(practice.Options{Dir: dir}).Connect(context.Background())
	if err != nil {
		return virtual.State{}, err
	}
	defer conn.Close()
	return conn.Card().State(), nil
})

const (
	signPassword = "RENSHU123"
	authPIN      = "1234"
)

// laidCard is a My Number card for the service; options may change how it behaves.
func laidCard(t testing.TB, change ...func(*virtual.Options)) *virtual.Card {
	t.Helper()
	state, err := cardState()
	if err != nil {
		t.Fatal(err)
	}
	o := virtual.Options{State: state}
	for _, c := range change {
		c(&o)
	}
	return virtual.New(o)
}

// readings are the cards that docs/card.md §2 leaves possible: the verified
// state outlives a new SELECT of the application or not, and the query is then
// answered 9000 or not.
var readings = map[string]func(*virtual.Options){
	"drops, counts": func(*virtual.Options) {},
	"drops, 9000":   func(o *virtual.Options) { o.QueryAfterVerify = true },
	"keeps, counts": func(o *virtual.Options) { o.KeepVerified = true },
	"keeps, 9000":   func(o *virtual.Options) { o.KeepVerified, o.QueryAfterVerify = true, true },
}

// left makes a card with so many tries of the signature password.
func left(n int) func(*virtual.Options) {
	return func(o *virtual.Options) { o.State.Sign.Tries = n }
}

// env is a run away from a terminal.
func (d *fakeService) env(t testing.TB, out, errs io.Writer, args []string) *cli.Env {
	t.Helper()
	home := t.TempDir()
	return &cli.Env{
		Args: args,
		Streams: &console.Streams{
			In: strings.NewReader(""), Out: out, Err: errs,
			Terminal: func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal },
		},
		Getenv:  func(name string) string { return map[string]string{"HOME": home}[name] },
		Now:     time.Now,
		Readers: d,
		Signals: d.signals,
	}
}

// script runs away from a terminal and returns the JSON object.
func (d *fakeService) script(t *testing.T, exit int, args ...string) map[string]any {
	t.Helper()
	var out, errs bytes.Buffer
	got := cli.Main(d.env(t, &out, &errs, append([]string{"--json"}, args...)))
	var object map[string]any
	if err := json.Unmarshal(out.Bytes(), &object); err != nil {
		t.Fatalf("%v: %q", err, out.String())
	}
	if got != exit {
		t.Fatalf("exit code %d, want %d: %s", got, exit, out.String())
	}
	return object
}

// secretFile holds lines for --pin-from.
func secretFile(t testing.TB, lines ...string) string {
	t.Helper()
	name := t.TempDir() + "/secret"
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "file:" + name
}
