package syntax_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"natsuin/sign/pdf/syntax"
)

// opens opens a file that has the given section after objects 1 and 2.
func opens(section func(one, two int) string) (*syntax.File, error) {
	b := newBuilder()
	b.object(1, "<< >>")
	b.object(2, "(two)")
	text := section(b.entries[1].a, b.entries[2].a)
	at := b.Len()
	b.WriteString(text)
	b.end(at)
	return syntax.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
}

func TestTables(t *testing.T) {
	const trailer = "trailer << /Size 3 /Root 1 0 R >>\n"
	const zero = "0000000000 65535 f\r\n"
	row := func(at int, rest string) string { return fmt.Sprintf("%010d %s", at, rest) }
	for _, c := range []struct {
		name    string
		section func(one, two int) string
		ok      bool
	}{
		{"CR LF", func(a, b int) string {
			return "xref\r\n0 3\r\n" + zero + row(a, "00000 n\r\n") + row(b, "00000 n\r\n") + trailer
		}, true},
		{"SP LF", func(a, b int) string {
			return "xref\n0 3\n0000000000 65535 f \n" + row(a, "00000 n \n") + row(b, "00000 n \n") + trailer
		}, true},
		{"SP CR", func(a, b int) string {
			return "xref\r0 3\r0000000000 65535 f \r" + row(a, "00000 n \r") + row(b, "00000 n \r") + trailer
		}, true},
		{"subsections", func(a, b int) string {
			return "xref\n2 1\n" + row(b, "00000 n\r\n") + "0 1\n" + zero + "7 0\n1 1\n" + row(a, "00000 n\r\n") + trailer
		}, true},
		{"LF alone", func(a, b int) string {
			return "xref\n0 3\n0000000000 65535 f\n" + row(a, "00000 n\n") + row(b, "00000 n\n") + trailer
		}, false},
		{"two spaces", func(a, b int) string { return "xref\n1 1\n" + row(a, "00000 n  ") + trailer }, false},
		{"LF CR", func(a, b int) string { return "xref\n1 1\n" + row(a, "00000 n\n\r") + trailer }, false},
		{"other letter", func(a, b int) string { return "xref\n1 1\n" + row(a, "00000 x\r\n") + trailer }, false},
		{"no digit", func(a, b int) string { return "xref\n1 1\n0000000x15 00000 n\r\n" + trailer }, false},
		{"sign", func(a, b int) string { return "xref\n1 1\n-000000015 00000 n\r\n" + trailer }, false},
		{"no digit in a free one", func(a, b int) string { return "xref\n0 1\n0000000x00 65535 f\r\n" + trailer }, false},
		{"tab", func(a, b int) string { return "xref\n1 1\n0000000015\t00000 n\r\n" + trailer }, false},
		{"fewer entries than said", func(a, b int) string { return "xref\n1 2\n" + row(a, "00000 n\r\n") + trailer }, false},
		{"more entries than said", func(a, b int) string {
			return "xref\n1 1\n" + row(a, "00000 n\r\n") + row(b, "00000 n\r\n") + trailer
		}, false},
		{"more entries than bytes", func(a, b int) string { return "xref\n1 1000\n" + row(a, "00000 n\r\n") + trailer }, false},
		{"count beyond all", func(a, b int) string { return "xref\n1 99999999999999999999\n" + trailer }, false},
		{"overlapping", func(a, b int) string {
			return "xref\n1 2\n" + row(a, "00000 n\r\n") + row(b, "00000 n\r\n") + "2 1\n" + row(a, "00000 n\r\n") + trailer
		}, false},
		{"no trailer", func(a, b int) string { return "xref\n1 1\n" + row(a, "00000 n\r\n") }, false},
		{"trailer is no dictionary", func(a, b int) string { return "xref\n1 1\n" + row(a, "00000 n\r\n") + "trailer [ ]\n" }, false},
		{"no Size", func(a, b int) string { return "xref\n1 1\n" + row(a, "00000 n\r\n") + "trailer << >>\n" }, false},
		{"negative Size", func(a, b int) string { return "xref\n0 0\ntrailer << /Size -1 >>\n" }, false},
		{"XRefStm is no number", func(a, b int) string { return "xref\n0 0\ntrailer << /Size 3 /XRefStm /A >>\n" }, false},
		{"XRefStm at an object", func(a, b int) string { return fmt.Sprintf("xref\n0 0\ntrailer << /Size 3 /XRefStm %d >>\n", a) }, false},
		{"comment", func(a, b int) string { return "xref\n%\n1 1\n" + row(a, "00000 n\r\n") + trailer }, false},
		{"other word", func(a, b int) string { return "xreg\n1 1\n" + row(a, "00000 n\r\n") + trailer }, false},
	} {
		f, err := opens(c.section)
		if c.ok && err != nil || !c.ok && !isBroken(err) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if c.ok && (value(f, 1) != "<<>>" || value(f, 2) != `"two"`) {
			t.Errorf("%s: %s, %s", c.name, value(f, 1), value(f, 2))
		}
	}
}

