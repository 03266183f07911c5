package pcsc_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"natsuin/card/pcsc"
	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/virtual"
)

// look returns the current state of the reader with this name.
func look(t *testing.T, name string) pcsc.Reader {
	t.Helper()
	readers, err := pcsc.System{}.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readers {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("reader %q is not among %+v", name, readers)
	return pcsc.Reader{}
}

func TestReadersShowTheCardAndWhatIsVirtual(t *testing.T) {
	service := pcscdtest.Use(t)
	empty := look(t, service.Reader())
	if !empty.Virtual || empty.CardPresent || empty.InUse || empty.ATR != nil {
		t.Errorf("empty virtual reader: %+v", empty)
	}

	card := virtual.New(virtual.Options{})
	service.Insert(card)
	full := look(t, service.Reader())
	if !full.CardPresent || !bytes.Equal(full.ATR, card.ATR()) {
		t.Errorf("reader with a card: %+v, want ATR %X", full, card.ATR())
	}
	if n := card.Tally().Exchanges; n != 0 {
		t.Errorf("looking at readers sent %d commands to the card", n)
	}
}

func TestWaitEndsWithTheContextsCause(t *testing.T) {
	pcscdtest.Use(t)
	known, err := pcsc.System{}.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	waited := make(chan error, 1)
	go func() { waited <- pcsc.System{}.Wait(ctx, known) }()
	select {
	case err := <-waited:
		t.Fatalf("nothing changed, and Wait returned %v", err)
	default:
	}
	cancel(cause)
	if err := <-waited; !errors.Is(err, cause) {
		t.Errorf("Wait returned %v, want %v", err, cause)
	}
}

func TestWaitEndsWhenACardComesAndGoes(t *testing.T) {
	service := pcscdtest.Use(t)
	for _, step := range []struct {
		name    string
		act     func()
		present bool
	}{
		{"insertion", func() { service.Insert(virtual.New(virtual.Options{})) }, true},
		{"removal", service.Remove, false},
	} {
		known, err := pcsc.System{}.Readers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		waited := make(chan error, 1)
		go func() { waited <- pcsc.System{}.Wait(t.Context(), known) }()
		step.act()
		if err := <-waited; err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if r := look(t, service.Reader()); r.CardPresent != step.present {
			t.Errorf("%s: card present is %v", step.name, r.CardPresent)
		}
	}
}

func TestWaitEndsAtOnceWhenReadersDifferFromTheKnown(t *testing.T) {
	service := pcscdtest.Use(t)
	for name, known := range map[string][]pcsc.Reader{
		"none known":     nil,
		"another known":  {{Name: "A Reader That Was Unplugged"}},
		"card had lain":  {{Name: service.Reader(), CardPresent: true}},
		"one too many":   append([]pcsc.Reader{{Name: "Gone"}}, look(t, service.Reader())),
		"in other order": {{Name: "Virtual PCD 00 01"}, {Name: service.Reader()}},
	} {
		if err := (pcsc.System{}).Wait(t.Context(), known); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// childVariable is the environment variable that marks a process started by
// inChild.
const childVariable = "NATSUIN_TEST_CHILD"

// inChild runs the test in a process of its own, because pcsc-lite reads the
// path of its socket only once in a process. It reports whether this is that
// process.
func inChild(t *testing.T, socket string) bool {
	t.Helper()
	if !pcsc.Available() {
		if os.Getenv("CI") == "true" {
			t.Fatal("built without reader support: build with cgo and libpcsclite-dev")
		}
		t.Skip("built without reader support")
	}
	if runtime.GOOS != "linux" {
		t.Skip("pcsc-lite alone can be pointed elsewhere")
	}
	if os.Getenv(childVariable) != "" {
		return true
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), childVariable+"=1", "PCSCLITE_CSOCK_NAME="+socket)
	out, err := child.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

func TestWithoutServiceEveryCallSaysSo(t *testing.T) {
	if !inChild(t, filepath.Join(t.TempDir(), "nobody")) {
		return
	}
	_, listErr := pcsc.System{}.Readers(t.Context())
	_, connectErr := pcsc.System{}.Connect(t.Context(), "Any Reader")
	for op, err := range map[string]error{
		"readers": listErr,
		"wait":    pcsc.System{}.Wait(t.Context(), nil),
		"connect": connectErr,
	} {
		var e *pcsc.Error
		if !errors.Is(err, pcsc.ErrNoService) || !errors.As(err, &e) || e.Code.String() != "0x8010001D" {
			t.Errorf("%s: %v, want ErrNoService with its code", op, err)
		}
	}
}

func TestServiceThatHangsHoldsNobodyUp(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for its limits in real time")
	}
	socket := filepath.Join(t.TempDir(), "silent")
	if os.Getenv(childVariable) == "" {
		listener, err := net.Listen("unix", socket) // accepts connections and never answers
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
	}
	if !inChild(t, socket) {
		return
	}
	if _, err := hasty.Readers(t.Context()); !errors.Is(err, pcsc.ErrTimeout) {
		t.Errorf("readers: %v, want ErrTimeout", err)
	}
	if _, err := hasty.Connect(t.Context(), "Any Reader"); !errors.Is(err, pcsc.ErrBusy) {
		t.Errorf("connect: %v, want ErrBusy", err)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(cause) })
	if err := (pcsc.System{}).Wait(ctx, nil); !errors.Is(err, cause) {
		t.Errorf("wait: %v, want %v", err, cause)
	}
}
