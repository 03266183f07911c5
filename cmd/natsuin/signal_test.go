//go:build linux

package main_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/virtual"
)

// thinking makes the card hold the answer to the first command of this kind
// until it is released.
func (c *heldCard) thinking(op virtual.Op) {
	c.Inject(virtual.Fault{
		When: virtual.On(op),
		Effect: func(x *virtual.Exchange) ([]byte, error) {
			c.hold()
			return x.Run(), nil
		},
	})
}

// A signal while the card checks a secret does not end the run at once. The
// program waits for the answer, reports it, and does nothing more. The report
// agrees with the count of the card.
func TestASignalWhileTheCardThinksWaitsForItsAnswer(t *testing.T) {
	t.Parallel()
	const wrong = "WRONG1234"
	change := []string{"pin", "change", "sign"}
	sign := []string{"sign", "--yes", "@a"}
	prompts := []string{"Signature password: "}
	changing := []string{"Current ", "New ", "Repeat "}
	for _, c := range []struct {
		name   string
		args   []string
		typed  []string // nil if --pin-from gives them
		prompt []string
		over   virtual.Op
		signal syscall.Signal
		exit   int
		says   string
		tries  int
		secret string
	}{
		{"sign, right", sign, []string{marked}, prompts, virtual.OpVerify, syscall.SIGINT, 130, "interrupted", 5, marked},
		{"sign, wrong", sign, []string{wrong}, prompts, virtual.OpVerify, syscall.SIGTERM, 130, "4 tries", 4, marked},
		{"sign, wrong, script", sign, nil, nil, virtual.OpVerify, syscall.SIGINT, 6, `"tries_left":{"sign":4}`, 4, marked},
		{"change, old password", change, []string{marked, markedNew, markedNew}, changing, virtual.OpVerify, syscall.SIGHUP, 130, "was not changed", 5, marked},
		{"change, wrong old password", change, []string{wrong, markedNew, markedNew}, changing, virtual.OpVerify, syscall.SIGINT, 130, "4 tries", 4, marked},
		// The change was made. If the run reported otherwise, the person would
		// repeat it with the old password.
		{"change, new password", change, []string{marked, markedNew, markedNew}, changing, virtual.OpChange, syscall.SIGINT, 0, "was changed", 5, markedNew},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBox(t).inputs()
			card := newHeldCard(t, b.store)
			card.thinking(c.over)
			service := pcscdtest.UseOne(t)
			service.Insert(card)

			p := b.command(append(copyOf(c.args), "--reader", service.Reader())...)
			s := newScreen(t)
			if c.typed == nil {
				p.Args = append(p.Args, "--json", "--pin-from", "stdin")
				p.Stdin = strings.NewReader(wrong + "\n")
			} else {
				p.Stdin, p.Stdout, p.Stderr = s.slave, s.slave, s.slave
				p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
			}
			b.must(p.Start())
			for i, typed := range c.typed {
				s.await(c.prompt[i])
				s.master.WriteString(typed + "\r")
			}
			<-card.reached
			b.must(p.Process.Signal(c.signal))
			time.Sleep(300 * time.Millisecond) // long enough for a program to end that does not wait
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
			b.must(err)
			if strings.Contains(string(stat), ") Z ") {
				t.Error("the program did not wait")
			}
			close(card.release)
			r := p.end()
			if c.typed != nil {
				s.await(c.says)
			} else if !strings.Contains(p.out.String(), c.says) {
				t.Errorf("said %s%s, want %s", p.out.String(), p.err.String(), c.says)
			}
			if r.exit != c.exit {
				t.Errorf("exit %d, want %d: %s", r.exit, c.exit, s.whole())
			}
			state := card.State()
			if state.Sign.Tries != c.tries || string(state.Sign.Secret) != c.secret {
				t.Errorf("the card holds %d tries and %q", state.Sign.Tries, state.Sign.Secret)
			}
			if tally := card.Tally(); tally.Right+tally.Wrong != 1 || tally.Signatures != 0 {
				t.Errorf("the card saw %+v", tally)
			}
			if !card.Fresh() {
				t.Error("the card was not left reset")
			}
			b.only("a", "b", "c")
		})
	}
}
