package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/card/practice"
	"natsuin/card/virtual"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
)

func newPractice(a *app) *cobra.Command {
	c := a.group("practice", "practice")
	c.AddCommand(
		newPracticeShow(a), newPracticeIssue(a), newPracticeUnlock(a), newPracticeRevoke(a), newPracticeRenew(a),
		newPracticeCRL(a), newPracticeOCSP(a), newPracticeOfficial(a), newPracticeServe(a), newPracticeReset(a),
	)
	return c
}

// practiceReport is practice show's part of the JSON object, and that of every
// verb that leaves a new card behind.
type practiceReport struct {
	Kind       string         `json:"kind"`
	TriesLeft  map[string]any `json:"tries_left"`
	SHA256     *string        `json:"sha256"`
	RootSHA256 *string        `json:"root_sha256"`
	Secrets    map[string]any `json:"secrets"`
	Revoked    *string        `json:"revoked_at"`
	Holder     *holder        `json:"holder,omitempty"` // only with --personal
}

func newPracticeShow(a *app) *cobra.Command {
	c := a.verb("show", "practice.show", func(context.Context, []string) error { return a.practiceShow() })
	c.Args = a.arguments(0, 0)
	return c
}

// practiceShow tells everything about the practice card, its passwords included:
// they are no secrets.
func (a *app) practiceShow() error {
	info, err := a.practiceStore().Show()
	if err != nil {
		return err
	}
	rep := practiceReport{Kind: string(info.Kind), TriesLeft: map[string]any{}, Secrets: map[string]any{}}
	birth := info.Birth.Format(time.DateOnly)
	if a.flags.personal {
		rep.Holder = &holder{Name: info.Name, Address: info.Address, Birth: birth, Sex: string(info.Sex)}
	}
	a.print(a.t("practice.mark"))
	a.field("practice.kind", a.t("practice.kind."+string(info.Kind)))
	a.field("practice.holder", text.Escape(info.Name))
	a.field("practice.holder.address", text.Escape(info.Address))
	a.field("practice.holder.birth", birth)
	a.field("practice.holder.sex", a.t("sex."+string(info.Sex)))
	for _, half := range []struct {
		cred virtual.Credential
		info practice.SlotInfo
	}{{virtual.Sign, info.Sign}, {virtual.Auth, info.Auth}} {
		id := half.cred.String()
		if half.info.MaxTries == 0 {
			rep.TriesLeft[id], rep.Secrets[id] = nil, nil
			continue
		}
		rep.TriesLeft[id], rep.Secrets[id] = half.info.Tries, half.info.Secret
		a.field("practice."+id, a.t("practice.secret", "Secret", half.info.Secret, "N", half.info.Tries))
	}
	if c := info.Sign.Certificate; c != nil {
		rep.SHA256 = orNull(fingerprint.Of(c).SHA256.String())
		a.printGroups("practice.sha256", *rep.SHA256)
	}
	if c := info.Sign.CA; c != nil {
		rep.RootSHA256 = orNull(fingerprint.Of(c).SHA256.String())
		a.printGroups("practice.root-sha256", *rep.RootSHA256)
	}
	if r := info.Sign.Revoked; r != nil {
		rep.Revoked = orNull(stamp(r.At))
		a.field("practice.revoked", a.dateTime(r.At))
	}
	a.field("practice.folder", text.Escape(a.env.dataDir("practice")))
	a.report = rep
	return nil
}

func newPracticeReset(a *app) *cobra.Command {
	var yes bool
	c := a.verb("reset [flags]", "practice.reset", func(ctx context.Context, _ []string) error {
		if !yes && !a.interactive() {
			return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.practice.reset-declined"}
		}
		if !yes {
			agreed, err := a.agree(ctx, a.t("practice.reset.ask"))
			if err != nil {
				return err
			}
			if !agreed {
				return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.practice.reset-declined"}
			}
		}
		if err := a.practiceStore().Reset(); err != nil {
			return err
		}
		return a.practiceShow()
	})
	c.Args = a.arguments(0, 0)
	c.Flags().BoolVar(&yes, "yes", false, "flag.practice.yes")
	return c
}

func newPracticeIssue(a *app) *cobra.Command {
	var kind, name, address, birth, sex string
	c := a.verb("issue [flags]", "practice.issue", func(ctx context.Context, _ []string) error {
		o := practice.IssueOptions{Kind: practice.Kind(kind), Name: name, Address: address, Sex: practice.Sex(sex)}
		if !slices.Contains(practice.Kinds(), o.Kind) { // before anybody chooses passwords
			return &practice.InvalidError{Field: "kind", Reason: "unknown"}
		}
		if sex != "" && !slices.Contains(practice.Sexes(), o.Sex) {
			return outcome.Usage("err.flag.choice", "Flag", "--sex", "Value", sex, "Known", "male, female, unknown")
		}
		if birth != "" {
			day, err := time.Parse(time.DateOnly, birth)
			if err != nil {
				return outcome.Usage("err.flag.day", "Flag", "--birth")
			}
			o.Birth = day
		}
		if err := a.practiceSecrets(ctx, &o); err != nil {
			return err
		}
		if err := a.practiceStore().Issue(o); err != nil {
			return err
		}
		return a.practiceShow()
	})
	c.Args = a.arguments(0, 0)
	f := c.Flags()
	f.StringVar(&kind, "kind", string(practice.KindMyNumber), "flag.practice.kind")
	f.StringVar(&name, "name", "", "flag.practice.name")
	f.StringVar(&address, "address", "", "flag.practice.address")
	f.StringVar(&birth, "birth", "", "flag.practice.birth")
	f.StringVar(&sex, "sex", "", "flag.practice.sex")
	completeWords(c, "kind", practice.Kinds()...)
	completeWords(c, "sex", practice.Sexes()...)
	return c
}

// practiceSecrets gets the new card's two secrets: asked twice each at a terminal,
// two lines of --pin-from in a script, else the published ones.
func (a *app) practiceSecrets(ctx context.Context, o *practice.IssueOptions) error {
	secrets, err := a.scriptSecrets(ctx, 2)
	if err != nil {
		return err
	}
	defer wipe(secrets)
	if secrets == nil && a.interactive() {
		a.prompt(a.t("practice.issue.secrets"))
		asked := []card.Credential{card.SignPassword, card.AuthPIN}
		if o.Kind == practice.KindJuki {
			asked = asked[:1] // it has no other secret
		}
		for _, c := range asked {
			s, err := a.askNewSecret(ctx, c, card.Secret{}, true)
			if err != nil {
				return err
			}
			secrets = append(secrets, s)
		}
	}
	fields := []*string{&o.SignPassword, &o.AuthPIN}
	for i, s := range secrets {
		if secrets[i], err = a.normalize([]card.Credential{card.SignPassword, card.AuthPIN}[i], s); err != nil {
			return err
		}
		*fields[i] = string(secrets[i].Reveal()) // no secret: the store keeps and shows it
	}
	return nil
}
