//go:build linux

package main_test

import (
	"syscall"
	"testing"
	"time"

	"natsuin/card/virtual"
)

// atService runs the program at a terminal, with the given PC/SC service.
func (b *box) atService(d *service, args ...string) (*process, *screen) {
	p := b.command(args...)
	s := newScreen(b.t)
	p.Stdin, p.Stdout, p.Stderr = s.slave, s.slave, s.slave
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	p.Env = append(p.Env, "PCSCLITE_CSOCK_NAME="+d.socket)
	b.must(p.Start())
	return p, s
}

// If the service is restarted during the prompt, the run reconnects and shows
// everything again. Nothing was sent, and the secret that is typed next is sent
// once.
func TestARestartedServiceIsReconnectedToAtThePrompt(t *testing.T) {
	d, card, p, s := atThePrompt(t)
	close(card.release)
	d.stop()
	d.start()
	d.layAndAwait(card)
	s.master.WriteString(marked + "\r")
	s.await("The smart card service ended or was restarted. Nothing was sent")
	s.await("5 tries left")
	s.await("Signature password: ")
	s.master.WriteString(marked + "\r")
	s.await("signed: ")
	if r := p.end(); r.exit != 0 {
		t.Errorf("exit %d: %s", r.exit, s.whole())
	}
	if tally := card.Tally(); tally.Right != 1 || tally.Wrong != 0 {
		t.Errorf("the card saw %+v", tally)
	}
}

// If the service ends during the prompt and does not come back, the message
// says so.
func TestAServiceThatEndedAtThePromptIsCalledThat(t *testing.T) {
	d, card, p, s := atThePrompt(t)
	close(card.release)
	d.stop()
	defer d.start() // because the end of the test stops it
	s.master.WriteString(marked + "\r")
	s.await("The smart card service ended or was restarted. Nothing was sent")
	s.await("The smart card service is not running. Waiting for it")
	s.master.WriteString("\x03")
	if r := p.end(); r.exit != 130 {
		t.Errorf("exit %d: %s", r.exit, s.whole())
	}
	if tally := card.Tally(); tally.Right+tally.Wrong != 0 {
		t.Errorf("the card saw %+v", tally)
	}
}

// If the service dies during a command without a secret, the run reconnects at
// the prompt, and does not report a removed card.
func TestAServiceThatDiesDuringACommandIsReconnectedTo(t *testing.T) {
	d, card, p, s := atThePrompt(t)
	card.thinking(virtual.OpQuery)
	s.master.WriteString(marked + "\r")
	<-card.reached
	d.cmd.Process.Kill()
	d.cmd.Wait()
	close(card.release)
	s.await("The smart card service ended or was restarted. Nothing was sent")
	s.await("Waiting for it")
	d.start()
	d.layAndAwait(card)
	s.await("Signature password: ")
	s.master.WriteString(marked + "\r")
	s.await("signed: ")
	if r := p.end(); r.exit != 0 {
		t.Errorf("exit %d: %s", r.exit, s.whole())
	}
	if tally := card.Tally(); tally.Right != 1 || tally.Wrong != 0 {
		t.Errorf("the card saw %+v", tally)
	}
}

// atThePrompt runs sign up to its prompt, with its own service and card.
func atThePrompt(t *testing.T) (*service, *heldCard, *process, *screen) {
	t.Helper()
	needService(t)
	b := newBox(t).inputs()
	d := newService(t, true)
	card := newHeldCard(t, b.store)
	d.layAndAwait(card)
	p, s := b.atService(d, "sign", "--yes", "--reader", serviceReader, "a")
	s.await("Signature password: ")
	return d, card, p, s
}

// layAndAwait puts a card on the reader and waits until the service powers it
// up.
func (d *service) layAndAwait(card *heldCard) {
	d.t.Helper()
	before := card.Tally().Resets
	d.lay(card)
	for limit := time.Now().Add(patience); card.Tally().Resets == before; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(limit) {
			d.t.Fatal("the service does not see the card")
		}
	}
	time.Sleep(500 * time.Millisecond) // until the service has told its clients
}
