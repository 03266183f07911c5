package sign

import (
	"path/filepath"
	"strings"
	"unicode"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// noticePDF says what a person should know of the PDFs before the prompt.
func (r *run) noticePDF(tell func(string)) {
	if !r.form.updates {
		for _, j := range r.jobs {
			if strings.EqualFold(filepath.Ext(j.input), ".pdf") {
				tell(r.T("sign.pdf-inside"))
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
			tell(r.T("sign.warning."+string(w), "Path", text.Escape(j.input)))
		}
		if r.opts.PDF.Profile == profileTouki && !notaryName(filepath.Base(j.output)) {
			tell(r.T("sign.touki.name", "Path", text.Escape(j.output)))
		}
	}
}

// notaryName reports whether a file name is as notaries ask: at most 31
// half-width characters, a full-width one counting as two, one dot, and none of
// the signs that their system refuses (docs/cli.md, "Signing a PDF").
func notaryName(name string) bool {
	return text.Width(name) <= 31 && strings.Count(name, ".") == 1 && !strings.ContainsFunc(name, func(c rune) bool {
		return unicode.IsSpace(c) || strings.ContainsRune("@:;()[]{}<>（）［］｛｝「」【】〈〉-", c)
	})
}

// leaveOutMade returns the inputs without the PDFs that natsuin made of others
// among them: `natsuin sign --pdf *.pdf` for a second time.
func (r *run) leaveOutMade(args []string) []string {
	if !r.form.updates || len(args) == 1 {
		return args
	}
	made := map[string]bool{}
	for _, arg := range args {
		made[filepath.Clean(r.form.output(arg))] = true
	}
	var rest []string
	for _, arg := range args {
		if made[filepath.Clean(arg)] {
			r.Say(r.T("sign.left-out", "Path", text.Escape(arg)))
			r.rep.Files = append(r.rep.Files, &file{Input: arg, Format: r.form.name, OK: true, Code: outcome.CodeSkipped})
			continue
		}
		rest = append(rest, arg)
	}
	return rest
}
