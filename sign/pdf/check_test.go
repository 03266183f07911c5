package pdf_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"natsuin/sign/pdf"
)

// The check refuses what a writer with a bug would make and sign: the digest is
// right in each of these, and something else is wrong.
func TestCheckRefusesWhatAWriterWithABugMakes(t *testing.T) {
	cms := bytes.Repeat([]byte{0xC5}, 1000)
	number := func(pattern string, by int) func(string) string {
		re := regexp.MustCompile(pattern)
		return func(tail string) string {
			m := re.FindStringSubmatchIndex(tail)
			if m == nil {
				t.Fatalf("no %s", pattern)
			}
			n, _ := strconv.Atoi(tail[m[2]:m[3]])
			return tail[:m[2]] + fmt.Sprintf("%0*d", m[3]-m[2], n+by) + tail[m[3]:]
		}
	}
	replace := func(old, with string) func(string) string {
		return func(tail string) string {
			if !strings.Contains(tail, old) {
				t.Fatalf("no %q", old)
			}
			return strings.Replace(tail, old, with, 1)
		}
	}
	for _, k := range []kind{table, xrefStream} {
		in := minimal(k).bytes()
		signed, err := pending(t, in, pdf.Options{}).Complete(cms)
		if err != nil {
			t.Fatal(err)
		}
		tail, base := signed.Tail()
		first, second := bytes.Index(tail, []byte("<C5")), bytes.Index(tail, []byte(">\n/M"))+1
		if err := signed.CheckTail(tail, first, second); err != nil {
			t.Fatalf("%s: unchanged: %v", k, err)
		}
		bugs := map[string]func(string) string{
			"startxref is one less":        number(`startxref\n(\d+)\n`, -1),
			"startxref is one more":        number(`startxref\n(\d+)\n`, 1),
			"startxref is in the original": number(`startxref\n(\d+)\n`, -len(tail)),
			"startxref is behind the end":  number(`startxref\n(\d+)\n`, len(tail)),
			"/Prev is one less":            number(`/Prev (\d+)`, -1),
			"/Size is one less":            number(`/Size (\d+)`, -1),
			"/Size is one more":            number(`/Size (\d+)`, 1),
			"the first range is one less":  number(`/ByteRange \[0 (\d+)`, -1),
			"the first range is one more":  number(`/ByteRange \[0 (\d+)`, 1),
			"the second range is one more": number(`/ByteRange \[0 \d+ +(\d+)`, 1),
			"the second range is one less": number(`/ByteRange \[0 \d+ +(\d+)`, -1),
			"the second range is shorter":  number(`/ByteRange \[0 \d+ +\d+ +(\d+)`, -1),
			"the second range is longer":   number(`/ByteRange \[0 \d+ +\d+ +(\d+)`, 1),
			"the first range begins later": replace("/ByteRange [0 ", "/ByteRange [1 "),
			"another signature":            replace("<C5C5", "<C5C6"),
			"bytes after the signature":    replace("0>\n/M", "1>\n/M"),
			"not hexadecimal":              replace("0>\n/M", "x>\n/M"),
			"a literal string": func(s string) string {
				return strings.Replace(strings.Replace(s, "<C5", "(C5", 1), "0>\n/M", "0)\n/M", 1)
			},
			"no /ByteRange":                  replace("/ByteRange", "/ByteRanje"),
			"an object of another number":    replace("\n3 0 obj", "\n8 0 obj"),
			"something between the objects":  replace("endobj\n3 0 obj", "endob%\n3 0 obj"),
			"no end of file":                 replace("%%EOF\n", "%%EOG\n"),
			"a byte after the end of file":   func(s string) string { return s + "\n" },
			"the last byte is missing":       func(s string) string { return s[:len(s)-1] },
			"a section that is not the kind": replace(map[kind]string{table: "xref\n1 1", xrefStream: "/Type /XRef"}[k], map[kind]string{table: "xreg\n1 1", xrefStream: "/Type /XReg"}[k]),
		}
		if k == table {
			bugs["an entry that is one more"] = number(`(\d{10}) 00000 n`, 1)
			bugs["an entry in the original"] = number(`(\d{10}) 00000 n`, -int(base))
			bugs["an entry of 19 bytes"] = replace(" n \n", " n\n")
			bugs["subsections out of order"] = replace("xref\n1 1", "xref\n4 1")
			bugs["a subsection that says more"] = replace("xref\n1 1", "xref\n1 2")
			bugs["a subsection that says less"] = replace("\n6 2\n", "\n6 1\n")
			bugs["a free entry"] = replace(" n \n", " f \n")
		} else {
			data := strings.Index(string(tail), "stream\n\x01")
			bugs["an entry of another type"] = func(s string) string { return s[:data+7] + "\x02" + s[data+8:] }
			bugs["an entry that is one more"] = func(s string) string { return s[:data+9] + string(s[data+9]+1) + s[data+10:] }
			bugs["a stream that says less"] = number(`/Length (\d+) >>\nstream`, -1)
			bugs["subsections out of order"] = replace("/Index [1 1", "/Index [4 1")
			bugs["a subsection that says more"] = replace("/Index [1 1", "/Index [1 2")
			bugs["a wider field"] = replace("/W [1 2 2]", "/W [1 3 2]")
		}
		for name, bug := range bugs {
			wrong := []byte(bug(string(tail)))
			for _, gap := range [][2]int{{first, second}, {first - 1, second}, {first + 1, second}, {first, second - 1}, {first, second + 1}} {
				if err := signed.CheckTail(wrong, gap[0], min(gap[1], len(wrong))); err == nil {
					t.Errorf("%s: %s, %d to %d is accepted", k, name, gap[0]-first, gap[1]-second)
				}
			}
		}
	}
}
