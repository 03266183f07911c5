package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"natsuin/sign/pdf"
	"natsuin/sign/pdf/syntax"
)

// tryPlan opens a file and plans a signature.
func tryPlan(in []byte) (*pdf.Plan, error) {
	d, err := pdf.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		return nil, err
	}
	return d.Plan(pdf.Options{})
}

func TestRefusals(t *testing.T) {
	good := minimal(table).bytes()
	with := func(changes ...map[int]string) []byte { return minimal(table, changes...).bytes() }
	trailer := func(k kind, entries string) []byte {
		s := minimal(k)
		s.trailer = entries
		return s.bytes()
	}
	signed := signPDF(t, trailer(table, "/Encrypp null"), pdf.Options{}, details)
	for _, c := range []struct {
		name string
		in   []byte
		want pdf.Reason
	}{
		{"good", good, ""},
		{"empty", nil, "header"},
		{"not a PDF", []byte("PK\x03\x04" + strings.Repeat("x", 2000)), "header"},
		{"a byte before the header", append([]byte("\n"), good...), "header"},
		{"cut", good[:len(good)-20], "broken"},
		{"cut in the middle", good[:len(good)/2], "broken"},
		{"a startxref that must be repaired", bytes.Replace(good, []byte("startxref\n"), []byte("startxref\n9"), 1), "broken"}, // BatchPDFSign #6
		{"an object that is not where it should be", bytes.Replace(good, []byte("1 0 obj"), []byte("1 9 obj"), 1), "broken"},
		{"encrypted", trailer(table, "/Encrypt << /Filter /Standard >>"), "encrypted"},
		{"encrypted by reference", trailer(table, "/Encrypt 5 0 R"), "encrypted"},
		{"encrypted by a missing object", trailer(table, "/Encrypt 99 0 R"), "encrypted"},
		{"encrypted with null", trailer(table, "/Encrypt null"), "encrypted"},
		{"encrypted, stream", trailer(xrefStream, "/Encrypt 5 0 R"), "encrypted"},
		{"encrypted, hybrid", trailer(hybrid, "/Encrypt 5 0 R"), "encrypted"},
		{"encrypted in an older trailer", bytes.Replace(signed, []byte("/Encrypp"), []byte("/Encrypt"), 1), "encrypted"},
		{"no catalog", with(map[int]string{1: "null"}), "broken"},
		{"a catalog of another type", with(map[int]string{1: "[]"}), "broken"},
		{"no pages", with(map[int]string{2: ""}), "broken"},
		{"no page", with(map[int]string{2: "<< /Type /Pages /Kids [] /Count 0 >>"}), "broken"},
		{"a page that is missing", with(map[int]string{2: "<< /Type /Pages /Kids [3 0 R 9 0 R] /Count 2 >>"}), "broken"},
		{"a page that is direct", with(map[int]string{2: "<< /Type /Pages /Kids [<< /Type /Page >>] /Count 1 >>"}), "broken"},
		{"pages that loop", with(map[int]string{2: "<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2 >>"}), "broken"},
		{"kids of another type", with(map[int]string{2: "<< /Type /Pages /Kids (x) /Count 2 >>"}), "broken"},
		{"annotations of another type", with(map[int]string{3: "<< /Type /Page /Annots << >> >>"}), "broken"},
		{"a form of another type", with(map[int]string{1: "<< /Pages 2 0 R /AcroForm [] >>"}), "broken"},
		{"fields of another type", with(map[int]string{1: "<< /Pages 2 0 R /AcroForm << /Fields 3 >> >>"}), "broken"},
		{"a field of another type", with(withFields("(field)")), "broken"},
		{"fields that loop", with(withFields("<< /T (a) /Kids [21 0 R] >>", "<< /T (b) /Kids [20 0 R] >>")), "broken"},
		{"a field in itself", with(withFields("<< /T (a) /Kids [20 0 R] >>")), "broken"},
		{"references that loop", with(map[int]string{1: "<< /Pages 2 0 R /AcroForm 10 0 R >>", 10: "11 0 R", 11: "10 0 R"}), "broken"},
		{"flags that are an array", with(map[int]string{1: "<< /Pages 2 0 R /AcroForm << /Fields [] /SigFlags 10 0 R >> >>", 10: "[]"}), ""},
		{"an array with two roles", with(map[int]string{1: "<< /Pages 2 0 R /AcroForm 10 0 R >>", 10: "<< /Fields 11 0 R /SigFlags 11 0 R >>", 11: "[]"}), ""},
		{"an array that is also flags", with(map[int]string{1: "<< /Pages 2 0 R /AcroForm << /Fields [11 0 R] >> >>", 11: "<< /T (a) /Kids 3 0 R >>"}), "broken"},
		{"fields that are kids of one of them", with(map[int]string{1: "<< /Pages 2 0 R /AcroForm << /Fields 10 0 R >> >>", 10: "[11 0 R]", 11: "<< /T (a) /Kids 12 0 R >>", 12: "[13 0 R]", 13: "<< /T (b) /Kids 10 0 R >>"}), "broken"},
		{"annotations that are kids of a field", with(map[int]string{1: "<< /Pages 2 0 R /AcroForm << /Fields [11 0 R] >> >>", 10: "[13 0 R]", 11: "<< /T (a) /Kids 10 0 R >>", 13: "<< /T (b) >>",
			3: "<< /Type /Page /MediaBox [0 0 9 9] /Annots 10 0 R >>"}), "broken"},
		{"XFA", with(map[int]string{1: "<< /Pages 2 0 R /AcroForm << /Fields [] /XFA [(template) 9 0 R] >> >>"}), "xfa"},
		{"XFA by reference", with(map[int]string{1: "<< /Pages 2 0 R /AcroForm 9 0 R >>", 9: "<< /XFA 4 0 R /Fields [] >>"}), "xfa"},
		{"XFA that is null", with(map[int]string{1: "<< /Pages 2 0 R /AcroForm << /Fields [] /XFA null >> >>"}), ""},
		{"numbers that are almost used up", minimal(gaps, map[int]string{syntax.MaxNumber - 6: "null"}).bytes(), ""},
		{"numbers that are used up", minimal(gaps, map[int]string{syntax.MaxNumber - 5: "null"}).bytes(), "limit"},
	} {
		plan, err := tryPlan(c.in)
		if got := reasonOf(err); got != c.want || (plan == nil) != (err != nil) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if err == nil {
			signPDF(t, c.in, pdf.Options{}, details)
		}
		if _, err := tryStamp(c.in); reasonOf(err) != c.want {
			t.Errorf("%s, time stamp: %v, want %q", c.name, err, c.want)
		}
	}
}