func TestCrossReferenceStreams(t *testing.T) {
	stream := func(dict, data string) string {
		return fmt.Sprintf("9 0 obj\n<< /Type /XRef %s /Length %d >>\nstream\n%s\nendstream\nendobj\n", dict, len(data), data)
	}
	rows := func(one, two int) string {
		return string([]byte{0, 0, 0, 0, 1, byte(one >> 8), byte(one), 0, 1, byte(two >> 8), byte(two), 0})
	}
	const w = " /W [1 2 1] "
	for _, c := range []struct {
		name    string
		section func(one, two int) string
		ok      bool
	}{
		{"Size alone", func(a, b int) string { return stream("/Size 3"+w, rows(a, b)) }, true},
		{"Index", func(a, b int) string {
			return stream("/Size 10 /Index [2 1 0 0 1 1]"+w, rows(b, a)[4:8]+rows(b, a)[8:])
		}, true},
		{"more numbers than Size", func(a, b int) string { return stream("/Size 2 /Index [0 3]"+w, rows(a, b)) }, true},
		{"no type, no generation", func(a, b int) string {
			return stream("/Size 3 /Index [1 2] /W [0 2 0]", string([]byte{byte(a >> 8), byte(a), byte(b >> 8), byte(b)}))
		}, true},
		{"white space before it", func(a, b int) string { return " \r\n" + stream("/Size 3"+w, rows(a, b)) }, true},
		{"fourth field", func(a, b int) string { return stream("/Size 3 /W [1 2 1 0]", rows(a, b)) }, true},
		{"predictor", func(a, b int) string {
			up := make([]byte, 0, 15)
			for r, prior := 0, make([]byte, 4); r < 3; r++ {
				up = append(up, 2)
				for i, v := range []byte(rows(a, b)[4*r : 4*r+4]) {
					up = append(up, v-prior[i])
					prior[i] = v
				}
			}
			return stream("/Size 3 /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 4 >>"+w, deflate(string(up)))
		}, true},
		{"too few rows", func(a, b int) string { return stream("/Size 4"+w, rows(a, b)) }, false},
		{"too many rows", func(a, b int) string { return stream("/Size 2"+w, rows(a, b)) }, false},
		{"part of a row", func(a, b int) string { return stream("/Size 3"+w, rows(a, b)+"x") }, false},
		{"no W", func(a, b int) string { return stream("/Size 3", rows(a, b)) }, false},
		{"short W", func(a, b int) string { return stream("/Size 3 /W [1 2]", rows(a, b)) }, false},
		{"negative W", func(a, b int) string { return stream("/Size 3 /W [1 -2 1]", rows(a, b)) }, false},
		{"wide W", func(a, b int) string { return stream("/Size 3 /W [1 9 1]", rows(a, b)) }, false},
		{"W without width", func(a, b int) string { return stream("/Size 3 /W [0 0 0]", "") }, false},
		{"odd Index", func(a, b int) string { return stream("/Size 3 /Index [0]"+w, rows(a, b)) }, false},
		{"Index is no array", func(a, b int) string { return stream("/Size 3 /Index 0"+w, rows(a, b)) }, false},
		{"negative Index", func(a, b int) string { return stream("/Size 3 /Index [-1 3]"+w, rows(a, b)) }, false},
		{"Index without numbers", func(a, b int) string { return stream("/Size 3 /Index [/A /B]"+w, rows(a, b)) }, false},
		{"overlapping Index", func(a, b int) string { return stream("/Size 3 /Index [1 2 2 1]"+w, rows(a, b)) }, false},
		{"no Size", func(a, b int) string { return stream("/Index [0 3]"+w, rows(a, b)) }, false},
		{"object stream 0", func(a, b int) string { return stream("/Size 1"+w, "\x02\x00\x00\x00") }, false},
		{"generation beyond all", func(a, b int) string { return stream("/Size 1 /W [1 1 3]", "\x01\x00\x01\x00\x00") }, false},
		{"offset beyond 63 bits", func(a, b int) string { return stream("/Size 1 /W [1 8 0]", "\x01\xff\xff\xff\xff\xff\xff\xff\xff") }, false},
		{"Length by reference", func(a, b int) string {
			return strings.Replace(stream("/Size 3"+w, rows(a, b)), "/Length 12", "/Length 2 0 R", 1)
		}, false},
		{"Length too large", func(a, b int) string {
			return strings.Replace(stream("/Size 3"+w, rows(a, b)), "/Length 12", "/Length 13", 1)
		}, false},
		{"filter by reference", func(a, b int) string { return stream("/Size 3 /Filter 2 0 R"+w, rows(a, b)) }, false},
		{"damaged data", func(a, b int) string { return stream("/Size 3 /Filter /FlateDecode"+w, rows(a, b)) }, false},
		{"other type", func(a, b int) string {
			return strings.Replace(stream("/Size 3"+w, rows(a, b)), "/XRef", "/XRex", 1)
		}, false},
		{"no stream", func(a, b int) string { return "9 0 obj\n<< /Type /XRef /Size 3" + w + ">>\nendobj\n" }, false},
	} {
		f, err := opens(c.section)
		if c.ok && err != nil || !c.ok && !isBroken(err) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if c.ok && (value(f, 1) != "<<>>" || value(f, 2) != `"two"`) {
			t.Errorf("%s: %s, %s", c.name, value(f, 1), value(f, 2))
		}
	}
}

