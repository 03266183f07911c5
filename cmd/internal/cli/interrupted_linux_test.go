package cli_test

import (
	"context"
	"os"
	"testing"
	"time"

	"natsuin/card/pcsc"
	"natsuin/cmd/internal/cli"
)

// A signal ends a run even while opening a file blocks, because the file system
// does not answer.
func TestASignalEndsTheWaitForAFileThatDoesNotOpen(t *testing.T) {
	for _, line := range lines(opens) {
		name := t.TempDir() + "/a.p7s"
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		args := arguments(line, name, toSign(t))
		held := hang(t, name)
		d := newFakeService()
		d.plug("ACME 00", laidCard(t))
		s := d.atTerminal(t, "en", args...)
		within(t, line+" opens the file", held.awaited)
		began := time.Now()
		d.signals <- os.Interrupt
		s.end(130)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%v: ended after %v", args, took)
		}
		held.answer()
	}
}

// A file that a signal keeps from being read is not judged by what was not
// read: neither as content in the place of a signature, nor as a second
// content.
func TestASignalWhileArgumentsAreToldApartIsNoUsageError(t *testing.T) {
	for _, line := range []string{"verify FILE OTHER.p7s", "verify OTHER.p7s OTHER FILE", "verify --json FILE OTHER.p7s"} {
		name, other := t.TempDir()+"/two.txt", toSign(t)
		for _, f := range []string{name, other + ".p7s"} {
			if err := os.WriteFile(f, []byte("text"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		held := hang(t, name)
		d := newFakeService()
		s := d.atTerminal(t, "en", arguments(line, name, other)...)
		within(t, line+" opens the file", held.awaited)
		d.signals <- os.Interrupt
		s.end(130)
		held.answer()
	}
}

// stuck is a PC/SC service that does not answer until the context ends.
type stuck struct{ *fakeService }

func (s stuck) List(ctx context.Context) ([]pcsc.Reader, error) {
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

func TestInterruptedDoctorReportsNothing(t *testing.T) {
	d := newFakeService()
	var out, errs written
	env := d.env(t, &out, &errs, []string{"--lang", "en", "doctor"})
	env.Readers = stuck{d}
	exit := make(chan int, 1)
	go func() { exit <- cli.Main(env) }()
	time.Sleep(50 * time.Millisecond)
	d.signals <- os.Interrupt
	if got := <-exit; got != 130 || out.String() != "" {
		t.Errorf("exit %d: %s%s", got, out.String(), errs.String())
	}
}
