package verify_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"natsuin/verify"
)

// covered returns the two ranges of a file that a signature covers, and the
// offsets of the hexadecimal digits of its attributes and its value.
func covered(t testing.TB, b []byte, s verify.PDFSignature) (ranges [2][2]int, value []int) {
	t.Helper()
	// The range is in the dictionary, which the signature covers.
	at := bytes.LastIndex(b[:s.End], []byte("/ByteRange"))
	for ; at >= 0; at = bytes.LastIndex(b[:at], []byte("/ByteRange")) {
		fields := strings.FieldsFunc(string(b[at+len("/ByteRange"):min(len(b), at+200)]), func(r rune) bool { return strings.ContainsRune("[] \t\r\n/>", r) })
		if len(fields) < 4 {
			continue
		}
		a, err1 := strconv.Atoi(fields[1])
		c, err2 := strconv.Atoi(fields[2])
		n, err3 := strconv.Atoi(fields[3])
		if errors.Join(err1, err2, err3) != nil || int64(c+n) != s.End {
			continue
		}
		ranges = [2][2]int{{0, a}, {c, c + n}}
		digits := b[a+1 : c-1]
		raw := make([]byte, hex.DecodedLen(len(digits)))
		if _, err := hex.Decode(raw, digits); err != nil {
			return ranges, nil
		}
		var whole asn1.RawValue
		if _, err := asn1.Unmarshal(raw, &whole); err != nil {
			return ranges, nil // BER
		}
		for _, part := range verify.Protected(whole.FullBytes) {
			if at := bytes.Index(raw, part); at >= 0 && len(part) > 0 {
				for i := range 2 * len(part) {
					value = append(value, a+1+2*at+i)
				}
			}
		}
		return ranges, value
	}
	t.Fatalf("%s: no range", s.Field)
	return ranges, nil
}

// TestEveryChangeOfAPDFIsNoticed changes a sample of single bytes of accepted
// files, in the parts that a signature covers, in its attributes and in its
// value, and appends some. With -all-mutations it tries every byte of files up
// to 32 KiB, and 4096 of others.
func TestEveryChangeOfAPDFIsNoticed(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-mutation-seed=%d", *seed)
	random := rand.New(rand.NewPCG(*seed, 0))
	files, tried := 0, 0
	for _, c := range pdfCases(t) {
		if c.Want != "VALID" || len(sharedFile(t, "pdf/"+c.File)) > 512<<10 {
			continue
		}
		b := sharedFile(t, "pdf/"+c.File)
		verdict, r := c.judge(t, b)
		if verdict != "VALID" {
			continue // documented
		}
		files++
		try := func(at int, changed []byte) {
			if got, _ := c.judge(t, changed); got == "VALID" {
				t.Errorf("%s: byte %d changed: still VALID", c.File, at)
			}
			tried++
		}
		var places []int
		for _, s := range r.Signatures {
			ranges, value := covered(t, b, s)
			for _, r := range ranges {
				for at := r[0]; at < r[1]; at++ {
					places = append(places, at)
				}
			}
			sample := 20
			if testing.Short() {
				sample = 4
			}
			if *allMutations {
				if sample = len(places); len(b) > 32<<10 {
					sample = 4096
				}
			}
			random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
			places = places[:min(len(places), sample)]
			if !*allMutations {
				random.Shuffle(len(value), func(i, j int) { value[i], value[j] = value[j], value[i] })
				value = value[:min(len(value), sample/2)]
			}
			for _, at := range value { // another hexadecimal digit
				changed := bytes.Clone(b)
				changed[at] = "0123456789abcdef"[(strings.IndexByte("0123456789abcdef", lower(b[at]))+1+random.IntN(15))%16]
				try(at, changed)
			}
			if len(r.Timestamps) == 0 && s.CoversWholeFile {
				try(len(b), append(bytes.Clone(b), '\n'))
				try(len(b), append(bytes.Clone(b), "%comment\n"...))
			}
		}
		slices.Sort(places)
		for _, at := range slices.Compact(places) {
			changed := bytes.Clone(b)
			changed[at] ^= byte(1 + random.IntN(255))
			try(at, changed)
		}
	}
	t.Logf("%d changes of %d files", tried, files)
	if files < 20 {
		t.Error("too few files were accepted")
	}
}

func lower(c byte) byte { return bytes.ToLower([]byte{c})[0] }

