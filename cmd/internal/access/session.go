package access

import (
	"context"
	"errors"

	"natsuin/card"
	"natsuin/card/pcsc"
	"natsuin/card/practice"
)

// A Session is the conversation with one card, from the first transaction to
// the last. Between begin and end no other program can use the card, nothing is
// asked, and the process cannot be stopped.
type Session struct {
	Card *card.Card // the application; valid inside a transaction

	access  *Access
	conn    Connection
	open    bool
	pin     bool   // a PIN file was selected since the card was last reset by us
	release func() // ends the hold on job control
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

// begin starts a transaction and selects the application. If ctx ends, both are
// abandoned at once.
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

// end ends the transaction, once. With reset, the card is reset if a PIN file
// was selected on it. Otherwise it is left as it is for other programs.
func (s *Session) end(reset bool) {
	if !s.open {
		return
	}
	defer s.release()
	s.open = false
	s.pin = s.pin || s.Card != nil && s.Card.PINSelected()
	reset = reset && s.pin
	if err := s.conn.End(reset); err == nil && reset {
		s.pin = false // if this failed, Close resets the card
	}
	s.access.trace.Wait(context.Background(), 0)
}

// Close releases the reader, and resets the card if a PIN file was selected.
func (s *Session) Close() {
	s.end(true)
	if s.pin {
		_ = s.conn.Close()
		return
	}
	_ = s.conn.Leave()
}

// resetAndAsk resets the card, which ends every login, and reads the counter
// again in a new transaction, which it leaves open.
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

// cardMayDiffer reports whether a transaction did not begin because the card
// may not be the one of the transaction before it.
func cardMayDiffer(err error) bool {
	for _, why := range []error{pcsc.ErrRemoved, pcsc.ErrNoCard, pcsc.ErrReset, pcsc.ErrNoService, practice.ErrReplaced} {
		if errors.Is(err, why) {
			return true
		}
	}
	return false
}
