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

// The reasons for not sending a secret that was refused before.
var (
	errRepeated = errors.New("this card refused the same secret")
	errDeclined = errors.New("the same secret is not to be sent")
)

// mayRepeat asks whether to send s although it was refused earlier by a card
// that may be this one. The error is errDeclined if the person does not agree.
// It asks nothing about a secret that this card itself refused: attempt returns
// errRepeated for it.
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

// attempt selects the application, reads the counter again, sends the secret,
// and runs Use, all in one transaction. It sends nothing if the counter differs
// from the one shown, if this card has refused the secret before, or if the
// card may no longer be the same one.
func (l *unlocker) attempt(ctx context.Context, was shown, secret card.Secret) error {
	defer l.access.tellWorking()()
	s, c := l.s, l.Credential
	if err := s.begin(ctx); err != nil {
		return notShown(err)
	}
	defer s.end(true)
	if seen(l.wrong, secret) { // begin returns an error if the card may be another
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
		l.left = card.Tries{Max: c.MaxTries()} // unknown: only a refusal (63Cx) has a count
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
// the reader now. The refused secrets are kept in earlier, as refused by a card
// that may be this one.
func (l *unlocker) forget() {
	l.noticed, l.warned, l.introduced, l.same = false, false, false, false
	l.earlier = append(l.earlier, l.wrong...)
	l.wrong = nil
}

// anew starts a transaction on the same card, or on the next one that is put
// into the same reader. The caller holds no secret, so everything can be shown
// and asked again.
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
	l.forget() // the next card may be another
	l.s, err = l.access.reconnect(ctx, reader)
	return err
}

// A changedError means that the card or its counter differs, or may differ,
// from what was shown. The secret was not sent.
type changedError struct{ err error }

func (e *changedError) Error() string { return fmt.Sprintf("card: not what was shown: %v", e.err) }
func (e *changedError) Unwrap() error { return e.err }

// final returns the error with which the run ends. A *changedError becomes an
// [*outcome.Error] with CodeCardRemoved, unless the PC/SC service has ended.
// Any other error is returned unchanged.
func final(err error) error {
	if !errors.As(err, new(*changedError)) || errors.Is(err, pcsc.ErrNoService) {
		return err
	}
	return &outcome.Error{Code: outcome.CodeCardRemoved, ID: "err.card-changed", Err: err}
}

// words returns the id of the message that tells the person what changed.
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

// workingAfter is how long the card may work before the person is asked to
// leave it in place.
const workingAfter = 500 * time.Millisecond

// tellWorking asks the person, after workingAfter, to leave the card in place,
// unless done is called first.
func (a *Access) tellWorking() (done func()) {
	if !a.Interactive() {
		return func() {}
	}
	var once sync.Once // the callback prints only if it comes before done
	stop := a.AfterFunc(workingAfter, func() {
		once.Do(func() { a.Prompt(a.T("unlock.working")) })
	})
	return func() {
		stop()
		once.Do(func() {})
	}
}
