package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

func newDoctor(a *app) *cobra.Command {
	c := a.verb("doctor", "doctor", func(ctx context.Context, _ []string) error {
		d := &checkup{app: a, report: &doctorReport{Probes: []probe{}}}
		a.report = d.report
		d.examine(ctx)
		d.print()
		return d.conclusion()
	})
	c.Args = a.arguments(0, 0)
	return c
}

// doctorReport is doctor's part of the JSON object.
type doctorReport struct {
	Probes []probe `json:"probes"`
}

// A probe is one thing that was looked at.
type probe struct {
	ID     string  `json:"id"`
	Result string  `json:"result"`
	Detail *string `json:"detail"`
	Fix    *string `json:"fix"`

	advice, command string // Fix in words, and what to type, if anything
	resting         bool   // not looked at, since something before it failed
}

// The results of a probe. A warning is worth knowing and is no failure.
const (
	probePassed  = "passed"
	probeWarning = "warning"
	probeFailed  = "failed"
	probeNotDone = "not-done"
)

// A checkup is one run of doctor (動作確認). Its probes do not stop one another: what
// rests on a failed one is said to be not done. It never asks for a secret nor sends
// one, and makes nothing but, when it is asked about it, the practice card.
type checkup struct {
	app    *app
	report *doctorReport
	first  *i18n.Explanation // the first failure's
	failed int
	warned int
}

func (d *checkup) examine(ctx context.Context) {
	d.examineCard(ctx)
	d.examineClock()
	d.examineLocale()
	d.examinePractice()
	d.examineRoots()
}

func (d *checkup) add(p probe) {
	fix := p.advice
	if p.command != "" {
		fix += "\n" + p.command
	}
	p.Fix = orNull(fix)
	d.report.Probes = append(d.report.Probes, p)
}

func (d *checkup) pass(id, detail string) {
	d.add(probe{ID: id, Result: probePassed, Detail: orNull(detail)})
}

func (d *checkup) skip(id, detail string) {
	d.add(probe{ID: id, Result: probeNotDone, Detail: orNull(detail)})
}

// skipAll marks what could not be looked at, since something before it failed.
func (d *checkup) skipAll(ids ...string) {
	for _, id := range ids {
		d.add(probe{ID: id, Result: probeNotDone, Detail: orNull(d.app.t("doctor.depends")), resting: true})
	}
}

func (d *checkup) warn(id, detail, fix string) {
	d.warned++
	d.add(probe{ID: id, Result: probeWarning, Detail: orNull(detail), advice: fix})
}

// fail records a failure in the words of its error, with the fix for this platform
// where there is one, else with the error's own next step.
func (d *checkup) fail(id string, err error) {
	x := d.app.out.Explain(err)
	if d.first == nil {
		d.first = &x
	}
	d.failed++
	p := probe{ID: id, Result: probeFailed, Detail: orNull(x.Message), advice: x.Hint}
	if fix, command := d.app.fixFor(id); fix != "" {
		p.advice, p.command = fix, command
	}
	d.add(p)
}

// print shows a line a probe, what is wrong under it, and how to mend it.
func (d *checkup) print() {
	a := d.app
	for _, p := range d.report.Probes {
		a.shaded(shadeOfProbe(p.Result), "  "+a.t("check.line", "Result", a.t("doctor.result."+p.Result), "Name", a.t("doctor.probe."+p.ID)))
		if p.Detail != nil && !p.resting {
			a.printUnder(*p.Detail)
		}
		if p.advice != "" {
			a.printUnder(a.t("doctor.fix", "Fix", p.advice))
		}
		if p.command != "" {
			a.printCommand(p.command)
		}
	}
	a.print("")
	switch {
	case d.failed > 0:
		a.shaded(console.Palette.Bad, a.t("doctor.failed", "N", d.failed))
	case d.warned > 0:
		a.shaded(shadeOfProbe(probeWarning), a.t("doctor.warned", "N", d.warned))
	default:
		a.shaded(console.Palette.Good, a.t("doctor.healthy"))
	}
}

// printCommand breaks a command where it can be copied as it stands: after &&. Any other
// break is left to the terminal.
func (a *app) printCommand(command string) {
	indent := strings.Repeat(" ", underResult+2)
	if len(indent+command) > a.env.Streams.Columns() {
		command = strings.ReplaceAll(command, " && ", " &&\n"+indent)
	}
	if !a.asJSON {
		a.write(indent + command)
	}
}

func (a *app) printUnder(detail string) {
	for _, line := range strings.Split(text.Wrap(detail, a.env.Streams.Columns()-underResult), "\n") {
		a.print(strings.Repeat(" ", underResult) + line)
	}
}

// conclusion is nil when nothing failed; else the code is the first failure's and the
// exit code always doctor's own.
func (d *checkup) conclusion() error {
	if d.first == nil {
		return nil
	}
	return &outcome.Verdict{Outcome: outcome.Error{Code: d.first.Code, ID: "err.doctor.failed", Pairs: []any{"N", d.failed}, ExitCode: 5}}
}
