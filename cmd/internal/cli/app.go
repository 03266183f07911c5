package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/ui"
)

// An app is one run: the environment, the language, the global flags, and what
// the verb has to report.
type app struct {
	env       *Env
	gate      *gate // what a signal withdraws
	out       *i18n.Printer
	root      *cobra.Command
	flags     globals
	command   string // "pin status"; the "command" of the JSON object
	report    any    // the verb's own JSON fields, set by its run, also when it fails
	unprinted error  // the first line of data that stdout did not take
	asJSON    bool
	ocsp      ocspClient                   // whom --ocsp asks
	stdinRead bool                         // a pasted value came from stdin, so no secret can
	device    func() (*ui.Terminal, error) // the person's terminal, opened at most once
	terminal  *ui.Terminal                 // what device opened, for leave
}

// globals are the flags that every verb takes (docs/cli.md, "Global flags").
type globals struct {
	reader   string
	lang     string
	pinFrom  string
	noInput  bool
	wait     string
	minTries int
	verbose  bool
	quiet    bool
	color    string
	personal bool
}

// newApp chooses the language and builds the command tree. On an error the app
// can still word it: in the language of the environment.
func newApp(env *Env) (*app, error) {
	a := &app{env: env, gate: new(gate), asJSON: flagGiven(env.Args, "--json")}
	a.device = sync.OnceValues(func() (*ui.Terminal, error) {
		t, err := env.Streams.Terminal()
		if err == nil {
			a.terminal = t
			env.Jobs.Attach(t)
		}
		return t, err
	})
	lang, langErr := i18n.Choose(flagValue(env.Args, "--lang"), env.Getenv, platformLanguage)
	if langErr != nil {
		lang, _ = i18n.Choose("", env.Getenv, platformLanguage)
	}
	p, err := i18n.New(lang)
	if err != nil {
		return a, err
	}
	p.Version = version
	a.out = p
	a.root = newRoot(a)
	if langErr != nil {
		if c, _, err := a.root.Find(env.Args); err == nil {
			a.command = path(c)
		}
	}
	return a, langErr
}

// flagGiven tells whether a boolean flag stands among the arguments before "--".
// It is needed before the flags are parsed, so that a usage error is JSON too.
func flagGiven(args []string, name string) bool {
	for _, arg := range args {
		if arg == "--" {
			return false
		}
		if arg == name || arg == name+"=true" {
			return true
		}
	}
	return false
}

// flagValue returns the last value of a flag among the arguments before "--".
func flagValue(args []string, name string) string {
	value := ""
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if v, ok := strings.CutPrefix(arg, name+"="); ok {
			value = v
		} else if arg == name && i+1 < len(args) {
			value = args[i+1]
		}
	}
	return value
}

func (a *app) execute(ctx context.Context) error {
	a.root.SetArgs(a.env.Args)
	a.root.SetIn(a.env.Streams.In)
	a.root.SetOut(a.env.Streams.Out)
	a.root.SetErr(a.env.Streams.Err)
	if slices.ContainsFunc(a.env.Args, func(arg string) bool { return strings.HasPrefix(arg, cobra.ShellCompRequestCmd) }) {
		a.wordTree(a.root)
	}
	if !a.completable() {
		a.write(":0") // cobra.ShellCompDirectiveDefault, without a word
		return nil
	}
	c, err := a.root.ExecuteContextC(ctx)
	if err != nil && strings.HasPrefix(c.Name(), cobra.ShellCompRequestCmd) { // typed by hand; cobra's own words
		return usage("err.args.few", "Command", c.CommandPath(), "Use", a.useLine(c))
	}
	return err
}

// t is the message with this id in the run's language.
func (a *app) t(id string, pairs ...any) string { return a.out.T(id, pairs...) }

// print writes one line of data to stdout; under --json the object takes its place.
func (a *app) print(line string) {
	if !a.asJSON {
		a.write(a.fit(line, a.env.Streams.OutIsTerminal))
	}
}

// write writes one line to stdout; the first that it does not take fails the run.
func (a *app) write(line string) {
	if a.unprinted != nil {
		return
	}
	if _, err := fmt.Fprintln(a.env.Streams.Out, line); err != nil {
		a.unprinted = stdoutError(err)
	}
}

// stdoutError says that what was asked for did not arrive.
func stdoutError(err error) error {
	return &i18n.Error{Code: i18n.CodeFile, ID: "err.stdout", Pairs: []any{"Error", plain(err)}, Err: err}
}

// fit breaks a line between words for a terminal; a pipe gets it whole.
func (a *app) fit(line string, terminal bool) string {
	if !terminal {
		return line
	}
	return ui.Wrap(line, a.env.Streams.Columns())
}

