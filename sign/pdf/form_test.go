package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"natsuin/sign/pdf"
	"natsuin/sign/pdf/syntax"
)

// An update is what was appended to an original, taken apart by code of the
// tests, which shares nothing with the code that writes and checks updates.
type update struct {
	text    string
	base    int64
	table   bool
	numbers []int          // in the order of the cross references
	objects map[int]string // from the object number to the line after endobj
	trailer string
}

var (
	anObject  = regexp.MustCompile(`(?s)^(\d+) (\d+) obj[\s<\[].*?\bendobj\n`)
	aSection  = regexp.MustCompile(`(?s)xref\n((?:\d+ \d+\n(?:\d{10} \d{5} n \n)+)+)trailer\n<< (.*) >>\nstartxref\n(\d+)\n%%EOF\n$`)
	aStream   = regexp.MustCompile(`(?s)(\d+) 0 obj\n<< (/Type /XRef .*) /W \[1 (\d) 2\] /Index \[([\d ]+)\] /Length (\d+) >>\nstream\n(.*)\nendstream\nendobj\nstartxref\n(\d+)\n%%EOF\n$`)
	aStartRef = regexp.MustCompile(`startxref\s+(\d+)\s+%%EOF`)
)

// updateOf requires that out is in and one update, and takes the update apart.
func updateOf(t *testing.T, in, out []byte) update {
	t.Helper()
	if !bytes.HasPrefix(out, in) {
		t.Fatal("the original has changed")
	}
	u := update{text: string(out[len(in):]), base: int64(len(in)), objects: map[int]string{}}
	if last := in[len(in)-1]; last != '\n' && last != '\r' {
		if u.text[0] != '\n' {
			t.Fatal("no line end after the original")
		}
		u.text, u.base = u.text[1:], u.base+1
	}
	offsets := map[int]int64{}
	var section []int
	if m := aSection.FindStringSubmatchIndex(u.text); m != nil {
		section, u.table, u.trailer = m, true, u.text[m[4]:m[5]]
		first, left, highest := 0, 0, -1
		for line := range strings.Lines(u.text[m[2]:m[3]]) {
			if left == 0 {
				fmt.Sscan(line, &first, &left)
				if first <= highest {
					t.Errorf("subsection at %d after %d", first, highest)
				}
				continue
			}
			if len(line) != 20 {
				t.Errorf("entry of %d bytes: %q", len(line), line)
			}
			offsets[first], _ = strconv.ParseInt(line[:10], 10, 64)
			u.numbers, highest = append(u.numbers, first), first
			first, left = first+1, left-1
		}
	} else if m := aStream.FindStringSubmatchIndex(u.text); m != nil {
		section, u.trailer = m, u.text[m[4]:m[5]]
		width, _ := strconv.Atoi(u.text[m[6]:m[7]])
		data := u.text[m[12]:m[13]]
		if strconv.Itoa(len(data)) != u.text[m[10]:m[11]] {
			t.Errorf("a cross-reference stream of %d bytes", len(data))
		}
		index := strings.Fields(u.text[m[8]:m[9]])
		for i := 0; i < len(index); i += 2 {
			first, _ := strconv.Atoi(index[i])
			count, _ := strconv.Atoi(index[i+1])
			for n := range count {
				row := data[:width+3]
				data = data[width+3:]
				offset := int64(0)
				for _, b := range []byte(row[1 : 1+width]) {
					offset = offset<<8 + int64(b)
				}
				if row[0] != 1 {
					t.Errorf("an entry of type %d", row[0])
				}
				if len(u.numbers) > 0 && first+n <= u.numbers[len(u.numbers)-1] {
					t.Errorf("entry %d after %d", first+n, u.numbers[len(u.numbers)-1])
				}
				offsets[first+n] = offset
				u.numbers = append(u.numbers, first+n)
			}
		}
		self, _ := strconv.Atoi(u.text[m[2]:m[3]])
		if last := u.numbers[len(u.numbers)-1]; last != self || data != "" {
			t.Errorf("the stream is %d, the last entry %d, %d bytes are left", self, last, len(data))
		}
	} else {
		t.Fatalf("no cross references at the end of %q", u.text)
	}
	last := m3(u.text, section, u.table)
	if at, _ := strconv.ParseInt(last, 10, 64); at != u.base+int64(section[0]) {
		t.Errorf("startxref %s, the section is at %d", last, u.base+int64(section[0]))
	}

	// The objects fill the update from its first byte to the section.
	for rest := u.text[:section[0]]; rest != ""; {
		m := anObject.FindStringSubmatch(rest)
		if m == nil {
			t.Fatalf("between the objects: %q", rest)
		}
		n, _ := strconv.Atoi(m[1])
		if at := u.base + int64(section[0]-len(rest)); offsets[n] != at {
			t.Errorf("object %d is at %d, its entry says %d", n, at, offsets[n])
		}
		u.objects[n], rest = m[0], rest[len(m[0]):]
	}
	want := len(u.objects)
	if !u.table {
		want++
	}
	if len(u.numbers) != want {
		t.Errorf("entries %v for %d objects", u.numbers, want)
	}
	return u
}

