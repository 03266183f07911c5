package trust

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/policy"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
	"natsuin/verify/trust"
)

func newRemove(r *run) *cobra.Command {
	c := r.Verb("remove NAME|SHA256", "trust.remove", func(_ context.Context, args []string) error {
		return r.remove(strings.Join(args, " "))
	})
	// A fingerprint in groups, as trust list prints it, needs no quotes.
	c.Args = func(c *cobra.Command, args []string) error {
		most := 1
		if _, err := fingerprint.Parse(strings.Join(args, " ")); err == nil {
			most = -1
		}
		return r.Arguments(1, most)(c, args)
	}
	return c
}

func (r *run) remove(which string) error {
	removed, err := policy.Registered(r.Run).Remove(which)
	if errors.Is(err, trust.ErrNotRegistered) {
		if root, ok := builtIn(which); ok {
			return outcome.Usage("err.trust.built-in", "Name", root.Name)
		}
		return outcome.Usage("err.trust.unknown", "Value", which)
	}
	if err != nil {
		return err
	}
	r.Report = &report{Roots: []root{}}
	r.Print(r.T("trust.removed", "Name", text.Escape(removed.Name)))
	if root, ok := trust.Lookup(removed.Certificate); ok {
		r.Print(r.T("trust.still-pinned", "Name", root.Name))
	}
	return nil
}

// builtIn returns the pinned root with this name or SHA-256 fingerprint.
func builtIn(which string) (trust.Root, bool) {
	print, _ := fingerprint.Parse(which)
	for _, r := range trust.Published() {
		if strings.EqualFold(r.Name, which) || r.SHA256.Equal(print) {
			return r, true
		}
	}
	return trust.Root{}, false
}
