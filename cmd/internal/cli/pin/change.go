package pin

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
)

// changeReport is the JSON object of pin change.
type changeReport struct {
	console.Head
	PIN       string `json:"pin"`
	Outcome   string `json:"outcome"`
	TriesLeft any    `json:"tries_left"`
}

func newChange(r *run) *cobra.Command {
	var allowWeak bool
	c := r.Verb("change [flags] sign|auth", "pin.change", func(ctx context.Context, args []string) error {
		cred, err := command.ByWord(args[0], access.Secrets)
		if err != nil {
			return outcome.Usage("err.pin.which", "Value", args[0], "Known", strings.Join(command.WordsOf(access.Secrets), ", "))
		}
		ch := &change{run: r, cred: cred, allowWeak: allowWeak}
		return ch.do(ctx)
	})
	c.Args = r.Arguments(1, 1)
	c.ValidArgs = command.WordsOf(access.Secrets)
	c.Flags().BoolVar(&allowWeak, "allow-weak-secret", false, "flag.pin.allow-weak-secret")
	return c
}

// A change is one run of pin change. Outcome in its report is "changed",
// "not-changed" or "unknown" (docs/cli.md, behaviour 7).
type change struct {
	*run
	cred      card.Credential
	allowWeak bool
	new       card.Secret
	report    *changeReport
}

func (r *change) do(ctx context.Context) error {
	r.report = &changeReport{PIN: r.cred.String(), Outcome: "not-changed"}
	r.Report = r.report
	defer func() { r.new.Wipe() }()
	if err := r.Access.Answerable(); err != nil {
		return err
	}
	secrets, err := r.Access.ScriptSecrets(ctx, 2)
	if err != nil {
		return err
	}
	defer access.Wipe(secrets)
	get := r.fromPerson
	if secrets != nil {
		old, err := r.fromScript(secrets)
		if err != nil {
			return err
		}
		get = func(context.Context, bool) (card.Secret, error) { return old, nil }
	}
	left, err := r.Access.Unlock(ctx, access.Unlocking{
		Credential: r.cred, Guards: guardedBy[r.cred], Secret: get, Use: r.set,
	})
	r.report.TriesLeft = access.TriesValue(left)
	return r.outcome(err)
}

// guardedBy holds, for each secret, the certificate whose key needs it.
var guardedBy = map[card.Credential]card.CertID{card.SignPassword: card.SignCert, card.AuthPIN: card.AuthCert}

func (r *change) fromScript(secrets []card.Secret) (old card.Secret, err error) {
	if old, err = r.Access.Normalize(r.cred, secrets[0]); err != nil {
		return old, err
	}
	if r.new, _, err = r.Access.NormalizeForm(r.cred, secrets[1]); err != nil {
		return old, err
	}
	return old, access.CheckNew(r.cred, old, r.new, r.allowWeak)
}

// fromPerson asks for the old secret, the new one, and the new one again, all
// before the transaction. If only the old secret was wrong and the card is the
// same, it keeps the new secret that was already entered.
func (r *change) fromPerson(ctx context.Context, same bool) (old card.Secret, err error) {
	if !same {
		r.new.Wipe() // entered for another card
	}
	name := r.T("secret.name." + r.cred.String())
	if r.new.Len() > 0 {
		r.Talk(r.T("pin.kept", "Secret", name))
	}
	for told := false; ; told = true {
		if old, err = r.Access.AskSecret(ctx, r.cred, r.T("prompt.old", "Secret", name)); err != nil {
			return old, err
		}
		// The second time it is meant: the new one was chosen in error.
		if r.new.Len() == 0 || !old.Equal(r.new) || told {
			break
		}
		old.Wipe()
		r.Prompt(r.T("pin.new-as-old", "Secret", name))
	}
	if r.new.Len() > 0 && access.CheckNew(r.cred, old, r.new, r.allowWeak) == nil {
		return old, nil
	}
	r.new.Wipe() // empty, or not allowed with this old secret
	r.new, err = r.Access.AskNewSecret(ctx, r.cred, old, r.allowWeak)
	return old, err
}

// set changes the secret, in the transaction in which the old one was verified.
func (r *change) set(s *access.Session) error {
	defer r.new.Wipe()
	if r.cred == card.SignPassword && !r.allowWeak {
		if err := r.notBirthDate(s); err != nil {
			return err
		}
	}
	return s.Card.Change(r.cred, r.new)
}

// notBirthDate returns an error if the new password contains the birth date.
// The date is in the certificate, which can be read only after the password was
// verified.
func (r *change) notBirthDate(s *access.Session) error {
	cert, err := s.Card.Certificate(card.SignCert)
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
		return nil // there is no readable birth date in the certificate
	}
	return card.CheckBirth(card.SignPassword, s, holder.Birth)
}

// outcome reports the result of the change in JSON and to the person, and
// returns the error of the run. If the answer to the VERIFY before the change
// was lost, the secret was not changed, but a try may have been used.
func (r *change) outcome(err error) error {
	name := r.T("secret.name." + r.cred.String())
	var unknown *card.OutcomeUnknownError
	switch {
	case err == nil:
		r.report.Outcome = "changed"
		r.Say(r.T("pin.changed", "Secret", name))
	case !errors.As(err, &unknown):
		r.Say(r.T("pin.not-changed", "Secret", name))
	case unknown.Op == card.OpChange:
		r.report.Outcome = "unknown"
	default:
		return &outcome.Error{Code: outcome.CodeUnknownOutcome, ID: "err.unknown-outcome.not-changed", Pairs: []any{"Secret", name}, Err: err}
	}
	return err
}
