// Package trust manages the roots that a person trusts in addition to the
// built-in ones.
package trust

import (
	"github.com/spf13/cobra"

	"natsuin/cmd/internal/certtext"
	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/text"
	"natsuin/verify/trust"
)

// New returns the command trust.
func New(c *command.Run) *cobra.Command {
	r := &run{c}
	return r.Group("trust", "trust", newList(r), newAdd(r), newRemove(r))
}

type run struct{ *command.Run }

// report is the JSON object of trust list, add and remove.
type report struct {
	console.Head
	Roots []root `json:"roots"`
	// Already is set if trust add found that the root was registered before.
	// Roots has the name under which it is registered.
	Already bool `json:"already,omitempty"`
}

type root struct {
	Name     string `json:"name"`
	SHA256   string `json:"sha256"`
	Kind     string `json:"kind"` // "pinned" or "registered"
	NotAfter string `json:"not_after"`
}

func rootOf(it trust.Registered) root {
	return root{it.Name, it.Fingerprints.SHA256.String(), "registered", console.Stamp(it.Certificate.NotAfter)}
}

func (r *run) printRegistered(it trust.Registered) {
	r.Print(r.T("trust.root", "Name", text.Escape(it.Name), "Until", r.Date(it.Certificate.NotAfter)))
	r.Field("field.subject", text.Escape(certtext.Name(it.Certificate.RawSubject)))
	r.Groups("field.sha256", it.Fingerprints.SHA256.String())
}
