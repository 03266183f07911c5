// Package cert shows the certificates on a card and exports them (証明書表示).
package cert

import (
	"github.com/spf13/cobra"

	"natsuin/cmd/internal/command"
)

// New returns the command cert.
func New(c *command.Run) *cobra.Command {
	r := &run{c}
	return r.Group("cert", "cert", newShow(r), newExport(r))
}

type run struct{ *command.Run }
