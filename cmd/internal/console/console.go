// Package console writes data to standard output and messages to standard
// error, and asks questions at the terminal device. With --json it writes one
// JSON object in place of the data.
//
// It does not decide what is printed or asked: the verbs do.
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

// A Console does the output and the questions of one run, in the language of
// its Printer.
type Console struct {
	*i18n.Printer // nil only if the catalogues cannot be read
	Streams       *Streams

	Command string // the name in the JSON object, such as "pin status"
	Report  Report // the JSON object of the verb; may be nil

	JSON    bool   // write one JSON object instead of other data
	Quiet   bool   // write no messages but errors, warnings and questions
	Verbose bool   // also write the causes of an error
	Color   string // the value of --color

	// Unattended is set if nobody may be asked even at a terminal, as with
	// --no-input and --pin-from.
	Unattended bool
	// StdinTaken is set once standard input is used as an input.
	StdinTaken bool

	guard     func()                             // called before a secret is read; may be nil
	device    func() (*terminal.Terminal, error) // opens the person's terminal, once
	opened    atomic.Pointer[terminal.Terminal]  // the terminal that device has opened
	unprinted error                              // the first error of writing data to stdout
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
		_ = t.Close() // the run is over, and its outcome does not change
	}
}

// Print writes one line of data to standard output, but not with --json.
func (c *Console) Print(line string) {
	if !c.JSON {
		c.WriteLine(c.fit(line, c.Streams.OutIsTerminal))
	}
}

// Styled is like Print, but applies a style if --color, NO_COLOR and the
// terminal allow it.
func (c *Console) Styled(in Style, line string) {
	if c.JSON {
		return
	}
	mode, _ := ParseColorMode(c.Color) // already checked with the flags
	palette := c.Streams.OutPalette(mode)
	lines := strings.Split(c.fit(line, c.Streams.OutIsTerminal), "\n")
	for i := range lines {
		lines[i] = in(palette, lines[i])
	}
	c.WriteLine(strings.Join(lines, "\n"))
}

// WriteLine writes one line to standard output unchanged. After a failed write
// it writes nothing more, and [Console.Finish] reports that error unless the
// run ends with an error anyway.
func (c *Console) WriteLine(line string) {
	if c.unprinted != nil {
		return
	}
	if _, err := fmt.Fprintln(c.Streams.Out, line); err != nil {
		c.unprinted = NotWritten(err)
	}
}

// Say writes one message to standard error, but not with -q or --json.
func (c *Console) Say(line string) {
	if !c.Quiet {
		c.Warn(line)
	}
}

// Warn is like [Console.Say], but also writes with -q. It is for messages about
// what is missing from a result, or what qualifies it (docs/cli.md, behaviour
// 21). With --json the object has that information.
func (c *Console) Warn(line string) {
	if !c.JSON {
		fmt.Fprintln(c.Streams.Err, c.fit(line, c.Streams.ErrIsTerminal))
	}
}

// Talk writes one message: with [Console.Prompt] if a person can be asked, even
// with -q and --json, and otherwise with [Console.Say].
func (c *Console) Talk(line string) {
	if c.Interactive() {
		c.Prompt(line)
		return
	}
	c.Say(line)
}

// Prompt writes a line to the terminal device, if there is one. It writes
// nothing for an empty line.
func (c *Console) Prompt(line string) {
	if line == "" {
		return
	}
	if t, err := c.device(); err == nil {
		_ = t.Print(c.fit(line, true) + "\n") // a question that follows fails too
	}
}

// HideTyping turns echo off while a person is kept waiting: input typed in the
// meantime may be the secret that is asked for next.
func (c *Console) HideTyping() {
	if !c.Interactive() {
		return
	}
	if t, err := c.device(); err == nil {
		t.Quiet()
	}
}

// fit wraps a line at the width of the terminal. Elsewhere the line stays
// whole.
func (c *Console) fit(line string, isTerminal bool) string {
	if !isTerminal {
		return line
	}
	return text.Wrap(line, c.Streams.Columns())
}
