package access

import (
	"context"
	"errors"

	"natsuin/card"
	"natsuin/card/pcsc"
	"natsuin/card/practice"
)

// A Session is the use of one card, from the first transaction to the last.
// Between begin and end no other program can use the card, the person is not
// asked anything, and job control does not stop the process.
type Session struct {
	Card *card.Card // the application; valid only in the transaction in which it was opened

	access  *Access
	conn    Connection
	open    bool
	pin     bool   // a PIN file was selected since this session last reset the card
	release func() // lets the process be stopped again
}

// start begins the first transaction of a connection.
func (a *Access) start(ctx context.Context, conn Connection) (*Session, error) {
	s := &Session{access: a, conn: conn}
	if err := s.begin(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Reader returns the name of the reader.
func (s *Session) Reader() string { return s.conn.Reader() }

// begin starts a transaction and selects the application. It gives up as soon
// as ctx ends.
func (s *Session) begin(ctx context.Context) error {
	s.release = s.access.Jobs.Hold()
	if err := s.conn.Begin(ctx); err != nil {
		s.release()
		return err
	}
	s.open = true
	c, err := card.Open(s.access.traced(gated{ctx, s.access, s.conn}))
	if err != nil {
		s.end(true)
		return err
	}
	s.Card = c
	return nil
}

// end ends the transaction, if one is open. If reset is set and a PIN file was
// selected, it resets the card. Otherwise the card stays as it is, for other
// programs.
func (s *Session) end(reset bool) {
	if !s.open {
		return
	}
	defer s.release()
	s.open = false
	s.pin = s.pin || s.Card != nil && s.Card.PINSelected()
	reset = reset && s.pin
	if err := s.conn.End(reset); err == nil && reset {
		s.pin = false // otherwise Close resets the card
	}
	s.access.trace.Wait(context.Background(), 0)
}

// Close ends the connection, and resets the card if a PIN file was selected.
func (s *Session) Close() {
	s.end(true)
	if s.pin {
		_ = s.conn.Close()
		return
	}
	_ = s.conn.Leave()
}

// resetAndAsk resets the card, which logs out every program, and reads the
// counter in a new transaction, which it leaves open.
func (s *Session) resetAndAsk(ctx context.Context, c card.Credential) (card.Tries, error) {
	if !s.open {
		if err := s.begin(ctx); err != nil {
			return card.Tries{}, err
		}
	}
	s.pin = true
	s.end(true)
	if err := s.begin(ctx); err != nil {
		return card.Tries{}, err
	}
	return s.Card.Tries(c)
}

// cardMayDiffer reports whether err means that the card may not be the one of
// the previous transaction.
func cardMayDiffer(err error) bool {
	for _, why := range []error{pcsc.ErrRemoved, pcsc.ErrNoCard, pcsc.ErrReset, pcsc.ErrNoService, practice.ErrReplaced} {
		if errors.Is(err, why) {
			return true
		}
	}
	return false
}
