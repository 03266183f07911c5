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

// The errors of a secret that was refused before and is not sent.
var (
	errRepeated = errors.New("this card refused the same secret")
	errDeclined = errors.New("the same secret is not to be sent")
)

// mayRepeat asks whether to send a secret that was refused by a card that may
// be this one. attempt refuses a secret that this card itself refused.
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

// attempt sends the secret in one transaction: it selects the application,
// reads the counter again, and sends nothing if it differs from the one shown.
// begin has ensured, without an exchange, that the card is the same.
func (l *unlocker) attempt(ctx context.Context, was shown, secret card.Secret) error {
	defer l.access.tellWorking()()
	s, c := l.s, l.Credential
	if err := s.begin(ctx); err != nil {
		return notShown(err)
	}
	defer s.end(true)
	if seen(l.wrong, secret) { // only now is the card known to be the same
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

// tellAndRepeat explains err to the person, and reports whether to show and ask
// everything again.
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

// forget resets the state of the current card, because another card may be in
// the reader now. Secrets that were refused are kept as earlier ones.
func (l *unlocker) forget() {
	l.noticed, l.warned, l.same = false, false, false
	l.earlier = append(l.earlier, l.wrong...)
	l.wrong = nil
}

// anew starts a transaction on the same card, or on the one that is put back
// into the same reader. No secret is pending, so everything can be shown again.
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
	l.forget() // it was removed, and this may be another
	l.s, err = l.access.reconnect(ctx, reader)
	return err
}

// A changedError means that the card or its counter differs, or may differ,
// from the one shown. Nothing was sent.
type changedError struct{ err error }

func (e *changedError) Error() string { return fmt.Sprintf("card: not what was shown: %v", e.err) }
func (e *changedError) Unwrap() error { return e.err }

// final returns err for a script: a *changedError becomes the outcome that the
// card was changed.
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

// notShown wraps err in a *changedError if it means that the card may not be
// the one that was shown.
func notShown(err error) error {
	if cardMayDiffer(err) {
		return &changedError{err}
	}
	return err
}

// workingAfter is how long the card may take before the person is told to leave
// it where it is.
const workingAfter = 500 * time.Millisecond

// tellWorking prints that the card is working, unless done is called before
// workingAfter has passed.
func (a *Access) tellWorking() (done func()) {
	if !a.Interactive() {
		return func() {}
	}
	var once sync.Once // the callback prints only if done was not called first
	stop := a.AfterFunc(workingAfter, func() {
		once.Do(func() { a.Prompt(a.T("unlock.working")) })
	})
	return func() {
		stop()
		once.Do(func() {})
	}
}
