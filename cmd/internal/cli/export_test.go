package cli

import (
	"context"

	"natsuin/cmd/internal/access"
)

// AskYesOrNo asks a question as a run in this environment does: with
// Acknowledge if notice is set, and otherwise with Agree.
func AskYesOrNo(ctx context.Context, env *Env, notice bool) (bool, error) {
	a, err := newApp(env, new(access.Gate))
	if err != nil {
		return false, err
	}
	defer a.Close()
	if notice {
		return a.Acknowledge(ctx, "[yes/no] ")
	}
	return a.Agree(ctx, "[yes/no] ")
}