func TestRowsOfUnknownTypeAreNull(t *testing.T) {
	f, err := opens(func(one, two int) string {
		return "9 0 obj\n<< /Type /XRef /Size 3 /W [1 1 0] /Length 6 >>\nstream\n\x00\x00\x03\x0f\xff\x0f\nendstream\nendobj\n"
	})
	if err != nil {
		t.Fatal(err)
	}
	for number := range 3 {
		if u, ok := f.Find(number); !ok || !u.Free || value(f, number) != "null" {
			t.Errorf("object %d: %+v, %s", number, u, value(f, number))
		}
	}
}

// The highest number does not rely on /Size, and counts a cross-reference
// stream that has no entry.
func TestHighestIsAboveSize(t *testing.T) {
	b := newBuilder()
	b.object(1, "<< >>")
	b.object(18, "(eighteen)")
	b.use(20, entry{0, 0, 0})
	b.size = 9
	b.end(b.table(""))
	if f := open(t, b.Bytes()); f.Highest() != 18 || value(f, 18) != `"eighteen"` {
		t.Errorf("table: highest %d, object 18 is %s", f.Highest(), value(f, 18))
	}
	b = newBuilder()
	b.object(1, "<< >>")
	b.use(18, entry{1, 15, 0})
	b.size = 9
	at := b.xrefStream(5, "")
	b.end(at)
	if f := open(t, b.Bytes()); f.Highest() != 18 {
		t.Errorf("stream: highest %d", f.Highest())
	}
	f, err := opens(func(int, int) string {
		return "9 0 obj\n<< /Type /XRef /Size 3 /W [1 1 0] /Length 6 >>\nstream\n\x00\x00\x00\x00\x00\x00\nendstream\nendobj\n"
	})
	if err != nil || f.Highest() != 9 {
		t.Errorf("stream without an entry: highest %d, error %v", f.Highest(), err)
	}
}