// The form, the page tree, locks, references and the size of what changes are
// bounded.
func TestLimits(t *testing.T) {
	chain := func(depth int, leaf, format string) map[int]string {
		changes := map[int]string{}
		for i := range depth {
			changes[100+i] = fmt.Sprintf(format, 101+i)
		}
		changes[100+depth] = leaf
		return changes
	}
	const page = "<< /Type /Page /MediaBox [0 0 9 9] >>"
	fields := func(n int) map[int]string {
		return map[int]string{1: "<< /Pages 2 0 R /AcroForm << /Fields [" + strings.Repeat("<</T()>>", n) + "] >> >>"}
	}
	widgets := func(n int) map[int]string {
		return map[int]string{1: "<< /Pages 2 0 R /AcroForm << /Fields [<</T(a)/Kids[" + strings.Repeat("<<>>", n-1) + "]>>] >> >>"}
	}
	references := func(n int) map[int]string {
		changes := map[int]string{1: "<< /Pages 2 0 R /AcroForm 100 0 R >>"}
		for i := range n - 1 {
			changes[100+i] = fmt.Sprintf("%d 0 R", 101+i)
		}
		changes[99+n] = "<< >>"
		return changes
	}
	names := func(pad int) map[int]string { // of 16,640,510 + pad bytes
		kids := strings.Repeat("<</T(x)>>", 255)
		return map[int]string{1: "<< /Pages 2 0 R /AcroForm << /Fields [100 0 R 101 0 R] >> >>",
			100: "<< /T (" + strings.Repeat("a", 65000) + ") /Kids [" + kids + "] >>", 101: "<< /T (" + strings.Repeat("b", pad) + ") >>"}
	}
	locks := func(n int) map[int]string {
		return withFields("<< /FT /Sig /T (a) /V << >> /Lock << /Action /Exclude /Fields [" + strings.Repeat("()", n) + "] >> >>")
	}
	nodes := func(last int) map[int]string {
		return map[int]string{2: "<< /Kids [" + strings.Repeat("100 0 R ", 1023) + "101 0 R] >>",
			100: "<< /Kids [" + strings.Repeat("3 0 R ", 1023) + "] >>", 101: "<< /Kids [" + strings.Repeat("3 0 R ", last) + "] >>"}
	}
	for _, c := range []struct {
		name    string
		changes []map[int]string
		want    pdf.Reason
	}{
		{"page tree of 64 levels", []map[int]string{{2: "<< /Kids [100 0 R] >>"}, chain(62, page, "<< /Kids [%d 0 R] >>")}, ""},
		{"page tree of 65 levels", []map[int]string{{2: "<< /Kids [100 0 R] >>"}, chain(63, page, "<< /Kids [%d 0 R] >>")}, "limit"},
		{"fields of 64 levels", []map[int]string{withFields("<< /T (a) /Kids [100 0 R] >>"), chain(62, "<< /T (z) >>", "<< /T (a) /Kids [%d 0 R] >>")}, ""},
		{"fields of 65 levels", []map[int]string{withFields("<< /T (a) /Kids [100 0 R] >>"), chain(63, "<< /T (z) >>", "<< /T (a) /Kids [%d 0 R] >>")}, "limit"},
		{"131,072 fields with the new one", []map[int]string{fields(1<<17 - 1)}, ""},
		{"131,073 fields with the new one", []map[int]string{fields(1 << 17)}, "limit"},
		{"131,073 fields", []map[int]string{fields(1<<17 + 1)}, "limit"},
		{"131,072 widgets with the new one", []map[int]string{widgets(1<<17 - 1)}, ""},
		{"131,073 widgets with the new one", []map[int]string{widgets(1 << 17)}, "limit"},
		{"131,073 widgets", []map[int]string{widgets(1<<17 + 1)}, "limit"},
		{"8 MiB in the catalog", []map[int]string{{1: "<< /Pages 2 0 R /A (" + strings.Repeat("x", 8<<20-230) + ") >>"}}, ""},
		{"more in the catalog", []map[int]string{{1: "<< /Pages 2 0 R /A (" + strings.Repeat("x", 8<<20) + ") >>"}}, "limit"},
		{"names of 16 MiB with the new one", []map[int]string{names(136_698)}, ""},
		{"names of 16 MiB without the new one", []map[int]string{names(136_699)}, "limit"},
		{"names of more", []map[int]string{names(136_707)}, "limit"},
		{"locks with 131,072 names", []map[int]string{locks(1 << 17)}, ""},
		{"locks with 131,073 names", []map[int]string{locks(1<<17 + 1)}, "limit"},
		{"1,048,576 nodes of pages", []map[int]string{nodes(1022)}, ""},
		{"1,048,577 nodes of pages", []map[int]string{nodes(1023)}, "limit"},
		{"15 references to references", []map[int]string{references(15)}, ""},
		{"16 references to references", []map[int]string{references(16)}, "broken"},
	} {
		if testing.Short() && strings.Contains(c.name, "nodes") {
			continue // a million of them
		}
		in := minimal(table, c.changes...).bytes()
		_, err := tryPlan(in)
		if got := reasonOf(err); got != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if err == nil {
			signPDF(t, in, pdf.Options{}, details)
		}
	}
}

