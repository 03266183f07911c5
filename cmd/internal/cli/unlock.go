package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"natsuin/card"
	"natsuin/card/pcsc"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// An unlocking is one use of the card that needs a secret (docs/cli.md,
// behaviours 1 to 12).
type unlocking struct {
	// Credential is the secret that is sent.
	Credential card.Credential
	// Guards is the certificate that the secret guards, 0 for none: a card without
	// it is told before a try is spent.
	Guards card.CertID
	// Secret returns what to send, in the card's form, from the person or the
	// script; unlock wipes it. same is false for the first card and for one that
	// may be another: what was given for the card before is not meant for it.
	Secret func(ctx context.Context, same bool) (card.Secret, error)
	// Prepare, if not nil, runs in the transaction before anything is asked.
	Prepare func(*session, card.Token) error
	// Notice, if not nil, is shown before the prompt, once a card; an error ends
	// the run.
	Notice func(context.Context) error
	// Use does the work, in the transaction in which the secret was verified.
	Use func(*session) error
	// Rehearse ends before anything is asked.
	Rehearse bool
}

// unlock reads and shows the counter, gets the secret, and sends it, once, in a
// transaction in which the counter is what was shown; then Use runs. A wrong
// secret is asked for again at a terminal. left is the count as the card said it
// last: unknown after a secret was accepted, and after an answer that was lost.
func (a *app) unlock(ctx context.Context, u unlocking) (left card.Tries, err error) {
	if most := u.Credential.MaxTries(); a.flags.minTries > most {
		return left, outcome.Usage("err.min-tries.most", "Least", a.flags.minTries, "Most", most)
	}
	s, err := a.connect(ctx)
	if err != nil {
		return left, err
	}
	l := &unlocker{unlocking: u, app: a, s: s}
	defer l.close()
	for {
		err := l.once(ctx)
		if err == nil || !l.tellAndRepeat(err) {
			return l.left, final(err)
		}
		if err := l.anew(ctx); err != nil {
			return l.left, err
		}
	}
}

// An unlocker is unlock under way.
type unlocker struct {
	unlocking
	app     *app
	s       *session // nil when no card was found again
	left    card.Tries
	noticed bool          // Notice was shown for this card
	warned  bool          // of the absent certificate of this card
	same    bool          // a secret was given for this card
	wrong   []card.Secret // refused by this card
	earlier []card.Secret // refused by a card that may be this one
}

func (l *unlocker) close() {
	if l.s != nil {
		l.s.close()
	}
	wipe(l.wrong)
	wipe(l.earlier)
}

// shown is what the person was told about the card before the prompt.
type shown struct {
	token  card.Token
	tries  card.Tries
	absent bool // the guarded certificate seems not to be on the card
}

// once goes from a new look at the card to the end of Use.
func (l *unlocker) once(ctx context.Context) error {
	was, err := l.look()
	if err != nil {
		return err
	}
	l.s.end(false)
	if was, err = l.announce(ctx, was); err != nil || l.Rehearse {
		return err
	}
	secret, err := l.Secret(ctx, l.same)
	defer func() { secret.Wipe() }()
	if err != nil {
		return err
	}
	l.same = true
	if err := l.notRepeated(ctx, secret); err != nil {
		return err
	}
	return l.attempt(ctx, was, secret)
}

// look reads what the prompt shows: the card's kind and the tries left.
func (l *unlocker) look() (was shown, err error) {
	if was.token, err = l.s.card.Token(); err != nil {
		return was, err
	}
	if l.Prepare != nil {
		if err := l.Prepare(l.s, was.token); err != nil {
			return was, err
		}
	}
	if was.absent, err = l.s.seemsAbsent(l.Guards); err != nil {
		return was, err
	}
	was.tries, err = l.s.card.Tries(l.Credential)
	l.left = was.tries
	return was, err
}

// announce shows reader, card and tries, then decides whether a secret may be
// sent at all. Where another program is logged in, so that the card does not say
// the count, it is reset and asked once more, after Notice and never for a
// rehearsal: whoever only looks disturbs nobody.
func (l *unlocker) announce(ctx context.Context, was shown) (shown, error) {
	a := l.app
	a.talk(a.t("unlock.card", "Reader", text.Escape(l.s.conn.Reader()), "Card", a.kind(was.token)))
	reset := was.tries.Verified && !l.Rehearse
	if !reset {
		if err := l.showTries(was.tries); err != nil {
			return was, err
		}
	}
	if !l.noticed && l.Notice != nil {
		if err := l.Notice(ctx); err != nil {
			return was, err
		}
	}
	l.noticed = true
	if reset {
		tries, err := l.s.resetAndAsk(ctx, l.Credential)
		l.s.end(false)
		if err != nil {
			return was, notShown(err)
		}
		was.tries, l.left = tries, tries
		if err := l.showTries(tries); err != nil {
			return was, err
		}
	}
	if was.absent && !l.warned {
		if err := a.warnAbsent(ctx, l.unlocking); err != nil {
			return was, err
		}
		l.warned = true
	}
	if l.Rehearse {
		return was, nil
	}
	return was, a.mayTry(ctx, l.Credential, was.tries)
}

