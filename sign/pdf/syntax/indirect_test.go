package syntax_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"natsuin/sign/pdf/syntax"
)

func TestObjectsMustBeWhereTheCrossReferenceSays(t *testing.T) {
	for _, c := range []struct {
		name, source string // of object 2
		want         string // or "" if it is broken
	}{
		{"as usual", "2 0 obj\n(two)\nendobj\n", `"two"`},
		{"without white space", "2 0 obj(two)endobj\n", `"two"`},
		{"with comments", "2 0 obj%a\n(two)%b\nendobj\n", `"two"`},
		{"white space before it", "\r\n 2 0 obj\n(two)\nendobj\n", `"two"`},
		{"other number", "3 0 obj\n(two)\nendobj\n", ""},
		{"other generation", "2 1 obj\n(two)\nendobj\n", ""},
		{"generation beyond all", "2 65536 obj\n(two)\nendobj\n", ""},
		{"comment before it", "% a\n2 0 obj\n(two)\nendobj\n", ""},
		{"no obj", "2 0 (two)\nendobj\n", ""},
		{"no endobj", "2 0 obj\n(two)\n", ""},
		{"two values", "2 0 obj\n(two) (three)\nendobj\n", ""},
		{"no value", "2 0 obj\nendobj\n", ""},
		{"longer word", "2 0 obj\n(two)\nendobject\n", ""},
		{"stream without dictionary", "2 0 obj\n(two)\nstream\n\nendstream\nendobj\n", ""},
		{"stream", "2 0 obj\n<</Length 3>>\nstream\nabc\nendstream\nendobj\n", "<</Length 3>>stream(3)"},
		{"stream with CR LF", "2 0 obj\n<</Length 3>>stream\r\nabc\r\nendstream endobj\n", "<</Length 3>>stream(3)"},
		{"stream without line end", "2 0 obj\n<</Length 3>>\nstream\nabcendstream\nendobj\n", "<</Length 3>>stream(3)"},
		{"white space after the data", "2 0 obj\n<</Length 3>>\nstream\nabc\r\n\r\nendstream\nendobj\n", "<</Length 3>>stream(3)"},
		{"empty stream", "2 0 obj\n<</Length 0>>\nstream\nendstream\nendobj\n", "<</Length 0>>stream(0)"},
		{"endstream in the data", "2 0 obj\n<</Length 9>>\nstream\nendstream\nendstream\nendobj\n", "<</Length 9>>stream(9)"},
		{"stream with CR", "2 0 obj\n<</Length 3>>\nstream\rabc\nendstream\nendobj\n", ""},
		{"stream and a space", "2 0 obj\n<</Length 3>>\nstream \nabc\nendstream\nendobj\n", ""},
		{"Length too small", "2 0 obj\n<</Length 2>>\nstream\nabc\nendstream\nendobj\n", ""},
		{"Length too large", "2 0 obj\n<</Length 5>>\nstream\nabc\nendstream\nendobj\n", ""},
		{"Length outside the file", "2 0 obj\n<</Length 99999>>\nstream\nabc\nendstream\nendobj\n", ""},
		{"Length beyond all", "2 0 obj\n<</Length 9223372036854775807>>\nstream\nabc\nendstream\nendobj\n", ""},
		{"negative Length", "2 0 obj\n<</Length -3>>\nstream\nabc\nendstream\nendobj\n", ""},
		{"Length is no integer", "2 0 obj\n<</Length 3.0>>\nstream\nabc\nendstream\nendobj\n", ""},
		{"no Length", "2 0 obj\n<<>>\nstream\nabc\nendstream\nendobj\n", ""},
		{"no endobj after a stream", "2 0 obj\n<</Length 3>>\nstream\nabc\nendstream\n", ""},
	} {
		b := newBuilder()
		b.object(1, "<< >>")
		b.use(2, entry{1, b.Len(), 0})
		b.WriteString(c.source)
		b.end(b.table(""))
		f := open(t, b.Bytes())
		o, err := f.Object(syntax.Ref{Number: 2})
		if c.want == "" {
			if !isBroken(err) {
				t.Errorf("%s: error %v", c.name, err)
			}
			continue
		}
		if err != nil || text(o.Value) != c.want {
			t.Errorf("%s: error %v", c.name, err)
			continue
		}
		raw, err := f.Raw(0, o.Span)
		if got := string(raw); err != nil || !strings.HasPrefix(got, "2 0 obj") || !strings.HasSuffix(got, "endobj") {
			t.Errorf("%s: span %+v is %q, error %v", c.name, o.Span, got, err)
		}
		if s, ok := o.Value.(*syntax.Stream); ok {
			data, err := f.Decode(s)
			if err != nil || int64(len(data)) != s.Length || !strings.Contains("abc endstream", string(data)) {
				t.Errorf("%s: data %q, error %v", c.name, data, err)
			}
		}
	}
}

