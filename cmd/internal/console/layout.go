package console

import (
	"strings"

	"natsuin/cmd/internal/text"
)

// UnderResult is the column under which the detail of a check or a probe goes
// on: below their names, to the right of the results.
const UnderResult = 12

// Field prints the name with this id and a value, whose lines stand under each
// other, wrapped to the terminal's width.
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

// PrintAfter prints a line, of which the first columns stay alone if it is
// broken.
func (c *Console) PrintAfter(columns int, line string) {
	if c.Streams.OutIsTerminal {
		line = text.WrapUnder(line, c.Streams.Columns(), columns)
	}
	c.Print(line)
}

// Groups prints the name with this id and a fingerprint in groups of four
// digits, which stand under each other.
func (c *Console) Groups(id, hex string) {
	var groups []string
	for i := 0; i < len(hex); i += 4 {
		groups = append(groups, hex[i:min(i+4, len(hex))])
	}
	lines := text.GroupLines(groups, c.Streams.Columns()-text.Width(c.T(id))-4)
	c.Field(id, strings.Join(lines, "\n"))
}
