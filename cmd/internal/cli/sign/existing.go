package sign

import (
	"strings"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// skip leaves out an input whose output exists (--skip-existing).
func (r *run) skip(j *job) {
	r.Say(r.T("sign.skipped", "Input", text.Escape(j.input), "Output", text.Escape(j.output)))
	j.report.OK, j.report.Code = true, outcome.CodeSkipped
}

// existsError returns the error for a run with several inputs in which the
// outputs names exist. It shows at most mostListed of them.
func (r *run) existsError(names []string) error {
	var quoted []string
	for _, name := range names[:min(mostListed, len(names))] {
		quoted = append(quoted, r.T("list.name", "Name", name))
	}
	list := strings.Join(quoted, r.T("list.separator"))
	if n := len(names) - mostListed; n > 0 {
		list += " " + r.T("list.more", "N", n)
	}
	return &outcome.Error{Code: outcome.CodeExists, ID: "err.output.exists.several", Pairs: []any{"N", len(names), "Path", list}}
}
