package syntax_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"testing"

	"natsuin/sign/pdf/syntax"
)

// A large is a PDF that is made as it is read: a catalog, count objects of
// largeObject bytes each, and a table of them.
type large struct {
	count int
	read  int64 // bytes
}

const (
	largeHead   = "%PDF-1.7\n1 0 obj\n<< /Two 2 0 R >>\nendobj\n"
	largeObject = 240
)

func (l *large) object(i int) []byte {
	b := fmt.Appendf(nil, "%d 0 obj\n<< /Next %d 0 R /Text (", i+2, i+3)
	const end = ") >>\nendobj\n"
	b = append(b, bytes.Repeat([]byte("a"), largeObject-len(end)-len(b))...)
	return append(b, end...)
}

func (l *large) table() int64 { return int64(len(largeHead) + l.count*largeObject) }

func (l *large) tableHead() string {
	return fmt.Sprintf("xref\n0 %d\n0000000000 65535 f\r\n%010d 00000 n\r\n", l.count+2, len("%PDF-1.7\n"))
}

func (l *large) tail() string {
	return fmt.Sprintf("trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", l.count+2, l.table())
}

func (l *large) size() int64 {
	return l.table() + int64(len(l.tableHead())+l.count*20+len(l.tail()))
}

// ReadAt puts together the pieces from offset on.
func (l *large) ReadAt(b []byte, offset int64) (int, error) {
	n := 0
	for n < len(b) {
		piece := l.piece(offset + int64(n))
		if piece == nil {
			return n, io.EOF
		}
		n += copy(b[n:], piece)
	}
	l.read += int64(n)
	return n, nil
}

func (l *large) piece(at int64) []byte {
	if at < int64(len(largeHead)) {
		return []byte(largeHead)[at:]
	}
	if at < l.table() {
		at -= int64(len(largeHead))
		return l.object(int(at / largeObject))[at%largeObject:]
	}
	at -= l.table()
	if head := l.tableHead(); at < int64(len(head)) {
		return []byte(head)[at:]
	}
	at -= int64(len(l.tableHead()))
	if at < int64(l.count)*20 {
		row := fmt.Appendf(nil, "%010d 00000 n\r\n", len(largeHead)+int(at/20)*largeObject)
		return row[at%20:]
	}
	at -= int64(l.count) * 20
	if tail := l.tail(); at < int64(len(tail)) {
		return []byte(tail)[at:]
	}
	return nil
}

// look opens the file and reads a few objects, and all entries if uses is set.
func (l *large) look(t testing.TB, uses bool) *syntax.File {
	f, err := syntax.Open(l, l.size())
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []int{1, 2, l.count / 2, l.count + 1} {
		if o, err := f.Object(syntax.Ref{Number: number}); err != nil || o.Value == nil {
			t.Fatalf("object %d: %v", number, err)
		}
	}
	if f.Highest() != l.count+1 {
		t.Fatalf("highest object is %d", f.Highest())
	}
	n := 0
	if uses {
		f.Uses(func(int, syntax.Use) bool { n++; return true })
		if n != l.count+2 {
			t.Fatalf("%d entries", n)
		}
	}
	return f
}

// The entries of a table are looked up in the file and not kept. So memory does
// not grow with the number of objects, and the bytes read for each object are
// only a few times the 20 bytes of its entry.
func TestMemoryDoesNotGrowWithTheObjects(t *testing.T) {
	var before, after runtime.MemStats
	l := &large{count: 200_000}
	runtime.GC()
	runtime.ReadMemStats(&before)
	f := l.look(t, false)
	if spent := syntax.StartWork(int(l.size())) - f.Work(); spent < int64(l.count)*20 {
		t.Errorf("checking the table costs %d", spent)
	}
	f.Uses(func(int, syntax.Use) bool { return true })
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 1<<20 {
		t.Errorf("%d bytes kept", kept)
	}
	runtime.KeepAlive(f)
	if most := int64(l.count)*20*3 + 1<<20; l.read > most {
		t.Errorf("%d bytes read of %d", l.read, l.size())
	}
}

// BenchmarkLargeFile opens a file of some 500 MB with two million objects,
// reads a few of them and lists all.
func BenchmarkLargeFile(b *testing.B) {
	l := &large{count: 2_000_000}
	for b.Loop() {
		l.look(b, true)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-of-the-process")
	b.ReportMetric(float64(l.size())/1e6, "MB-of-the-file")
}

// BenchmarkReachable reads 200,000 objects, each referred to by the one before.
func BenchmarkReachable(b *testing.B) {
	l := &large{count: 200_000}
	for b.Loop() {
		f := l.look(b, false)
		if err := f.Reachable(f.Trailer(), func(*syntax.Indirect) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// A wide is a PDF whose second object is a stream of zeros.
type wide struct {
	head, tail string
	zeros      int64
	read       int64 // bytes
}

func newWide(zeros int64) *wide {
	w := &wide{zeros: zeros}
	b := newBuilder()
	b.object(1, "<< /Image 2 0 R >>")
	b.use(2, entry{1, b.Len(), 0})
	fmt.Fprintf(b, "2 0 obj\n<< /Length %d >>\nstream\n", zeros)
	w.head = b.String()
	b.WriteString("\nendstream\nendobj\n")
	at := b.table("")
	b.end(at + int(zeros))
	w.tail = b.String()[len(w.head):]
	return w
}

func (w *wide) size() int64 { return int64(len(w.head)+len(w.tail)) + w.zeros }

func (w *wide) ReadAt(b []byte, offset int64) (int, error) {
	for i := range b {
		at := offset + int64(i)
		after := at - int64(len(w.head)) - w.zeros
		switch {
		case after >= int64(len(w.tail)):
			return i, io.EOF
		case after >= 0:
			b[i] = w.tail[after]
		case at < int64(len(w.head)):
			b[i] = w.head[at]
		default:
			b[i] = 0
		}
	}
	w.read += int64(len(b))
	return len(b), nil
}

func TestOnlyWhatIsNeededIsRead(t *testing.T) {
	w := newWide(1 << 30)
	f, err := syntax.Open(w, w.size())
	if err != nil {
		t.Fatal(err)
	}
	if got := value(f, 2); got != "<</Length 1073741824>>stream(1073741824)" {
		t.Error(got)
	}
	if got := ends(t, f); len(got) != 1 || int64(got[0]) != w.size() {
		t.Errorf("revisions end at %v", got)
	}
	if w.read > 64<<10 {
		t.Errorf("%d bytes read of %d", w.read, w.size())
	}
	o, _ := f.Object(syntax.Ref{Number: 2})
	if _, err := f.Decode(o.Value.(*syntax.Stream)); !isLimit(err) || w.read > 2*syntax.MaxDecoded {
		t.Errorf("%d bytes read to decode it: error %v", w.read, err)
	}
}