func TestNullObjects(t *testing.T) {
	b := classic()
	at := bytes.Index(b.Bytes(), []byte("xref\n"))
	b.use(2, entry{1, b.Len(), 3})
	b.WriteString("2 3 obj\n(two)\nendobj\n")
	b.use(3, entry{0, 0, 1})
	b.use(4, entry{1, 0, 0}) // a gap, as some programs write it
	b.end(b.table(fmt.Sprintf("/Prev %d", at)))
	f := open(t, b.Bytes())
	for _, ref := range []syntax.Ref{{0, 65535}, {0, 0}, {2, 0}, {2, 4}, {3, 0}, {3, 1}, {5, 0}, {-1, 0}, {1 << 30, 0}, {1, -1}} {
		if o, err := f.Object(ref); err != nil || o.Value != nil || o.Ref != ref {
			t.Errorf("%v: %+v, error %v", ref, o, err)
		}
	}
	if got := slices.Collect(f.Misread); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("objects of other generations: %v", got)
	}
	if o, err := f.Object(syntax.Ref{Number: 2, Generation: 3}); err != nil || text(o.Value) != `"two"` {
		t.Errorf("generation 3: error %v", err)
	}
	if _, err := f.Object(syntax.Ref{Number: 4}); !isBroken(err) {
		t.Errorf("entry in use at offset 0: error %v", err)
	}
}

func TestObjectZeroInUse(t *testing.T) {
	b := newBuilder()
	at := b.Len()
	b.object(0, "<< >>")
	b.use(0, entry{1, at, 0})
	b.end(b.table(""))
	if o, err := open(t, b.Bytes()).Object(syntax.Ref{}); !isBroken(err) {
		t.Errorf("%+v, error %v", o, err)
	}
}

// References to very many other generations are refused, not remembered.
func TestManyOtherGenerations(t *testing.T) {
	b := newBuilder()
	for n := range 10_001 {
		b.object(n+1, "1")
	}
	b.end(b.table(""))
	f := open(t, b.Bytes())
	for n := range 10_001 {
		_, err := f.Object(syntax.Ref{Number: n + 1, Generation: 1})
		if limit := (*syntax.LimitError)(nil); errors.As(err, &limit) != (n == 10_000) {
			t.Fatalf("%d: %v", n+1, err)
		}
	}
}

func TestEntryOutsideTheFile(t *testing.T) {
	for _, at := range []int{999999, 9999999999} {
		b := newBuilder()
		b.object(1, "<< >>")
		b.use(2, entry{1, at, 0})
		b.end(b.table(""))
		if _, err := open(t, b.Bytes()).Object(syntax.Ref{Number: 2}); !isBroken(err) {
			t.Errorf("offset %d: error %v", at, err)
		}
	}
}

func TestResolve(t *testing.T) {
	f := open(t, classic("3 0 R", "(three)", "5 0 R", "4 0 R", "9 0 R").Bytes())
	for o, want := range map[syntax.Object]string{
		syntax.Integer(1):     "1",
		syntax.Ref{Number: 2}: `"three"`,
		syntax.Ref{Number: 6}: "null",
		nil:                   "null",
	} {
		if got, err := f.Resolve(o); err != nil || text(got) != want {
			t.Errorf("%v: %s, error %v", o, text(got), err)
		}
	}
	if _, err := f.Resolve(syntax.Ref{Number: 4}); !isBroken(err) {
		t.Errorf("circle: error %v", err)
	}
}

func TestLengthByReference(t *testing.T) {
	stream := func(length string) string { return "<< /Length " + length + " >>\nstream\nabc\nendstream" }
	f := open(t, classic(stream("3 0 R"), "4 0 R", "3", stream("5 0 R"), stream("7 0 R"), stream("6 0 R"), stream("99 0 R")).Bytes())
	if got := value(f, 2); got != "<</Length 3 0 R>>stream(3)" {
		t.Error(got)
	}
	for _, number := range []int{5, 6, 8} {
		if _, err := f.Object(syntax.Ref{Number: number}); !isBroken(err) {
			t.Errorf("object %d: error %v", number, err)
		}
	}
	if got := value(f, 2); got != "<</Length 3 0 R>>stream(3)" {
		t.Errorf("after the circles: %s", got)
	}
}

