// Package pin shows how many tries a card's secrets have left, and changes a
// secret.
package pin

import (
	"github.com/spf13/cobra"

	"natsuin/cmd/internal/command"
)

// New returns the command pin.
func New(r *command.Run) *cobra.Command {
	return r.Group("pin", "pin", newStatus(&run{r}), newChange(&run{r}))
}

type run struct{ *command.Run }
