package cli_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/virtual"
	"natsuin/cmd/internal/cli"
)

// TestFaultsThroughPCSC runs a part of the fault matrix with a card in a reader
// of the real PC/SC service. Each act is run with every second fault that such
// a card can have, at one exchange each, and with one or two faults at each
// VERIFY and CHANGE that hide the outcome.
func TestFaultsThroughPCSC(t *testing.T) {
	service := pcscdtest.Use(t)
	s := &sample{service: service, card: newCard(t)}
	service.Insert(s.card)
	for i, a := range acts {
		dir := inputs(t, a)
		calm := s.play(t, a, dir, nil)
		if code := calm.check(); calm.invalid != nil || code != "ok" && code != "wrong-pin" {
			t.Fatalf("%s without a fault: %v: %s", a.name, calm.invalid, calm.out)
		}
		log := s.card.Log()
		for j, f := range faults {
			if slices.Contains(atTheCard, f.name) && (i+j)%2 == 0 {
				s.strike(t, a, dir, f, s.cases*5%len(log), log)
			}
			if f.name != "6F00 after it obeyed" && (f.name != "removed after it obeyed" || strings.Contains(a.name, "wrong")) {
				continue
			}
			for at, entry := range log {
				if entry.Op == virtual.OpVerify || entry.Op == virtual.OpChange {
					s.strike(t, a, dir, f, at, log)
				}
			}
		}
	}
	t.Logf("%d cases", s.cases)
	if s.cases < 60 {
		t.Errorf("only %d cases", s.cases)
	}
}

// notEmpty replaces an empty answer by one byte, because an empty answer makes
// vpcd's driver hang.
func notEmpty(e virtual.Effect) virtual.Effect {
	return func(x *virtual.Exchange) ([]byte, error) {
		answer, err := e(x)
		if err == nil && len(answer) == 0 {
			answer = []byte{0x90}
		}
		return answer, err
	}
}

// atTheCard lists the faults that a card in a reader can cause itself.
var atTheCard = []string{
	"removed", "removed after it obeyed", "reset unnoticed", "6F00", "6F00 after it obeyed", "6982", "6985",
	"truncated to one byte", "data cut short", "without status", "65,000 bytes of junk", "wrong certificate", "certificate of another key",
}

// theSystem is the Env of this process, made once because it takes the signals.
// The tests act as the shell that continues the process.
var theSystem = sync.OnceValue(func() *cli.Env {
	env := cli.OS()
	if env.Jobs != nil {
		env.Jobs.HasShell = func() bool { return true }
	}
	return env
})

// A sample is the reader and the card that all cases use.
type sample struct {
	service *pcscdtest.Service
	card    *virtual.Card
	cases   int
}

// play resets the state of the card, and runs an act with a fault.
func (s *sample) play(t *testing.T, a act, dir string, fault *virtual.Fault) *run {
	t.Helper()
	clean(t, dir, a)
	fresh := newCard(t).State()
	s.card.Replace(func(state *virtual.State) { *state = fresh })
	s.card.ClearFaults()
	s.card.ClearLog()
	if fault != nil {
		s.card.Inject(*fault)
	}
	return perform(a, dir, theSystem().Readers, s.card, "--json", "--lang", "ja", "--reader", s.service.Reader())
}

func (s *sample) strike(t *testing.T, a act, dir string, f fault, at int, log []virtual.Entry) {
	t.Helper()
	s.cases++
	r := s.play(t, a, dir, &virtual.Fault{At: at, Effect: notEmpty(f.strike(&faultyService{card: s.card}))})
	got := r.check()
	allowed := append([]string{"card-removed"}, f.codes...) // the service takes a malformed answer for a removed card
	if op := log[at].Op; op == virtual.OpVerify || op == virtual.OpChange {
		allowed = f.secret
	}
	if got != "ok" && got != "wrong-pin" && !slices.Contains(allowed, got) {
		r.wrong("code %s, want one of %v", got, allowed)
	}
	gone := strings.HasPrefix(f.name, "removed")
	if !gone && s.card.PINSelected() {
		r.wrong("the card is not reset")
	}
	if r.invalid != nil {
		t.Errorf("%s, %s at exchange %d (%v): %s\n%s", a.name, f.name, at, log[at].Op, strings.Join(r.invalid, "; "), r.out)
	}
	if gone {
		s.service.Remove()
		// pcscd polls readers every 0.4 s. It does not notice a card that is
		// back before the next poll, after a reset has failed.
		time.Sleep(time.Second)
		s.service.Insert(s.card)
	}
}
