package cli

import (
	"context"
	"errors"
	"fmt"

	"natsuin/card"
	"natsuin/card/pcsc"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
)

// An unlocking is one use of the card that needs a secret. The order is the
// product's promise (docs/cli.md, behaviours 1 to 12): the counter is read and shown, the
// person or the script gives the secret, its form is checked, and only then, in a
// transaction that reads the counter again, is it sent, once.
type unlocking struct {
	cred card.Credential
	// prepare runs in the first transaction, before anything is asked.
	prepare func(*session, card.Token) error
	// notice is shown before the prompt; an error ends the run.
	notice func(context.Context) error
	// collect gets the secrets, from the person or the script, in the card's form.
	collect func(context.Context) error
	// send presents them and does the work, in one transaction.
	send func(*session) error
	// given returns the secret that send will present.
	given func() card.Secret
	// tries reports each count that becomes known.
	tries func(card.Tries)
	// another, if not nil, forgets what was given for the card that was shown before.
	another func()
	// rehearse ends before anything is asked.
	rehearse bool
	// reads is the certificate that send will read, if any; with spare the card is not
	// always asked whether it has it (seemsAbsent).
	reads card.CertID
	spare bool
}

// shown is what the person was told about the card before the prompt.
type shown struct {
	token  card.Token
	tries  card.Tries
	absent bool // what is to be read seems not to be on the card
}

