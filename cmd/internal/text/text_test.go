package text_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"natsuin/cmd/internal/text"
)

func TestEscapeMakesWhatSteersVisible(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"plain", "公的個人認証 JPKI", "公的個人認証 JPKI"},
		{"terminal sequence", "a\x1b[31mb", `a\u{1B}[31mb`},
		{"C1 sequence", "a\u009b31mb", `a\u{9B}31mb`},
		{"line ends and tab", "a\r\nb\tc", `a\u{0D}\u{0A}b\u{09}c`},
		{"delete", "a\x7f", `a\u{7F}`},
		{"right-to-left override", "gpj\u202e.exe", `gpj\u{202E}.exe`},
		{"isolates", "\u2066a\u2069", `\u{2066}a\u{2069}`},
		{"direction marks", "\u200e\u200f\u061c", `\u{200E}\u{200F}\u{61C}`},
		{"no width", "a\u200bb\ufeffc\u00add", `a\u{200B}b\u{FEFF}c\u{AD}d`},
		{"line separators", "a\u2028b\u2029c", `a\u{2028}b\u{2029}c`},
		{"blank filler", "a\u3164b", `a\u{3164}b`},
		{"tags", "a\U000E0041", `a\u{E0041}`},
		{"not UTF-8", "a\xff\xc3b", `a\x{FF}\x{C3}b`},
		{"the replacement character itself", "a\ufffdb", "a\ufffdb"},
		{"variation selector in a name", "葛\U000E0100飾", "葛\U000E0100飾"},
		{"voiced kana in two characters", "か\u3099", "か\u3099"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := text.Escape(test.in); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b]0;title\x07\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := text.Escape(s)
		if !utf8.ValidString(got) {
			t.Errorf("%q is not UTF-8", got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("%q holds %U", got, r)
			}
		}
	})
}

func TestWrapKeepsToTheWidth(t *testing.T) {
	for _, test := range []struct {
		name, in string
		width    int
		want     string
	}{
		{"short", "one two", 40, "one two"},
		{"words", "one two three", 8, "one two\nthree"},
		{"Japanese counts double", "署名用電子証明書", 8, "署名用電\n子証明書"},
		{"a full stop does not begin a line", "あいうえ。", 8, "あいう\nえ。"},
		{"a long word is cut", "ABCDEFGHIJ", 4, "ABCD\nEFGH\nIJ"},
		{"lines stay", "a\n\nb", 40, "a\n\nb"},
		{"a broken line keeps its indent", "  one two three", 8, "  one\n  two\n  three"},
		{"a flag stays whole", "with --min-tries", 12, "with\n--min-tries"},
		{"and a short one", "add --pin-from, -o", 11, "add\n--pin-from,\n-o"},
		{"a command stays whole", "run `a b c` now", 8, "run\n`a b c`\nnow"},
		{"a command that is too long does not", "run `one two` now", 8, "run `one\ntwo` now"},
		{"no blank at a line's end", "abcd efgh", 5, "abcd\nefgh"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := text.Wrap(test.in, test.width); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWrapUnderLeavesTheFirstColumnsAlone(t *testing.T) {
	for _, test := range []struct {
		in      string
		columns int
		want    string
	}{
		{"abc one two", 4, "abc one two"},
		{"abc one two three four", 4, "abc one two\n    three\n    four"},
		{"結果 一二三四五六", 5, "結果 一二三\n     四五六"},
		{"abc one two three", 7, "abc one two\nthree"}, // no room for the indent
	} {
		if got := text.WrapUnder(test.in, 12, test.columns); got != test.want {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("署名用電子証明書のパスワード one two three", 40)
	f.Add("    ABCDEFGHIJKLMNOP", 10)
	f.Fuzz(func(t *testing.T, in string, width int) {
		if width < 8 || width > 200 || len(in) > 2000 {
			t.Skip()
		}
		in = text.Escape(in)
		got := text.Wrap(in, width)
		for _, line := range strings.Split(got, "\n") {
			if text.Width(line) > width && utf8.RuneCountInString(line) > 4 {
				t.Errorf("%q has %d columns, not at most %d", line, text.Width(line), width)
			}
		}
		bare := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
		for _, got := range []string{got, text.WrapUnder(in, width, 4)} {
			if bare(got) != bare(in) {
				t.Errorf("characters changed: %q became %q", in, got)
			}
		}
	})
}

func TestPadCountsColumns(t *testing.T) {
	if got := text.Pad("署名", 6) + "|"; got != "署名  |" {
		t.Errorf("got %q", got)
	}
	if got := text.Pad("longer", 3); got != "longer" {
		t.Errorf("got %q", got)
	}
}

func TestGroupsStandUnderEachOther(t *testing.T) {
	groups := strings.Split("0001 0002 0003 0004 0005 0006 0007 0008 0009 0010", " ")
	for _, test := range []struct {
		width int
		want  string
	}{
		{80, "0001 0002 0003 0004 0005 0006 0007 0008 0009 0010"},
		{40, "0001 0002 0003 0004 0005 0006 0007 0008\n0009 0010"},
		{38, "0001 0002 0003 0004\n0005 0006 0007 0008\n0009 0010"},
		{1, strings.Join(groups, "\n")},
	} {
		if got := strings.Join(text.GroupLines(groups, test.width), "\n"); got != test.want {
			t.Errorf("width %d: got %q, want %q", test.width, got, test.want)
		}
	}
}

// A name in a certificate may be as long as the certificate. Wrapping it must
// take linear time: quadratic time would take minutes.
func TestWrapBearsAVeryLongWord(t *testing.T) {
	for _, in := range []string{
		strings.Repeat("a", 1<<19), strings.Repeat("漢", 1<<18), "`" + strings.Repeat("a-", 1<<18), strings.Repeat("-", 1<<18),
	} {
		for _, line := range strings.Split(text.Wrap(in, 80), "\n") {
			if text.Width(line) > 80 {
				t.Fatalf("a line of %d columns", text.Width(line))
			}
		}
	}
}
