package cli

import (
	"context"
	"errors"

	"natsuin/card"
	"natsuin/card/pcsc"
	"natsuin/card/practice"
)

// A session is the conversation with one card, from the first transaction to the
// last. Between begin and end the card is ours alone: no prompt stands between
// them, and the process cannot be stopped.
type session struct {
	app     *app
	conn    Connection
	card    *card.Card
	open    bool
	pin     bool   // a PIN file was selected since the card was last reset by us
	release func() // ends the hold on job control
}

// start begins the first transaction of a connection.
func (a *app) start(ctx context.Context, conn Connection) (*session, error) {
	s := &session{app: a, conn: conn}
	if err := s.begin(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// begin starts a transaction and selects the application. If ctx ends, both are
// given up at once.
func (s *session) begin(ctx context.Context) error {
	s.release = s.app.env.Jobs.Hold()
	if err := s.conn.Begin(ctx); err != nil {
		s.release()
		return err
	}
	s.open = true
	c, err := card.Open(s.app.traced(gated{ctx, s.app, s.conn}))
	if err != nil {
		s.end(true)
		return err
	}
	s.card = c
	return nil
}

// end ends the transaction, once. With reset, a card on which a PIN file was
// selected is reset; any other is left to the programs that use it too.
func (s *session) end(reset bool) {
	if !s.open {
		return
	}
	defer s.release()
	s.open = false
	s.pin = s.pin || s.card != nil && s.card.PINSelected()
	reset = reset && s.pin
	if err := s.conn.End(reset); err == nil && reset {
		s.pin = false // else close resets it
	}
	s.app.trace.wait(context.Background(), 0)
}

// close leaves the reader free, and the card reset if a PIN file was selected.
func (s *session) close() {
	s.end(true)
	if s.pin {
		_ = s.conn.Close()
		return
	}
	_ = s.conn.Leave()
}

// resetAndAsk resets the card, so that nobody is logged in any more, and asks the
// counter once more in a new transaction, which it leaves open.
func (s *session) resetAndAsk(ctx context.Context, c card.Credential) (card.Tries, error) {
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
	return s.card.Tries(c)
}

// cardMayDiffer reports whether a transaction did not begin because the card may
// not be the one of the transaction before.
func cardMayDiffer(err error) bool {
	for _, why := range []error{pcsc.ErrRemoved, pcsc.ErrNoCard, pcsc.ErrReset, pcsc.ErrNoService, practice.ErrReplaced} {
		if errors.Is(err, why) {
			return true
		}
	}
	return false
}
