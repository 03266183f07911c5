package pin

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"natsuin/card"
	"natsuin/cmd/internal/access"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/text"
)

// statusReport is the JSON object of pin status.
type statusReport struct {
	console.Head
	Card statusCard  `json:"card"`
	Pins []statusPIN `json:"pins"`
}

type statusCard struct {
	Label  string `json:"label"`
	Kind   string `json:"kind"`
	Reader string `json:"reader"`
}

type statusPIN struct {
	ID        string `json:"id"`
	TriesLeft any    `json:"tries_left"`
	TriesMax  int    `json:"tries_max"`
	Locked    any    `json:"locked"`
}

func newStatus(r *run) *cobra.Command {
	c := r.Verb("status", "pin.status", func(ctx context.Context, _ []string) error { return r.status(ctx) })
	c.Args = r.Arguments(0, 0)
	return c
}

// status reads both counters by empty VERIFYs, which do not use a try.
func (r *run) status(ctx context.Context) error {
	s, err := r.Access.Connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	token, err := s.Card.Token()
	if err != nil {
		return err
	}
	rep := &statusReport{Card: statusCard{Label: token.Label, Kind: token.Kind.String(), Reader: s.Reader()}}
	var lines []string
	for _, c := range []card.Credential{card.SignPassword, card.AuthPIN} {
		t, err := s.Card.Tries(c)
		if errors.Is(err, card.ErrNoCredential) {
			continue
		}
		if err != nil {
			return err
		}
		state := statusPIN{ID: c.String(), TriesMax: c.MaxTries(), TriesLeft: access.TriesValue(t)}
		if t.Known {
			state.Locked = t.Blocked()
		}
		rep.Pins = append(rep.Pins, state)
		lines = append(lines, r.Access.TriesLine(c, t))
		switch {
		case t.Blocked() && r.Access.Reader == access.PracticeReader:
			lines = append(lines, "  "+r.T("tries.locked.practice", "Kind", c.String()))
		case t.Blocked():
			lines = append(lines, "  "+r.T("tries.locked.help"))
		}
	}
	r.Report = rep
	r.Print(r.T("unlock.card", "Reader", text.Escape(s.Reader()), "Card", r.Access.Kind(token)))
	for _, line := range lines {
		r.Print(line)
	}
	return nil
}