// m3 returns the number after startxref, which is another submatch for a table
// than for a stream.
func m3(text string, m []int, table bool) string {
	if table {
		return text[m[6]:m[7]]
	}
	return text[m[14]:m[15]]
}

// changed returns the numbers of the objects in the update that existed before,
// which are those below fresh.
func (u update) changed(fresh int) []int {
	var old []int
	for _, n := range u.numbers {
		if n < fresh {
			old = append(old, n)
		}
	}
	return old
}

// find returns the one object that contains text.
func (u update) find(t *testing.T, text string) string {
	t.Helper()
	found := ""
	for _, o := range u.objects {
		if strings.Contains(o, text) {
			if found != "" {
				t.Fatalf("two objects with %q", text)
			}
			found = o
		}
	}
	if found == "" {
		t.Fatalf("no object with %q", text)
	}
	return found
}

// lastStartXref returns the number after the last "startxref" of a file.
func lastStartXref(in []byte) string {
	all := aStartRef.FindAllSubmatch(in, -1)
	return string(all[len(all)-1][1])
}

// highest returns the highest object number that syntax finds.
func highest(t *testing.T, in []byte) int {
	t.Helper()
	f, err := syntax.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		t.Fatal(err)
	}
	return f.Highest()
}

// Acrobat objects to the ByteRange when a table follows a stream (KillerPDF
// #381), fails when a stream follows a hybrid (dss-demonstrations #71), and
// takes the old entries when /XRefStm is copied (signer-php #24). The programs
// used in these tests do not notice, so the form is compared here.
func TestSectionIsOfTheKindOfTheNewestOne(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			in := minimal(k).bytes()
			for range 3 {
				out := signPDF(t, in, pdf.Options{}, details)
				u := updateOf(t, in, out)
				if u.table == k.streams() {
					t.Errorf("a table: %v", u.table)
				}
				size := u.numbers[len(u.numbers)-1] + 1
				want := []string{"/Size " + strconv.Itoa(size), "/Prev " + lastStartXref(in), "/Root 1 0 R", "/Info 5 0 R", "/ID [<31323334> <"}
				rest := u.trailer
				if !u.table {
					want = append([]string{"/Type /XRef"}, want...)
				}
				for _, w := range want {
					i := strings.Index(rest, w)
					if i < 0 || strings.TrimSpace(rest[:i]) != "" {
						t.Fatalf("trailer %q, want %q", u.trailer, want)
					}
					rest = rest[i+len(w):]
				}
				if !regexp.MustCompile(`^[0-9A-F]{32}>\]$`).MatchString(rest) || strings.Contains(u.text, "/XRefStm") {
					t.Errorf("trailer %q", u.trailer)
				}
				if f := highest(t, out); f+1 != size {
					t.Errorf("/Size %d, the highest number is %d", size, f)
				}
				in = out
			}
		})
	}
}