// say writes one line of talk to stderr, unless -q or --json asked for silence.
func (a *app) say(line string) {
	if !a.asJSON && !a.flags.quiet {
		fmt.Fprintln(a.env.Streams.Err, a.fit(line, a.env.Streams.ErrIsTerminal))
	}
}

// talk writes a line that belongs to a question, whatever -q and --json say, or
// one line of talk where nobody is asked.
func (a *app) talk(line string) {
	if a.interactive() {
		a.prompt(line)
		return
	}
	a.say(line)
}

// leave gives the terminal back as it was, and nothing that was typed with it.
func (a *app) leave() {
	if a.terminal != nil {
		_ = a.terminal.Close() // the run is over, and its outcome stands
	}
}

// finish reports the outcome and returns the exit code.
func (a *app) finish(err error) int {
	if a.out == nil { // the catalogues themselves are broken
		fmt.Fprintln(a.env.Streams.Err, "natsuin:", err)
		return i18n.CodeInternal.Exit()
	}
	if a.unprinted != nil && (err == nil || isVerdict(err)) {
		err = a.unprinted // a verdict that nobody saw is none
	}
	x := a.out.Explain(err)
	if errors.Is(a.unprinted, syscall.EPIPE) && err == a.unprinted {
		return x.Exit() // whoever reads had enough, as of `natsuin … | head`
	}
	if a.asJSON {
		if werr := a.writeJSON(x); werr != nil && (err == nil || isVerdict(err)) {
			werr = stdoutError(werr)
			a.sayError(a.out.Explain(werr), werr)
			return i18n.CodeFile.Exit()
		}
	} else if err != nil && !isVerdict(err) {
		a.sayError(x, err)
	}
	return x.Exit()
}

// sayError writes an error and its next step to stderr (docs/cli.md, behaviour 22).
func (a *app) sayError(x i18n.Explanation, err error) {
	w := a.env.Streams.Err
	fmt.Fprintln(w, a.fitErr(a.t("err.line", "Message", x.Message)))
	a.writeHint(x)
	if a.flags.verbose {
		for _, line := range detail(err) {
			fmt.Fprintln(w, "  "+ui.Escape(line))
		}
	}
}

// writeHint writes a next step, a line for each of its lines.
func (a *app) writeHint(x i18n.Explanation) {
	if x.Hint == "" {
		return
	}
	for _, line := range strings.Split(x.Hint, "\n") {
		fmt.Fprintln(a.env.Streams.Err, a.fitErr(a.t("err.hint", "Hint", line)))
	}
}

// sayHint tells the next step after a verdict that stdout has shown.
func (a *app) sayHint(verdict error) {
	if !a.asJSON && !a.flags.quiet {
		a.writeHint(a.out.Explain(verdict))
	}
}

// fitErr breaks a line that begins with the program's name, and leaves that alone there.
func (a *app) fitErr(line string) string {
	if !a.env.Streams.ErrIsTerminal {
		return line
	}
	return ui.WrapUnder(line, a.env.Streams.Columns(), len("natsuin: "))
}

// writeJSON prints the run's one object: the fixed head, then the verb's fields.
func (a *app) writeJSON(x i18n.Explanation) error {
	head := struct {
		Schema  int       `json:"schema"`
		Command string    `json:"command"`
		OK      bool      `json:"ok"`
		Code    i18n.Code `json:"code"`
		Exit    int       `json:"exit"`
		Message string    `json:"message,omitempty"`
		Hint    string    `json:"hint,omitempty"`
		Reason  string    `json:"reason,omitempty"`
	}{1, a.command, x.Code == i18n.CodeOK, x.Code, x.Exit(), x.Message, x.Hint, x.Reason}
	object, err := marshal(head)
	if err != nil {
		return err
	}
	if a.report != nil {
		body, err := marshal(a.report)
		if err != nil {
			return err
		}
		if len(body) > 2 { // more than "{}"
			object = append(append(object[:len(object)-1], ','), body[1:]...)
		}
	}
	_, err = a.env.Streams.Out.Write(append(harmless(object), '\n'))
	return err
}

// harmless writes what could steer a terminal as JSON's own escapes: the value stays the
// same (docs/cli.md, behaviour 25). The encoder does so for ASCII only.
func harmless(object []byte) []byte {
	out := make([]byte, 0, len(object))
	for _, r := range string(object) {
		switch {
		case r < utf8.RuneSelf || unicode.IsPrint(r) || r == '\u3000':
			out = utf8.AppendRune(out, r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// marshal encodes without HTML escapes: file names stay readable.
func marshal(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}
