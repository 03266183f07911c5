package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"natsuin/card/pcsc"
	"natsuin/card/virtual"
	"natsuin/cmd/internal/access"
)

// A faultyService is a PC/SC service with one reader and one card, in which any
// exchange and any start of a transaction can fail. It checks that the program
// sends no command outside a transaction, ends each transaction, closes each
// connection, resets the card and wipes each secret.
type faultyService struct {
	card *virtual.Card

	lifted    bool // the card was removed
	unplugged bool // the reader was removed
	stopped   bool // the service has ended

	atBegin map[int]func() error // by the index of the transaction
	begins  int

	connections, open, held int
	broken                  []string // what the program did wrong
	silent                  bool     // a call was abandoned; the card is reset when it returns
	sentSecrets             [][]byte // the buffers of VERIFY and CHANGE, to check that they are wiped
}

func (s *faultyService) List(context.Context) ([]pcsc.Reader, error) {
	switch {
	case s.stopped:
		return nil, &pcsc.Error{Op: "readers", Code: 0x8010001D, Err: pcsc.ErrNoService}
	case s.unplugged:
		return nil, nil
	}
	return []pcsc.Reader{{Name: real, CardPresent: !s.lifted}}, nil
}

func (s *faultyService) Wait(context.Context, []pcsc.Reader) error {
	return errors.New("a script does not wait")
}

func (s *faultyService) Connect(_ context.Context, reader string) (access.Connection, error) {
	if err := s.gone("connect"); err != nil {
		return nil, err
	}
	s.connections++
	s.open++
	return &faultyConn{service: s, reader: reader}, nil
}

// gone returns the error of a call if the service, the reader or the card is
// gone.
func (s *faultyService) gone(op string) error {
	switch {
	case s.stopped:
		return &pcsc.Error{Op: op, Reader: real, Code: 0x8010001E, Err: pcsc.ErrNoService}
	case s.unplugged:
		return &pcsc.Error{Op: op, Reader: real, Code: 0x80100017, Err: pcsc.ErrRemoved}
	case s.lifted:
		return &pcsc.Error{Op: op, Reader: real, Code: 0x80100069, Err: pcsc.ErrRemoved}
	}
	return nil
}

// reachable reports whether the card can be reset.
func (s *faultyService) reachable() bool { return s.gone("") == nil && !s.silent }

// owes returns what the program did wrong or left open.
func (s *faultyService) owes() []string {
	list := s.broken
	if s.open != 0 {
		list = append(list, fmt.Sprintf("%d connections are open", s.open))
	}
	if s.held != 0 {
		list = append(list, fmt.Sprintf("%d transactions are held", s.held))
	}
	if s.connections > 0 && s.reachable() && s.card.PINSelected() {
		list = append(list, "the card is not reset")
	}
	for _, sent := range s.sentSecrets {
		if !bytes.Equal(sent, make([]byte, len(sent))) {
			list = append(list, "a sent secret is not wiped")
		}
	}
	return list
}

// A faultyConn behaves like a pcsc.Conn.
type faultyConn struct {
	service *faultyService
	reader  string
	begun   bool
	closed  bool
	dead    error
}

func (c *faultyConn) Reader() string { return c.reader }

func (c *faultyConn) usable(op string) error {
	if c.closed {
		c.service.broken = append(c.service.broken, op+" on a closed connection")
	}
	if c.dead != nil {
		return &pcsc.Error{Op: op, Reader: c.reader, Err: c.dead}
	}
	return c.service.gone(op)
}

func (c *faultyConn) Begin(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s := c.service
	index := s.begins
	s.begins++
	if strike := s.atBegin[index]; strike != nil {
		if err := strike(); err != nil {
			return err
		}
	}
	if err := c.usable("begin"); err != nil {
		return err
	}
	if c.begun {
		s.broken = append(s.broken, "a transaction within another")
	}
	c.begun = true
	s.held++
	return nil
}

