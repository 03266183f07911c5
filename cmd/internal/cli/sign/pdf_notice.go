package sign

import (
	"path/filepath"
	"strings"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/sign/pdf"
	"natsuin/verify/touki"
)

// noticePDF prints, before the prompt, what a person should know about the
// PDFs. In another form than PDF it prints that the signature does not go into
// the PDF. warn is like tell, for messages that qualify the result and are
// printed even with -q.
func (r *run) noticePDF(tell, warn func(string)) {
	if !r.form.updates {
		for _, j := range r.jobs {
			if strings.EqualFold(filepath.Ext(j.input), ".pdf") {
				tell(r.T("sign.pdf-inside", "Ext", r.form.ext))
				break
			}
		}
		return
	}
	for _, j := range r.jobs {
		if j.held > 0 {
			tell(r.T("sign.holds", "Path", text.Escape(j.input), "N", j.held))
		}
		for _, w := range j.warnings {
			if w == pdf.WarningTagged && !r.seal.asked {
				continue // this warning concerns the mark only
			}
			warn(r.T("sign.warning."+string(w), "Path", text.Escape(j.input)))
		}
		if r.opts.PDF.Profile == touki.Profile && j.output != "-" && !touki.PlainName(filepath.Base(j.output)) {
			warn(r.T("sign.touki.name", "Path", text.Escape(j.output)))
		}
		if j.unlikeTouki {
			warn(r.T("sign.touki.earlier", "Path", text.Escape(j.input)))
		}
	}
}

// besides returns the names of the outputs that these inputs would have, if the
// form updates its input or --skip-existing is set, and otherwise an empty map.
func (r *run) besides(args []string) map[string]bool {
	made := map[string]bool{}
	for _, arg := range args {
		if r.form.updates || r.opts.SkipExisting {
			made[filepath.Clean(r.form.output(arg))] = true
		}
	}
	return made
}

// leaveOut leaves out an input that natsuin made of another one, as in a second
// `natsuin sign --pdf *.pdf`.
func (r *run) leaveOut(j *job) {
	r.Warn(r.T("sign.left-out", "Path", text.Escape(j.input)))
	j.report.OK, j.report.Code, j.report.Output = true, outcome.CodeSkipped, nil
	r.leftOut = append(r.leftOut, j.input)
}
