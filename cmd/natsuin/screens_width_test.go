//go:build linux

package main_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"natsuin/cmd/internal/pdftest"
)

var (
	// groupsRow matches a row of a fingerprint after its name or the indent.
	groupsRow = regexp.MustCompile(`^( .*?)((?:[0-9A-F]{4} )*[0-9A-F]{4})$`)
	// hanging matches the indent of a continuation line.
	hanging = regexp.MustCompile(`^ {3,}`)
	// named matches a row with a name or a result, followed by its value.
	named = regexp.MustCompile(`^(  \S.*? {2,})\S`)
)

// TestNarrowAndWide checks the longest screens at 40 and at 160 columns:
// natsuin itself breaks every line, and continuation lines are indented
// correctly.
func TestNarrowAndWide(t *testing.T) {
	for _, lang := range languages {
		for _, columns := range []int{40, 160} {
			t.Run(fmt.Sprint(lang.code, " ", columns), func(t *testing.T) {
				st := newStage(t, lang, columns)
				st.write("letter.txt", "A letter.\n")
				if r := st.command("sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "@letter.txt").run(); r.exit != 0 {
					t.Fatalf("sign ends with %d", r.exit)
				}
				st.write("other.txt", "Another letter.\n")
				st.write("annex.pdf", string(pdftest.Sample("annex")))
				for _, args := range [][]string{{"@annex.pdf"}, {"-o", "@two.pdf", "@annex_signed.pdf"}} {
					args = append([]string{"sign", "--reader", "practice", "--yes", "--pin-from", "file:@pin", "--pdf"}, args...)
					if r := st.command(args...).run(); r.exit != 0 {
						t.Fatalf("sign --pdf ends with %d", r.exit)
					}
				}
				for _, c := range []command{
					{typed: "natsuin verify --ca practice letter.txt.p7s"},
					{typed: "natsuin verify -v --ca practice letter.txt.p7s"},
					{typed: "natsuin verify --ca practice two.pdf"},
					{typed: "natsuin verify letter.txt.p7s", exit: 4},
					{typed: "natsuin verify letter.txt.p7s other.txt", exit: 1},
					{typed: "natsuin cert show sign --reader practice --pin-from file:../pin"},
					{typed: "natsuin cert show --reader practice"},
					{typed: "natsuin fingerprint root --reader practice --compare " + st.values["OTHER"], exit: 1},
					{typed: "natsuin pin status", exit: 5},
					{typed: "natsuin practice reset", exit: 8, steps: []step{{wait: [2]string{"）: ", "): "}, keys: "no\r"}}},
				} {
					st.fits(c, st.run(c))
				}
			})
		}
	}
}

// fits compares the bytes that a terminal got with its width.
func (st *stage) fits(c command, bytes string) {
	st.t.Helper()
	screen, err := render(bytes, st.columns)
	st.must(err)
	if unbroken, _ := render(bytes, 10_000); unbroken != screen {
		st.t.Errorf("%s: the terminal broke a line that natsuin did not:\n%s", c.typed, screen)
	}
	columns := map[int]bool{} // the columns at which rows of fingerprints, and values beside a name, begin
	indents := map[int]bool{} // the indents of continuation lines
	for _, line := range strings.Split(screen, "\n") {
		if m := groupsRow.FindStringSubmatch(line); m != nil && len(m[2]) > 4 {
			columns[cells(m[1])] = true
		}
		if strings.HasPrefix(c.typed, "natsuin verify") && strings.HasPrefix(line, "  ") && !hanging.MatchString(line) {
			m := named.FindStringSubmatch(line)
			if m == nil {
				st.t.Errorf("%s: this stands under the names: %s", c.typed, line)
				continue
			}
			columns[cells(m[1])] = true
		}
		if blank := hanging.FindString(line); blank != "" {
			indents[len(blank)] = true
		}
	}
	if st.columns == 160 && len(indents) > 0 {
		st.t.Errorf("%s: a line is broken that fits:\n%s", c.typed, screen)
	}
	for _, under := range []int{len("natsuin: "), len("  passed    ")} {
		delete(indents, under)
	}
	for column := range columns {
		delete(indents, column)
	}
	if len(indents) > 0 {
		st.t.Errorf("%s: something stands under nothing, at %v:\n%s", c.typed, indents, screen)
	}
}
