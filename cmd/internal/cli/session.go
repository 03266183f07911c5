package cli

import (
	"errors"

	"natsuin/card"
	"natsuin/card/pcsc"
	"natsuin/card/practice"
)

// A session is the conversation with one card, from the first transaction to the
// last. Between begin and end the card is ours alone; no prompt stands between them.
type session struct {
	app  *app
	conn Connection
	card *card.Card
	open bool
}

// start begins the first transaction of a connection.
func (a *app) start(conn Connection) (*session, error) {
	s := &session{app: a, conn: conn}
	if err := s.begin(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) begin() error {
	if err := s.conn.Begin(); err != nil {
		return err
	}
	s.open = true
	c, err := card.Open(s.app.traced(s.conn))
	if err != nil {
		s.end(true)
		return err
	}
	s.card = c
	return nil
}

// end ends the transaction, once. The card's state is dropped with reset.
func (s *session) end(reset bool) {
	if s.open {
		s.open = false
		_ = s.conn.End(reset) // Close resets whatever this could not
	}
}

// close leaves the card reset and the reader free.
func (s *session) close() {
	s.end(true)
	_ = s.conn.Close()
}

// another is whether a transaction did not begin because the card may not be the one of
// the transaction before.
func another(err error) bool {
	for _, not := range []error{pcsc.ErrRemoved, pcsc.ErrNoCard, pcsc.ErrReset, practice.ErrReplaced} {
		if errors.Is(err, not) {
			return true
		}
	}
	return false
}
