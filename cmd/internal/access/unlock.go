package access

import (
	"context"

	"natsuin/card"
	"natsuin/card/practice"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// An Unlocking describes one use of the card that needs a secret (docs/cli.md,
// behaviours 1 to 12).
type Unlocking struct {
	// Credential is the secret that is sent.
	Credential card.Credential
	// Guards is the certificate that the secret guards, or 0 for none. If the
	// card seems to lack it, the person is warned before a try is used.
	Guards card.CertID
	// Secret returns the secret in the form of the card, from the person or
	// from --pin-from. Unlock wipes it. same reports whether Secret has already
	// returned a secret for this card. If it is false, what was entered for an
	// earlier card must not be sent.
	Secret func(ctx context.Context, same bool) (card.Secret, error)
	// Prepare, if not nil, runs in the transaction that reads the counter,
	// before anything is shown or asked.
	Prepare func(*Session, card.Token) error
	// Notice, if not nil, is called once per card, before the secret is asked
	// for. An error ends the run.
	Notice func(context.Context) error
	// Use runs in the transaction in which the secret was verified.
	Use func(*Session) error
	// Rehearse ends the run after the facts about the card and the notice were
	// shown, before anything is asked. Notice must not ask then.
	Rehearse bool
}

// Unlock shows the tries left, gets the secret, sends it once, and runs Use in
// the same transaction. It does not send the secret if the count has changed
// since it was shown. At a terminal it asks again after a wrong secret. left is
// the count that the card last reported. left is unknown after a secret was
// accepted, and if the card's answer was lost.
func (a *Access) Unlock(ctx context.Context, u Unlocking) (left card.Tries, err error) {
	if most := u.Credential.MaxTries(); a.MinTries > most {
		return left, outcome.Usage("err.min-tries.most", "Least", a.MinTries, "Most", most)
	}
	s, err := a.Connect(ctx)
	if err != nil {
		return left, err
	}
	l := &unlocker{Unlocking: u, access: a, s: s}
	defer l.close()
	for {
		err := l.once(ctx)
		if err == nil || !l.tellAndRepeat(err) {
			err = final(err)
			l.introduceUnlocking(err)
			return l.left, err
		}
		if err := l.anew(ctx); err != nil {
			return l.left, err
		}
	}
}

// An unlocker holds the state of one call of [Access.Unlock].
type unlocker struct {
	Unlocking
	access  *Access
	s       *Session // nil if reconnecting failed
	left    card.Tries
	noticed bool          // Notice was shown for this card
	warned  bool          // the person was warned that the certificate seems absent
	same    bool          // a secret was given for this card
	wrong   []card.Secret // refused by this card
	earlier []card.Secret // refused by a card that may be this one

	introduced bool // this card was introduced, if it is the practice card
}

func (l *unlocker) close() {
	if l.s != nil {
		l.s.Close()
	}
	Wipe(l.wrong)
	Wipe(l.earlier)
}

// shown holds the facts about the card that the person sees before the prompt.
type shown struct {
	token  card.Token
	tries  card.Tries
	absent bool // the guarded certificate seems not to be on the card
}

// once makes one attempt, from reading the state of the card to the end of Use.
func (l *unlocker) once(ctx context.Context) error {
	was, err := l.look()
	if err != nil {
		return err
	}
	l.s.end(false)
	if was, err = l.announce(ctx, was); err != nil || l.Rehearse {
		return err
	}
	if !l.introduced && l.access.PINFrom == "" {
		l.access.introducePractice(l.s.conn, l.Credential)
	}
	l.introduced = true
	secret, err := l.Secret(ctx, l.same)
	defer func() { secret.Wipe() }()
	if err != nil {
		return err
	}
	l.same = true
	if err := l.mayRepeat(ctx, secret); err != nil {
		return err
	}
	return l.attempt(ctx, was, secret)
}

// look reads the facts to show, and runs Prepare.
func (l *unlocker) look() (was shown, err error) {
	if was.token, err = l.s.Card.Token(); err != nil {
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
	was.tries, err = l.s.Card.Tries(l.Credential)
	l.left = was.tries
	return was, err
}

// announce shows the reader, the card and the tries left, and returns an error
// if no secret may be sent. While another program is logged in the card does
// not report the count: announce then resets the card and reads the count
// again, but only after Notice, and never in a rehearsal.
func (l *unlocker) announce(ctx context.Context, was shown) (shown, error) {
	a := l.access
	a.Talk(a.T("unlock.card", "Reader", text.Escape(l.s.conn.Reader()), "Card", a.Kind(was.token)))
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
		if err := a.warnAbsent(ctx, l.Unlocking); err != nil {
			return was, err
		}
		l.warned = true
	}
	if l.Rehearse {
		return was, nil
	}
	return was, a.mayTry(ctx, l.Credential, was.tries)
}

// introduceUnlocking says how the practice card is unlocked, before the error
// that says so of a real one.
func (l *unlocker) introduceUnlocking(err error) {
	if outcome.CodeOf(err) != outcome.CodeLocked || l.s == nil {
		return
	}
	if _, ok := l.s.conn.(*practice.Conn); ok {
		l.access.Talk(l.access.T("practice.prompt.locked", "Kind", l.Credential.String()))
	}
}

func (l *unlocker) showTries(t card.Tries) error {
	l.access.Talk(l.access.TriesLine(l.Credential, t))
	if t.Blocked() {
		return LockedError(l.Credential)
	}
	return nil
}