// An object that is written again without need can make Acrobat doubt the
// signatures before (podofo #4, node-signpdf #75).
func TestOnlyWhatMustChangeChanges(t *testing.T) {
	form := func(acroForm string, more ...string) map[int]string {
		changes := map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /AcroForm " + acroForm + " >>"}
		for i, o := range more {
			changes[10+i] = o
		}
		return changes
	}
	annots := func(value string) map[int]string {
		return map[int]string{3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots " + value + " >>"}
	}
	text := map[int]string{20: "<< /FT /Tx /T (name) /Type /Annot /Subtype /Widget /Rect [0 0 10 10] /P 3 0 R >>"}
	for _, c := range []struct {
		name    string
		changes []map[int]string
		want    []int
	}{
		{"no form, no annotations", nil, []int{1, 3}},
		{"form in the catalog", []map[int]string{form("<< /Fields [20 0 R] >>"), text, annots("[20 0 R]")}, []int{1, 3}},
		{"indirect form", []map[int]string{form("10 0 R", "<< /Fields [20 0 R] >>"), text, annots("[20 0 R]")}, []int{3, 10}},
		{"indirect annotations", []map[int]string{form("10 0 R", "<< /Fields [20 0 R] >>"), text, annots("30 0 R"), {30: "[20 0 R]"}}, []int{10, 30}},
		{"indirect annotations, empty", []map[int]string{annots("30 0 R"), {30: "[]"}}, []int{1, 30}},
		{"indirect annotations, null", []map[int]string{annots("30 0 R"), {30: "null"}}, []int{1, 3}},
		{"annotations that are missing", []map[int]string{annots("99 0 R")}, []int{1, 3}},
		{"empty annotations", []map[int]string{annots("[]")}, []int{1, 3}},
		{"form that is missing", []map[int]string{form("99 0 R")}, []int{1, 3}},
		{"form that is null", []map[int]string{form("null")}, []int{1, 3}},
		{"indirect fields, no flags", []map[int]string{form("10 0 R", "<< /Fields 11 0 R >>", "[20 0 R]"), text, annots("[20 0 R]")}, []int{3, 10, 11}},
		{"indirect fields, flags are right", []map[int]string{form("10 0 R", "<< /Fields 11 0 R /SigFlags 3 >>", "[20 0 R]"), text, annots("[20 0 R]")}, []int{3, 11}},
		{"indirect fields, indirect flags", []map[int]string{form("10 0 R", "<< /Fields 11 0 R /SigFlags 12 0 R >>", "[20 0 R]", "1"), text, annots("30 0 R"), {30: "[20 0 R]"}}, []int{11, 12, 30}},
		{"flags with another bit", []map[int]string{form("10 0 R", "<< /Fields 11 0 R /SigFlags 7 >>", "[]")}, []int{3, 11}},
		{"no fields", []map[int]string{form("10 0 R", "<< >>")}, []int{3, 10}},
		{"fields and annotations in one array", []map[int]string{form("10 0 R", "<< /Fields 30 0 R /SigFlags 3 >>"), text, annots("30 0 R"), {30: "[20 0 R]"}}, []int{30}},
		{"a form that is the catalog", []map[int]string{{1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 1 0 R >>"}}, []int{1, 3}},
	} {
		for _, k := range kinds {
			t.Run(c.name+"/"+string(k), func(t *testing.T) {
				in := minimal(k, c.changes...).bytes()
				out := signPDF(t, in, pdf.Options{}, details)
				first := highest(t, in) + 1
				u := updateOf(t, in, out)
				if got := u.changed(first); !slices.Equal(got, c.want) {
					t.Errorf("objects %v changed, want %v", got, c.want)
				}
				fresh := len(u.objects) - len(c.want)
				if fresh != 2 { // the dictionary, and the field with its widget
					t.Errorf("%d new objects", fresh)
				}
				if first != u.numbers[len(c.want)] {
					t.Errorf("new objects from %d, want %d", u.numbers[len(c.want)], first)
				}
				again := signPDF(t, out, pdf.Options{}, details)
				if n := open(t, again).Signatures(); n != 2 {
					t.Errorf("%d signatures after two", n)
				}
			})
		}
	}
}

// Everything in a changed object but what must change stays, byte for byte:
// /DA and /DR (pyHanko #15), comments, spaces, unknown keys and generations.
func TestTheRestOfAChangedObjectStays(t *testing.T) {
	for _, c := range []struct {
		number       int
		before, want string
	}{
		{1, "<</Type/Catalog % (>> ]\n/Pages 2 0 R/Unknown[ 1 (\\)>>) <</A<00>>>]>>",
			"<</Type/Catalog % (>> ]\n/Pages 2 0 R/Unknown[ 1 (\\)>>) <</A<00>>>] /AcroForm << /Fields [%F] /SigFlags 3 >>>>"},
		{1, "<</Type/Catalog /Pages 2 0 R/AcroForm<</DA(/Helv 0 Tf 0 g)/DR<</Font<</Helv 9 0 R>>>>/NeedAppearances true /CO[]/Fields[]/SigFlags 4/Q 1>>>>",
			"<</Type/Catalog /Pages 2 0 R/AcroForm<</DA(/Helv 0 Tf 0 g)/DR<</Font<</Helv 9 0 R>>>>/NeedAppearances true /CO[]/Fields [%F]/SigFlags  7/Q 1>>>>"},
		{3, "<</Annots[ 20 0 R%]\n] /Type/Page/Parent 2 0 R  /MediaBox[0 0 9.50 9]\n\n>>",
			"<</Annots[ 20 0 R %F%]\n] /Type/Page/Parent 2 0 R  /MediaBox[0 0 9.50 9]\n\n>>"},
		{3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots null/Rotate 90 >>",
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots  [%F]/Rotate 90 >>"},
	} {
		for _, k := range kinds {
			in := minimal(k, map[int]string{c.number: c.before}).bytes()
			u := updateOf(t, in, signPDF(t, in, pdf.Options{}, details))
			field := strings.Fields(u.find(t, "/FT /Sig"))[0]
			want := fmt.Sprintf("%d 0 obj\n%s\nendobj\n", c.number, strings.ReplaceAll(c.want, "%F", field+" 0 R"))
			if got := u.objects[c.number]; got != want {
				t.Errorf("%s: object\n%q, want\n%q", k, got, want)
			}
		}
	}
}

func TestGenerationsStay(t *testing.T) {
	in := []byte("%PDF-1.4\n1 3 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 7 R] /Count 1 >>\nendobj\n" +
		"3 7 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>\nendobj\n")
	at := len(in)
	offset := func(s string) int { return bytes.Index(in, []byte(s)) }
	in = fmt.Appendf(in, "xref\n0 4\n0000000000 65535 f \n%010d 00003 n \n%010d 00000 n \n%010d 00007 n \ntrailer\n<< /Size 4 /Root 1 3 R >>\nstartxref\n%d\n%%%%EOF\n",
		offset("1 3 obj"), offset("2 0 obj"), offset("3 7 obj"), at)
	u := updateOf(t, in, signPDF(t, in, pdf.Options{}, details))
	if !strings.HasPrefix(u.objects[1], "1 3 obj") || !strings.HasPrefix(u.objects[3], "3 7 obj") ||
		!strings.Contains(u.text, " 00003 n ") || !strings.Contains(u.text, " 00007 n ") ||
		!strings.Contains(u.find(t, "/FT /Sig"), "/P 3 7 R") || !strings.Contains(u.trailer, "/Root 1 3 R") {
		t.Errorf("%s", u.text)
	}
}

// Bytes after the last %%EOF stay, and a line end comes before the update if
// there is none (digitorus/pdfsign #71).
func TestWhatFollowsTheEndOfFileMarkStays(t *testing.T) {
	for _, end := range []string{"", "\n", "\r", "\r\n", "\n\n", " ", "\nsome junk", "\njunk\n", "\x00\x00\x00"} {
		for _, k := range kinds {
			s := minimal(k)
			s.end = end
			in := s.bytes()
			u := updateOf(t, in, signPDF(t, in, pdf.Options{}, details))
			if u.table == k.streams() {
				t.Errorf("%q: another kind", end)
			}
		}
	}
}

// /Size may be too low or too high; a number in use is never given to another
// object (oxidizePdf #582, OpenPDF #1290, itext-java #42).
func TestNewNumbersAreAboveAllOthers(t *testing.T) {
	for _, c := range []struct {
		name    string
		size    int
		objects map[int]string
		want    int
	}{
		{"as it is", 0, nil, 6},
		{"/Size too low", 3, nil, 6},
		{"/Size too high", 100, nil, 100},
		{"a gap before", 0, map[int]string{8: "(eight)"}, 9},
		{"a reference to nothing", 0, map[int]string{5: "<< /Title (sample) /Subject 6 0 R >>"}, 7},
		{"a reference after an object that cannot be read", 0, map[int]string{5: "<< /Title (sample) /Subject 9 0 R /Author 8 0 R >>", 8: "<<", 9: "10 0 R"}, 11},
		{"references in a row", 0, map[int]string{5: "<< /Title (sample) /Subject [6 0 R 7 0 R 90 0 R] >>"}, 8},
	} {
		for _, k := range []kind{table, gaps} {
			s := minimal(k, c.objects)
			s.size = c.size
			in := s.bytes()
			u := updateOf(t, in, signPDF(t, in, pdf.Options{}, details))
			if len(u.numbers) != 4 || u.numbers[2] != c.want || u.numbers[3] != c.want+1 {
				t.Errorf("%s, %s: numbers %v, want the new ones from %d", c.name, k, u.numbers, c.want)
			}
			if want := fmt.Sprintf("/Size %d ", c.want+2); !strings.HasPrefix(u.trailer, want) {
				t.Errorf("%s, %s: trailer %q", c.name, k, u.trailer)
			}
		}
	}
}

// White space, comments and zeros may stand in the first line of an object (ISO
// 32000-1 §7.3.10). The update begins the object as others do.
func TestTheFirstLineOfAnObject(t *testing.T) {
	const line = "3 0 obj\n<<"
	whole := minimal(table, withFields("<< /FT /Sig /T (approval) >>")).bytes()
	for _, first := range []string{line, "3\n0\nobj\n<<", "3\t0\x00obj\r<<", "3 0%\nobj<<", "3 00 obj<<", "3  0 obj<<"} {
		first = first[:len(first)-2] + strings.Repeat(" ", max(0, len(line)-len(first))) + "<<"
		if len(first) != len(line) {
			t.Fatalf("%q", first)
		}
		in := bytes.Replace(whole, []byte(line), []byte(first), 1)
		out, err := trySign(in, pdf.Options{}, details)
		if err != nil {
			t.Errorf("%q: %v", first, err)
			continue
		}
		if u := updateOf(t, in, out); !strings.HasPrefix(u.objects[3], "3 0 obj") {
			t.Errorf("%q: %.20q", first, u.objects[3])
		}
	}
	for _, first := range []string{"3 00obj\n<<", "30 0obj\n<<", "3 0 0bj\n<<", "3 0/obj\n<<"} {
		in := bytes.Replace(whole, []byte(line), []byte(first), 1)
		var refused *pdf.RefusedError
		if _, err := trySign(in, pdf.Options{}, details); !errors.As(err, &refused) || refused.Reason != pdf.ReasonBroken {
			t.Errorf("%q: %v", first, err)
		}
	}
}

// An entry in use that points to byte 0, where no object is, is harmless if
// nothing refers to it, but its number is taken (oxidizePdf #582).
func TestEntriesThatPointToTheHeader(t *testing.T) {
	s := minimal(table, map[int]string{8: "(eight)"})
	const free, used = "0000000000 65535 f \n", "0000000000 00000 n \n"
	in := bytes.ReplaceAll(s.bytes(), []byte(free), []byte(used))
	in = bytes.Replace(in, []byte(used), []byte(free), 1) // object 0
	if n := bytes.Count(in, []byte(used)); n != 2 {
		t.Fatalf("%d entries", n)
	}
	u := updateOf(t, in, signPDF(t, in, pdf.Options{}, details))
	if !slices.Equal(u.numbers, []int{1, 3, 9, 10}) {
		t.Errorf("numbers %v", u.numbers)
	}
}

// Acrobat wants no gaps in the numbers of the first section (pdf-lib #1388):
// those that are there stay, and none is added.
func TestNoGapIsAdded(t *testing.T) {
	for _, k := range kinds {
		in := minimal(k).bytes()
		for range 2 {
			first := highest(t, in) + 1
			out := signPDF(t, in, pdf.Options{}, details)
			u := updateOf(t, in, out)
			for i, n := range u.numbers[2:] {
				if n != first+i {
					t.Errorf("%s: numbers %v after %d", k, u.numbers, first-1)
				}
			}
			in = out
		}
	}
}

// The other entries of a trailer are carried over (ISO 32000-1 §7.5.6). No /ID
// and no /Encrypt is added (podofo #361).
func TestTrailerIsCarriedOver(t *testing.T) {
	for _, k := range kinds {
		s := minimal(k)
		s.trailer = " /Info 5 0 R /DocChecksum /ABC#20D /Other << /A [ 1 2 ] >>"
		in := s.bytes()
		u := updateOf(t, in, signPDF(t, in, pdf.Options{}, details))
		if !strings.HasSuffix(u.trailer, " /Root 1 0 R /Info 5 0 R /DocChecksum /ABC#20D /Other << /A [ 1 2 ] >>") {
			t.Errorf("%s: trailer %q", k, u.trailer)
		}
		if strings.Contains(u.trailer, "/ID") || strings.Contains(u.text, "/Encrypt") {
			t.Errorf("%s: trailer %q", k, u.trailer)
		}
	}
}

// A trailer may refer to an object that was never written, as in some files
// that DSS signed. No new object gets its number: otherwise the earlier
// signatures would cover an object that did not exist.
func TestNewObjectsAreNotThoseThatTheTrailerMisses(t *testing.T) {
	for _, k := range kinds {
		first := map[kind]int{table: 6, xrefStream: 7, objStreams: 8, hybrid: 8, linearised: 6, gaps: 6}[k]
		for _, missing := range [][]int{{first}, {first + 1, first}, {first + 5}, {first + 4, first + 9}, {first + 6}, {8388606}} {
			s := minimal(k)
			for _, n := range missing {
				s.trailer += fmt.Sprintf(" /Entry%d [/x << /y %d 0 R >>]", n, n)
			}
			in := s.bytes()
			u := updateOf(t, in, signPDF(t, in, pdf.Options{}, details))
			for _, n := range missing {
				if slices.Contains(u.numbers, n) {
					t.Errorf("%s: %v: object %d came into being", k, missing, n)
				}
			}
			if highest := u.numbers[len(u.numbers)-1]; highest > first+20 {
				t.Errorf("%s: %v: up to object %d", k, missing, highest)
			}
		}
	}
}