// unlock runs it to its end. Every wrong VERIFY stands for one secret that a
// person typed, or for the one that the script gave.
func (a *app) unlock(ctx context.Context, u unlocking) error {
	if most := u.cred.MaxTries(); a.flags.minTries > most {
		return usage("err.min-tries.most", "Least", a.flags.minTries, "Most", most)
	}
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if s != nil { // again may have found no card any more
			s.close()
		}
	}()
	var wrong []card.Secret
	defer func() { wipe(wrong) }()
	unseen, warned := true, false // what notice shows, for this card
	forget := func() {
		if unseen, warned = true, false; u.another != nil {
			u.another()
		}
	}
	anew := func() error {
		next, err := a.again(ctx, s)
		if next != s { // it was lifted since, and another may lie there
			forget()
		}
		s = next
		return err
	}
	for {
		was, err := s.look(u)
		if err != nil {
			return err
		}
		s.end(false)
		was.absent, warned = was.absent && !warned, warned || was.absent
		if err := a.announce(ctx, s, was, u, unseen); err != nil || u.rehearse {
			return err
		}
		unseen = false
		if err := u.collect(ctx); err != nil {
			return err
		}
		if seen(wrong, u.given()) {
			a.prompt(a.t("secret.same-wrong"))
			if err := anew(); err != nil {
				return err
			}
			continue
		}
		err = a.attempt(ctx, s, was, u)
		var changed *changedError
		var pin *card.PINError
		switch {
		case errors.As(err, &changed):
			if !a.interactive() {
				return &i18n.Error{Code: i18n.CodeCardRemoved, ID: "err.card-changed"}
			}
			id := "unlock.changed"
			switch {
			case errors.Is(err, pcsc.ErrReset):
				id = "unlock.reset"
			case another(err):
				id = "unlock.another"
			}
			a.prompt(a.t(id))
			if another(err) {
				forget()
			}
			if err := anew(); err != nil {
				return err
			}
		case errors.As(err, &pin):
			if u.tries != nil {
				u.tries(pin.Tries)
			}
			if pin.Tries.Blocked() || errors.Is(err, card.ErrBlocked) || !a.interactive() {
				return err
			}
			wrong = append(wrong, u.given().Clone())
			x := a.out.Explain(err)
			a.prompt(x.Message)
			a.prompt(x.Hint)
			if err := anew(); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// again starts a new transaction on the same card, or on the one that is put back into
// the same reader: nothing has been sent that could not be shown anew.
func (a *app) again(ctx context.Context, s *session) (*session, error) {
	s.end(true)
	if err := s.begin(); err == nil {
		return s, nil
	}
	reader := s.conn.Reader()
	s.close()
	return a.reconnect(ctx, reader)
}

// look reads what the prompt shows: the card's kind and the tries left.
func (s *session) look(u unlocking) (shown, error) {
	token, err := s.card.Token()
	if err != nil {
		return shown{}, err
	}
	if u.prepare != nil {
		if err := u.prepare(s, token); err != nil {
			return shown{}, err
		}
	}
	tries, err := s.card.Tries(u.cred)
	if err != nil {
		return shown{}, err
	}
	if u.tries != nil {
		u.tries(tries)
	}
	absent, err := s.seemsAbsent(u, tries)
	return shown{token, tries, absent}, err
}

// announce shows reader, card and tries, then decides whether a secret may be
// sent at all.
func (a *app) announce(ctx context.Context, s *session, was shown, u unlocking, unseen bool) error {
	tell := a.say
	if a.interactive() {
		tell = a.prompt // it belongs to the question, whatever -q and --json say
	}
	tell(a.t("unlock.card", "Reader", ui.Escape(s.conn.Reader()), "Card", a.kind(was.token)))
	tell(a.triesLine(u.cred, was.tries))
	if was.tries.Blocked() {
		return lockedError(u.cred)
	}
	if unseen && u.notice != nil {
		if err := u.notice(ctx); err != nil {
			return err
		}
	}
	if was.absent {
		if err := a.warnAbsent(ctx, u); err != nil {
			return err
		}
	}
	if u.rehearse {
		return nil
	}
	return a.mayTry(ctx, u.cred, was.tries)
}

func lockedError(c card.Credential) error {
	return &i18n.Error{Code: i18n.CodeLocked, ID: "err.locked." + c.String()}
}

// mayTry applies --min-tries, and asks for consent before the last try. An
// unknown count is treated as one.
func (a *app) mayTry(ctx context.Context, c card.Credential, t card.Tries) error {
	left := 1
	if t.Known {
		left = t.Left
	}
	least := a.flags.minTries
	if least == 0 && !a.interactive() {
		least = c.MaxTries()
	}
	if left < least {
		id := "err.too-few-tries"
		if !t.Known {
			id = "err.too-few-tries.unknown"
		}
		return &i18n.Error{Code: i18n.CodeTooFewTries, ID: id, Pairs: []any{"N", left, "Least", least}}
	}
	if !a.interactive() {
		return nil
	}
	switch {
	case left == 2:
		a.prompt(a.t("unlock.two-left"))
	case left <= 1:
		id := "unlock.last"
		if !t.Known {
			id = "unlock.unknown"
		}
		a.prompt(a.t(id))
		yes, err := a.agree(ctx, a.t("unlock.last.ask"))
		if err != nil {
			return err
		}
		if !yes {
			return &i18n.Error{Code: i18n.CodeTooFewTries, ID: "err.last-declined"}
		}
	}
	return nil
}

// triesLine is «署名用パスワード（英大文字・数字 6〜16文字） 残り 5 回».
func (a *app) triesLine(c card.Credential, t card.Tries) string {
	name := a.t("secret." + c.String())
	switch {
	case !t.Known:
		return a.t("tries.unknown", "Secret", name)
	case t.Left == 0:
		return a.t("tries.locked", "Secret", name)
	}
	return a.t("tries.left", "Secret", name, "N", t.Left)
}

// changedError says that the card or its counter is not what was shown, or may not be;
// nothing was sent.
type changedError struct{ err error }

func (e *changedError) Error() string { return fmt.Sprintf("card: not what was shown: %v", e.err) }
func (e *changedError) Unwrap() error { return e.err }

// attempt is the transaction that sends the secret: application selected anew,
// counter read again, and nothing sent if it is not what was shown. That the card is the
// one that was shown is known from Begin, at no exchange: it fails for any other.
func (a *app) attempt(ctx context.Context, s *session, was shown, u unlocking) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.begin(); err != nil {
		if another(err) {
			return &changedError{err}
		}
		return err
	}
	defer s.end(true)
	now, err := s.card.Tries(u.cred)
	if err != nil {
		return err
	}
	if now != was.tries {
		return &changedError{fmt.Errorf("tries %+v, shown %+v", now, was.tries)}
	}
	return u.send(s)
}
