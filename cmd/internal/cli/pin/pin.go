// Package pin shows the tries left of a card's secrets, and changes a secret.
package pin

import (
	"github.com/spf13/cobra"

	"natsuin/cmd/internal/command"
)

// New returns the command.
func New(r *command.Run) *cobra.Command {
	return r.Group("pin", "pin", newStatus(&run{r}), newChange(&run{r}))
}

type run struct{ *command.Run }
