package sign

import (
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// suitable refuses, for a bare form, an input whose bare signature would also
// be a CMS signature over content that the holder never saw (ePrint 2023/1801).
// Only the content of the input decides, not the hash, the key or the name.
func (r *run) suitable(j *job, shape *verify.AttributeShape) error {
	if !r.form.bare || !shape.Matches() {
		return nil
	}
	return &outcome.Error{
		Code: outcome.CodeUnsuitable, ID: "err.sign.raw-attributes",
		Pairs: []any{"Path", text.Escape(j.input), "Flag", "--" + r.form.flag}, Reason: string(shape.Reason()),
	}
}
