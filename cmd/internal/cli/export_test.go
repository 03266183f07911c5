package cli

import "context"

// AskYesOrNo asks a question as a run in this environment does: of a notice, or
// of what cannot be taken back.
func AskYesOrNo(ctx context.Context, env *Env, notice bool) (bool, error) {
	a, err := newApp(env)
	if err != nil {
		return false, err
	}
	defer a.leave()
	if notice {
		return a.acknowledge(ctx, "[yes/no] ")
	}
	return a.agree(ctx, "[yes/no] ")
}