// hostilePDFs returns files that are expensive for a naive reader.
func hostilePDFs(t testing.TB, w world) map[string][]byte {
	many := func(n int, f func(i int) string) objects {
		o := objects{}
		for i := range n {
			o[100+i] = f(i)
		}
		return o
	}
	refs := func(n int) string {
		var out strings.Builder
		for i := range n {
			fmt.Fprintf(&out, "%d 0 R ", 100+i)
		}
		return out.String()
	}
	var bomb bytes.Buffer
	z := zlib.NewWriter(&bomb)
	for range 64 {
		z.Write(make([]byte, 1<<20))
	}
	z.Close()
	chain := basePDF(nil).sign(t, w.signer, newSignature)
	for range 900 {
		chain.update(objects{15: "<<>>"})
	}
	signatures := basePDF(nil)
	for i := range 100 {
		o := secondSignature(none, detachedEntries)
		signatures.sign(t, w.signer, objects{6: fmt.Sprintf("<</Fields[%s]>>", refs(i+1)), 100 + i: fmt.Sprintf("<</FT/Sig/T(%d)/V %d 0 R>>", i, 300+i), 300 + i: o[31]})
	}
	crowded := basePDF(many(2000, func(i int) string { return "<</FT/Tx/T(x)>>" }).with(objects{6: "<</Fields[" + refs(2000) + "]>>"}))
	crowded.sign(t, w.signer, newSignature.with(objects{6: "<</Fields[" + refs(2000) + "20 0 R]>>"}))
	for range 900 {
		crowded.update(objects{15: "<<>>"})
	}
	const n = 100_000
	nested := signedPDF(t, w)
	var inside strings.Builder
	for i := range n {
		fmt.Fprintf(&inside, "(%d 0 obj ", 101+i)
	}
	start := len(nested.b)
	nested.update(many(n+1, func(int) string { return "" }).with(objects{100: inside.String() + strings.Repeat(")", n)}))
	table := bytes.Index(nested.b[start:], []byte("\nxref\n")) + start
	for i := range n {
		number := strconv.Itoa(101 + i)
		start += bytes.Index(nested.b[start:], []byte("("+number)) + 1
		table += bytes.Index(nested.b[table:], []byte("\n"+number+" 1\n")) + len(number) + 4
		copy(nested.b[table:], fmt.Sprintf("%010d 00000 n", start))
	}
	return map[string][]byte{
		"objects in a chain": signedPDF(t, w).update(many(n, func(i int) string { return fmt.Sprintf("[%d 0 R]", 101+i) }).with(replaced(t, 1, "/Lang(ja)", "/Foo 100 0 R"))).b,
		"fields in a chain":  signedPDF(t, w).update(many(n, func(i int) string { return fmt.Sprintf("<</T(x)/Kids[%d 0 R]>>", 101+i) }).with(objects{6: "<</Fields[100 0 R 20 0 R]>>"})).b,
		"fields":             signedPDF(t, w).update(many(n, func(i int) string { return "<</FT/Tx/T(x)/Parent 99 0 R>>" }).with(objects{6: "<</Fields[20 0 R " + refs(n) + "]>>"})).b,
		"long names":         signedPDF(t, w).update(many(4000, func(i int) string { return "<</FT/Tx/T(" + strings.Repeat("x", 4000) + ")>>" }).with(objects{6: "<</Fields[20 0 R " + refs(4000) + "]>>"})).b,
		"pages in a chain":   basePDF(many(n, func(i int) string { return fmt.Sprintf("<</Type/Pages/Kids[%d 0 R]>>", 101+i) }).with(objects{2: "<</Type/Pages/Kids[3 0 R 100 0 R]>>"})).sign(t, w.signer, newSignature).update(objects{}).b,
		"pages twice":        basePDF(objects{2: "<</Type/Pages/Kids[" + strings.Repeat("3 0 R ", n) + "]>>"}).sign(t, w.signer, newSignature).update(objects{}).b,
		"annotations":        signedPDF(t, w).update(objects{9: "[" + strings.Repeat("7 0 R 13 0 R ", n) + "]"}).b,
		"new widgets": signedPDF(t, w).update(many(3000, func(i int) string { return fmt.Sprintf("<</FT/Sig/T(%d)/Rect[0 0 1 1]/V 31 0 R>>", i) }).with(objects{
			6: "<</Fields[20 0 R " + refs(3000) + "]>>", 9: "[20 0 R " + refs(3000) + "]", 31: "<</Type/Sig>>"})).b,
		"bomb":               signedPDF(t, w).update(objects{4: stream("/Filter/FlateDecode", bomb.String())}).b,
		"bomb in the store":  signedPDF(t, w).update(replaced(t, 1, "/Lang(ja)", "/DSS<</Certs[60 0 R 60 0 R 60 0 R]>>").with(objects{60: stream("/Filter/FlateDecode", bomb.String())})).b,
		"revisions":          chain.b,
		"objects in objects": nested.b,
		"signatures":         signatures.b,
		"crowded revisions":  crowded.b,
	}
}

