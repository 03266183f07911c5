package syntax_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"natsuin/sign/pdf/syntax"
)

// A builder writes a PDF.
type builder struct {
	bytes.Buffer
	entries map[int]entry // not yet in a section
	size    int           // highest number + 1
	revised []int         // where each revision ends
}

// An entry has the three fields of a row of a cross-reference stream.
type entry struct{ kind, a, b int }

func newBuilder() *builder {
	b := &builder{entries: map[int]entry{0: {0, 0, 65535}}, size: 1}
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return b
}

func (b *builder) use(number int, e entry) {
	b.entries[number] = e
	b.size = max(b.size, number+1)
}

func (b *builder) object(number int, body string) {
	b.use(number, entry{1, b.Len(), 0})
	fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", number, body)
}

func (b *builder) stream(number int, dict, data string) {
	b.object(number, fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data))
}

// objectStream writes objects from number first on as object stream number.
func (b *builder) objectStream(number, first int, bodies ...string) {
	var header, data string
	for i, body := range bodies {
		header += fmt.Sprintf("%d %d ", first+i, len(data))
		data += body + "\n"
		b.use(first+i, entry{2, number, i})
	}
	dict := fmt.Sprintf("/Type /ObjStm /N %d /First %d /Filter /FlateDecode", len(bodies), len(header))
	b.stream(number, dict, deflate(header+data))
}

// take returns the entries for which fits holds, by number, and forgets them.
func (b *builder) take(fits func(entry) bool) (numbers []int, entries map[int]entry) {
	entries = map[int]entry{}
	for _, n := range slices.Sorted(maps.Keys(b.entries)) {
		if fits(b.entries[n]) {
			numbers = append(numbers, n)
			entries[n] = b.entries[n]
			delete(b.entries, n)
		}
	}
	return numbers, entries
}

// table writes a table of all entries so far but those of object streams, and
// returns its offset.
func (b *builder) table(trailer string) int {
	at := b.Len()
	b.WriteString("xref\n")
	numbers, entries := b.take(func(e entry) bool { return e.kind < 2 })
	for len(numbers) > 0 {
		n := 1
		for n < len(numbers) && numbers[n] == numbers[0]+n {
			n++
		}
		fmt.Fprintf(b, "%d %d\n", numbers[0], n)
		for _, number := range numbers[:n] {
			e := entries[number]
			fmt.Fprintf(b, "%010d %05d %c\r\n", e.a, e.b, "fn"[e.kind])
		}
		numbers = numbers[n:]
	}
	fmt.Fprintf(b, "trailer\n<< /Size %d /Root 1 0 R %s >>\n", b.size, trailer)
	return at
}

// xrefStream writes object number, a stream of all entries so far, and returns
// its offset.
func (b *builder) xrefStream(number int, trailer string) int {
	at := b.Len()
	b.use(number, entry{1, at, 0})
	numbers, entries := b.take(func(entry) bool { return true })
	var index, rows string
	for _, n := range numbers {
		e := entries[n]
		index += fmt.Sprintf("%d 1 ", n)
		rows += string([]byte{byte(e.kind), byte(e.a >> 16), byte(e.a >> 8), byte(e.a), byte(e.b >> 8), byte(e.b)})
	}
	dict := fmt.Sprintf("/Type /XRef /W [1 3 2] /Index [%s] /Size %d /Root 1 0 R /Filter /FlateDecode %s",
		index, b.size, trailer)
	b.stream(number, dict, deflate(rows))
	delete(b.entries, number)
	return at
}

// end ends a revision.
func (b *builder) end(xref int) {
	fmt.Fprintf(b, "startxref\n%d\n%%%%EOF\n", xref)
	b.revised = append(b.revised, b.Len())
}

func deflate(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

// classic returns a file with a table, object 1 as its root, and bodies from
// number 2 on.
func classic(bodies ...string) *builder {
	b := newBuilder()
	b.object(1, "<< /Type /Catalog >>")
	for i, body := range bodies {
		b.object(2+i, body)
	}
	b.end(b.table(""))
	return b
}

func open(t testing.TB, file []byte) *syntax.File {
	t.Helper()
	f, err := syntax.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatalf("%v in\n%.3000q", err, file)
	}
	return f
}

// value returns object number as text, or its error.
func value(f *syntax.File, number int) string {
	o, err := f.Object(syntax.Ref{Number: number})
	if err != nil {
		return err.Error()
	}
	return text(o.Value)
}

// text returns an object as text, however it is written in the file.
func text(o syntax.Object) string {
	switch o := o.(type) {
	case nil:
		return "null"
	case syntax.Name:
		return fmt.Sprintf("/%s", string(o))
	case syntax.String:
		return fmt.Sprintf("%q", []byte(o))
	case syntax.Ref:
		return fmt.Sprintf("%d %d R", o.Number, o.Generation)
	case syntax.Array:
		var parts []string
		for _, e := range o {
			parts = append(parts, text(e.Value))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case *syntax.Dict:
		var parts []string
		for _, e := range o.Entries {
			parts = append(parts, text(e.Key), text(e.Value))
		}
		return "<<" + strings.Join(parts, " ") + ">>"
	case *syntax.Stream:
		return text(o.Dict) + fmt.Sprintf("stream(%d)", o.Length)
	case syntax.Real:
		return fmt.Sprintf("%.1f", float64(o))
	}
	return fmt.Sprint(o)
}

// isBroken and isLimit report the kind of an error.
func isBroken(err error) bool {
	var b *syntax.BrokenError
	return errors.As(err, &b)
}

func isLimit(err error) bool {
	var l *syntax.LimitError
	return errors.As(err, &l)
}
