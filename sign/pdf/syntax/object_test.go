package syntax_test

import (
	"fmt"
	"strings"
	"testing"

	"natsuin/sign/pdf/syntax"
)

func TestObjectsAreRead(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"null", "null"},
		{"true", "true"},
		{"false", "false"},
		{"0", "0"},
		{"+17", "17"},
		{"-98", "-98"},
		{"9223372036854775807", "9223372036854775807"},
		{"9223372036854775808", "9223372036854775808.0"},
		{"34.5", "34.5"},
		{"-.5", "-0.5"},
		{"4.", "4.0"},
		{"/Name", "/Name"},
		{"/", "/"},
		{"/A;Name_With-Various***Characters?", "/A;Name_With-Various***Characters?"},
		{"/A#42#2f", "/AB/"},
		{"/#e3#81#82", "/あ"},
		{"(text)", `"text"`},
		{"()", `""`},
		{"(a (b) c)", `"a (b) c"`},
		{`(\n\r\t\b\f\(\)\\\q)`, `"\n\r\t\b\f()\\q"`},
		{`(\0534\53\05\400)`, `"+4+\x05\x00"`},
		{"(a\\\r\nb\\\nc\\\rd)", `"abcd"`},
		{"(a\r\nb\rc\nd)", `"a\nb\nc\nd"`},
		{"(%no comment)", `"%no comment"`},
		{"<48 65\n6C>", `"Hel"`},
		{"<901FA>", `"\x90\x1f\xa0"`},
		{"<>", `""`},
		{"[]", "[]"},
		{"[1 2 0 R 3 4]", "[1 2 0 R 3 4]"},
		{"[1 2 R]", "[1 2 R]"},
		{"[1 0 R2 0 R]", ""},
		{"[12 0 R/R]", "[12 0 R /R]"},
		{"[1 0 R 1 0\r\nR]", "[1 0 R 1 0 R]"},
		{"[1 % 2 0 R\n2%x\n0%y\rR]", "[1 2 0 R]"},
		{"[-1 0 R]", ""},
		{"[1(a)/B<43>true[null]]", `[1 "a" /B "C" true [null]]`},
		{"<</A 1/B/C/D<</E(F)>>>>", `<</A 1 /B /C /D <</E "F">>>>`},
		{"<< /A null >>", "<</A null>>"},
		{"<< /A % >>\n1 >>", "<</A 1>>"},
		{"%c\n 1", "1"},
		{"", ""},
		{"--1", ""},
		{"1-2", ""},
		{"1.2.3", ""},
		{".", ""},
		{"-", ""},
		{"1e3", ""},
		{"tru", ""},
		{"True", ""},
		{"R", ""},
		{")", ""},
		{"]", ""},
		{">", ""},
		{"{}", ""},
		{"/A#4", ""},
		{"/A#00", ""},
		{"/A#gg", ""},
		{"(a", ""},
		{"(a\\", ""},
		{"<4", ""},
		{"<4x>", ""},
		{"[1", ""},
		{"[1>>", ""},
		{"<</A 1", ""},
		{"<</A 1>", ""},
		{"<</A>>", ""},
		{"<<1 2>>", ""},
		{"<</A 1/A 1>>", ""},
		{"<</A 1/#41 2>>", ""},
		{strings.Repeat("9", 129), ""},
	} {
		o, _, err := syntax.ParseObject([]byte(c.source))
		switch {
		case c.want == "" && !isBroken(err):
			t.Errorf("%q: read as %s, error %v", c.source, text(o), err)
		case c.want != "" && (err != nil || text(o) != c.want):
			t.Errorf("%q: %s, want %s, error %v", c.source, text(o), c.want, err)
		}
	}
}

func TestEqualKeysOfALargeDictionaryAreRefused(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, "/K%d %d ", i, i)
	}
	if _, _, err := syntax.ParseObject([]byte("<<" + b.String() + ">>")); err != nil {
		t.Error(err)
	}
	for _, key := range []string{"/K0", "/K16", "/K17", "/K39"} {
		if _, _, err := syntax.ParseObject([]byte("<<" + b.String() + key + " 1>>")); !isBroken(err) {
			t.Errorf("%s twice: error %v", key, err)
		}
	}
}

func TestSpans(t *testing.T) {
	const source = "  << /A  12 0 R /Contents<00 ff>/B[ 1 (x) ] /C/D >>"
	o, span, err := syntax.ParseObject([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	at := func(s syntax.Span) string { return source[s.Start:s.End] }
	d := o.(*syntax.Dict)
	if at(span) != source[2:] || at(d.Span) != source[2:] {
		t.Errorf("dictionary at %q, %q", at(span), at(d.Span))
	}
	want := []string{"12 0 R", "<00 ff>", "[ 1 (x) ]", "/D"}
	for i, e := range d.Entries {
		if at(e.Span) != want[i] || !strings.HasPrefix(source[e.Start:], "/"+string(e.Key)) {
			t.Errorf("/%s: key at %q, value %q", e.Key, source[e.Start:], at(e.Span))
		}
	}
	if b := d.Get("B").(syntax.Array); at(b[0].Span) != "1" || at(b[1].Span) != "(x)" {
		t.Errorf("elements at %q, %q", at(b[0].Span), at(b[1].Span))
	}
}

func TestLimitsOfAnObject(t *testing.T) {
	nested := func(n int) string {
		return strings.Repeat("[<</A", n/2) + strings.Repeat("[", n%2) + " 1" +
			strings.Repeat("]", n%2) + strings.Repeat(">>]", n/2)
	}
	for _, c := range []struct {
		what    string
		source  func(n int) string
		largest int
	}{
		{"depth", nested, syntax.MaxDepth},
		{"bytes", func(n int) string { return "(" + strings.Repeat("a", n-2) + ")" }, syntax.MaxObject},
		{"values", func(n int) string { return "[" + strings.Repeat("1 ", n-1) + "]" }, syntax.MaxValues},
	} {
		if _, _, err := syntax.ParseObject([]byte(c.source(c.largest))); err != nil {
			t.Errorf("%s %d: %v", c.what, c.largest, err)
		}
		if _, _, err := syntax.ParseObject([]byte(c.source(c.largest + 1))); !isLimit(err) {
			t.Errorf("%s %d: error %v", c.what, c.largest+1, err)
		}
	}
}
