package pcsc_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"natsuin/card/apdu"
	"natsuin/card/pcsc"
	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/virtual"
)

// The commands of docs/card.md §2.
var (
	selectJPKI    = []byte("\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01")
	selectAuthPIN = []byte("\x00\xA4\x02\x0C\x02\x00\x18")
	verifyAuthPIN = []byte("\x00\x20\x00\x80\x041234")
)

// hasty abandons calls sooner than a real program would.
var hasty = pcsc.System{Patience: 500 * time.Millisecond, AnswerLimit: time.Second}

// withAuthPIN returns a card whose authentication PIN is 1234.
func withAuthPIN() *virtual.Card {
	return virtual.New(virtual.Options{State: virtual.State{
		Label: "JPKIAPICCTOKEN2",
		Auth:  virtual.Slot{Secret: []byte("1234"), Tries: 3, MaxTries: 3},
	}})
}

func open(t *testing.T, s pcsc.System, reader string) *pcsc.Conn {
	t.Helper()
	c, err := s.Connect(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func begin(t *testing.T, c *pcsc.Conn) {
	t.Helper()
	if err := c.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// send transmits commands that must all be answered with 9000.
func send(t *testing.T, c *pcsc.Conn, commands ...[]byte) {
	t.Helper()
	for _, command := range commands {
		answer, err := c.Transmit(command)
		if err != nil || !bytes.HasSuffix(answer, []byte{0x90, 0x00}) {
			t.Fatalf("% X: answer % X, %v", command[:4], answer, err)
		}
	}
}

// is checks that err matches want, and is an *Error with this Op and reader.
func is(t *testing.T, err, want error, op, reader string) {
	t.Helper()
	var e *pcsc.Error
	if !errors.Is(err, want) || !errors.As(err, &e) || e.Op != op || e.Reader != reader {
		t.Errorf("got %v, want %s of %q: %v", err, op, reader, want)
	}
}

func TestConnReachesTheCard(t *testing.T) {
	service := pcscdtest.Use(t)
	card := withAuthPIN()
	service.Insert(card)
	c := open(t, pcsc.System{}, service.Reader())
	if c.Reader() != service.Reader() {
		t.Errorf("reader is %q, want %q", c.Reader(), service.Reader())
	}
	begin(t, c)
	send(t, c, selectJPKI)
	answer, err := c.Transmit([]byte("\x00\xA4\x02\x0C\x02\xEE\xEE"))
	if err != nil || !bytes.Equal(answer, []byte{0x6A, 0x82}) {
		t.Errorf("a file that is not there: answer % X, %v", answer, err)
	}
	if _, err := c.Transmit(nil); err == nil {
		t.Error("an empty command was sent")
	}
	if err := c.End(false); err != nil {
		t.Error(err)
	}
	if n := card.Tally().Exchanges; n != 2 {
		t.Errorf("the card saw %d commands, want 2", n)
	}
}

func TestConnectSaysWhatIsMissing(t *testing.T) {
	service := pcscdtest.Use(t)
	for _, test := range []struct {
		reader string
		want   error
	}{
		{service.Reader(), pcsc.ErrNoCard},
		{"No Such Reader", pcsc.ErrNoReader},
		{"", pcsc.ErrNoReader},
		{service.Reader() + "\x00and more", pcsc.ErrNoReader},
		{string(make([]byte, 1<<16)), pcsc.ErrNoReader},
	} {
		_, err := pcsc.System{}.Connect(t.Context(), test.reader)
		is(t, err, test.want, "connect", test.reader)
	}
}

func TestConnectEndsWithTheContextsCause(t *testing.T) {
	service := pcscdtest.Use(t)
	service.Insert(withAuthPIN())
	holder := open(t, pcsc.System{}, service.Reader())
	begin(t, holder)
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(cause) })
	if _, err := (pcsc.System{Patience: time.Hour}).Connect(ctx, service.Reader()); !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}

func TestTransactionKeepsOthersOut(t *testing.T) {
	service := pcscdtest.Use(t)
	card := withAuthPIN()
	service.Insert(card)
	holder := open(t, pcsc.System{}, service.Reader())
	other := open(t, hasty, service.Reader())
	begin(t, holder)
	send(t, holder, selectJPKI)

	_, err := hasty.Connect(t.Context(), service.Reader())
	is(t, err, pcsc.ErrBusy, "connect", service.Reader())
	is(t, other.Begin(t.Context()), pcsc.ErrBusy, "begin", service.Reader())
	_, err = other.Transmit(selectJPKI)
	is(t, err, pcsc.ErrBusy, "transmit", service.Reader())
	if n := card.Tally().Exchanges; n != 1 {
		t.Errorf("the card saw %d commands, want the holder's one", n)
	}
	if err := holder.End(false); err != nil {
		t.Fatal(err)
	}

	// The abandoned call must not keep the card when it returns.
	later := open(t, pcsc.System{}, service.Reader())
	for range 20 {
		begin(t, later)
		if err := later.End(false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestNothingIsSentOutsideATransaction(t *testing.T) {
	service := pcscdtest.Use(t)
	card := withAuthPIN()
	service.Insert(card)
	c := open(t, pcsc.System{}, service.Reader())
	_, err := c.Transmit(selectJPKI)
	is(t, err, pcsc.ErrNoTransaction, "transmit", service.Reader())
	is(t, err, apdu.ErrNotSent, "transmit", service.Reader())
	begin(t, c)
	if err := c.End(false); err != nil {
		t.Fatal(err)
	}
	_, err = c.Transmit(selectJPKI)
	is(t, err, pcsc.ErrNoTransaction, "transmit", service.Reader())
	if n := card.Tally().Exchanges; n != 0 {
		t.Errorf("the card saw %d commands", n)
	}
}

func TestBeginAfterAnotherProgramsResetSendsNothing(t *testing.T) {
	service := pcscdtest.Use(t)
	card := withAuthPIN()
	service.Insert(card)
	mine := open(t, pcsc.System{}, service.Reader())
	begin(t, mine)
	send(t, mine, selectJPKI)
	if err := mine.End(false); err != nil {
		t.Fatal(err)
	}
	other := open(t, pcsc.System{}, service.Reader())
	begin(t, other)
	if err := other.End(true); err != nil {
		t.Fatal(err)
	}
	before := card.Tally().Exchanges

	begin(t, mine)
	if n := card.Tally().Exchanges; n != before {
		t.Errorf("%d commands reached the card", n-before)
	}
	send(t, mine, selectJPKI, selectAuthPIN)
}

func TestBeginTwiceIsRefused(t *testing.T) {
	service := pcscdtest.Use(t)
	service.Insert(withAuthPIN())
	c := open(t, pcsc.System{}, service.Reader())
	begin(t, c)
	if err := c.Begin(t.Context()); err == nil {
		t.Error("a second transaction began inside the first")
	}
	if err := c.End(true); err != nil {
		t.Fatal(err)
	}
	begin(t, c) // also after a reset of our own
}

func TestRemovedCardIsNamed(t *testing.T) {
	service := pcscdtest.Use(t)
	t.Run("between commands", func(t *testing.T) {
		service.Insert(withAuthPIN())
		c := open(t, pcsc.System{}, service.Reader())
		begin(t, c)
		send(t, c, selectJPKI)
		service.Remove()
		_, err := c.Transmit(selectAuthPIN)
		is(t, err, pcsc.ErrRemoved, "transmit", service.Reader())
		c.End(true)
		is(t, c.Begin(t.Context()), pcsc.ErrRemoved, "begin", service.Reader())
	})
	t.Run("and another put in its place", func(t *testing.T) {
		service.Insert(withAuthPIN())
		c := open(t, pcsc.System{}, service.Reader())
		service.Remove()
		second := withAuthPIN()
		service.Insert(second)
		is(t, c.Begin(t.Context()), pcsc.ErrRemoved, "begin", service.Reader())
		_, err := c.Transmit(selectJPKI)
		is(t, err, pcsc.ErrNoTransaction, "transmit", service.Reader())
		if n := second.Tally().Exchanges; n != 0 {
			t.Errorf("the second card saw %d commands", n)
		}
		service.Remove()
	})
	t.Run("and another put in its place, which another program resets", func(t *testing.T) {
		service.Insert(withAuthPIN())
		c := open(t, pcsc.System{}, service.Reader())
		begin(t, c)
		send(t, c, selectJPKI)
		if err := c.End(false); err != nil {
			t.Fatal(err)
		}
		service.Remove()
		second := withAuthPIN()
		service.Insert(second)
		other := open(t, pcsc.System{}, service.Reader())
		begin(t, other)
		if err := other.End(true); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			is(t, c.Begin(t.Context()), pcsc.ErrRemoved, "begin", service.Reader())
			_, err := c.Transmit(selectJPKI)
			is(t, err, pcsc.ErrNoTransaction, "transmit", service.Reader())
		}
		begin(t, other) // no transaction is open
		if err := other.Close(); err != nil {
			t.Error(err)
		}
		if n := second.Tally().Exchanges; n != 0 {
			t.Errorf("the second card saw %d commands", n)
		}
		service.Remove()
	})
	for name, effect := range map[string]virtual.Effect{
		"before it hears the command": virtual.Drop(virtual.ErrContactLost),
		"before its answer arrives":   virtual.LoseAnswer(virtual.ErrContactLost),
	} {
		t.Run(name, func(t *testing.T) {
			card := withAuthPIN()
			card.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: effect})
			service.Insert(card)
			c := open(t, pcsc.System{}, service.Reader())
			begin(t, c)
			send(t, c, selectJPKI, selectAuthPIN)
			_, err := c.Transmit(verifyAuthPIN)
			is(t, err, pcsc.ErrRemoved, "transmit", service.Reader())
			service.Remove()
			verifies := 0
			for _, entry := range card.Log() {
				if entry.Op == virtual.OpVerify {
					verifies++
				}
			}
			if verifies != 1 {
				t.Errorf("VERIFY was sent %d times, want once", verifies)
			}
		})
	}
}

func TestSilentCardIsGivenUp(t *testing.T) {
	service := pcscdtest.Use(t)
	card := withAuthPIN()
	until := make(chan struct{})
	card.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: virtual.Hang(until)})
	service.Insert(card)
	c := open(t, hasty, service.Reader())
	begin(t, c)
	send(t, c, selectJPKI, selectAuthPIN)
	_, err := c.Transmit(verifyAuthPIN)
	is(t, err, pcsc.ErrNoAnswer, "transmit", service.Reader())
	if errors.Is(err, apdu.ErrNotSent) {
		t.Errorf("told as not sent: %v", err)
	}

	// The connection cannot be used any more, whatever is called.
	_, err = c.Transmit(selectJPKI)
	is(t, err, pcsc.ErrNoAnswer, "transmit", service.Reader())
	is(t, err, apdu.ErrNotSent, "transmit", service.Reader())
	is(t, c.Begin(t.Context()), pcsc.ErrNoAnswer, "begin", service.Reader())
	is(t, c.End(true), pcsc.ErrNoAnswer, "end", service.Reader())
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	close(until)
}

