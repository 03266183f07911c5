package syntax_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"natsuin/sign/pdf/syntax"
)

// hybrid returns a file whose table lists object 5 as free, does not list
// object 6, and has another object 7 than the stream to which /XRefStm points.
func hybrid() *builder {
	b := newBuilder()
	b.object(1, "<< /Type /Catalog >>")
	b.objectStream(8, 5, "(five)", "(six)", "(seven, hidden)")
	hidden := b.entries
	b.entries = map[int]entry{0: hidden[0], 1: hidden[1], 5: {0, 0, 0}, 8: hidden[8], 9: {0, 0, 0}}
	tabled := b.entries
	b.entries = map[int]entry{5: hidden[5], 6: hidden[6], 7: hidden[7], 9: {0, 0, 0}}
	at := b.xrefStream(10, "")
	b.entries = tabled
	b.object(7, "(seven)")
	b.end(b.table(fmt.Sprintf("/XRefStm %d", at)))
	return b
}

// streamed returns a file with a cross-reference stream and an object stream.
func streamed() *builder {
	b := newBuilder()
	b.objectStream(4, 1, "<< /Type /Catalog /Two 2 0 R >>", "(two)", "[1 0 R 3 0 R]")
	b.object(5, "(five)")
	b.end(b.xrefStream(6, ""))
	return b
}

// linearised returns a file with a first-page section at its beginning, whose
// "startxref" is 0 (ISO 32000-1 Annex F).
func linearised() *builder {
	const main = "(main)"
	for size := 0; ; {
		b := newBuilder()
		b.object(4, "<< /Linearized 1 >>")
		b.object(1, "<< /Type /Catalog >>")
		delete(b.entries, 0)
		first := b.table(fmt.Sprintf("/Prev %d", size))
		b.WriteString("startxref\n0\n%%EOF\n")
		b.entries[0] = entry{0, 0, 65535}
		b.object(2, main)
		at := b.table("")
		b.end(first)
		if at == size {
			return b
		}
		size = at
	}
}

func TestKindsOfFiles(t *testing.T) {
	updated := classic("(two)")
	updated.object(2, "(two, newer)")
	updated.use(3, entry{0, 0, 1})
	updated.end(updated.table(fmt.Sprintf("/Prev %d", bytes.Index(updated.Bytes(), []byte("xref\n")))))
	for _, c := range []struct {
		name    string
		b       *builder
		kinds   []syntax.Kind
		highest int
		values  map[int]string
	}{
		{"classic", classic("(two)", "2 0 R"), []syntax.Kind{syntax.Table}, 3,
			map[int]string{0: "null", 1: "<</Type /Catalog>>", 2: `"two"`, 3: "2 0 R", 4: "null"}},
		{"updated", updated, []syntax.Kind{syntax.Table, syntax.Table}, 3,
			map[int]string{1: "<</Type /Catalog>>", 2: `"two, newer"`, 3: "null"}},
		{"stream", streamed(), []syntax.Kind{syntax.XRefStream}, 6,
			map[int]string{1: "<</Type /Catalog /Two 2 0 R>>", 2: `"two"`, 3: "[1 0 R 3 0 R]", 5: `"five"`}},
		{"hybrid", hybrid(), []syntax.Kind{syntax.Hybrid}, 10,
			map[int]string{1: "<</Type /Catalog>>", 5: `"five"`, 6: `"six"`, 7: `"seven"`, 9: "null"}},
		{"linearised", linearised(), []syntax.Kind{syntax.Table, syntax.Table}, 4,
			map[int]string{1: "<</Type /Catalog>>", 2: `"main"`, 4: "<</Linearized 1>>"}},
	} {
		f := open(t, c.b.Bytes())
		var kinds []syntax.Kind
		for i, s := range f.Sections() {
			kinds = append(kinds, s.Kind)
			if i == 0 && (s.Offset != f.StartXref() || s.Trailer != f.Trailer()) {
				t.Errorf("%s: newest section %+v, startxref %d", c.name, s, f.StartXref())
			}
		}
		if !slices.Equal(kinds, c.kinds) || f.Highest() != c.highest || f.Size() != int64(c.b.Len()) || f.Encrypted() {
			t.Errorf("%s: kinds %v, highest %d, size %d, encrypted %t", c.name, kinds, f.Highest(), f.Size(), f.Encrypted())
		}
		for number, want := range c.values {
			if got := value(f, number); got != want {
				t.Errorf("%s: object %d is %s, want %s", c.name, number, got, want)
			}
		}
	}
}

