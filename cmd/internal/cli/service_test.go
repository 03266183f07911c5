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

// A fakeService is a PC/SC service whose readers a test plugs in, and whose
// cards a test puts in and removes.
type fakeService struct {
	mu      sync.Mutex
	slots   []*slot
	waits   int           // the number of calls of Wait
	changed chan struct{} // closed at each change
	signals chan os.Signal
}

type slot struct {
	name  string
	card  *virtual.Card // nil if the reader is empty
	busy  bool          // another program uses the card exclusively
	inUse bool          // and the service reports this
	open  int           // the number of open transactions
}

func newFakeService() *fakeService {
	return &fakeService{changed: make(chan struct{}), signals: make(chan os.Signal, 1)}
}

// change changes the readers with do, and wakes all calls of Wait.
func (d *fakeService) change(do func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	do()
	close(d.changed)
	d.changed = make(chan struct{})
}

// plug adds a reader with a card, or an empty one if card is nil.
func (d *fakeService) plug(name string, card *virtual.Card) *slot {
	s := &slot{name: name, card: card}
	d.change(func() { d.slots = append(d.slots, s) })
	return s
}

// lift removes the card from a reader and returns it.
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

// Connect is as strict as pcsc.System: it fails if ctx has ended.
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

// A wire is a connection to the card that was in the reader when the connection
// was opened.
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

// TransmitContext abandons the answer when ctx ends. After that the connection
// cannot be used any more.
func (w *wire) TransmitContext(ctx context.Context, command []byte) ([]byte, error) {
	return giveUp(ctx, func() ([]byte, error) { return w.Transmit(bytes.Clone(command)) })
}

// giveUp calls transmit, and waits for the answer until ctx ends.
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

// cardState returns the state of a card with real keys and certificates, which
// are generated once.
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

// laidCard returns a My Number card. The changes are applied to its options.
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

// readings holds the cards that docs/card.md §2 allows: the verified state
// survives another SELECT of the application or does not, and an empty VERIFY
// is then answered with 9000 or with the count.
var readings = map[string]func(*virtual.Options){
	"drops, counts": func(*virtual.Options) {},
	"drops, 9000":   func(o *virtual.Options) { o.QueryAfterVerify = true },
	"keeps, counts": func(o *virtual.Options) { o.KeepVerified = true },
	"keeps, 9000":   func(o *virtual.Options) { o.KeepVerified, o.QueryAfterVerify = true, true },
}

// left gives a card n tries of the signature password.
func left(n int) func(*virtual.Options) {
	return func(o *virtual.Options) { o.State.Sign.Tries = n }
}

// env returns the Env of a run without a terminal.
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

// script makes a run without a terminal and returns its JSON object.
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

// secretFile writes lines to a file for --pin-from and returns its name.
func secretFile(t testing.TB, lines ...string) string {
	t.Helper()
	name := t.TempDir() + "/secret"
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "file:" + name
}