func TestCardIsLeftReset(t *testing.T) {
	service := pcscdtest.Use(t)
	card := withAuthPIN()
	service.Insert(card)
	for name, leave := range map[string]func(*pcsc.Conn) error{
		"End with reset":           func(c *pcsc.Conn) error { return c.End(true) },
		"Close in a transaction":   (*pcsc.Conn).Close,
		"Close after a bare End":   func(c *pcsc.Conn) error { return errors.Join(c.End(false), c.Close()) },
		"End with reset and Close": func(c *pcsc.Conn) error { return errors.Join(c.End(true), c.Close()) },
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, pcsc.System{}, service.Reader())
			begin(t, c)
			send(t, c, selectJPKI, selectAuthPIN, verifyAuthPIN)
			if !card.Verified(virtual.Auth) {
				t.Fatal("the PIN was not verified to begin with")
			}
			if err := leave(c); err != nil {
				t.Fatal(err)
			}
			if card.Verified(virtual.Auth) || !card.Fresh() {
				t.Errorf("verified is %v, fresh is %v", card.Verified(virtual.Auth), card.Fresh())
			}
		})
	}
}

func TestEndWithoutResetKeepsTheCardsState(t *testing.T) {
	service := pcscdtest.Use(t)
	card := withAuthPIN()
	service.Insert(card)
	c := open(t, pcsc.System{}, service.Reader())
	begin(t, c)
	send(t, c, selectJPKI, selectAuthPIN, verifyAuthPIN)
	if err := c.End(false); err != nil {
		t.Fatal(err)
	}
	// A program that only connects and disconnects does not interfere.
	if err := open(t, pcsc.System{}, service.Reader()).Close(); err != nil {
		t.Fatal(err)
	}
	if !card.Verified(virtual.Auth) {
		t.Error("the card was reset")
	}
}

func TestClosedConnRefusesUse(t *testing.T) {
	service := pcscdtest.Use(t)
	card := withAuthPIN()
	service.Insert(card)
	c := open(t, pcsc.System{}, service.Reader())
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Fatal(err)
	}
	_, err := c.Transmit(selectJPKI)
	is(t, err, pcsc.ErrClosed, "transmit", service.Reader())
	is(t, err, apdu.ErrNotSent, "transmit", service.Reader())
	is(t, c.Begin(t.Context()), pcsc.ErrClosed, "begin", service.Reader())
	is(t, c.End(true), pcsc.ErrClosed, "end", service.Reader())
	if n := card.Tally().Exchanges; n != 0 {
		t.Errorf("the card saw %d commands", n)
	}
}