// The limit of sections includes the new one, so a file that already has
// syntax.MaxSections sections is refused.
func TestSectionsAreCountedWithTheNewOne(t *testing.T) {
	in := minimal(table).bytes()
	for n := 1; n < syntax.MaxSections; n++ {
		if n == syntax.MaxSections-1 {
			if _, err := trySign(in, pdf.Options{}, details); err != nil {
				t.Fatalf("%d sections: %v", n, err)
			}
		}
		prev := lastStartXref(in)
		at := len(in)
		in = fmt.Appendf(in, "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 6 /Root 1 0 R /Prev %s >>\nstartxref\n%d\n%%%%EOF\n", prev, at)
	}
	if _, err := tryPlan(in); reasonOf(err) != "limit" {
		t.Errorf("%d sections: %v", syntax.MaxSections, err)
	}
}

// sparse is a PDF whose objects lie behind a hole of zeros.
type sparse struct {
	head, tail []byte
	size       int64
}

func (s sparse) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && off < s.size {
		switch tail := s.size - int64(len(s.tail)); {
		case off < int64(len(s.head)):
			p[n] = s.head[off]
		case off >= tail:
			p[n] = s.tail[off-tail]
		default:
			p[n] = 0
		}
		n, off = n+1, off+1
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// huge returns a PDF of this size: one stream that is all zeros, and the other
// objects behind it.
func huge(k kind, size int64) sparse {
	objects := map[int]string{1: "<< /Type /Catalog /Pages 2 0 R >>", 2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", 3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"}
	s := sparse{head: []byte("%PDF-1.7\n4 0 obj\n<< /Length 6 0 R >>\nstream\n"), size: size}
	build := func(tailSize int64) []byte {
		base := size - tailSize
		out := []byte("\nendstream\nendobj\n")
		at := map[int]int64{4: int64(len("%PDF-1.7\n"))}
		for n, o := range objects {
			at[n] = base + int64(len(out))
			out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", n, o)
		}
		at[6] = base + int64(len(out))
		out = fmt.Appendf(out, "6 0 obj\n%020d\nendobj\n", base-int64(len(s.head)))
		section := base + int64(len(out))
		if k == table {
			out = append(out, "xref\n0 1\n0000000000 65535 f \n"...)
			for _, n := range []int{1, 2, 3, 4, 6} {
				out = fmt.Appendf(out, "%d 1\n%010d 00000 n \n", n, at[n])
			}
			return fmt.Appendf(out, "trailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n%020d\n%%%%EOF\n", section)
		}
		at[7] = section
		var data []byte
		for _, n := range []int{1, 2, 3, 4, 6, 7} {
			data = append(data, 1)
			for shift := 40; shift >= 0; shift -= 8 {
				data = append(data, byte(at[n]>>shift))
			}
		}
		return fmt.Appendf(out, "7 0 obj\n<< /Type /XRef /Size 8 /Root 1 0 R /W [1 6 0] /Index [1 4 6 2] /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%020d\n%%%%EOF\n",
			len(data), data, section)
	}
	s.tail = build(int64(len(build(1 << 20))))
	return s
}

// A table holds offsets of ten digits. An update may have 96 MiB.
func TestTablesHaveTenDigits(t *testing.T) {
	const last = 9_999_999_999 - 96<<20
	for _, c := range []struct {
		k    kind
		size int64
		want pdf.Reason
	}{
		{table, last, ""}, {table, last + 1, "too-large"}, {xrefStream, last + 1, ""}, {xrefStream, 200_000_000_000, ""},
	} {
		s := huge(c.k, c.size)
		d, err := pdf.Open(s, c.size)
		if err != nil {
			t.Fatalf("%s of %d bytes: %v", c.k, c.size, err)
		}
		_, err = d.Plan(pdf.Options{})
		if got := reasonOf(err); got != c.want {
			t.Errorf("%s of %d bytes: %v, want %q", c.k, c.size, err, c.want)
		}
	}
}

// Errors of the reader are not taken for errors of the file.
func TestReadErrorsAreReported(t *testing.T) {
	in := minimal(table).bytes()
	broken := errors.New("disk")
	for n := int64(0); n < int64(len(in)); n += 7 {
		d, err := pdf.Open(failing{bytes.NewReader(in), n, broken}, int64(len(in)))
		if err == nil {
			_, err = d.Plan(pdf.Options{})
		}
		var refused *pdf.RefusedError
		if err != nil && (!errors.Is(err, broken) || errors.As(err, &refused)) {
			t.Errorf("fails at byte %d: %v", n, err)
		}
	}
}

// failing fails each read that includes the byte at.
type failing struct {
	io.ReaderAt
	at  int64
	err error
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off <= f.at && f.at < off+int64(len(p)) {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestWarnings(t *testing.T) {
	for catalog, want := range map[string][]pdf.Warning{
		"":                               nil,
		"/Perms << /UR3 10 0 R >>":       {pdf.WarningUsageRights},
		"/Perms << /UR 10 0 R >>":        {pdf.WarningUsageRights},
		"/MarkInfo << /Marked true >>":   {pdf.WarningTagged},
		"/MarkInfo 11 0 R /Perms 12 0 R": {pdf.WarningUsageRights, pdf.WarningTagged},
		"/MarkInfo << /Marked false >> /Perms << >>": nil,
		"/MarkInfo (x)": nil,
	} {
		in := minimal(table, map[int]string{1: "<< /Type /Catalog /Pages 2 0 R " + catalog + " >>",
			10: "<< /Type /Sig >>", 11: "<< /Marked 13 0 R >>", 12: "<< /UR3 10 0 R >>", 13: "true"}).bytes()
		d := open(t, in)
		if got := d.Warnings(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", catalog, got, want)
		}
		if d.Signatures() != 0 { // UR3 is not a signature of a person
			t.Errorf("%s: %d signatures", catalog, d.Signatures())
		}
		signPDF(t, in, pdf.Options{}, details)
	}
}