func (c *faultyConn) Transmit(command []byte) ([]byte, error) {
	if err := c.usable("transmit"); err != nil {
		return nil, err
	}
	if !c.begun {
		c.service.broken = append(c.service.broken, "a command outside a transaction")
		return nil, &pcsc.Error{Op: "transmit", Reader: c.reader, Err: pcsc.ErrNoTransaction}
	}
	if len(command) > 5 && (command[1] == 0x20 || command[1] == 0x24) {
		c.service.sentSecrets = append(c.service.sentSecrets, command)
	}
	answer, err := c.service.card.Transmit(command)
	if errors.Is(err, pcsc.ErrNoAnswer) {
		c.dead, c.service.silent = pcsc.ErrNoAnswer, true
	}
	var service *pcsc.Error
	if errors.As(err, &service) { // without the text that the virtual card adds
		return nil, service
	}
	return answer, err
}

// TransmitContext abandons the answer when ctx ends. After that the connection
// cannot be used any more.
func (c *faultyConn) TransmitContext(ctx context.Context, command []byte) ([]byte, error) {
	answer, err := giveUp(ctx, func() ([]byte, error) { return c.Transmit(command) })
	if ctx.Err() != nil {
		c.dead, c.service.silent = context.Cause(ctx), true
	}
	return answer, err
}

func (c *faultyConn) End(reset bool) error {
	c.release()
	if err := c.usable("end"); err != nil {
		return err
	}
	if reset {
		c.service.card.Reset()
	}
	return nil
}

func (c *faultyConn) release() {
	if c.begun {
		c.begun = false
		c.service.held--
	}
}

func (c *faultyConn) Close() error { return c.close(true) }

func (c *faultyConn) Leave() error { return c.close(false) }

func (c *faultyConn) close(reset bool) error {
	if c.closed {
		return nil
	}
	c.release()
	c.closed = true
	c.service.open--
	if reset && c.service.reachable() {
		c.service.card.Reset()
	}
	return nil
}

// A fault is one thing that can go wrong.
type fault struct {
	name   string
	strike func(*faultyService) virtual.Effect // at an exchange
	// codes lists the codes of docs/cli.md with which the run may end if the
	// fault hits a command without a secret, and secret those for VERIFY and
	// CHANGE. The code of a run without a fault is always allowed, since the
	// run may not have needed the answer, but then it must be complete.
	codes, secret []string
}

func lost(code pcsc.Code, err error) error {
	return &pcsc.Error{Op: "transmit", Reader: real, Code: code, Err: err}
}

func effect(e virtual.Effect) func(*faultyService) virtual.Effect {
	return func(*faultyService) virtual.Effect { return e }
}

// silence returns the error of a transport that has given up waiting for the
// answer. If obeyed is set, the card carries out the command first.
func silence(obeyed bool) virtual.Effect {
	return func(x *virtual.Exchange) ([]byte, error) {
		if obeyed {
			x.Run()
		}
		return nil, lost(0, pcsc.ErrNoAnswer)
	}
}

var (
	unknown = []string{"unknown-outcome"}
	refused = []string{"card-refused", "not-jpki", "no-certificate", "card-removed"} // not-jpki only for the SELECT of the application
	garbled = []string{"card-refused", "not-jpki", "no-certificate"}
	// afterSecret lists the codes for a refused CHANGE. The outcome of a
	// refused VERIFY is unknown (checkTries).
	afterSecret = append([]string{"unknown-outcome"}, refused...)
	notThere    = []string{"card-removed"}
)

