package syntax_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"natsuin/sign/pdf/syntax"
)

// inStream returns a file whose object 2 is at index of object stream 4, and
// the result of reading it. four is the body of object 4.
func inStream(t testing.TB, index int, four string) (*syntax.File, *syntax.Indirect, error) {
	b := newBuilder()
	b.object(1, "<< >>")
	b.use(2, entry{2, 4, index})
	b.object(4, four)
	b.object(5, "20")
	b.end(b.xrefStream(6, ""))
	f := open(t, b.Bytes())
	o, err := f.Object(syntax.Ref{Number: 2})
	return f, o, err
}

func TestObjectStreams(t *testing.T) {
	stream := func(dict, data string) string {
		return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
	}
	for _, c := range []struct {
		name  string
		index int
		four  string
		want  string // or "" if it is broken
	}{
		{"first", 0, stream("/Type /ObjStm /N 1 /First 4", "2 0 (two)"), `"two"`},
		{"second", 1, stream("/Type /ObjStm /N 2 /First 8", "3 6 2 0 (two) (three)"), `"two"`},
		{"at the very end", 0, stream("/Type /ObjStm /N 1 /First 3", "2 042"), "42"},
		{"unused bytes", 0, stream("/Type /ObjStm /N 1 /First 10", "2 2 %abcdexx[3]"), "[3]"},
		{"Extends", 0, stream("/Type /ObjStm /N 1 /First 4 /Extends 5 0 R", "2 0 (two)"), `"two"`},
		{"First by reference", 0, stream("/Type /ObjStm /N 1 /First 5 0 R", "2 0 "+strings.Repeat(" ", 16)+"(two)"), `"two"`},
		{"hexadecimal", 0, stream("/Type /ObjStm /N 1 /First 4 /Filter /ASCIIHexDecode", "32 20 30 20 2f 41>"), "/A"},
		{"other object at the index", 0, stream("/Type /ObjStm /N 1 /First 4", "3 0 (two)"), ""},
		{"index beyond N", 1, stream("/Type /ObjStm /N 1 /First 8", "3 0 2 0 (two)"), ""},
		{"other type", 0, stream("/Type /ObjStn /N 1 /First 4", "2 0 (two)"), ""},
		{"no N", 0, stream("/Type /ObjStm /First 4", "2 0 (two)"), ""},
		{"no First", 0, stream("/Type /ObjStm /N 1", "2 0 (two)"), ""},
		{"negative N", 0, stream("/Type /ObjStm /N -1 /First 4", "2 0 (two)"), ""},
		{"negative First", 0, stream("/Type /ObjStm /N 1 /First -4", "2 0 (two)"), ""},
		{"First outside", 0, stream("/Type /ObjStm /N 1 /First 10", "2 0 (two)"), ""},
		{"N beyond First", 0, stream("/Type /ObjStm /N 1000000 /First 4", "2 0 (two)"), ""},
		{"offset outside", 0, stream("/Type /ObjStm /N 1 /First 4", "2 9 (two)"), ""},
		{"no number", 0, stream("/Type /ObjStm /N 1 /First 4", "2 x (two)"), ""},
		{"negative number", 0, stream("/Type /ObjStm /N 1 /First 5", "-2 0 (two)"), ""},
		{"value cut off", 0, stream("/Type /ObjStm /N 1 /First 4", "2 0 (two"), ""},
		{"damaged data", 0, stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", "2 0 (two)"), ""},
		{"data in another file", 0, stream("/Type /ObjStm /N 1 /First 4 /F (x)", "2 0 (two)"), ""},
		{"no stream", 0, "<< /Type /ObjStm /N 1 /First 4 >>", ""},
		{"N within itself", 0, stream("/Type /ObjStm /N 2 0 R /First 4", "2 0 1"), ""},
		{"First within itself", 0, stream("/Type /ObjStm /N 1 /First 2 0 R", "2 0 4"), ""},
		{"Filter within itself", 0, stream("/Type /ObjStm /N 1 /First 4 /Filter 2 0 R", "2 0 null"), ""},
		{"Columns within itself", 0, stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 2 0 R >>", deflate("2 0 4")), ""},
		{"length within itself", 0, strings.Replace(stream("/Type /ObjStm /N 1 /First 4", "2 0 9"), "/Length 5", "/Length 2 0 R", 1), ""},
	} {
		f, o, err := inStream(t, c.index, c.four)
		if c.want == "" {
			if !isBroken(err) {
				t.Errorf("%s: error %v", c.name, err)
			}
			continue
		}
		if err != nil || text(o.Value) != c.want || o.Container != 4 {
			t.Errorf("%s: %+v, error %v", c.name, o, err)
			continue
		}
		raw, err := f.Raw(4, o.Span)
		if parsed, _, err2 := syntax.ParseObject(raw); err != nil || err2 != nil || text(parsed) != c.want {
			t.Errorf("%s: raw %q, errors %v, %v", c.name, raw, err, err2)
		}
	}
}

func TestObjectStreamWithinAnotherIsRefused(t *testing.T) {
	for _, outer := range []entry{{2, 5, 0}, {2, 4, 0}, {2, 9, 0}} {
		b := newBuilder()
		b.object(1, "<< >>")
		b.objectStream(4, 2, "(two)")
		b.objectStream(5, 4, "(four)")
		b.use(4, outer)
		b.end(b.xrefStream(6, ""))
		if _, err := open(t, b.Bytes()).Object(syntax.Ref{Number: 2}); !isBroken(err) {
			t.Errorf("object stream in %d: error %v", outer.a, err)
		}
	}
}

// The test reads more object streams in turn than are kept.
func TestManyObjectStreams(t *testing.T) {
	const count, each = 48, 1 << 20
	b := newBuilder()
	b.object(1, "<< >>")
	for n := range count {
		b.objectStream(100+n, 2+n, fmt.Sprintf("[%d (%s)]", n, strings.Repeat("a", each)))
	}
	b.end(b.xrefStream(99, ""))
	f := open(t, b.Bytes())
	order := []int{0, 1, 2, 47, 3, 0, 46, 1}
	for n := range count {
		order = append(order, n)
	}
	for _, n := range append(order, 0) {
		o, err := f.Object(syntax.Ref{Number: 2 + n})
		if err != nil {
			t.Fatal(err)
		}
		if a := o.Value.(syntax.Array); a[0].Value != syntax.Integer(n) || len(a[1].Value.(syntax.String)) != each {
			t.Errorf("object %d is another", n)
		}
	}
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	if kept := memory.HeapAlloc - uint64(b.Cap()); kept > syntax.MaxContainers+8<<20 {
		t.Errorf("%d bytes kept", kept)
	}
	before := f.Work()
	if _, err := f.Object(syntax.Ref{Number: 2}); err != nil {
		t.Fatal(err)
	}
	if spent := before - f.Work(); spent > each+1000 {
		t.Errorf("%d spent on an object of a stream that was just read", spent)
	}
}
