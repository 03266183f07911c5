package console

import (
	"errors"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/outfile"
)

// CheckOutput is called before a binary result is made, and returns an error if
// the result could not be written to output: a file, which [outfile.Check]
// checks, or "-" for standard output.
func (c *Console) CheckOutput(output string, inputs []string, force bool) error {
	switch {
	case output != "-":
		return errors.Join(outfile.Check([]string{output}, inputs, force)...)
	case c.JSON:
		return outcome.Usage("err.json-stdout", "Flag", "-o -")
	case c.Streams.OutIsTerminal:
		return outcome.Usage("err.binary-terminal")
	}
	return c.CheckStdout()
}

// CheckStdout returns an error if standard output was closed: the result would
// be lost, although every write succeeds.
func (c *Console) CheckStdout() error {
	if c.Streams.OutLeadsNowhere {
		return &outcome.Error{Code: outcome.CodeFile, ID: "err.stdout.closed"}
	}
	return nil
}

// WriteOutput writes data to a file, whole or not at all, or to standard output
// if output is "-".
func (c *Console) WriteOutput(output string, data []byte, force bool) error {
	if output != "-" {
		return outfile.Write(output, data, force)
	}
	if _, err := c.Streams.Out.Write(data); err != nil {
		return NotWritten(err)
	}
	return nil
}

// NotWritten returns the error of a run that could not write to standard
// output.
func NotWritten(err error) error {
	return &outcome.Error{Code: outcome.CodeFile, ID: "err.stdout", Pairs: []any{"Error", outcome.Reason(err)}, Err: err}
}