// faults lists the faults of an exchange. If a command may have had an effect
// on a secret, the run must end with an unknown outcome.
var faults = []fault{
	{"removed", func(s *faultyService) virtual.Effect {
		return func(x *virtual.Exchange) ([]byte, error) {
			s.lifted = true
			return virtual.Remove(lost(0x80100069, pcsc.ErrRemoved))(x)
		}
	}, notThere, unknown},
	{"removed after it obeyed", func(s *faultyService) virtual.Effect {
		return func(x *virtual.Exchange) ([]byte, error) {
			s.lifted = true
			x.Run()
			return virtual.Remove(lost(0x80100069, pcsc.ErrRemoved))(x)
		}
	}, notThere, unknown},
	{"reset by another program", effect(func(x *virtual.Exchange) ([]byte, error) {
		x.Card().Reset()
		return nil, lost(0x80100068, pcsc.ErrReset)
	}), append(notThere, refused...), unknown},
	{"reset unnoticed", effect(virtual.ResetBefore()), refused, afterSecret},
	{"transaction lost", effect(virtual.Drop(lost(0x80100016, pcsc.ErrRemoved))), notThere, unknown},
	{"answer lost", effect(virtual.LoseAnswer(lost(0x8010002F, pcsc.ErrRemoved))), notThere, unknown},
	{"unknown code of the service", effect(virtual.Drop(lost(0x80100099, nil))), []string{"no-service"}, unknown},
	{"6F00", effect(virtual.Answer(0x6F00)), garbled, unknown},
	{"6F00 after it obeyed", effect(virtual.AnswerAfter(0x6F00)), garbled, unknown},
	{"6982", effect(virtual.Answer(0x6982)), refused, afterSecret},
	{"6985", effect(virtual.Answer(0x6985)), refused, afterSecret},
	{"6A82", effect(virtual.Answer(0x6A82)), refused, afterSecret},
	{"truncated to nothing", effect(virtual.Truncate(0)), garbled, unknown},
	{"truncated to one byte", effect(virtual.Truncate(1)), garbled, unknown},
	{"data cut short", effect(virtual.CutData(40)), append([]string{"invalid"}, garbled...), nil},
	{"without status", effect(virtual.WithoutStatus()), garbled, unknown},
	{"65,000 bytes of junk", effect(virtual.Junk(65000)), garbled, unknown},
	{"256 bytes of junk", effect(virtual.Junk(258)), append([]string{"locked", "too-few-tries"}, garbled...), unknown},
	{"the command comes back", effect(func(x *virtual.Exchange) ([]byte, error) { return bytes.Clone(x.Command), nil }), garbled, unknown},
	{"a bit flipped", effect(virtual.Corrupt()), append([]string{"invalid", "expired"}, garbled...), nil},
	{"wrong certificate", effect(virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Certificate, s.Sign.CA = s.Auth.Certificate, s.Auth.CA })), []string{"invalid", "card-refused"}, []string{"invalid", "card-refused"}},
	{"certificate of another key", effect(virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Key = s.Auth.Key })), []string{"invalid", "card-refused"}, []string{"invalid", "card-refused"}},
	{"certificate gone", effect(virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Certificate = nil })), garbled, garbled},
	{"no answer", effect(silence(false)), notThere, unknown},
	{"no answer, though it obeyed", effect(silence(true)), notThere, unknown},
	{"reader unplugged", func(s *faultyService) virtual.Effect {
		return func(x *virtual.Exchange) ([]byte, error) {
			s.unplugged = true
			return virtual.Remove(lost(0x80100017, pcsc.ErrRemoved))(x)
		}
	}, notThere, unknown},
	{"service stopped", func(s *faultyService) virtual.Effect {
		return func(x *virtual.Exchange) ([]byte, error) {
			s.stopped = true
			return nil, lost(0x8010001E, pcsc.ErrNoService)
		}
	}, []string{"no-service"}, unknown},
}

// newCard returns a practice card of the current kind with the secrets of this
// test.
func newCard(t testing.TB, change ...func(*virtual.Options)) *virtual.Card {
	t.Helper()
	state, err := cardState()
	if err != nil {
		t.Fatal(err)
	}
	state.Sign.Secret, state.Auth.Secret = []byte(marked), []byte(markedPIN)
	o := virtual.Options{State: state}
	for _, c := range change {
		c(&o)
	}
	return virtual.New(o)
}
