package syntax_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"natsuin/sign/pdf/syntax"
)

// work bounds what a fuzzed file may cost, so that each is quick.
const work = 4 << 20

// exercise reads a file in all the ways that a program may.
func exercise(t testing.TB, data []byte) {
	f, err := syntax.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return
	}
	f.SetWork(min(f.Work(), work))
	walk(t, f)
	walk(t, f.Tables())
	if _, err := f.Stray(0); err != nil && !isLimit(err) {
		t.Fatalf("layout: %v", err)
	}
	if at, ok, err := f.Linearized(); err != nil && !isLimit(err) || at > f.Size() || at >= 0 && !ok {
		t.Fatalf("linearised: %v, cross reference at %d, %v", ok, at, err)
	}
	revisions, err := f.Revisions()
	if err != nil {
		return
	}
	for i, r := range revisions {
		if r.EOF > r.End || r.End > f.Size() || i > 0 && r.EOF <= revisions[i-1].EOF {
			t.Fatalf("revisions %+v of %d bytes", revisions, f.Size())
		}
		p, err := f.Prefix(r.End)
		if err != nil {
			if !isLimit(err) {
				t.Fatalf("revision %+v: %v", r, err)
			}
			return
		}
		if p.Sections()[0] != f.Sections()[r.Section] {
			t.Fatalf("revision %+v begins with section %+v", r, p.Sections()[0])
		}
		walk(t, p)
	}
}

// walk reads what is reachable from the trailer, and compares it with its span,
// its entry and the limits.
func walk(t testing.TB, f *syntax.File) {
	err := f.Reachable(f.Trailer(), func(o *syntax.Indirect) error {
		raw, err := f.Raw(o.Container, o.Span)
		if err != nil && !isLimit(err) {
			t.Fatalf("object %v at %+v: %v", o.Ref, o.Span, err)
		}
		if o.Container == 0 && err == nil && !bytes.HasSuffix(raw, []byte("endobj")) {
			t.Fatalf("object %v ends with %q", o.Ref, raw)
		}
		if s, ok := o.Value.(*syntax.Stream); ok {
			if data, err := f.Decode(s); err == nil && len(data) > syntax.MaxDecoded {
				t.Fatalf("%d bytes decoded", len(data))
			}
		}
		if u, ok := f.Find(o.Ref.Number); f.Err() == nil && (!ok || u.Free || o.Ref.Number > f.Highest()) {
			t.Fatalf("object %v read, but its entry is %+v of %d", o.Ref, u, f.Highest())
		}
		return nil
	})
	var filter *syntax.FilterError
	if err != nil && !isBroken(err) && !isLimit(err) && !errors.As(err, &filter) {
		t.Fatal(err)
	}
	last := -1
	f.Uses(func(number int, u syntax.Use) bool {
		if number <= last || number > syntax.MaxNumber || u.Section >= len(f.Sections()) {
			t.Fatalf("object %d after %d: %+v", number, last, u)
		}
		last = number
		return number < 1<<16
	})
}

func FuzzOpen(f *testing.F) {
	updated := linearised()
	updated.object(2, "(updated)")
	updated.end(updated.xrefStream(7, "/Prev 15"))
	for _, b := range []*builder{classic("(two)", "[1 0 R 2 0 R]", "<</Length 5 0 R>>stream\nabc\nendstream", "3"),
		streamed(), hybrid(), linearised(), updated} {
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) { exercise(t, data) })
}

func FuzzObject(f *testing.F) {
	for _, s := range []string{"<</A[1 0 R -1.5(a\\)\\053)]/B#20<901fa>/C true>>", "[null%x\n1 2 3 0 R]", "((a)\\\r\n)", "<<<</A 1>>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, span, err := syntax.ParseObject(data)
		if err != nil {
			if !isBroken(err) && !isLimit(err) {
				t.Fatal(err)
			}
			return
		}
		if span.Start < 0 || span.End > int64(len(data)) || span.Start >= span.End {
			t.Fatalf("span %+v of %d bytes", span, len(data))
		}
		again, _, err := syntax.ParseObject(data[span.Start:span.End])
		if err != nil || text(again) != text(o) {
			t.Fatalf("%s, then of its own bytes %s, error %v", text(o), text(again), err)
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add("0 2\n0000000000 65535 f\r\n0000000015 00000 n\r\n", "/Size 2 /Root 1 0 R")
	f.Add("1 1\n0000000015 00000 n \n0 1\n0000000000 00000 f \n", "/Size 2 /Root 1 0 R /Prev 36 /XRefStm 36")
	f.Fuzz(func(t *testing.T, rows, trailer string) {
		b := newBuilder()
		b.object(1, "[2 0 R 1 0 R 3 0 R]")
		b.object(2, "<< /Three 3 0 R >>")
		b.objectStream(4, 3, "(three)")
		before := b.xrefStream(5, "")
		at := b.Len()
		b.WriteString("xref\n" + rows + "trailer <<" + trailer + " >>\n")
		b.end(at)
		text := strings.NewReplacer("/Prev 36", fmt.Sprint("/Prev ", before), "/XRefStm 36", fmt.Sprint("/XRefStm ", before)).Replace(b.String())
		exercise(t, []byte(text))
	})
}

func FuzzXRefStream(f *testing.F) {
	const rows = "\x00\x00\x00\x00\x01\x00\x0f\x00\x02\x00\x04\x00"
	f.Add("/W [1 2 1] /Size 3", []byte(rows))
	f.Add("/W [1 2 1] /Index [0 1 5 2] /Size 3 /Filter /FlateDecode", []byte(deflate(rows)))
	f.Add("/W [1 1 1] /Size 3 /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 3 >>", []byte(deflate(rows)))
	f.Add("/W [0 2 0] /Index [1 6] /Size 3 /Filter /ASCIIHexDecode", []byte("000f000f000f>"))
	f.Fuzz(func(t *testing.T, dict string, data []byte) {
		b := newBuilder()
		b.object(1, "<< >>")
		at := b.Len()
		b.stream(9, "/Type /XRef /Root 1 0 R "+dict, string(data))
		b.end(at)
		exercise(t, b.Bytes())
	})
}

func FuzzObjectStream(f *testing.F) {
	f.Add("/N 2 /First 8", []byte("2 0 3 2 5 [2 0 R]"))
	f.Add("/N 2 /First 8 /Filter /FlateDecode", []byte(deflate("2 0 3 2 5 [2 0 R]")))
	f.Add("/N 1 /First 4 /Filter /LZWDecode", []byte("2 0 1"))
	f.Add("/N 2 0 R /First 4 /Filter 3 0 R /DecodeParms << /Columns 4 0 R >>", []byte("2 0 1"))
	f.Add("/N 3 /First 3 0 R", []byte("2 0 3 0 4 1 55"))
	f.Fuzz(func(t *testing.T, dict string, data []byte) {
		b := newBuilder()
		b.object(1, "[2 0 R 3 0 R 4 0 R]")
		for i := range 3 {
			b.use(2+i, entry{2, 5, i})
		}
		b.stream(5, "/Type /ObjStm "+dict, string(data))
		b.end(b.xrefStream(6, "/Other 5 0 R"))
		exercise(t, b.Bytes())
	})
}
