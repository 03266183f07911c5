package access

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"natsuin/card"
	"natsuin/card/pcsc"
	"natsuin/cmd/internal/outcome"
)

// Secrets that were refused before and are not sent.
var (
	errRepeated = errors.New("this card refused the same secret")
	errDeclined = errors.New("the same secret is not to be sent")
)

// mayRepeat asks about a secret that a card refused which may be this one. A
// secret that this card itself refused is not sent by attempt.
func (l *unlocker) mayRepeat(ctx context.Context, s card.Secret) error {
	a := l.access
	if seen(l.wrong, s) || !seen(l.earlier, s) {
		return nil
	}
	a.Prompt(a.T("unlock.same-as-before"))
	yes, err := a.Agree(ctx, a.T("unlock.same-as-before.ask"))
	if err == nil && !yes {
		err = errDeclined
	}
	return err
}

// attempt is the transaction that sends the secret: the application selected
// anew, the counter read again, and nothing sent unless both are what was
// shown. That the card is the one that was shown is known from Begin, at no
// exchange.
func (l *unlocker) attempt(ctx context.Context, was shown, secret card.Secret) error {
	defer l.access.tellWorking()()
	s, c := l.s, l.Credential
	if err := s.begin(ctx); err != nil {
		return notShown(err)
	}
	defer s.end(true)
	if seen(l.wrong, secret) { // now that it is known to be the same card
		return errRepeated
	}
	now, err := s.Card.Tries(c)
	if err == nil && now.Verified && was.tries.Known { // another program logged in since
		now, err = s.resetAndAsk(ctx, c)
	}
	if err != nil {
		return notShown(err)
	}
	if now != was.tries {
		return &changedError{fmt.Errorf("tries %+v, shown %+v", now, was.tries)}
	}
	err = s.Card.Verify(c, secret)
	var pin *card.PINError
	switch {
	case errors.As(err, &pin):
		l.left = pin.Tries
		l.wrong = append(l.wrong, secret.Clone())
		return err
	case err == nil, errors.As(err, new(*card.OutcomeUnknownError)):
		l.left = card.Tries{Max: c.MaxTries()} // only 63Cx is a count
	}
	secret.Wipe()
	if err != nil {
		return err
	}
	return l.Use(s)
}

// tellAndRepeat reports whether everything is shown and asked anew after err,
// and tells the person why.
func (l *unlocker) tellAndRepeat(err error) bool {
	a := l.access
	var changed *changedError
	var pin *card.PINError
	switch {
	case !a.Interactive():
		return false
	case errors.Is(err, errRepeated):
		a.Prompt(a.T("secret.same-wrong"))
		return true
	case errors.Is(err, errDeclined):
		return true
	case errors.As(err, &changed):
		a.Prompt(a.T(changed.words()))
		if cardMayDiffer(err) {
			l.forget()
		}
		return true
	case errors.As(err, &pin) && !pin.Tries.Blocked() && !errors.Is(err, card.ErrBlocked):
		x := a.Explain(err)
		a.Prompt(x.Message)
		a.Prompt(x.Hint)
		return true
	}
	return false
}

// forget drops what was shown, given and refused for a card that may not be the
// one that lies there now.
func (l *unlocker) forget() {
	l.noticed, l.warned, l.same = false, false, false
	l.earlier = append(l.earlier, l.wrong...)
	l.wrong = nil
}

// anew starts a transaction on the same card, or on the one that is put back
// into the same reader: nothing has been sent that could not be shown anew.
func (l *unlocker) anew(ctx context.Context) (err error) {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	l.s.end(true)
	if err := l.s.begin(ctx); err == nil {
		return nil
	}
	reader := l.s.conn.Reader()
	l.s.Close()
	l.forget() // it was lifted, and another may lie there
	l.s, err = l.access.reconnect(ctx, reader)
	return err
}

// A changedError says that the card or its counter is not what was shown, or
// may not be. Nothing was sent.
type changedError struct{ err error }

func (e *changedError) Error() string { return fmt.Sprintf("card: not what was shown: %v", e.err) }
func (e *changedError) Unwrap() error { return e.err }

// final returns err in the words for a script: that the card is not what was
// shown.
func final(err error) error {
	if !errors.As(err, new(*changedError)) || errors.Is(err, pcsc.ErrNoService) {
		return err
	}
	return &outcome.Error{Code: outcome.CodeCardRemoved, ID: "err.card-changed", Err: err}
}

// words returns the id of the message for a person.
func (e *changedError) words() string {
	switch {
	case errors.Is(e.err, pcsc.ErrNoService):
		return "unlock.service"
	case errors.Is(e.err, pcsc.ErrReset):
		return "unlock.reset"
	case cardMayDiffer(e.err):
		return "unlock.another"
	}
	return "unlock.changed"
}

// notShown makes a *changedError of a transaction that did not begin because
// the card may not be the one that was shown.
func notShown(err error) error {
	if cardMayDiffer(err) {
		return &changedError{err}
	}
	return err
}

// workingAfter is how long the card may take before the person is told to leave
// it where it is.
const workingAfter = 500 * time.Millisecond

// tellWorking says that the card is working, unless done is called before
// workingAfter has passed.
func (a *Access) tellWorking() (done func()) {
	if !a.Interactive() {
		return func() {}
	}
	var once sync.Once // the callback runs, or done comes first and it says nothing
	stop := a.AfterFunc(workingAfter, func() {
		once.Do(func() { a.Prompt(a.T("unlock.working")) })
	})
	return func() {
		stop()
		once.Do(func() {})
	}
}
