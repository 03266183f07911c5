package cli_test

import (
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"natsuin/card/virtual"
	"natsuin/cmd/internal/terminal"
)

// A habit is an act at the terminal, with the entries of the person.
type habit struct {
	act
	old []string // what the person enters when asked for the current secret, in order, and then Ctrl-C
	new string
}

var habits = []habit{
	{act{name: "sign, wrong then right", args: []string{"sign"}, files: 2}, []string{markedWrong, marked}, ""},
	{act{name: "pin change, wrong then right", args: []string{"pin", "change", "sign"}}, []string{markedWrong, marked}, markedNew},
	{act{name: "sign, the same wrong twice", args: []string{"sign"}, files: 1}, []string{markedWrong, markedWrong, "WRONG2MARK75A"}, ""},
}

// atTheSeat lists the faults that are tested at the terminal.
var atTheSeat = append(slices.DeleteFunc(slices.Clone(faults), func(f fault) bool {
	return !slices.Contains([]string{
		"removed", "removed after it obeyed", "reset by another program", "reset unnoticed", "answer lost", "6F00 after it obeyed", "6982",
		"65,000 bytes of junk", "no answer, though it obeyed",
	}, f.name)
}), fault{name: "another program spends a try", strike: effect(virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Tries-- }))})

// TestFaultsAtTheTerminal runs each habit with each fault of atTheSeat at each
// exchange, or a sample of the cases. There must be no more VERIFYs than
// secrets typed, and the settings of the terminal must be restored.
func TestFaultsAtTheTerminal(t *testing.T) {
	cases, sampling := 0, newSampling(t)
	for _, h := range habits {
		dir := inputs(t, h.act)
		calm := &faultyService{card: newCard(t)}
		sitThrough(t, h, dir, calm)
		log := calm.card.Log()
		for _, f := range atTheSeat {
			for at, entry := range log {
				if !sampling.next() {
					continue
				}
				s := &faultyService{card: newCard(t)}
				s.card.Inject(virtual.Fault{At: at, Effect: f.strike(s)})
				r := sitThrough(t, h, dir, s)
				if len(r.invalid) > 0 {
					t.Errorf("%s, %s at exchange %d (%v): %s\n%s%s", h.name, f.name, at, entry.Op, strings.Join(r.invalid, "; "), r.out, r.err)
				}
				cases++
			}
		}
	}
	t.Logf("%d cases", cases)
}

// anyway is the end of the question whether to send a secret that was refused
// before.
const anyway = "Send it anyway? (yes / no): "

// prompted matches a question at the end of the screen.
var prompted = regexp.MustCompile(`(Signature password|Current signature password|New signature password|Repeat the new (signature password|authentication PIN)|\(yes / no\)): $`)

// sitThrough runs the program at the terminal until it ends, and checks the
// result.
func sitThrough(t *testing.T, h habit, dir string, s *faultyService) *run {
	t.Helper()
	clean(t, dir, h.act)
	c := thePTY()
	before, err := unix.IoctlGetTermios(3, unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	shown := func() string {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.screen.String()
	}
	seen := len(shown())
	begin := seen
	var r *run
	done := make(chan struct{})
	typed := atomic.Int32{}
	closeTerminal := func() error { return nil }
	defer func() { closeTerminal() }()
	go func() {
		defer close(done)
		open := func() (device *terminal.Terminal, err error) {
			if device, err = terminal.Open(); err == nil {
				closeTerminal = device.Close // the program closes it at its end
			}
			return device, err
		}
		r = performAt(open, h.act, dir, s, s.card, "--json", "--lang", "en", "--wait", "0")
	}()
	for limit := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		select {
		case <-done:
			r.act.given = int(typed.Load())
			if after, err := unix.IoctlGetTermios(3, unix.TCGETS); err != nil || *after != *before {
				r.wrong("the terminal is not set as it was")
			}
			const end = "that was all\r\n" // comes after everything that the run has shown
			if _, err := unix.Write(3, []byte(end[:len(end)-2]+"\n")); err != nil {
				t.Fatal(err)
			}
			for !strings.HasSuffix(shown(), end) {
				time.Sleep(time.Millisecond)
			}
			if err := unix.IoctlSetInt(3, unix.TCFLSH, unix.TCIFLUSH); err != nil { // discard what was typed ahead
				t.Fatal(err)
			}
			r.checkSeat(s, h, shown()[begin:])
			return r
		default:
		}
		if time.Now().After(limit) {
			t.Fatalf("%s does not end: %s", h.name, shown()[begin:])
		}
		question := prompted.FindString(shown()[seen:])
		if question == "" {
			continue
		}
		seen = len(shown())
		answer := h.new
		switch n := int(typed.Load()); {
		case strings.HasPrefix(question, "(yes"):
			answer = "yes"
			if strings.HasSuffix(shown(), anyway) { // the same wrong secret, and the card may be the one that refused it
				answer = "no"
			}
		case strings.HasPrefix(question, "New"), strings.HasPrefix(question, "Repeat"):
		case n < len(h.old):
			answer = h.old[n]
			typed.Add(1)
		default:
			answer = "\x03"
		}
		c.master.WriteString(answer + "\r")
	}
}

// checkSeat is like check, for a run in which several secrets may have been
// entered.
func (r *run) checkSeat(s *faultyService, h habit, screen string) {
	code := r.check()
	r.invalid = slices.DeleteFunc(r.invalid, func(s string) bool { // it may have been shown before the end
		return strings.HasPrefix(s, "a try is gone") || s == "done, with a wrong secret"
	})
	if code == "internal" || code == "" {
		r.wrong("code %q", code)
	}
	different := map[string]bool{}
	for _, secret := range h.old[:r.act.given] {
		different[secret] = secret != marked
	}
	wrongs := 0
	for _, wrong := range different {
		if wrong {
			wrongs++
		}
	}
	tally := s.card.Tally()
	if tally.Wrong > wrongs {
		r.wrong("%d wrong VERIFYs, and %d different wrong secrets were typed", tally.Wrong, wrongs)
	}
	told := (strings.Count(screen, "wrong signature password; ") + strings.Count(screen, "wrong authentication PIN; "))
	if r.exit == 6 || r.exit == 7 || r.exit == 9 {
		told++ // by the error
	}
	if tally.Wrong > told {
		r.wrong("%d tries are gone, and the person was told of %d", tally.Wrong, told)
	}
	r.invalid = append(r.invalid, s.owes()...)
	for _, secret := range []string{marked, markedNew, markedWrong} {
		if strings.Contains(screen, secret) {
			r.wrong("the screen shows a secret: %q", screen)
		}
	}
}
