//go:build linux

package main_test

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"natsuin/card/pcsc"
	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/virtual"
)

// soon is short enough to seem immediate. A busy reader is retried for longer,
// and a slow card answers only when it is released.
const soon = 1500 * time.Millisecond

// exitsSoon waits for the end of a run that must not wait for anything else.
func (p *process) exitsSoon(exit int) {
	p.box.t.Helper()
	ended := make(chan result, 1)
	go func() { ended <- p.end() }()
	select {
	case r := <-ended:
		if r.exit != exit {
			p.box.t.Errorf("exit %d, want %d: %s%s", r.exit, exit, p.out.String(), p.err.String())
		}
	case <-time.After(soon):
		p.box.t.Error("the run waits after the signal")
		p.Process.Kill()
		<-ended
	}
}

// holdReader uses the reader exclusively, as another program would.
func holdReader(t *testing.T, name string) (release func()) {
	t.Helper()
	conn, err := pcsc.System{}.Connect(context.Background(), name)
	if err == nil {
		err = conn.Begin(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { conn.Leave() }
}

// A signal that comes before the VERIFY was sent prevents it and ends the run
// at once, both while another program uses the reader and while the card is
// slow.
func TestASignalBeforeTheVerifyWithdrawsIt(t *testing.T) {
	t.Parallel()
	const wrong = "WRONG1234"
	sign := []string{"sign", "--yes", "@a"}
	change := []string{"pin", "change", "sign"}
	for _, c := range []struct {
		name   string
		args   []string
		typed  []string // nil if --pin-from gives them
		prompt []string
		at     virtual.Op // the command that the card is slow with; without one, another program uses the reader
		signal string     // a key or a signal
	}{
		{"busy reader, Ctrl-C", sign, []string{wrong}, []string{"Signature password: "}, 0, "\x03"},
		{"busy reader, SIGTERM", sign, []string{wrong}, []string{"Signature password: "}, 0, "TERM"},
		{"slow SELECT, Ctrl-C", sign, []string{wrong}, []string{"Signature password: "}, virtual.OpSelectApplication, "\x03"},
		{"slow query, Ctrl-C", sign, []string{wrong}, []string{"Signature password: "}, virtual.OpQuery, "\x03"},
		{"change, busy reader, Ctrl-C", change, []string{wrong, "FRESH8MARK53Y", "FRESH8MARK53Y"}, []string{"Current ", "New ", "Repeat "}, 0, "\x03"},
		{"change, slow query, SIGHUP", change, []string{wrong, "FRESH8MARK53Y", "FRESH8MARK53Y"}, []string{"Current ", "New ", "Repeat "}, virtual.OpQuery, "HUP"},
		{"script, slow SELECT, SIGTERM", sign, nil, nil, virtual.OpSelectApplication, "TERM"},
		{"script, slow query, SIGQUIT", sign, nil, nil, virtual.OpQuery, "QUIT"},
		{"script, busy reader, SIGINT", sign, nil, nil, 0, "INT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBox(t).inputs()
			card := newHeldCard(t, b.store)
			card.Replace(func(s *virtual.State) { s.Sign.Tries = 5 })
			service := pcscdtest.UseOne(t)
			service.Insert(card)
			slow := func() {
				if c.at != 0 {
					card.thinking(c.at)
				}
			}
			p := b.command(append(copyOf(c.args), "--reader", service.Reader(), "--lang", "en")...)
			s := newScreen(t)
			release := func() {}
			if c.typed == nil {
				p.Args = append(p.Args, "--pin-from", "stdin")
				p.Stdin = strings.NewReader(wrong + "\n")
				slow()
				if c.at == 0 {
					release = holdReader(t, service.Reader())
				}
			} else {
				p.Stdin, p.Stdout, p.Stderr = s.slave, s.slave, s.slave
				p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
			}
			b.must(p.Start())
			for i, typed := range c.typed {
				s.await(c.prompt[i])
				if i == len(c.typed)-1 {
					slow()
					if c.at == 0 {
						release = holdReader(t, service.Reader())
					}
				}
				s.master.WriteString(typed + "\r")
			}
			if c.at != 0 {
				<-card.reached
			} else {
				time.Sleep(300 * time.Millisecond) // it is waiting for the reader by now
			}
			if signal := signalNames[c.signal]; signal != 0 {
				b.must(p.Process.Signal(signal))
			} else {
				s.master.WriteString(c.signal)
			}
			p.exitsSoon(130)
			close(card.release)
			release()
			time.Sleep(500 * time.Millisecond) // long enough for a command to arrive that should not be sent
			if tally := card.Tally(); tally.Right+tally.Wrong+tally.Changes != 0 || card.State().Sign.Tries != 5 {
				t.Errorf("the card saw %+v, %d tries are left", tally, card.State().Sign.Tries)
			}
			b.only("a", "b", "c")
		})
	}
}

var signalNames = map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT}
