package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
	"natsuin/cmd/internal/text"
	"natsuin/sign"
)

// A job is one file to sign.
type job struct {
	input   string // as given; "-" is stdin
	output  string // "-" is stdout
	info    fs.FileInfo
	content sign.Content // by the run's hash
	other   sign.Content // by SHA-384 too, when the key may want it; else zero
	report  *signFile
}

func (j *job) name() string { return j.input }

// streamed tells whether the input can be read only once.
func (j *job) streamed() bool { return j.input == "-" || !j.info.Mode().IsRegular() }

// check refuses everything that can be refused before the card and before any
// reading: flags first, then inputs, then outputs (docs/cli.md, behaviour 13).
func (r *signRun) check(args []string) error {
	known := r.chooseHash()
	for _, arg := range args { // first: JSON names every input, whatever is refused
		j := r.newJob(arg)
		r.jobs = append(r.jobs, j)
		r.rep.Files = append(r.rep.Files, j.report)
	}
	if !known {
		return outcome.Usage("err.flag.choice", "Flag", "--hash", "Value", r.opts.hash, "Known", "sha256, sha384, sha512")
	}
	if err := r.checkFlags(args); err != nil {
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

// checkConsent refuses a script that lacks what a person would be asked for.
func (r *signRun) checkConsent() error {
	a := r.app
	switch {
	case a.interactive() || r.opts.dryRun:
		return nil
	case a.flags.pinFrom == "":
		return inputNeeded()
	case !r.opts.yes:
		return &outcome.Error{Code: outcome.CodeDeclined, ID: "err.notice-unread"}
	}
	return nil
}

// chooseHash takes the demanded hash, or the usual one, and tells whether there is such.
func (r *signRun) chooseHash() bool {
	var known bool
	if r.hash, known = hashes[r.opts.hash]; !known {
		r.hash = hashes["sha256"]
	}
	return known || r.opts.hash == ""
}

func (r *signRun) checkFlags(args []string) error {
	o, a := r.opts, r.app
	stdin := 0
	for _, arg := range args {
		if arg == "-" {
			stdin++
		}
	}
	switch {
	case o.output == "" && a.changed("sign", "output"):
		return outcome.Usage("err.flag.value", "Flag", "-o")
	case o.outputDir == "" && a.changed("sign", "output-dir"):
		return outcome.Usage("err.flag.value", "Flag", "--output-dir")
	case !oneOf(o.key, "sign", "auth"):
		return outcome.Usage("err.flag.choice", "Flag", "--key", "Value", o.key, "Known", "sign, auth")
	case o.raw && o.attached:
		return outcome.Usage("err.flags.both", "A", "--raw", "B", "--attached")
	case o.raw && o.pem:
		return outcome.Usage("err.flags.both", "A", "--raw", "B", "--pem")
	case o.output != "" && o.outputDir != "":
		return outcome.Usage("err.flags.both", "A", "-o", "B", "--output-dir")
	case o.output != "" && len(args) > 1:
		return outcome.Usage("err.sign.one-output")
	case stdin > 1:
		return outcome.Usage("err.sign.stdin-twice")
	case stdin == 1 && o.output == "":
		return outcome.Usage("err.sign.stdin-output")
	case stdin == 1 && o.attached:
		return outcome.Usage("err.sign.stdin-attached")
	case o.output == "-" && a.asJSON:
		return outcome.Usage("err.json-stdout", "Flag", "-o -")
	case o.output == "-" && !o.pem && a.env.Streams.OutIsTerminal:
		return outcome.Usage("err.binary-terminal")
	case o.output == "-":
		return a.checkStdout()
	}
	return nil
}

// inputs are the arguments, "-" for stdin.
func (r *signRun) inputs() []string {
	var list []string
	for _, j := range r.jobs {
		list = append(list, j.input)
	}
	return list
}

// newJob names the output of an input; it looks at nothing.
func (r *signRun) newJob(input string) *job {
	o := r.opts
	j := &job{input: input, output: o.output}
	ext, format := ".p7s", "cms-detached"
	switch {
	case o.raw:
		ext, format = ".sig", "raw"
	case o.attached:
		ext, format = ".p7m", "cms-attached"
	}
	if j.output == "" {
		j.output = input + ext
		if o.outputDir != "" {
			j.output = filepath.Join(o.outputDir, filepath.Base(input)+ext)
		}
	}
	j.report = &signFile{Input: input, Format: format, Code: outcome.CodeNotDone, DigestAlg: hashName(r.hash)}
	if j.output != "-" {
		j.report.Output = &j.output
	}
	return j
}

// checkInput refuses what cannot be read, or not as often as it must be.
func (r *signRun) checkInput(j *job) (err error) {
	if j.input == "-" {
		return nil
	}
	if j.info, err = os.Stat(j.input); err != nil {
		return outcome.File("err.file.read", j.input, err)
	}
	if j.info.IsDir() {
		return outcome.File("err.file.folder", j.input, errFolder)
	}
	if r.opts.attached && !j.info.Mode().IsRegular() {
		return outcome.Usage("err.sign.stream-attached", "Path", text.Escape(j.input))
	}
	return nil
}

var errFolder = errors.New("is a folder")

// checkOutputs refuses outputs that exist, that are inputs, or that are the same twice.
func (r *signRun) checkOutputs() error {
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
	if secret, ok := strings.CutPrefix(r.app.flags.pinFrom, "file:"); ok {
		inputs = append(inputs, secret) // it is read as well, and wanted again
	}
	problems := outfile.Check(outputs, inputs, r.opts.force)
	for i, err := range problems {
		if err != nil {
			problems[i] = r.signedBefore(writing[i], err)
			writing[i].fail(problems[i])
		}
	}
	if len(r.jobs) > 1 {
		return outcome.Exists(errors.Join(problems...), "err.output.exists.several")
	}
	return errors.Join(problems...)
}

// signedBefore words the second `natsuin sign *` in a folder: signatures of the first
// are among the inputs.
func (r *signRun) signedBefore(j *job, err error) error {
	var same *outfile.SameFileError
	ending := r.madeBefore()
	if ending == "" || !errors.As(err, new(*outfile.ExistsError)) && !(errors.As(err, &same) && same.Input) {
		return err
	}
	code := outcome.CodeExists
	if r.opts.force { // it is not the output that is in the way
		code = outcome.CodeUsage
	}
	return &outcome.Error{Code: code, ID: "err.sign.signed-before", Pairs: []any{"Path", text.Escape(j.output), "Ending", ending}}
}

// madeBefore returns the ending of an input that natsuin made of another input, or "".
func (r *signRun) madeBefore() string {
	given := map[string]bool{}
	for _, j := range r.jobs {
		given[filepath.Clean(j.input)] = true
	}
	for _, j := range r.jobs {
		name := filepath.Clean(j.input)
		ending := filepath.Ext(name)
		if oneOf(ending, ".p7s", ".p7m", ".sig") && given[strings.TrimSuffix(name, ending)] {
			return ending
		}
	}
	return ""
}

// unchanged compares the file with what was seen when the run began.
func (j *job) unchanged() error {
	if j.streamed() {
		return nil
	}
	now, err := os.Stat(j.input)
	if err != nil {
		return outcome.File("err.file.read", j.input, err)
	}
	if !os.SameFile(j.info, now) || now.Size() != j.content.Size || !now.ModTime().Equal(j.info.ModTime()) {
		return j.changedError()
	}
	return nil
}

func (j *job) changedError() error {
	return &outcome.Error{Code: outcome.CodeChanged, ID: "err.file.changed", Pairs: []any{"Path", text.Escape(j.input)}}
}
