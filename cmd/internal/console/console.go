// Package console writes data to standard output and messages to standard
// error, asks questions at the terminal device, and with --json prints one JSON
// object instead.
//
// It decides nothing about cards or signatures: the verbs say what to print and
// to ask.
//
// The contract is docs/cli.md, "JSON" and behaviours 8, 9, 16, 21, 22 and 25.
package console

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/terminal"
	"natsuin/cmd/internal/text"
)

// A Console is what one run prints and asks. Its language is that of the
// Printer.
type Console struct {
	*i18n.Printer // nil only if the catalogues cannot be read
	Streams       *Streams

	Command string // "pin status": the command in the JSON object
	Report  Report // the verb's own JSON fields; may be nil

	JSON    bool   // one JSON object in place of all else on standard output
	Quiet   bool   // no talk
	Verbose bool   // the cause of an error too
	Color   string // of --color

	// Unattended is set if nobody is to be asked, though there may be a
	// terminal: with --no-input and --pin-from.
	Unattended bool
	// StdinTaken is set once standard input was read.
	StdinTaken bool

	guard     func()                             // called before a secret is read
	device    func() (*terminal.Terminal, error) // the person's terminal, opened at most once
	opened    atomic.Pointer[terminal.Terminal]  // by device
	unprinted error                              // the first line of data that stdout did not take
}

// New returns the console of a run. A terminal that it opens is attached to
// jobs, which may be nil. guard, which may be nil, is called before a secret is
// read.
func New(streams *Streams, jobs *terminal.JobControl, guard func()) *Console {
	c := &Console{Streams: streams, guard: guard}
	c.device = sync.OnceValues(func() (*terminal.Terminal, error) {
		t, err := streams.Terminal()
		if err == nil {
			c.opened.Store(t)
			jobs.Attach(t)
		}
		return t, err
	})
	return c
}

// Close restores the settings of the terminal and discards unread input.
func (c *Console) Close() {
	if t := c.opened.Load(); t != nil {
		_ = t.Close() // the run is over, and its outcome stands
	}
}

// Print writes one line of data to standard output, unless JSON replaces it.
func (c *Console) Print(line string) {
	if !c.JSON {
		c.WriteLine(c.fit(line, c.Streams.OutIsTerminal))
	}
}

// Styled is Print in a style, if --color, NO_COLOR and the terminal want any.
func (c *Console) Styled(in Style, line string) {
	if c.JSON {
		return
	}
	mode, _ := ParseColorMode(c.Color) // was checked with the flags
	palette := c.Streams.OutPalette(mode)
	lines := strings.Split(c.fit(line, c.Streams.OutIsTerminal), "\n")
	for i := range lines {
		lines[i] = in(palette, lines[i])
	}
	c.WriteLine(strings.Join(lines, "\n"))
}

// WriteLine writes one line to standard output as it is. The first line that
// cannot be written fails the run.
func (c *Console) WriteLine(line string) {
	if c.unprinted != nil {
		return
	}
	if _, err := fmt.Fprintln(c.Streams.Out, line); err != nil {
		c.unprinted = NotWritten(err)
	}
}

// Say writes one line of talk to standard error, unless -q or --json asks for
// silence.
func (c *Console) Say(line string) {
	if !c.JSON && !c.Quiet {
		fmt.Fprintln(c.Streams.Err, c.fit(line, c.Streams.ErrIsTerminal))
	}
}

// Talk is Prompt where a person is asked, whatever -q and --json say, and Say
// where nobody is.
func (c *Console) Talk(line string) {
	if c.Interactive() {
		c.Prompt(line)
		return
	}
	c.Say(line)
}

// Prompt writes a line that belongs to a question to the terminal device.
func (c *Console) Prompt(line string) {
	if line == "" {
		return
	}
	if t, err := c.device(); err == nil {
		_ = t.Print(c.fit(line, true) + "\n") // the next question reports a terminal that went away
	}
}

// HideTyping turns echo off where a person is kept waiting: what is typed
// meanwhile may be the secret that is asked for next.
func (c *Console) HideTyping() {
	if !c.Interactive() {
		return
	}
	if t, err := c.device(); err == nil {
		t.Quiet()
	}
}

// fit breaks a line between words for a terminal; a pipe gets it whole.
func (c *Console) fit(line string, isTerminal bool) string {
	if !isTerminal {
		return line
	}
	return text.Wrap(line, c.Streams.Columns())
}
