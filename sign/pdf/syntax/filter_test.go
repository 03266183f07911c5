package syntax_test

import (
	"bytes"
	"encoding/ascii85"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"natsuin/sign/pdf/syntax"
)

// decoded returns the decoded data of a stream.
func decoded(t testing.TB, dict, data string) ([]byte, error) {
	t.Helper()
	b := newBuilder()
	b.object(1, "<< >>")
	b.stream(2, dict, data)
	b.object(3, "/FlateDecode")
	b.object(4, "[/ASCIIHexDecode 3 0 R]")
	b.object(5, "<< /Predictor 12 /Columns 6 0 R >>")
	b.object(6, "4")
	b.end(b.table(""))
	f := open(t, b.Bytes())
	o, err := f.Object(syntax.Ref{Number: 2})
	if err != nil {
		t.Fatal(err)
	}
	return f.Decode(o.Value.(*syntax.Stream))
}

func encode85(s string) string {
	b := make([]byte, ascii85.MaxEncodedLen(len(s)))
	return string(b[:ascii85.Encode(b, []byte(s))])
}

func TestDecode(t *testing.T) {
	for _, c := range []struct{ name, dict, data, want string }{
		{"none", "", "abc", "abc"},
		{"null", "/Filter null", "abc", "abc"},
		{"empty list", "/Filter []", "abc", "abc"},
		{"Flate", "/Filter /FlateDecode", deflate("abc"), "abc"},
		{"Flate and bytes after it", "/Filter /FlateDecode", deflate("abc") + "\r\n", "abc"},
		{"by reference", "/Filter 3 0 R", deflate("abc"), "abc"},
		{"list by reference", "/Filter 4 0 R", hex.EncodeToString([]byte(deflate("abc"))), "abc"},
		{"hexadecimal", "/Filter /ASCIIHexDecode", "61 62\n6 3 7>zz", "abcp"},
		{"hexadecimal without end", "/Filter /ASCIIHexDecode", "6162", "ab"},
		{"85", "/Filter /ASCII85Decode", encode85("hello\x00\x00\x00\x00") + "~>", "hello\x00\x00\x00\x00"},
		{"85 without end", "/Filter /ASCII85Decode", encode85("hello"), "hello"},
		{"three", "/Filter [/ASCII85Decode /FlateDecode /ASCIIHexDecode]", encode85(deflate("616263>")) + "~>", "abc"},
		{"PNG", "/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 4 >>",
			deflate("\x00\x01\x02\x03\x04" + "\x01\x01\x01\x01\x01" + "\x02\x01\x01\x01\x01" + "\x03\x01\x01\x01\x01" + "\x04\x01\x01\x01\x01"),
			"\x01\x02\x03\x04" + "\x01\x02\x03\x04" + "\x02\x03\x04\x05" + "\x02\x03\x04\x05" + "\x03\x04\x05\x06"},
		{"PNG of three colours", "/Filter /FlateDecode /DecodeParms << /Predictor 10 /Colors 3 /Columns 2 >>",
			deflate("\x01\x01\x02\x03\x01\x01\x01" + "\x04\x01\x01\x01\x01\x01\x01"),
			"\x01\x02\x03\x02\x03\x04" + "\x02\x03\x04\x03\x04\x05"},
		{"PNG with parameters by reference", "/Filter [/FlateDecode] /DecodeParms [5 0 R]",
			deflate("\x02\x01\x02\x03\x04" + "\x02\x01\x01\x01\x01"), "\x01\x02\x03\x04\x02\x03\x04\x05"},
		{"PNG with Paeth, up and to the left", "/Filter /FlateDecode /DecodeParms << /Predictor 14 /Columns 2 >>",
			deflate("\x00\x0a\x14" + "\x04\x00\x00" + "\x04\xfb\x00"), "\x0a\x14" + "\x0a\x14" + "\x05\x14"},
		{"PNG with a short row", "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 4 >>", deflate("\x01\x01\x01\x01\x01\x02\x01"), "\x01\x02\x03\x04\x02"},
		{"PNG of 1 bit", "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 9 /BitsPerComponent 1 >>", deflate("\x01\x01\x01\x02\x01\x01"), "\x01\x02\x02\x03"},
		{"no predictor", "/Filter /FlateDecode /DecodeParms << /Predictor 1 /Columns 4 >>", deflate("abc"), "abc"},
		{"TIFF", "/Filter /FlateDecode /DecodeParms << /Predictor 2 /Columns 2 /Colors 2 >>", deflate("\x01\x02\x01\x01\x05\x06\xff\xff"), "\x01\x02\x02\x03\x05\x06\x04\x05"},
		{"TIFF of 16 bits", "/Filter /FlateDecode /DecodeParms << /Predictor 2 /Columns 2 /BitsPerComponent 16 >>", deflate("\x00\xff\x00\x01"), "\x00\xff\x01\x00"},
		{"TIFF of 4 bits", "/Filter /FlateDecode /DecodeParms << /Predictor 2 /Columns 4 /BitsPerComponent 4 >>", deflate("\x11\x1f"), "\x12\x32"},
		{"parameters null", "/Filter [/FlateDecode] /DecodeParms [null]", deflate("abc"), "abc"},
	} {
		got, err := decoded(t, c.dict, c.data)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, want %q, error %v", c.name, got, c.want, err)
		}
	}
}

