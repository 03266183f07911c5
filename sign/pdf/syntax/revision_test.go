package syntax_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"natsuin/sign/pdf/syntax"
)

// ends returns the ends of the revisions of f.
func ends(t testing.TB, f *syntax.File) (ends []int) {
	t.Helper()
	revisions, err := f.Revisions()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range revisions {
		ends = append(ends, int(r.End))
	}
	return ends
}

func TestRevisions(t *testing.T) {
	// Each writes a section of one kind. prev is its entry /Prev, or empty.
	table := func(b *builder, prev string) int { return b.table(prev) }
	stream := func(b *builder, prev string) int { return b.xrefStream(b.size, prev) }
	hybrid := func(b *builder, prev string) int {
		b.objectStream(b.size+2, b.size, "(hidden)")
		tabled := b.entries
		b.entries = map[int]entry{}
		for n, e := range tabled {
			if e.kind == 2 {
				b.entries[n] = e
				delete(tabled, n)
			}
		}
		at := b.xrefStream(b.size, "")
		b.entries = tabled
		return b.table(fmt.Sprintf("/XRefStm %d %s", at, prev))
	}
	type write func(*builder, string) int
	for name, sections := range map[string][]write{
		"tables":  {table, table, table},
		"streams": {stream, stream, stream},
		"hybrids": {hybrid, hybrid, hybrid},
		"mixed":   {table, stream, hybrid, table},
	} {
		b := newBuilder()
		b.object(1, "<< >>")
		prev := ""
		for i, section := range sections {
			b.object(2, fmt.Sprintf("(revision %d)", i))
			at := section(b, prev)
			b.end(at)
			prev = fmt.Sprintf("/Prev %d", at)
		}
		f := open(t, b.Bytes())
		if got := ends(t, f); !slices.Equal(got, b.revised) {
			t.Errorf("%s: revisions end at %v, want %v", name, got, b.revised)
			continue
		}
		revisions, _ := f.Revisions()
		for i, r := range revisions {
			p, err := f.Prefix(r.End)
			if err != nil {
				t.Errorf("%s: prefix %d: %v", name, i, err)
				continue
			}
			if got, want := value(p, 2), fmt.Sprintf("%q", fmt.Sprintf("revision %d", i)); got != want {
				t.Errorf("%s: object 2 of prefix %d is %s", name, i, got)
			}
			if r.Section != len(sections)-1-i || f.Sections()[r.Section] != p.Sections()[0] || r.EOF != r.End-1 {
				t.Errorf("%s: revision %d is %+v", name, i, r)
			}
			if got := ends(t, p); !slices.Equal(got, b.revised[:i+1]) {
				t.Errorf("%s: revisions of prefix %d end at %v", name, i, got)
			}
		}
	}
}

func TestRevisionsOfALinearisedFile(t *testing.T) {
	b := linearised()
	if got := ends(t, open(t, b.Bytes())); !slices.Equal(got, b.revised) {
		t.Errorf("revisions end at %v, want %v", got, b.revised)
	}
	f := open(t, b.Bytes())
	b.object(2, "(updated)")
	b.end(b.table(fmt.Sprintf("/Prev %d", f.StartXref())))
	f = open(t, b.Bytes())
	if got := ends(t, f); !slices.Equal(got, b.revised) {
		t.Errorf("updated: revisions end at %v, want %v", got, b.revised)
	}
	p, err := f.Prefix(int64(b.revised[0]))
	if err != nil || value(p, 2) != `"main"` || value(f, 2) != `"updated"` || len(p.Sections()) != 2 {
		t.Errorf("prefix: error %v", err)
	}
}

func TestLineEndsOfARevision(t *testing.T) {
	for end, length := range map[string]int{"": 0, "\n": 1, "\r": 1, "\r\n": 2, "\n\n": 1, "\n\r": 1, " \n": 0, "%": 0} {
		b := classic()
		b.Truncate(b.Len() - 1)
		eof := b.Len()
		b.WriteString(end)
		b.WriteString("2 0 obj\n(two)\nendobj\n")
		b.use(2, entry{1, eof + len(end), 0})
		b.end(b.table(fmt.Sprintf("/Prev %d", strings.Index(b.String(), "xref\n"))))
		r, err := open(t, b.Bytes()).Revisions()
		if err != nil || len(r) != 2 || r[0].EOF != int64(eof) || r[0].End != int64(eof+length) {
			t.Errorf("%q: %+v, error %v", end, r, err)
		}
	}
}