func (l *unlocker) showTries(t card.Tries) error {
	l.app.talk(l.app.triesLine(l.Credential, t))
	if t.Blocked() {
		return lockedError(l.Credential)
	}
	return nil
}

// errRepeated is a secret that was refused before and is not sent.
var errRepeated = errors.New("the same secret again")

// notRepeated refuses a secret that this card has refused in this run. Of one
// that a card refused which may be this one, the person decides.
func (l *unlocker) notRepeated(ctx context.Context, s card.Secret) error {
	a := l.app
	switch {
	case seen(l.wrong, s):
		a.prompt(a.t("secret.same-wrong"))
		return errRepeated
	case seen(l.earlier, s):
		a.prompt(a.t("unlock.same-as-before"))
		yes, err := a.agree(ctx, a.t("unlock.same-as-before.ask"))
		if err == nil && !yes {
			err = errRepeated
		}
		return err
	}
	return nil
}

// attempt is the transaction that sends the secret: the application selected
// anew, the counter read again, and nothing sent unless both are what was shown.
// That the card is the one that was shown is known from Begin, at no exchange.
func (l *unlocker) attempt(ctx context.Context, was shown, secret card.Secret) error {
	defer l.app.tellWorking()()
	s, c := l.s, l.Credential
	if err := s.begin(ctx); err != nil {
		return notShown(err)
	}
	defer s.end(true)
	now, err := s.card.Tries(c)
	if err == nil && now.Verified && was.tries.Known { // another program logged in since
		if now, err = s.resetAndAsk(ctx, c); err != nil {
			err = notShown(err)
		}
	}
	if err != nil {
		return err
	}
	if now != was.tries {
		return &changedError{fmt.Errorf("tries %+v, shown %+v", now, was.tries)}
	}
	err = s.card.Verify(c, secret)
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

// tellAndRepeat reports whether everything is shown and asked anew after err, and
// tells the person why.
func (l *unlocker) tellAndRepeat(err error) bool {
	a := l.app
	var changed *changedError
	var pin *card.PINError
	switch {
	case !a.interactive():
		return false
	case errors.Is(err, errRepeated):
		return true
	case errors.As(err, &changed):
		a.prompt(a.t(changed.words()))
		if cardMayDiffer(err) {
			l.forget()
		}
		return true
	case errors.As(err, &pin) && !pin.Tries.Blocked() && !errors.Is(err, card.ErrBlocked):
		x := a.out.Explain(err)
		a.prompt(x.Message)
		a.prompt(x.Hint)
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

// anew starts a transaction on the same card, or on the one that is put back into
// the same reader: nothing has been sent that could not be shown anew.
func (l *unlocker) anew(ctx context.Context) (err error) {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	l.s.end(true)
	if err := l.s.begin(ctx); err == nil {
		return nil
	}
	reader := l.s.conn.Reader()
	l.s.close()
	l.forget() // it was lifted, and another may lie there
	l.s, err = l.app.reconnect(ctx, reader)
	return err
}

// A changedError says that the card or its counter is not what was shown, or may
// not be. Nothing was sent.
type changedError struct{ err error }

func (e *changedError) Error() string { return fmt.Sprintf("card: not what was shown: %v", e.err) }
func (e *changedError) Unwrap() error { return e.err }

// final returns err in the words for a script: that the card is not what was shown.
func final(err error) error {
	if !errors.As(err, new(*changedError)) || errors.Is(err, pcsc.ErrNoService) {
		return err
	}
	return &outcome.Error{Code: outcome.CodeCardRemoved, ID: "err.card-changed", Err: err}
}

// words is the message for a person.
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

// notShown makes a *changedError of a transaction that did not begin because the
// card may not be the one that was shown.
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
func (a *app) tellWorking() (done func()) {
	if !a.interactive() {
		return func() {}
	}
	return a.env.after(workingAfter, func() { a.prompt(a.t("unlock.working")) })
}