func TestDecodeRefusesWhatIsBroken(t *testing.T) {
	flate := deflate("abc")
	for _, c := range []struct{ name, dict, data string }{
		{"no zlib header", "/Filter /FlateDecode", "abc"},
		{"checksum", "/Filter /FlateDecode", flate[:len(flate)-1] + "x"},
		{"cut off", "/Filter /FlateDecode", flate[:len(flate)-5]},
		{"empty", "/Filter /FlateDecode", ""},
		{"no hexadecimal digit", "/Filter /ASCIIHexDecode", "61x2>"},
		{"no second hexadecimal digit", "/Filter /ASCIIHexDecode", "6x>"},
		{"not 85", "/Filter /ASCII85Decode", "ab\x7fcd~>"},
		{"filter is no name", "/Filter 1", "abc"},
		{"filter in a list is no name", "/Filter [[/FlateDecode]]", flate},
		{"unknown row filter", "/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 2 >>", deflate("\x05ab")},
		{"unknown predictor", "/Filter /FlateDecode /DecodeParms << /Predictor 3 >>", flate},
		{"predictor is no number", "/Filter /FlateDecode /DecodeParms << /Predictor /A >>", flate},
		{"no columns", "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 0 >>", flate},
		{"endless columns", "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 999999999999 >>", flate},
		{"no colours", "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Colors -1 >>", flate},
		{"three bits", "/Filter /FlateDecode /DecodeParms << /Predictor 12 /BitsPerComponent 3 >>", flate},
		{"parameters are no dictionary", "/Filter /FlateDecode /DecodeParms 7", flate},
		{"data in another file", "/F (x)", "abc"},
	} {
		if got, err := decoded(t, c.dict, c.data); !isBroken(err) {
			t.Errorf("%s: %q, error %v", c.name, got, err)
		}
	}
}

