package cli

import (
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
	"natsuin/verify"
)

// suitable refuses, for --raw, an input whose bare signature would be a CMS signature over
// a content that the holder never saw (ePrint 2023/1801). Nothing but the content decides:
// not the hash, the key or the name.
func (r *signRun) suitable(j *job, shape *verify.AttributeShape) error {
	if !r.opts.raw || !shape.Matches() {
		return nil
	}
	return &i18n.Error{
		Code: i18n.CodeUnsuitable, ID: "err.sign.raw-attributes",
		Pairs: []any{"Path", ui.Escape(j.input)}, Reason: string(shape.Reason()),
	}
}
