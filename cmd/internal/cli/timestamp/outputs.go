package timestamp

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// stampedName returns the name of the output for a PDF: _stamped.pdf in place
// of .pdf.
func stampedName(name string) string {
	const ext = ".pdf"
	if end := len(name) - len(ext); end > 0 && strings.EqualFold(name[end:], ext) {
		name = name[:end]
	}
	return name + "_stamped.pdf"
}

// chooseOutputs sets the output of each input: the file that -o names; else,
// for a PDF, a new file beside it; else the input itself or, if that is a link,
// the file to which it leads. It leaves out inputs that are the outputs of
// others, as in a second `natsuin timestamp *.pdf`.
func (r *run) chooseOutputs() {
	made := map[string]bool{}
	for _, j := range r.jobs {
		switch {
		case j.input.kind == verify.KindPDF:
			j.output = stampedName(j.name)
			made[filepath.Clean(j.output)] = true
		case r.opts.Output == "":
			j.output, j.inPlace = j.name, true
			if file, err := filepath.EvalSymlinks(j.name); err == nil && isLink(j.name) {
				j.output = file
			}
		}
		if r.opts.Output != "" {
			j.output = r.opts.Output
		}
		if j.output != "-" {
			j.report.Output = &j.output
		}
	}
	var rest []*job
	for _, j := range r.jobs {
		if len(r.jobs) > 1 && made[filepath.Clean(j.name)] {
			r.Warn(r.T("timestamp.left-out", "Path", text.Escape(j.name)))
			j.report.OK, j.report.Code, j.report.Output = true, outcome.CodeSkipped, nil
			j.input.close()
			r.leftOut = append(r.leftOut, j.name)
			continue
		}
		rest = append(rest, j)
	}
	r.jobs = rest
}

func isLink(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && info.Mode().Type() == fs.ModeSymlink
}

// checkOutputs refuses outputs that exist, are inputs, or occur twice. A file
// is replaced only with --force, and an input that is a PDF never.
func (r *run) checkOutputs() error {
	if o := r.opts; o.Output != "" {
		j := r.jobs[0]
		return j.fail(r.CheckOutput(o.Output, append([]string{j.name}, r.stamps.TSACA...), o.Force))
	}
	var replaced, beside []*job
	others := slices.Clone(r.stamps.TSACA) // must not be overwritten either
	for _, j := range r.jobs {
		switch {
		case j.input.kind == verify.KindPDF:
			beside = append(beside, j)
			continue
		case !r.opts.Force:
			return j.fail(&outcome.Error{Code: outcome.CodeExists, ID: "err.timestamp.replace", Pairs: []any{"Path", text.Escape(j.name)}})
		}
		replaced, others = append(replaced, j), append(others, j.name)
	}
	var inputs []string
	for _, j := range beside {
		inputs = append(inputs, j.name)
	}
	// A file that is replaced is its own input, so Check gets no inputs: it
	// still finds a file that is named twice.
	if err := r.checkFiles(replaced, nil); err != nil {
		return err
	}
	return r.checkFiles(beside, append(inputs, others...))
}

// checkFiles returns the errors of [outfile.Check] about the outputs of jobs.
// inputs are the files that must not be replaced.
func (r *run) checkFiles(jobs []*job, inputs []string) error {
	var outputs []string
	for _, j := range jobs {
		outputs = append(outputs, j.output)
	}
	problems := outfile.Check(outputs, inputs, r.opts.Force)
	for i, err := range problems {
		jobs[i].fail(err)
	}
	return errors.Join(problems...)
}
