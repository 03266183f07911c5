//go:build linux

package main_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
)

// A display shows bytes as a terminal does. A full-width character takes two
// cells, a full row continues on the next one, and redrawn cells replace the
// old ones.
type display struct {
	columns int
	rows    [][]string // one string per cell; a full-width character is followed by ""
	row     int
	column  int
}

// control matches a sequence of the program: a colour, or the clearing of a
// row.
var control = regexp.MustCompile(`\A\x1b\[(\d*(?:;\d+)*)([mK])`)

// cells returns the number of cells that text takes.
func cells(text string) int { return uniseg.StringWidth(text) }

// render returns the rows without the blanks at their ends. It returns an error
// for a byte that it does not know, because a terminal might show something
// else.
func render(bytes string, columns int) (string, error) {
	d := &display{columns: columns, rows: [][]string{nil}}
	for len(bytes) > 0 {
		if m := control.FindStringSubmatch(bytes); m != nil {
			if m[2] == "K" {
				d.clear(m[1])
			}
			bytes = bytes[len(m[0]):]
			continue
		}
		cluster, rest, width, _ := uniseg.FirstGraphemeClusterInString(bytes, -1)
		switch {
		case cluster == "\r\n":
			d.column = 0
			d.down()
		case cluster == "\r":
			d.column = 0
		case cluster == "\n":
			d.down()
		case cluster == "\b":
			d.column = max(0, d.column-1)
		case cluster[0] < ' ' || cluster[0] == 0x7F:
			return "", fmt.Errorf("the display does not know %q", bytes[:min(len(bytes), 20)])
		default:
			d.put(cluster, width)
		}
		bytes = rest
	}
	var lines []string
	for _, row := range d.rows {
		lines = append(lines, strings.TrimRight(strings.Join(row, ""), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n", nil
}

func (d *display) down() {
	if d.row++; d.row == len(d.rows) {
		d.rows = append(d.rows, nil)
	}
}

func (d *display) put(cluster string, width int) {
	if d.column+width > d.columns {
		d.column = 0
		d.down()
	}
	row := d.rows[d.row]
	for len(row) < d.column+width {
		row = append(row, " ")
	}
	row[d.column] = cluster
	for i := 1; i < width; i++ {
		row[d.column+i] = ""
	}
	d.rows[d.row] = row
	d.column += width
}

// clear does what the sequence EL does: it clears the rest of the row, or all
// of it.
func (d *display) clear(how string) {
	switch how {
	case "", "0":
		if row := d.rows[d.row]; d.column < len(row) {
			d.rows[d.row] = row[:d.column]
		}
	case "2":
		d.rows[d.row] = nil
	}
}

// TestDisplay compares the display with what tmux 3.3 showed for the same bytes
// in a window of 20 columns (capture-pane -p).
func TestDisplay(t *testing.T) {
	for _, test := range []struct{ bytes, want string }{
		{"one\r\ntwo\r\n", "one\ntwo\n"},
		{"half of it\rHALF\r\n", "HALF of it\n"},
		{"gone\x1b[2K\rhere\r\n", "here\n"},
		{"partly gone\r\x1b[3mpar\x1b[K\r\n", "par\n"},
		{"\x1b[31mred\x1b[0m and \x1b[1;32mgreen\x1b[m\r\n", "red and green\n"},
		{"12345678901234567890\r\nnext\r\n", "12345678901234567890\nnext\n"},
		{"123456789012345678901\r\n", "12345678901234567890\n1\n"},
		{"123456789012345678漢\r\n", "123456789012345678漢\n"},
		{"1234567890123456789漢\r\n", "1234567890123456789\n漢\n"},
		{"漢字\b\bかな\r\n", "漢かな\n"},
		{"残り 5 回\r\nか\u3099\r\n", "残り 5 回\nか\u3099\n"},
	} {
		if got, err := render(test.bytes, 20); got != test.want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", test.bytes, got, err, test.want)
		}
	}
	if got, err := render("\x1b[5A", 20); err == nil {
		t.Errorf("a display that cannot go up showed %q", got)
	}
}
