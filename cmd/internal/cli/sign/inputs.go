package sign

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/text"
	"natsuin/sign"
	"natsuin/sign/pdf"
)

// A job is one file to sign.
type job struct {
	input   string // as given; "-" is stdin
	output  string // "-" is stdout
	info    fs.FileInfo
	content sign.Content // the digest with the hash of the run
	other   sign.Content // that with SHA-384 if the key may need it, or zero
	report  *file
	written fs.FileInfo // the output, once it is written
	stamp   *stampable  // set once it is signed, if time stamps are wanted

	// The rest is set for a PDF once it was read.
	plan     *pdf.Plan
	held     int // the number of signatures that it has already
	warnings []pdf.Warning
	// unlikeTouki is set if the PDF contains something that --profile touki
	// excludes.
	unlikeTouki bool
}

func (j *job) name() string { return j.input }

// streamed reports whether the input can be read only once.
func (j *job) streamed() bool { return j.input == "-" || !j.info.Mode().IsRegular() }

// check makes every refusal that needs neither the card nor the content of a
// file: of flags first, then of inputs, then of outputs (docs/cli.md, behaviour
// 13).
func (r *run) check(args []string) error {
	other := r.chooseForm()
	known := r.chooseHash()
	made := r.besides(args)
	for _, arg := range args { // first: JSON names every input, whatever is refused
		j := r.newJob(arg)
		r.rep.Files = append(r.rep.Files, j.report)
		if made[filepath.Clean(arg)] {
			r.leaveOut(j)
			continue
		}
		r.jobs = append(r.jobs, j)
	}
	if !known {
		return outcome.Usage("err.flag.choice", "Flag", "--hash", "Value", r.opts.Hash, "Known", "sha256, sha384, sha512")
	}
	if err := r.checkFlags(args, other); err != nil {
		return err
	}
	if err := r.checkStamps(); err != nil {
		return err
	}
	for _, j := range r.jobs {
		if err := r.checkInput(j); err != nil {
			j.fail(err)
			return err
		}
	}
	if err := r.checkOutputs(); err != nil {
		return err
	}
	return r.checkConsent()
}

// checkConsent refuses a script without the flags that replace the questions to
// a person.
func (r *run) checkConsent() error {
	switch {
	case r.Interactive() || r.opts.DryRun:
		return nil
	case r.Access.PINFrom == "":
		return console.InputNeeded()
	case !r.opts.Yes:
		return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.notice-unread"}
	}
	return nil
}

// chooseForm takes the form that the flags ask for. It returns the flag of a
// second form that they ask for, or "".
func (r *run) chooseForm() (other string) {
	r.form = forms[0]
	for i, asked := range r.opts.Forms {
		if asked || forms[i].updates && r.opts.PDF.PAdES {
			r.form, other = forms[i], r.form.flag
		}
	}
	return other
}

// chooseHash takes the hash that --hash names, or else SHA-256, and reports
// whether --hash is empty or known.
func (r *run) chooseHash() bool {
	var known bool
	if r.hash, known = hashes[r.opts.Hash]; !known {
		r.hash = hashes["sha256"]
	}
	return known || r.opts.Hash == ""
}

func (r *run) checkFlags(args []string, other string) error {
	o := r.opts
	stdin := 0
	for _, arg := range args {
		if arg == "-" {
			stdin++
		}
	}
	switch {
	case !slices.Contains([]string{"sign", "auth"}, o.Key):
		return outcome.Usage("err.flag.choice", "Flag", "--key", "Value", o.Key, "Known", "sign, auth")
	case other != "":
		return outcome.Usage("err.flags.both", "A", "--"+r.form.flag, "B", "--"+other)
	case o.PEM && !r.form.pem:
		return outcome.Usage("err.flags.both", "A", "--"+r.form.flag, "B", "--pem")
	case o.SkipExisting && o.Force:
		return outcome.Usage("err.flags.both", "A", "--skip-existing", "B", "--force")
	case o.Output != "" && o.OutputDir != "":
		return outcome.Usage("err.flags.both", "A", "-o", "B", "--output-dir")
	case o.Output != "" && len(args) > 1:
		return outcome.Usage("err.sign.one-output")
	case stdin > 1:
		return outcome.Usage("err.sign.stdin-twice")
	case stdin == 1 && o.Output == "":
		return outcome.Usage("err.sign.stdin-output")
	case stdin == 1 && r.form.rereads:
		return outcome.Usage("err.sign.stdin-reread", "Flag", "--"+r.form.flag)
	case o.Output == "-" && r.JSON:
		return outcome.Usage("err.json-stdout", "Flag", "-o -")
	case o.Output == "-" && !o.PEM && r.Streams.OutIsTerminal:
		return outcome.Usage("err.binary-terminal")
	case o.Output == "-":
		if err := r.CheckStdout(); err != nil {
			return err
		}
	}
	return o.PDF.check(r)
}

