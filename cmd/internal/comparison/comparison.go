// Package comparison compares a certificate's fingerprint with a value that a
// person has from elsewhere.
package comparison

import (
	"context"
	"io"
	"runtime"

	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/infile"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
)

// Parse parses the value to compare with. If it is "-", Parse reads it from
// standard input.
func Parse(ctx context.Context, c *console.Console, value string) (fingerprint.Fingerprint, error) {
	if value == "-" {
		c.StdinTaken = true
		if c.Streams.InIsTerminal && c.Interactive() {
			if runtime.GOOS == "windows" { // its consoles end the input with Ctrl-Z
				c.Prompt(c.T("compare.paste.windows"))
			} else {
				c.Prompt(c.T("compare.paste"))
			}
		}
		b, err := io.ReadAll(io.LimitReader(infile.Stream(ctx, c.Streams.In), fingerprint.MaxInput+1))
		if err != nil {
			return fingerprint.Fingerprint{}, outcome.File("err.file.read", "-", err)
		}
		value = string(b)
	}
	return fingerprint.Parse(value)
}

// PrintDifference prints both values in groups of four, and where they first
// differ.
func PrintDifference(c *console.Console, target string, prints fingerprint.Fingerprints, want fingerprint.Fingerprint) {
	have := prints.Select(want.Algorithm)
	n, _ := fingerprint.Diff(have, want)
	c.Print(text.Escape(target))
	c.Groups("compare.have", have.String())
	c.Groups("compare.want", want.String())
	c.Print(c.T("compare.first", "Number", n, "Have", have.Groups()[n-1], "Want", want.Groups()[n-1]))
}

// Different prints the message id, which says that nothing matched, and returns
// the outcome.
func Different(c *console.Console, id string) error {
	c.Print(c.T(id))
	verdict := &outcome.Verdict{Outcome: outcome.Error{Code: outcome.CodeDifferent, ID: "compare.different"}}
	c.SayHint(verdict)
	return verdict
}