// Reading the length of a stream does not change what is read of the stream,
// wherever the length is.
func TestLengthsFarAway(t *testing.T) {
	b := newBuilder()
	b.object(1, "<< >>")
	for n := range 200 {
		b.object(100+n, fmt.Sprintf("<< /Length %d 0 R >>\nstream\nabc\nendstream", 1000+n))
	}
	b.object(2, "["+strings.Repeat("(text)", (syntax.PageSize*syntax.PageCount-b.Len())/6)+"]")
	for n := range 200 {
		b.object(1000+n, "3"+strings.Repeat(" ", 60))
	}
	b.end(b.table(""))
	f := open(t, b.Bytes())
	for n := range 200 {
		if got, want := value(f, 100+n), fmt.Sprintf("<</Length %d 0 R>>stream(3)", 1000+n); got != want {
			t.Errorf("object %d is %s, want %s", 100+n, got, want)
		}
	}
}

// A length may be in an object stream, whose own length is in the next.
func TestLimitOfObjectsThatNeedOthers(t *testing.T) {
	const streams = syntax.MaxNested / 2
	b := newBuilder()
	b.object(1, "<< >>")
	b.object(2, "<< /Length 100 0 R >>\nstream\nabc\nendstream")
	length := 3
	for i := range streams {
		header := fmt.Sprintf("%d 0 ", 100+i)
		data := header + fmt.Sprint(length)
		length = len(data)
		next := fmt.Sprintf("%d 0 R", 101+i)
		if i == streams-1 {
			next = fmt.Sprint(length)
		}
		b.use(100+i, entry{2, 200 + i, 0})
		b.object(200+i, fmt.Sprintf("<< /Type /ObjStm /N 1 /First %d /Length %s >>\nstream\n%s\nendstream", len(header), next, data))
	}
	b.end(b.xrefStream(99, ""))
	if _, err := open(t, b.Bytes()).Object(syntax.Ref{Number: 2}); !isBroken(err) {
		t.Errorf("%d: error %v", syntax.MaxNested+1, err)
	}
	if _, err := open(t, b.Bytes()).Object(syntax.Ref{Number: 100}); err != nil {
		t.Errorf("%d: %v", syntax.MaxNested, err)
	}
}

func TestRaw(t *testing.T) {
	f := open(t, streamed().Bytes())
	for _, c := range []struct {
		container int
		span      syntax.Span
	}{
		{0, syntax.Span{Start: -1, End: 1}}, {0, syntax.Span{Start: 2, End: 1}}, {0, syntax.Span{Start: 0, End: f.Size() + 1}},
		{4, syntax.Span{Start: 0, End: 1000}}, {5, syntax.Span{Start: 0, End: 1}}, {9, syntax.Span{Start: 0, End: 1}},
	} {
		if _, err := f.Raw(c.container, c.span); !isBroken(err) {
			t.Errorf("%d %+v: error %v", c.container, c.span, err)
		}
	}
	if b, err := f.Raw(0, syntax.Span{Start: 0, End: 5}); err != nil || string(b) != "%PDF-" {
		t.Errorf("%q, error %v", b, err)
	}
	long := classic("(" + strings.Repeat("a", syntax.MaxDecoded) + ")")
	f = open(t, long.Bytes())
	if _, err := f.Raw(0, syntax.Span{Start: 1, End: syntax.MaxDecoded + 1}); err != nil {
		t.Error(err)
	}
	if _, err := f.Raw(0, syntax.Span{Start: 0, End: syntax.MaxDecoded + 1}); !isLimit(err) {
		t.Errorf("one more: error %v", err)
	}
}

func TestReachable(t *testing.T) {
	b := newBuilder()
	b.object(1, "<< /A [2 0 R 3 1 R 3 0 R 9 0 R] /B 3 0 R >>")
	b.object(2, "[1 0 R << /C 4 0 R >>]")
	b.stream(3, "/D 5 0 R", "6 0 R")
	b.object(4, "null")
	b.object(5, "4 0 R")
	b.object(6, "(not reached)")
	b.use(7, entry{1, 3, 0})
	b.end(b.table("/Gone 8388608 0 R"))
	f := open(t, b.Bytes())
	walk := func(o syntax.Object) (numbers []int) {
		if err := f.Reachable(o, func(i *syntax.Indirect) error {
			numbers = append(numbers, i.Ref.Number)
			return nil
		}); err != nil {
			t.Error(err)
		}
		slices.Sort(numbers)
		return numbers
	}
	if got := walk(f.Trailer()); !slices.Equal(got, []int{1, 2, 3, 4, 5}) {
		t.Errorf("from the trailer: %v", got)
	}
	if got := walk(syntax.Ref{Number: 3}); !slices.Equal(got, []int{3, 4, 5}) {
		t.Errorf("from object 3: %v", got)
	}
	if err := f.Reachable(syntax.Ref{Number: 7}, func(*syntax.Indirect) error { return nil }); !isBroken(err) {
		t.Errorf("broken object: error %v", err)
	}
	n := 0
	if err := f.Reachable(f.Trailer(), func(*syntax.Indirect) error { n++; return errDisk }); err != errDisk || n != 1 {
		t.Errorf("error of visit: %v after %d objects", err, n)
	}
}
