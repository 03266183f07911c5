package access

import (
	"context"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// An Unlocking is one use of the card that needs a secret (docs/cli.md,
// behaviours 1 to 12).
type Unlocking struct {
	// Credential is the secret that is sent.
	Credential card.Credential
	// Guards is the certificate that the secret guards, 0 for none: a card
	// without it is told before a try is spent.
	Guards card.CertID
	// Secret returns what to send, in the card's form, from the person or the
	// script; unlock wipes it. same is false for the first card and for one
	// that may be another: what was given for the card before is not meant for
	// it.
	Secret func(ctx context.Context, same bool) (card.Secret, error)
	// Prepare, if not nil, runs in the transaction before anything is asked.
	Prepare func(*Session, card.Token) error
	// Notice, if not nil, is shown before the prompt, once a card; an error
	// ends the run.
	Notice func(context.Context) error
	// Use does the work, in the transaction in which the secret was verified.
	Use func(*Session) error
	// Rehearse ends before anything is asked.
	Rehearse bool
}

// Unlock reads and shows the counter, gets the secret, and sends it, once, in a
// transaction in which the counter is what was shown; then Use runs. A wrong
// secret is asked for again at a terminal. left is the count as the card said
// it last: unknown after a secret was accepted, and after an answer that was
// lost.
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
			return l.left, final(err)
		}
		if err := l.anew(ctx); err != nil {
			return l.left, err
		}
	}
}

// An unlocker is unlock under way.
type unlocker struct {
	Unlocking
	access  *Access
	s       *Session // nil when no card was found again
	left    card.Tries
	noticed bool          // Notice was shown for this card
	warned  bool          // of the absent certificate of this card
	same    bool          // a secret was given for this card
	wrong   []card.Secret // refused by this card
	earlier []card.Secret // refused by a card that may be this one
}

func (l *unlocker) close() {
	if l.s != nil {
		l.s.Close()
	}
	Wipe(l.wrong)
	Wipe(l.earlier)
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
	if err := l.mayRepeat(ctx, secret); err != nil {
		return err
	}
	return l.attempt(ctx, was, secret)
}

// look reads what the prompt shows: the card's kind and the tries left.
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

// announce shows reader, card and tries, then decides whether a secret may be
// sent at all. Where another program is logged in, so that the card does not
// say the count, it is reset and asked once more, after Notice and never for a
// rehearsal.
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

func (l *unlocker) showTries(t card.Tries) error {
	l.access.Talk(l.access.TriesLine(l.Credential, t))
	if t.Blocked() {
		return LockedError(l.Credential)
	}
	return nil
}
