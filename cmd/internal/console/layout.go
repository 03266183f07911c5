package console

import (
	"strings"

	"natsuin/cmd/internal/text"
)

// UnderResult is the column at which the details of a check or a probe begin:
// the one after the results.
const UnderResult = 12

// Field prints the message id as a name, and the value beside it. The value is
// wrapped at [Streams.Columns], even if the output is not a terminal, and its
// lines are aligned.
func (c *Console) Field(id, value string) {
	name := c.T(id)
	const indent = "  "
	for i, line := range strings.Split(text.Wrap(value, c.Streams.Columns()-text.Width(name)-len(indent)-2), "\n") {
		if i > 0 {
			name = strings.Repeat(" ", text.Width(name))
		}
		c.Print(indent + name + "  " + line)
	}
}

// PrintAfter prints a line. If it must be wrapped, the other lines are indented
// by the given number of columns.
func (c *Console) PrintAfter(columns int, line string) {
	if c.Streams.OutIsTerminal {
		line = text.WrapUnder(line, c.Streams.Columns(), columns)
	}
	c.Print(line)
}

// Groups prints the message id as a name, and beside it a fingerprint in
// aligned groups of four digits.
func (c *Console) Groups(id, hex string) {
	var groups []string
	for i := 0; i < len(hex); i += 4 {
		groups = append(groups, hex[i:min(i+4, len(hex))])
	}
	lines := text.GroupLines(groups, c.Streams.Columns()-text.Width(c.T(id))-4)
	c.Field(id, strings.Join(lines, "\n"))
}