// TestHostilePDFs bounds the memory; the time is measured by the benchmark.
func TestHostilePDFs(t *testing.T) {
	if testing.Short() {
		t.Skip("reads files up to the limits")
	}
	w := newWorld(t)
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for name, b := range hostilePDFs(t, w) {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			before, peak := m.HeapAlloc, uint64(0)
			var r *verify.PDFReport
			var err error
			done := make(chan struct{})
			go func() {
				defer close(done)
				r, err = verify.PDF(t.Context(), bytes.NewReader(b), int64(len(b)), w.policy)
			}()
			for running := true; running; {
				select {
				case <-done:
					running = false
				case <-time.After(5 * time.Millisecond):
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapAlloc)
				}
			}
			if err != nil && !errors.As(err, new(*verify.PDFError)) {
				t.Fatal(err)
			}
			if err == nil {
				t.Logf("%d bytes: %v (%s), %d MiB", len(b), r.Verdict, r.Reason, (peak-min(peak, before))>>20)
			}
			if peak > before+100<<20 {
				t.Errorf("%d MiB in use", (peak-before)>>20)
			}
		})
	}
}

func BenchmarkHostilePDFs(b *testing.B) {
	w := newWorld(b)
	for name, file := range hostilePDFs(b, w) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if _, err := verify.PDF(b.Context(), bytes.NewReader(file), int64(len(file)), w.policy); err != nil && !errors.As(err, new(*verify.PDFError)) {
					b.Fatal(err)
				}
			}
		})
	}
}

// sparse is a file with a hole of zeros in the middle of a stream.
type sparse struct {
	head, tail []byte
	zeros      int64
}

func (s sparse) size() int64 { return int64(len(s.head)) + s.zeros + int64(len(s.tail)) }

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < s.size() {
		at := off - int64(len(s.head))
		switch {
		case at < 0:
			k := copy(p[n:], s.head[off:])
			n, off = n+k, off+int64(k)
		case at < s.zeros:
			k := int(min(int64(len(p)-n), s.zeros-at))
			clear(p[n : n+k])
			n, off = n+k, off+int64(k)
		default:
			k := copy(p[n:], s.tail[at-s.zeros:])
			n, off = n+k, off+int64(k)
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// BenchmarkLargePDF verifies a signed file of 1 GiB with one stream.
func BenchmarkLargePDF(b *testing.B) {
	w := newWorld(b)
	const zeros = 1 << 30
	head := []byte("%PDF-1.7\n4 0 obj\n<</Length 1073741824>>\nstream\n")
	f := &pdfFile{b: []byte("\nendstream\nendobj\n"), root: "1 0 R", info: "15 0 R"}
	shift := len(head) + zeros
	all := baseObjects.with(newSignature)
	delete(all, 4)
	offsets := map[int]int{4: len("%PDF-1.7\n")}
	for number, body := range all {
		offsets[number] = shift + len(f.b)
		f.b = fmt.Appendf(f.b, "%d 0 obj\n%s\nendobj\n", number, body)
	}
	start := shift + len(f.b)
	f.b = append(f.b, "xref\n"...)
	for number, at := range offsets {
		f.b = fmt.Appendf(f.b, "%d 1\n%010d 00000 n\r\n", number, at)
	}
	f.b = fmt.Appendf(f.b, "trailer\n<</Size 22/Root 1 0 R/Info 15 0 R>>\nstartxref\n%d\n%%%%EOF\n", start)
	gap := bytes.Index(f.b, []byte("<"+strings.Repeat("0", gapDigits)+">"))
	end := gap + gapDigits + 2
	at := byteRange.FindIndex(f.b)
	copy(f.b[at[0]:], fmt.Sprintf("/ByteRange[0 %010d %010d %010d]", shift+gap, shift+end, len(f.b)-end))
	file := sparse{head, f.b, zeros}
	content := io.MultiReader(io.NewSectionReader(file, 0, int64(shift+gap)), bytes.NewReader(f.b[end:]))
	h := sha256.New()
	if _, err := io.Copy(h, content); err != nil {
		b.Fatal(err)
	}
	m := by(w.signer, func(s *info) {
		s.attrs = func([][]byte) [][]byte {
			return [][]byte{attr(atContentType, oid(idData)), attr(atDigest, der(h.Sum(nil)))}
		}
	})
	m.detached = true
	copy(f.b[gap+1:], hex.EncodeToString(m.encode(b)))
	b.SetBytes(file.size())
	b.ReportAllocs()
	for b.Loop() {
		r, err := verify.PDF(b.Context(), file, file.size(), w.policy)
		if err != nil || r.Verdict != verify.Valid {
			b.Fatal(err, r)
		}
	}
}

// FuzzPDF looks for panics, and for VALID without a signer below the trusted
// root.
func FuzzPDF(f *testing.F) {
	w := newWorld(f)
	other := newWorld(f)
	f.Add(signedPDF(f, other).b)
	f.Add(signedPDF(f, other).sign(f, other.signer, secondSignature(box40, detachedEntries)).b)
	f.Add(signedPDF(f, other).update(objects{7: strings.Replace(baseObjects[7], "/F 4", "/F 4/V(Taro)", 1)}).b)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := verify.PDF(t.Context(), bytes.NewReader(b), int64(len(b)), w.policy)
		if err == nil && r.Verdict == verify.Valid {
			t.Fatal("VALID by a root that signed nothing")
		}
	})
}
