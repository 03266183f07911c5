package console

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// Finish reports err, the outcome of the run, and returns the exit code.
func (c *Console) Finish(err error) int {
	if c.Printer == nil { // the catalogues themselves are broken
		fmt.Fprintln(c.Streams.Err, "natsuin:", err)
		return outcome.CodeInternal.Exit()
	}
	if c.unprinted != nil && (err == nil || outcome.IsVerdict(err)) {
		err = c.unprinted // the verdict could not be shown
	}
	x := c.Explain(err)
	if errors.Is(c.unprinted, syscall.EPIPE) && err == c.unprinted {
		return x.Exit() // the reader closed early, as in `natsuin … | head`
	}
	if c.JSON {
		if werr := c.writeJSON(x); werr != nil && (err == nil || outcome.IsVerdict(err)) {
			werr = NotWritten(werr)
			c.sayError(c.Explain(werr), werr)
			return outcome.CodeFile.Exit()
		}
	} else if err != nil && !outcome.IsVerdict(err) {
		c.sayError(x, err)
	}
	return x.Exit()
}

// SayError writes an error and its next step to standard error, but not its
// causes.
func (c *Console) SayError(err error) { c.sayError(c.Explain(err), nil) }

// sayError writes an error and its next step to standard error, and under -v
// the causes in err (docs/cli.md, behaviour 22).
func (c *Console) sayError(x i18n.Explanation, err error) {
	fmt.Fprintln(c.Streams.Err, c.fitError(c.T("err.line", "Message", x.Message)))
	c.writeHint(x)
	if c.Verbose {
		for _, line := range outcome.Detail(err) {
			fmt.Fprintln(c.Streams.Err, "  "+text.Escape(line))
		}
	}
}

// writeHint writes each line of a next step as a line of its own.
func (c *Console) writeHint(x i18n.Explanation) {
	if x.Hint == "" {
		return
	}
	for _, line := range strings.Split(x.Hint, "\n") {
		fmt.Fprintln(c.Streams.Err, c.fitError(c.T("err.hint", "Hint", line)))
	}
}

// SayHint writes the next step that belongs to a verdict. The verdict itself is
// on standard output.
func (c *Console) SayHint(verdict error) {
	if !c.JSON && !c.Quiet {
		c.writeHint(c.Explain(verdict))
	}
}

// fitError wraps a line that begins with "natsuin: " at the width of the
// terminal, and indents the other lines by the width of that beginning.
func (c *Console) fitError(line string) string {
	if !c.Streams.ErrIsTerminal {
		return line
	}
	return text.WrapUnder(line, c.Streams.Columns(), len("natsuin: "))
}

// Trace writes a line about an exchange with the card to standard error.
func (c *Console) Trace(line string) { fmt.Fprintln(c.Streams.Err, "  "+line) }