// inputs returns the arguments, "-" for stdin.
func (r *run) inputs() []string {
	var list []string
	for _, j := range r.jobs {
		list = append(list, j.input)
	}
	return list
}

// newJob sets the output name of an input; it does not touch the file system.
func (r *run) newJob(input string) *job {
	o := r.opts
	j := &job{input: input, output: o.Output}
	if j.output == "" {
		j.output = r.form.output(input)
		if o.OutputDir != "" {
			j.output = filepath.Join(o.OutputDir, filepath.Base(j.output))
		}
	}
	j.report = &file{Input: input, Format: r.form.name, Code: outcome.CodeNotDone, DigestAlg: hashName(r.hash)}
	if j.output != "-" {
		j.report.Output = &j.output
	}
	return j
}

// checkInput refuses an input that cannot be read, or that can be read only
// once but must be read again.
func (r *run) checkInput(j *job) (err error) {
	if j.input == "-" {
		return nil
	}
	if j.info, err = os.Stat(j.input); err != nil {
		return outcome.File("err.file.read", j.input, err)
	}
	if j.info.IsDir() {
		return outcome.File("err.file.folder", j.input, errFolder)
	}
	if r.form.rereads && !j.info.Mode().IsRegular() {
		return outcome.Usage("err.sign.stream-reread", "Path", text.Escape(j.input), "Flag", "--"+r.form.flag)
	}
	return nil
}

var errFolder = errors.New("is a folder")

// checkOutputs refuses outputs that exist, are inputs, or occur twice. Inputs
// that were left out do not count here: checkLeftOut handles them.
func (r *run) checkOutputs() error {
	var inputs, outputs []string
	var writing []*job
	for _, j := range r.jobs {
		if j.input != "-" {
			inputs = append(inputs, j.input)
		}
		if j.output != "-" {
			outputs, writing = append(outputs, j.output), append(writing, j)
		}
	}
	inputs = append(inputs, r.alsoRead()...)
	problems := outfile.Check(outputs, inputs, r.opts.Force)
	var existing []string
	for i, err := range problems {
		var exists *outfile.ExistsError
		if errors.As(err, &exists) && r.opts.SkipExisting {
			r.skip(writing[i])
			problems[i] = nil
			continue
		}
		if err != nil {
			problems[i] = r.signedBefore(writing[i], err)
			writing[i].fail(problems[i])
		}
		if exists != nil {
			existing = append(existing, text.Escape(exists.Path))
		}
	}
	all := len(r.jobs)
	r.jobs = slices.DeleteFunc(r.jobs, func(j *job) bool { return j.report.Code == outcome.CodeSkipped })
	err := errors.Join(problems...)
	if all > 1 && errors.As(err, new(*outfile.ExistsError)) {
		return r.existsError(existing)
	}
	return err
}

// alsoRead returns the files that flags name, which must not be overwritten
// either.
func (r *run) alsoRead() []string {
	names := []string{r.opts.PDF.Seal, r.opts.PDF.Font}
	if secret, ok := strings.CutPrefix(r.Access.PINFrom, "file:"); ok {
		names = append(names, secret)
	}
	return append(names, r.stamps.TSACA...)
}

// signedBefore returns the error for a second `natsuin sign *` in a folder,
// where the inputs include the signatures of the first.
func (r *run) signedBefore(j *job, err error) error {
	var same *outfile.SameFileError
	ending := r.madeBefore()
	if ending == "" || !errors.As(err, new(*outfile.ExistsError)) && !(errors.As(err, &same) && same.Input) {
		return err
	}
	code := outcome.CodeExists
	if r.opts.Force { // the output is not the problem
		code = outcome.CodeUsage
	}
	return &outcome.Error{Code: code, ID: "err.sign.signed-before", Pairs: []any{"Path", text.Escape(j.output), "Ending", ending}}
}

// madeBefore returns the ending of an input that natsuin made of another input,
// or "".
func (r *run) madeBefore() string {
	given := map[string]bool{}
	for _, j := range r.jobs {
		given[filepath.Clean(j.input)] = true
	}
	for _, j := range r.jobs {
		name := filepath.Clean(j.input)
		ending := filepath.Ext(name)
		if slices.ContainsFunc(forms, func(f form) bool { return f.ext == ending }) && given[strings.TrimSuffix(name, ending)] {
			return ending
		}
	}
	return ""
}