func TestEndsThatAreNoRevision(t *testing.T) {
	const ending = "startxref\n%d\n%%%%EOF\n"
	// The first section is at xref; between is written after its trailer.
	for _, c := range []struct {
		name    string
		between func(xref int) string
		more    int // revisions besides that at the end
	}{
		{"none", func(int) string { return "" }, 0},
		{"another number", func(xref int) string { return fmt.Sprintf(ending, xref+1) }, 0},
		{"zero", func(int) string { return fmt.Sprintf(ending, 0) }, 0},
		{"no %%EOF", func(xref int) string { return fmt.Sprintf("startxref\n%d\n", xref) }, 0},
		{"part of a word", func(xref int) string { return "x" + fmt.Sprintf(ending, xref) }, 0},
		{"a section after it", func(xref int) string { return fmt.Sprintf(ending, xref+300) }, 0},
		{"as usual", func(xref int) string { return fmt.Sprintf(ending, xref) }, 1},
		{"comments", func(xref int) string { return "% startxref of a program\n%\n" + fmt.Sprintf(ending, xref) }, 1},
		{"objects", func(xref int) string { return "9 0 obj\n(nine)\nendobj\n" + fmt.Sprintf(ending, xref) }, 1},
		{"across a piece that is read at once", func(xref int) string {
			return "%" + strings.Repeat("-", 1024-5) + "\n" + fmt.Sprintf(ending, xref)
		}, 1},
		{"far", func(xref int) string {
			return strings.Repeat("\n", syntax.ScanSize-10) + fmt.Sprintf(ending, xref)
		}, 1},
		{"farther", func(xref int) string { return strings.Repeat("\n", syntax.ScanSize-9) + fmt.Sprintf(ending, xref) }, 0},
	} {
		b := newBuilder()
		b.object(1, "<< >>")
		first := b.table("")
		between := c.between(first)
		if c.name == "a section after it" {
			b.WriteString(between)
			b.WriteString(strings.Repeat("\n", first+300-b.Len()))
		} else {
			b.WriteString(between)
		}
		b.object(2, "(two)")
		if c.name == "a section after it" {
			b.Truncate(first + 300)
			delete(b.entries, 2)
		}
		b.end(b.table(fmt.Sprintf("/Prev %d", first)))
		if got := ends(t, open(t, b.Bytes())); len(got) != 1+c.more || got[len(got)-1] != b.Len() {
			t.Errorf("%s: revisions end at %v of %d", c.name, got, b.Len())
		}
	}
}

// An XRefStm that lies after the end of a revision does not belong to it.
func TestXRefStmAfterTheRevision(t *testing.T) {
	b := newBuilder()
	b.object(1, "<< >>")
	first := b.table("/XRefStm 500")
	b.end(first)
	cut := b.revised[0]
	b.WriteString(strings.Repeat("\n", 500-b.Len()))
	b.xrefStream(5, "")
	b.end(first)
	f := open(t, b.Bytes())
	if got := ends(t, f); !slices.Equal(got, b.revised[1:]) {
		t.Errorf("revisions end at %v, want %v", got, b.revised[1:])
	}
	if _, err := f.Prefix(int64(cut)); !isBroken(err) {
		t.Errorf("prefix: error %v", err)
	}
}

// The last "startxref" may name an older section than the last one in the file.
func TestRevisionThatReturnsToAnOlderSection(t *testing.T) {
	b := classic("(two)")
	first := strings.Index(b.String(), "xref\n")
	b.object(2, "(not seen)")
	b.table(fmt.Sprintf("/Prev %d", first))
	b.end(first)
	f := open(t, b.Bytes())
	if got := ends(t, f); !slices.Equal(got, b.revised) || value(f, 2) != `"two"` {
		t.Errorf("revisions end at %v, want %v; object 2 is %s", got, b.revised, value(f, 2))
	}
}

func TestBytesAfterTheLastRevision(t *testing.T) {
	b := classic()
	b.WriteString("<!-- added by a server -->\n")
	if got := ends(t, open(t, b.Bytes())); !slices.Equal(got, b.revised) {
		t.Errorf("revisions end at %v, want %v", got, b.revised)
	}
}

func TestPrefixThatIsNoRevision(t *testing.T) {
	b := classic("(two)")
	f := open(t, b.Bytes())
	for _, end := range []int64{-1, 0, 5, 20, int64(b.Len() - 3), int64(b.Len() + 1)} {
		if _, err := f.Prefix(end); !isBroken(err) {
			t.Errorf("prefix of %d bytes: error %v", end, err)
		}
	}
}

// A section that the file has read does not belong to a prefix if it reaches
// beyond it.
func TestPrefixWithinASection(t *testing.T) {
	b := newBuilder()
	b.object(1, "<< >>")
	at := b.Len() + len("% startxref 123 %%EOF\n")
	fmt.Fprintf(b, "%% startxref %3d %%%%EOF\n", at)
	cut := b.Len() - 1
	b.end(b.table(""))
	f := open(t, b.Bytes())
	if f.StartXref() != int64(at) {
		t.Fatalf("section at %d, not %d", f.StartXref(), at)
	}
	if _, err := f.Prefix(int64(cut)); !isBroken(err) {
		t.Errorf("error %v", err)
	}
	if got := ends(t, f); !slices.Equal(got, b.revised) {
		t.Errorf("revisions end at %v, want %v", got, b.revised)
	}
}
