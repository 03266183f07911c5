package timestamp

import (
	"errors"
	"path/filepath"
	"strings"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/text"
	"natsuin/verify"
)

// stampedName returns the name of a PDF with its time stamp.
func stampedName(name string) string {
	const ext = ".pdf"
	if end := len(name) - len(ext); end > 0 && strings.EqualFold(name[end:], ext) {
		name = name[:end]
	}
	return name + "_stamped.pdf"
}

// chooseOutputs sets the outputs: that of -o, the stamped PDF beside a PDF, and
// otherwise the input itself. It leaves out inputs that natsuin made of others,
// as in a second `natsuin timestamp *.pdf`.
func (r *run) chooseOutputs() {
	made := map[string]bool{}
	for _, j := range r.jobs {
		j.output = j.name
		if j.input.kind == verify.KindPDF {
			j.output = stampedName(j.name)
			made[filepath.Clean(j.output)] = true
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
			r.Say(r.T("timestamp.left-out", "Path", text.Escape(j.name)))
			j.report.OK, j.report.Code, j.report.Output = true, outcome.CodeSkipped, nil
			j.input.close()
			continue
		}
		rest = append(rest, j)
	}
	r.jobs = rest
}

// checkOutputs refuses outputs that exist, are inputs, or occur twice. Only
// with --force is a file replaced, and never a PDF by its stamped form.
func (r *run) checkOutputs() error {
	if o := r.opts; o.Output != "" {
		j := r.jobs[0]
		return j.fail(r.CheckOutput(o.Output, []string{j.name}, o.Force))
	}
	var replaced, beside []*job
	var others []string
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
	// A file that is replaced is its own input, so Check gets no inputs: it
	// still finds a file that is named twice.
	if err := r.checkFiles(replaced, nil); err != nil {
		return err
	}
	return r.checkFiles(beside, others)
}

// checkFiles refuses the outputs of jobs. others are further files that must
// not be replaced.
func (r *run) checkFiles(jobs []*job, others []string) error {
	var outputs, inputs []string
	for _, j := range jobs {
		outputs = append(outputs, j.output)
		if j.output != j.name {
			inputs = append(inputs, j.name)
		}
	}
	problems := outfile.Check(outputs, append(inputs, others...), r.opts.Force)
	for i, err := range problems {
		jobs[i].fail(err)
	}
	return errors.Join(problems...)
}