func TestOtherFilters(t *testing.T) {
	for _, name := range []syntax.Name{"LZWDecode", "DCTDecode", "Crypt", "Fl", "Unheard"} {
		var filter *syntax.FilterError
		if _, err := decoded(t, "/Filter [/FlateDecode /"+string(name)+"]", deflate("abc")); !errors.As(err, &filter) || filter.Filter != name {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestLimitsOfDecoding(t *testing.T) {
	for _, c := range []struct {
		what    string
		decode  func(n int) ([]byte, error)
		largest int
	}{
		{"decoded", func(n int) ([]byte, error) {
			return decoded(t, "/Filter /FlateDecode", deflate(strings.Repeat("a", n)))
		}, syntax.MaxDecoded},
		{"not encoded", func(n int) ([]byte, error) { return decoded(t, "", strings.Repeat("a", n)) }, syntax.MaxDecoded},
		{"filters", func(n int) ([]byte, error) {
			return decoded(t, "/Filter ["+strings.Repeat("/ASCIIHexDecode ", n)+"]", "")
		}, syntax.MaxFilters},
	} {
		if _, err := c.decode(c.largest); err != nil {
			t.Errorf("%s %d: %v", c.what, c.largest, err)
		}
		if _, err := c.decode(c.largest + 1); !isLimit(err) {
			t.Errorf("%s %d: error %v", c.what, c.largest+1, err)
		}
	}
}

// A stream that grows at each of its filters ends with a limit error, and many
// of them end once the budget of work is spent.
func TestBombsEndWithTheBudget(t *testing.T) {
	bomb := deflate(deflate(strings.Repeat("\x00", 2*syntax.MaxDecoded)))
	b := newBuilder()
	b.object(1, "<< >>")
	for n := range 64 {
		b.stream(2+n, "/Filter [/FlateDecode /FlateDecode]", bomb)
	}
	b.end(b.table(""))
	f := open(t, b.Bytes())
	work := f.Work()
	limit := 0
	for n := range 64 {
		o, err := f.Object(syntax.Ref{Number: 2 + n})
		if err == nil {
			_, err = f.Decode(o.Value.(*syntax.Stream))
		}
		if !isLimit(err) {
			t.Fatalf("stream %d: error %v", n, err)
		}
		if f.Work() == 0 {
			limit = n
			break
		}
	}
	if limit == 0 || work > 512<<20 {
		t.Errorf("%d of %d still to spend", f.Work(), work)
	}
}

func TestBudget(t *testing.T) {
	b := classic("(" + strings.Repeat("a", 10000) + ")")
	f := open(t, b.Bytes())
	before := f.Work()
	if _, err := f.Object(syntax.Ref{Number: 2}); err != nil {
		t.Fatal(err)
	}
	cost := before - f.Work()
	if cost < 10000 || cost > 11000 {
		t.Errorf("an object of 10000 bytes costs %d", cost)
	}
	f.SetWork(cost)
	if _, err := f.Object(syntax.Ref{Number: 2}); err != nil {
		t.Errorf("just enough: %v", err)
	}
	f.SetWork(cost - 1)
	if _, err := f.Object(syntax.Ref{Number: 2}); !isLimit(err) {
		t.Errorf("one less: error %v", err)
	}
	f = open(t, b.Bytes())
	if spent := syntax.StartWork(b.Len()) - f.Work(); spent < 3*20 || spent > 300 {
		t.Errorf("a table of three entries costs %d", spent)
	}
	p, err := f.Prefix(f.Size())
	if err != nil {
		t.Fatal(err)
	}
	before = f.Work()
	if _, err := p.Object(syntax.Ref{Number: 2}); err != nil || before-f.Work() != cost {
		t.Errorf("a prefix spends %d of the file's, error %v", before-f.Work(), err)
	}
}

// Objects that each reach to the end of the file would cost the square of its
// size.
func TestObjectsWithinEachOtherEndWithTheBudget(t *testing.T) {
	const count = 20000
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var rows strings.Builder
	for n := range count {
		fmt.Fprintf(&rows, "%010d 00000 n\r\n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj (%s", n+1, strings.Repeat("a", 50))
	}
	b.WriteString(strings.Repeat(")", count) + " endobj\n")
	at := b.Len()
	fmt.Fprintf(&b, "xref\n1 %d\n%strailer << /Size %d >>\nstartxref\n%d\n%%%%EOF\n", count, &rows, count+1, at)
	f := open(t, b.Bytes())
	f.SetWork(f.Work() / 16)
	for n := range count {
		if _, err := f.Object(syntax.Ref{Number: n + 1}); isLimit(err) {
			return
		}
	}
	t.Errorf("all objects were read, %d still to spend", f.Work())
}
