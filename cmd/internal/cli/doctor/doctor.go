// Package doctor looks for problems that keep natsuin from working, and prints
// how to fix them (動作確認).
package doctor

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// New returns the command doctor.
func New(c *command.Run) *cobra.Command {
	verb := c.Verb("doctor", "doctor", func(ctx context.Context, _ []string) error {
		d := &diagnosis{Run: c, report: &report{Probes: []probe{}}}
		d.Report = d.report
		d.examine(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx) // an interrupted probe has not failed
		}
		d.print()
		return d.conclusion()
	})
	verb.Args = c.Arguments(0, 0)
	return verb
}

// report is the JSON object of doctor.
type report struct {
	console.Head
	Probes []probe `json:"probes"`
}

// A probe is one question of doctor and its result.
type probe struct {
	ID     string  `json:"id"`
	Result string  `json:"result"`
	Detail *string `json:"detail"`
	Fix    *string `json:"fix"`

	advice, command string // the fix in words, and the command to type, if there is one
	resting         bool   // not done because an earlier probe failed
}

// The results of a probe. A warning does not count as a failure.
const (
	probePassed  = "passed"
	probeWarning = "warning"
	probeFailed  = "failed"
	probeNotDone = "not-done"
)

// A diagnosis is one run of doctor. A failed probe does not stop the run, but
// the probes that depend on it are marked as not done. A diagnosis never asks
// for a secret and never sends one. The only thing it may create is the
// practice card, if --reader practice names it.
type diagnosis struct {
	*command.Run
	report *report
	first  *i18n.Explanation // of the first failure
	failed int
	warned int
}

func (d *diagnosis) examine(ctx context.Context) {
	d.examineCard(ctx)
	d.examineClock()
	d.examineLocale()
	d.examinePractice()
	d.examineRoots()
}

func (d *diagnosis) add(p probe) {
	fix := p.advice
	if p.command != "" {
		fix += "\n" + p.command
	}
	p.Fix = console.OrNull(fix)
	d.report.Probes = append(d.report.Probes, p)
}

func (d *diagnosis) pass(id, detail string) {
	d.add(probe{ID: id, Result: probePassed, Detail: console.OrNull(detail)})
}

func (d *diagnosis) skip(id, detail string) {
	d.add(probe{ID: id, Result: probeNotDone, Detail: console.OrNull(detail)})
}

// skipAll marks probes as not done because an earlier one failed.
func (d *diagnosis) skipAll(ids ...string) {
	for _, id := range ids {
		d.add(probe{ID: id, Result: probeNotDone, Detail: console.OrNull(d.T("doctor.depends")), resting: true})
	}
}

func (d *diagnosis) warn(id, detail, fix string) {
	d.warned++
	d.add(probe{ID: id, Result: probeWarning, Detail: console.OrNull(detail), advice: fix})
}

// fail records a failed probe with the message of its error. The fix is the one
// for this platform or, if there is none, the next step of the error.
func (d *diagnosis) fail(id string, err error) {
	words, line := d.fixFor(id)
	d.failWith(id, err, words, line)
}

// failWith is like fail, with the fix in words and the command to type. Without
// words, the fix is the next step of the error.
func (d *diagnosis) failWith(id string, err error, words, command string) {
	x := d.Explain(err)
	if d.first == nil {
		d.first = &x
	}
	d.failed++
	p := probe{ID: id, Result: probeFailed, Detail: console.OrNull(x.Message), advice: x.Hint}
	if words != "" {
		p.advice, p.command = words, command
	}
	d.add(p)
}

// print prints one line per probe, with the problem and the fix below it.
func (d *diagnosis) print() {
	for _, p := range d.report.Probes {
		d.Styled(styleOfProbe(p.Result), "  "+d.T("check.line", "Result", d.T("doctor.result."+p.Result), "Name", d.T("doctor.probe."+p.ID)))
		if p.Detail != nil && !p.resting {
			d.printUnder(*p.Detail)
		}
		if p.advice != "" {
			d.printUnder(d.T("doctor.fix", "Fix", p.advice))
		}
		if p.command != "" {
			d.printCommand(p.command)
		}
	}
	d.Print("")
	switch {
	case d.failed > 0:
		d.Styled(console.Palette.Bad, d.T("doctor.failed", "N", d.failed))
	case d.warned > 0:
		d.Styled(styleOfProbe(probeWarning), d.T("doctor.warned", "N", d.warned))
	default:
		d.Styled(console.Palette.Good, d.T("doctor.healthy"))
	}
}

// printCommand prints a command and breaks it only after &&, so that it can
// still be copied. Any other line break comes from the terminal.
func (d *diagnosis) printCommand(command string) {
	indent := strings.Repeat(" ", console.UnderResult+2)
	if len(indent+command) > d.Streams.Columns() {
		command = strings.ReplaceAll(command, " && ", " &&\n"+indent)
	}
	if !d.JSON {
		d.WriteLine(indent + command)
	}
}

func (d *diagnosis) printUnder(detail string) {
	for _, line := range strings.Split(text.Wrap(detail, d.Streams.Columns()-console.UnderResult), "\n") {
		d.Print(strings.Repeat(" ", console.UnderResult) + line)
	}
}

// conclusion returns nil if nothing failed. Otherwise it returns an error with
// the code of the first failure and the exit code of doctor.
func (d *diagnosis) conclusion() error {
	if d.first == nil {
		return nil
	}
	return &outcome.Verdict{Outcome: outcome.Error{Code: d.first.Code, ID: "err.doctor.failed", Pairs: []any{"N", d.failed}, ExitCode: 5}}
}

// styleOfProbe returns the style for the result of a probe. It is Plain if the
// probe passed or was not done.
func styleOfProbe(result string) console.Style {
	switch result {
	case probeFailed:
		return console.Palette.Bad
	case probeWarning:
		return console.Palette.Warn
	}
	return console.Plain
}
