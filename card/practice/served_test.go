package practice_test

import (
	"context"
	"encoding/hex"
	"net"
	"testing"

	"natsuin/card/practice"
	"natsuin/card/virtual"
	"natsuin/card/virtual/vpcd"
)

// A reader is the other end of a connection that serves the card.
type reader struct {
	t    *testing.T
	conn net.Conn
}

// serve puts the card of a folder into a reader.
func serve(t *testing.T, dir string) *reader {
	t.Helper()
	card := connect(t, dir)
	inside, outside := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- vpcd.Serve(ctx, inside, card) }()
	t.Cleanup(func() {
		cancel()
		outside.Close()
		<-done
	})
	r := &reader{t, outside}
	r.control(1)
	return r
}

func (r *reader) control(message byte) {
	r.t.Helper()
	if err := vpcd.WriteFrame(r.conn, []byte{message}); err != nil {
		r.t.Fatal(err)
	}
}

// say sends commands in hexadecimal and returns the last status word.
func (r *reader) say(commands ...string) (status string) {
	r.t.Helper()
	for _, c := range commands {
		raw, err := hex.DecodeString(c)
		if err != nil {
			r.t.Fatal(err)
		}
		if err := vpcd.WriteFrame(r.conn, raw); err != nil {
			r.t.Fatal(err)
		}
		answer, err := vpcd.ReadFrame(r.conn)
		if err != nil {
			r.t.Fatal(err)
		}
		status = hex.EncodeToString(answer[len(answer)-2:])
	}
	return status
}

// All changes are made while the card is in a reader, as with `practice serve`.
func TestServedCardLeavesTheTownHallFree(t *testing.T) {
	dir := folder(t)
	store, r := open(dir), serve(t, dir)
	expect(t, "right password", r.say(application, signPIN, verify("RENSHU123"), signCert, read), "9000")

	if err := store.Revoke(practice.Moved, clock); err != nil {
		t.Errorf("revoke: %v", err)
	}
	if _, err := store.CRL(); err != nil {
		t.Errorf("CRL: %v", err)
	}
	expect(t, "read after a revocation, which does not concern the card", r.say(read), "9000")

	r.control(2)
	expect(t, "read after a reset", r.say(application, signCert, read), "6982")
	expect(t, "right password again", r.say(signPIN, verify("RENSHU123"), signCert, read), "9000")
	r.control(0)
	r.control(1)
	expect(t, "read after the power was off", r.say(application, signCert, read), "6982")
	expect(t, "right password once more", r.say(signPIN, verify("RENSHU123")), "9000")

	other := connect(t, dir)
	expect(t, "wrong password elsewhere", talk(t, other, application, signPIN, verify("WRONG1")), "63c4")
	expect(t, "read after a wrong password elsewhere", r.say(application, signCert, read), "6982")
	expect(t, "count after a wrong password elsewhere", r.say(signPIN, query), "63c4")
	expect(t, "last four", r.say(verify("WRONG2"), verify("WRONG3"), verify("WRONG4"), verify("WRONG5")), "63c0")
	expect(t, "right password when locked elsewhere", talk(t, other, application, signPIN, verify("RENSHU123")), "6984")

	if err := store.Unlock(virtual.Sign); err != nil {
		t.Errorf("unlock: %v", err)
	}
	expect(t, "right password after the town hall", r.say(application, signPIN, verify("RENSHU123")), "9000")
	if err := store.Renew(practice.RenewOptions{}); err != nil {
		t.Errorf("renew: %v", err)
	}
	expect(t, "read after the renewal", r.say(application, signCert, read), "6982")
}