func TestTablesLeavesOutXRefStm(t *testing.T) {
	b := hybrid()
	f, err := open(t, b.Bytes()).Tables().Prefix(int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[int]string{1: "<</Type /Catalog>>", 5: "null", 6: "null", 7: `"seven"`} {
		if got := value(f, number); got != want {
			t.Errorf("object %d is %s, want %s", number, got, want)
		}
	}
}

func TestFindAndUses(t *testing.T) {
	f := open(t, hybrid().Bytes())
	var got []string
	f.Uses(func(number int, u syntax.Use) bool {
		if found, ok := f.Find(number); !ok || found != u {
			t.Errorf("object %d: %+v found, %+v used", number, found, u)
		}
		place := "at its offset"
		switch {
		case u.Free:
			place = fmt.Sprintf("free %d", u.Generation)
		case u.Container != 0:
			place = fmt.Sprintf("%d in %d", u.Index, u.Container)
		case u.Offset == 0:
			place = "nowhere"
		}
		got = append(got, fmt.Sprintf("%d %s", number, place))
		return true
	})
	want := []string{"0 free 65535", "1 at its offset", "5 0 in 8", "6 1 in 8", "7 at its offset", "8 at its offset", "9 free 0", "10 at its offset"}
	if !slices.Equal(got, want) {
		t.Errorf("uses %q, want %q", got, want)
	}
	n := 0
	f.Uses(func(int, syntax.Use) bool { n++; return n < 3 })
	if n != 3 {
		t.Errorf("%d uses after the third was enough", n)
	}
	if _, ok := f.Find(2); ok || f.Err() != nil {
		t.Errorf("object 2 found, or error %v", f.Err())
	}
}

func TestHeader(t *testing.T) {
	whole := classic().String()
	body := strings.TrimPrefix(whole, "%PDF-1.7")
	for _, c := range []struct {
		header string
		ok     bool
	}{
		{"%PDF-1.7", true}, {"%PDF-2.0", true}, {"%PDF-9.9", true},
		{"\n%PDF-1.", false}, {"%pdf-1.7", false}, {"%PDF-1,7", false}, {"%PDF-a.b", false}, {"%PDF-17 ", false},
		{"        ", false},
	} {
		_, err := syntax.Open(strings.NewReader(c.header+body), int64(len(c.header+body)))
		if c.ok && err != nil || !c.ok && !(errors.Is(err, syntax.ErrHeader) && isBroken(err)) {
			t.Errorf("%q: error %v", c.header, err)
		}
	}
	for n := range 8 {
		if _, err := syntax.Open(strings.NewReader(whole), int64(n)); !errors.Is(err, syntax.ErrHeader) {
			t.Errorf("%d bytes: error %v", n, err)
		}
	}
}

func TestEndOfTheFile(t *testing.T) {
	const end = "%%EOF\n"
	whole := strings.TrimSuffix(classic().String(), end)
	at := len(whole) - strings.LastIndex(whole, "startxref") // bytes of it
	number := strings.TrimSpace(whole[len(whole)-at+len("startxref"):])
	for _, c := range []struct {
		name, file string
		ok         bool
	}{
		{"as written", whole + end, true},
		{"no line end", whole + "%%EOF", true},
		{"bytes after it", whole + end + "<html>", true},
		{"as many as there may be", whole + end + strings.Repeat("\x00", syntax.TailSize-at-len(end)), true},
		{"one more", whole + end + strings.Repeat("\x00", syntax.TailSize-at-len(end)+1), false},
		{"no %%EOF", whole, false},
		{"other words", whole + "EOF\n" + end, false},
		{"number and %%EOF in one word", strings.TrimSuffix(whole, "\n") + end, false},
		{"a later startxref", whole + end + "startxref\n", false},
		{"a later one in a comment", whole + end + "% startxref\n0\n%%EOF\n", false},
		{"part of a word", whole[:len(whole)-at] + "x" + whole[len(whole)-at:] + end, false},
		{"no number", strings.Replace(whole, number+"\n", "\n", 1) + end, false},
		{"zero", whole[:len(whole)-at] + "startxref\n0\n" + end, false},
		{"outside the file", whole[:len(whole)-at] + "startxref\n99999\n" + end, false},
		{"beyond 63 bits", whole[:len(whole)-at] + "startxref\n" + strings.Repeat("9", 30) + "\n" + end, false},
		{"at an object", whole[:len(whole)-at] + "startxref\n15\n" + end, false},
	} {
		_, err := syntax.Open(strings.NewReader(c.file), int64(len(c.file)))
		if c.ok && err != nil || !c.ok && !isBroken(err) {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
}

func TestEncrypted(t *testing.T) {
	for _, encrypt := range []string{"2 0 R", "<< >>", "null"} {
		b := classic()
		first := bytes.Index(b.Bytes(), []byte("xref\n"))
		b.object(2, "<< >>")
		second := b.table(fmt.Sprintf("/Encrypt %s /Prev %d", encrypt, first))
		b.end(second)
		b.object(3, "<< >>")
		b.end(b.table(fmt.Sprintf("/Prev %d", second)))
		f := open(t, b.Bytes())
		old, err := f.Prefix(int64(b.revised[0]))
		if err != nil || !f.Encrypted() || old.Encrypted() {
			t.Errorf("%s: encrypted %t, before %t, error %v", encrypt, f.Encrypted(), old.Encrypted(), err)
		}
	}
}

func TestPrevThatLoops(t *testing.T) {
	b := newBuilder()
	b.object(1, "<< >>")
	at := b.Len()
	b.end(b.table(fmt.Sprintf("/Prev %d", at)))
	if _, err := syntax.Open(bytes.NewReader(b.Bytes()), int64(b.Len())); !isBroken(err) {
		t.Errorf("a section before itself: error %v", err)
	}
	b = newBuilder()
	b.object(1, "<< >>")
	first := b.Len()
	const before = "xref\n0 0\ntrailer << /Size 2 /Prev %3d >>\n"
	fmt.Fprintf(b, before, first+len(fmt.Sprintf(before, 0)))
	b.end(b.table(fmt.Sprintf("/Prev %d", first)))
	if _, err := syntax.Open(bytes.NewReader(b.Bytes()), int64(b.Len())); !isBroken(err) || !strings.Contains(err.Error(), "loops") {
		t.Errorf("two sections before each other: error %v", err)
	}
}

func TestMalformedPrev(t *testing.T) {
	for _, prev := range []string{"0", "-1", "1.5", "1 0 R", "(1)", "999999", "16"} {
		b := newBuilder()
		b.object(1, "<< >>")
		b.end(b.table("/Prev " + prev))
		if _, err := syntax.Open(bytes.NewReader(b.Bytes()), int64(b.Len())); !isBroken(err) {
			t.Errorf("/Prev %s: error %v", prev, err)
		}
	}
	b := newBuilder()
	b.object(1, "<< >>")
	b.end(b.table("/Prev null"))
	open(t, b.Bytes())
}

// failing is a file that cannot be read from offset from on.
type failing struct {
	data []byte
	from int64
}

var errDisk = errors.New("disk")

func (r *failing) ReadAt(b []byte, offset int64) (int, error) {
	if offset+int64(len(b)) > r.from {
		clear(b) // as io.ReaderAt allows
		return 0, errDisk
	}
	return copy(b, r.data[offset:]), nil
}

func TestErrorsOfTheReaderAreReturned(t *testing.T) {
	b := newBuilder()
	b.stream(1, "/Filter /FlateDecode", deflate("abc"))
	for n := range 1000 {
		b.object(2+n, "["+strings.Repeat("(text)", 200)+"]")
	}
	b.end(b.table(""))
	r := &failing{data: b.Bytes(), from: 1 << 40}
	f, err := syntax.Open(r, int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	want := value(f, 2)
	o, err := f.Object(syntax.Ref{Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	r.from = 1
	far := 2 + syntax.PageSize*syntax.PageCount*1000/bytes.Index(b.Bytes(), []byte("xref"))
	for n := far - 5; n < far+5; n++ { // its page takes the place of that of object 2
		if _, err := f.Object(syntax.Ref{Number: n}); !errors.Is(err, errDisk) {
			t.Errorf("object %d: error %v", n, err)
		}
	}
	r.from = 1 << 40
	if got := value(f, 2); got != want || !strings.Contains(got, "text") {
		t.Errorf("object 2 was %s, and is %s", want, got)
	}
	r.from = 0
	if _, err := f.Decode(o.Value.(*syntax.Stream)); !errors.Is(err, errDisk) || isBroken(err) {
		t.Errorf("decode: error %v", err)
	}
	if _, err := f.Object(syntax.Ref{Number: 300}); !errors.Is(err, errDisk) || isBroken(err) {
		t.Errorf("object: error %v", err)
	}
	if _, err := syntax.Open(r, int64(b.Len())); !errors.Is(err, errDisk) {
		t.Errorf("open: error %v", err)
	}
	if _, err := syntax.Open(bytes.NewReader(b.Bytes()[:b.Len()-1]), int64(b.Len())); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("file shorter than said: error %v", err)
	}
}

func TestErrorsOfFindAreKept(t *testing.T) {
	b := classic("(two)")
	for _, look := range []func(*syntax.File){
		func(f *syntax.File) { f.Find(1) },
		func(f *syntax.File) { f.Uses(func(int, syntax.Use) bool { return true }) },
	} {
		f := open(t, b.Bytes())
		f.SetWork(0)
		look(f)
		f.SetWork(1 << 20)
		if _, err := f.Object(syntax.Ref{Number: 2}); !isLimit(f.Err()) || !isLimit(err) {
			t.Errorf("error %v, then of an object %v", f.Err(), err)
		}
	}
}
