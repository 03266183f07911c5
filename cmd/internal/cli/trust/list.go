package trust

import (
	"context"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/policy"
	"natsuin/verify/trust"
)

func newList(r *run) *cobra.Command {
	c := r.Verb("list", "trust.list", func(context.Context, []string) error { return r.list() })
	c.Args = r.Arguments(0, 0)
	return c
}

func (r *run) list() error {
	rep := &report{Roots: []root{}}
	r.Report = rep
	r.Print(r.T("trust.pinned"))
	for _, it := range trust.Published() {
		rep.Roots = append(rep.Roots, root{it.Name, it.SHA256.String(), "pinned", console.Stamp(it.NotAfter)})
		r.Print(r.T("trust.root", "Name", it.Name, "Until", r.Date(it.NotAfter)))
		r.Groups("field.sha256", it.SHA256.String())
	}
	registered, err := policy.Registered(r.Run).List()
	r.Print(r.T("trust.registered", "N", len(registered)))
	for _, it := range registered {
		rep.Roots = append(rep.Roots, rootOf(it))
		r.printRegistered(it)
	}
	return err
}
