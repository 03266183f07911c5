package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

func newPIN(a *app) *cobra.Command {
	c := a.group("pin", "pin")
	c.AddCommand(newPINStatus(a), newPINChange(a))
	return c
}

// pinStatusReport is pin status's part of the JSON object.
type pinStatusReport struct {
	Card pinCard    `json:"card"`
	Pins []pinState `json:"pins"`
}

type pinCard struct {
	Label  string `json:"label"`
	Kind   string `json:"kind"`
	Reader string `json:"reader"`
}

type pinState struct {
	ID        string `json:"id"`
	TriesLeft any    `json:"tries_left"`
	TriesMax  int    `json:"tries_max"`
	Locked    any    `json:"locked"`
}

func newPINStatus(a *app) *cobra.Command {
	c := a.verb("status", "pin.status", func(ctx context.Context, _ []string) error { return a.pinStatus(ctx) })
	c.Args = a.arguments(0, 0)
	return c
}

// pinStatus asks both counters with empty VERIFYs, which cost no try.
func (a *app) pinStatus(ctx context.Context) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := s.card.Token()
	if err != nil {
		return err
	}
	rep := pinStatusReport{Card: pinCard{Label: token.Label, Kind: token.Kind.String(), Reader: s.conn.Reader()}}
	var lines []string
	for _, c := range []card.Credential{card.SignPassword, card.AuthPIN} {
		t, err := s.card.Tries(c)
		if errors.Is(err, card.ErrNoCredential) {
			continue
		}
		if err != nil {
			return err
		}
		state := pinState{ID: c.String(), TriesMax: c.MaxTries(), TriesLeft: triesValue(t)}
		if t.Known {
			state.Locked = t.Blocked()
		}
		rep.Pins = append(rep.Pins, state)
		lines = append(lines, a.triesLine(c, t))
		if t.Blocked() {
			lines = append(lines, "  "+a.t("tries.locked.help"))
		}
	}
	a.report = rep
	a.print(a.t("unlock.card", "Reader", text.Escape(s.conn.Reader()), "Card", a.kind(token)))
	for _, line := range lines {
		a.print(line)
	}
	return nil
}

// pinChangeReport is pin change's part of the JSON object.
type pinChangeReport struct {
	PIN       string `json:"pin"`
	Outcome   string `json:"outcome"`
	TriesLeft any    `json:"tries_left"`
}

func newPINChange(a *app) *cobra.Command {
	var allowWeak bool
	c := a.verb("change [flags] sign|auth", "pin.change", func(ctx context.Context, args []string) error {
		cred, err := byWord(args[0], cardSecrets)
		if err != nil {
			return outcome.Usage("err.pin.which", "Value", args[0], "Known", strings.Join(wordsOf(cardSecrets), ", "))
		}
		r := &pinChange{app: a, cred: cred, allowWeak: allowWeak}
		return r.run(ctx)
	})
	c.Args = a.arguments(1, 1)
	c.ValidArgs = wordsOf(cardSecrets)
	c.Flags().BoolVar(&allowWeak, "allow-weak-secret", false, "flag.pin.allow-weak-secret")
	return c
}

// A pinChange replaces one secret. Its outcome is one of three words: changed,
// not-changed, unknown (docs/cli.md, behaviour 7).
type pinChange struct {
	app       *app
	cred      card.Credential
	allowWeak bool
	new       card.Secret
	report    *pinChangeReport
}

func (r *pinChange) run(ctx context.Context) error {
	a := r.app
	r.report = &pinChangeReport{PIN: r.cred.String(), Outcome: "not-changed"}
	a.report = r.report
	defer func() { r.new.Wipe() }()
	if !a.interactive() && a.flags.pinFrom == "" {
		return inputNeeded()
	}
	secrets, err := a.scriptSecrets(ctx, 2)
	if err != nil {
		return err
	}
	defer wipe(secrets)
	get := r.fromPerson
	if secrets != nil {
		old, err := r.fromScript(secrets)
		if err != nil {
			return err
		}
		get = func(context.Context, bool) (card.Secret, error) { return old, nil }
	}
	left, err := a.unlock(ctx, unlocking{
		Credential: r.cred, Guards: guardedBy[r.cred], Secret: get, Use: r.change,
	})
	r.report.TriesLeft = triesValue(left)
	return r.outcome(err)
}

// guardedBy names the certificate that is of no use without the secret.
var guardedBy = map[card.Credential]card.CertID{card.SignPassword: card.SignCert, card.AuthPIN: card.AuthCert}

func (r *pinChange) fromScript(secrets []card.Secret) (old card.Secret, err error) {
	if old, err = r.app.normalize(r.cred, secrets[0]); err != nil {
		return old, err
	}
	if r.new, _, err = r.app.normalizeForm(r.cred, secrets[1]); err != nil {
		return old, err
	}
	return old, checkNew(r.cred, old, r.new, r.allowWeak)
}