func TestLimitOfRows(t *testing.T) {
	const size = 16
	for _, c := range []struct {
		rows []int // of each stream
		ok   bool
	}{
		{[]int{syntax.MaxDecoded / size, syntax.MaxRows/size - syntax.MaxDecoded/size}, true},
		{[]int{syntax.MaxDecoded / size, syntax.MaxRows/size - syntax.MaxDecoded/size, 1}, false},
	} {
		b := newBuilder()
		b.object(1, "<< >>")
		prev := ""
		for i, n := range c.rows {
			at := b.Len()
			b.stream(2+i, fmt.Sprintf("/Type /XRef /Size %d /W [1 7 8] /Filter /FlateDecode %s", n, prev), deflate(strings.Repeat("\x00", size*n)))
			prev = fmt.Sprintf("/Prev %d", at)
			if i == len(c.rows)-1 {
				b.end(at)
			}
		}
		_, err := syntax.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if c.ok && err != nil || !c.ok && !isLimit(err) {
			t.Errorf("%d rows: error %v", c.rows, err)
		}
	}
}

func TestLimitsOfSections(t *testing.T) {
	table := func(text string) (*syntax.File, error) {
		return opens(func(int, int) string { return "xref\n" + text })
	}
	for _, c := range []struct {
		what    string
		opens   func(n int) (*syntax.File, error)
		largest int
	}{
		{"sections", func(n int) (*syntax.File, error) {
			b := classic()
			at := bytes.Index(b.Bytes(), []byte("xref\n"))
			for range n - 1 {
				at = b.table(fmt.Sprintf("/Prev %d", at))
			}
			b.end(at)
			return syntax.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
		}, syntax.MaxSections},
		{"object number", func(n int) (*syntax.File, error) {
			return table(fmt.Sprintf("%d 1\n0000000000 00000 f\r\ntrailer << /Size 1 >>\n", n))
		}, syntax.MaxNumber},
		{"object number in a subsection", func(n int) (*syntax.File, error) {
			return table(fmt.Sprintf("%d 2\n%[2]s%[2]strailer << /Size 1 >>\n", n-1, "0000000000 00000 f\r\n"))
		}, syntax.MaxNumber},
		{"Size", func(n int) (*syntax.File, error) {
			return table(fmt.Sprintf("0 0\ntrailer << /Size %d >>\n", n))
		}, syntax.MaxNumber + 1},
		{"subsections", func(n int) (*syntax.File, error) {
			return table(strings.Repeat("0 0\n", n) + "trailer << /Size 1 >>\n")
		}, syntax.MaxSubsections},
		{"bytes of trailers", func(n int) (*syntax.File, error) {
			const around = "<< /Size 1 /A () >>"
			return table("trailer " + around[:15] + strings.Repeat("a", n-len(around)) + around[15:] + "\n")
		}, syntax.MaxTrailers},
	} {
		if _, err := c.opens(c.largest); err != nil {
			t.Errorf("%s %d: %v", c.what, c.largest, err)
		}
		if _, err := c.opens(c.largest + 1); !isLimit(err) {
			t.Errorf("%s %d: error %v", c.what, c.largest+1, err)
		}
	}
}