// fromPerson asks for the old secret, the new one, and the new one again, all
// before the transaction. After a wrong old one, for the same card, the new one
// stands.
func (r *pinChange) fromPerson(ctx context.Context, same bool) (old card.Secret, err error) {
	a := r.app
	if !same {
		r.new.Wipe() // it was meant for another card
	}
	name := a.t("secret.name." + r.cred.String())
	if old, err = a.askSecret(ctx, r.cred, a.t("prompt.old", "Secret", name)); err != nil {
		return old, err
	}
	if r.new.Len() > 0 {
		return old, checkNew(r.cred, old, r.new, r.allowWeak)
	}
	r.new, err = a.askNewSecret(ctx, r.cred, old, r.allowWeak)
	return old, err
}

// askNewSecret asks for a new secret twice, until it has the form, is not easily
// guessed and was typed the same both times.
func (a *app) askNewSecret(ctx context.Context, c card.Credential, old card.Secret, allowWeak bool) (card.Secret, error) {
	a.prompt(a.t("prompt.new.rule." + c.String()))
	for {
		s, err := a.askTwice(ctx, c, old, allowWeak)
		if outcome.CodeOf(err) != outcome.CodeBadSecretForm {
			return s, err
		}
		a.askOn(err)
	}
}

var errNotTwice = &outcome.Error{Code: outcome.CodeBadSecretForm, ID: "err.secret.not-twice"}

func (a *app) askTwice(ctx context.Context, c card.Credential, old card.Secret, allowWeak bool) (card.Secret, error) {
	name := a.t("secret.name." + c.String())
	typed, err := a.typeSecret(ctx, a.t("prompt.new", "Secret", name))
	if err != nil {
		return card.Secret{}, err
	}
	s, _, err := a.normalizeForm(c, typed)
	if err != nil {
		return card.Secret{}, err
	}
	if err := checkNew(c, old, s, allowWeak); err != nil {
		s.Wipe()
		return card.Secret{}, err
	}
	typed, err = a.typeSecret(ctx, a.t("prompt.again", "Secret", name))
	if err != nil {
		s.Wipe()
		return card.Secret{}, err
	}
	again, _, err := a.normalizeForm(c, typed)
	defer again.Wipe()
	if err != nil || !again.Equal(s) {
		s.Wipe()
		return card.Secret{}, errNotTwice
	}
	return s, nil
}

// checkNew refuses a new secret that is the old one, or easily guessed unless that
// is allowed.
func checkNew(c card.Credential, old, new card.Secret, allowWeak bool) error {
	err := card.CheckNew(c, old, new)
	var weak *card.WeakSecretError
	if allowWeak && errors.As(err, &weak) && weak.Reason != card.WeakEqual {
		return nil
	}
	return err
}

// change sets the new secret, in the transaction in which the old one was
// verified.
func (r *pinChange) change(s *session) error {
	defer r.new.Wipe()
	if r.cred == card.SignPassword && !r.allowWeak {
		if err := r.notBirthDate(s); err != nil {
			return err
		}
	}
	return s.card.Change(r.cred, r.new)
}

// notBirthDate refuses a new password that holds the birth date in the
// certificate, which only a verified password opens.
func (r *pinChange) notBirthDate(s *session) error {
	cert, err := s.card.Certificate(card.SignCert)
	if err != nil {
		if errors.As(err, new(*card.NoCertificateError)) {
			return nil
		}
		return err
	}
	return checkBirth(r.new, cert)
}

func checkBirth(s card.Secret, cert *x509.Certificate) error {
	holder, err := card.HolderOf(cert)
	if err != nil {
		return nil // a certificate without a readable birth date cannot be compared with
	}
	return card.CheckBirth(card.SignPassword, s, holder.Birth)
}

// outcome says which of the three words it ended in. If the answer to the VERIFY
// before the CHANGE was lost, the secret is not changed, but a try may be gone.
func (r *pinChange) outcome(err error) error {
	a, name := r.app, r.app.t("secret.name."+r.cred.String())
	var unknown *card.OutcomeUnknownError
	switch {
	case err == nil:
		r.report.Outcome = "changed"
		a.say(a.t("pin.changed", "Secret", name))
	case !errors.As(err, &unknown):
		a.say(a.t("pin.not-changed", "Secret", name))
	case unknown.Op == card.OpChange:
		r.report.Outcome = "unknown"
	default:
		return &outcome.Error{Code: outcome.CodeUnknownOutcome, ID: "err.unknown-outcome.not-changed", Pairs: []any{"Secret", name}, Err: err}
	}
	return err
}
