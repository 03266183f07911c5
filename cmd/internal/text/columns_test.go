package text_test

import (
	"slices"
	"strings"
	"testing"

	"natsuin/cmd/internal/text"
)

// Each case is at a limit: what fits in the last column stays, and what would
// take one more goes to the next line.
func TestLinesAreFullAndNoFuller(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"aaa bbb", 7, "aaa bbb"},
		{"aaa bbb", 6, "aaa\nbbb"},
		{"aaa bbb ", 7, "aaa bbb"},
		{"aaaaaaaaaa", 4, "aaaa\naaaa\naa"},
		{"aaaaaaaa", 4, "aaaa\naaaa"},
		{"ab", 0, "a\nb"},
		{"あいう", 6, "あいう"},
		{"あいう", 5, "あい\nう"},
		{"あいう", 3, "あ\nい\nう"},
		{"aあ", 3, "aあ"},
		{"aaaああ", 6, "aaaあ\nあ"},
		{"    aa bb cc", 8, "    aa\n    bb\n    cc"}, // an indent of half the line stays
		{"     aa bb cc", 8, "aa bb cc"},
		{"  aaaaaaa", 6, "  aaaa\n  aaa"},
		{"a --bb-cc d", 7, "a\n--bb-cc\nd"},
		{"a `b c d` e", 7, "a\n`b c d`\ne"},
		{"a `b c d` e", 6, "a `b c\nd` e"},
		{"a-b", 2, "a-\nb"},
	} {
		if got := text.Wrap(test.text, test.width); got != test.want {
			t.Errorf("%q in %d: %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

func TestLinesHangUnderTheirFirst(t *testing.T) {
	for _, test := range []struct {
		text           string
		width, columns int
		want           string
	}{
		{"aa: bb cc dd", 12, 4, "aa: bb cc dd"},
		{"aa: bb cc dd", 11, 4, "aa: bb cc\n    dd"},
		{"aa: bb cc dd", 8, 4, "aa: bb\n    cc\n    dd"},
		{"aa: bb cc dd", 8, 5, "aa: bb\ncc dd"},
		{"aa: bb cc dd", 7, 4, "aa: bb\ncc dd"},
		{"あ: bb cc dd", 8, 4, "あ: bb\n    cc\n    dd"},
	} {
		if got := text.WrapUnder(test.text, test.width, test.columns); got != test.want {
			t.Errorf("%q in %d under %d: %q, want %q", test.text, test.width, test.columns, got, test.want)
		}
	}
}

func TestGroupsStandInAlignedLines(t *testing.T) {
	groups := slices.Repeat([]string{"0123"}, 16)
	for width, perLine := range map[int]int{
		1: 1, 8: 1, 9: 2, 18: 2, 19: 4, 38: 4, 39: 8, 78: 8, 79: 16, 160: 16,
	} {
		line := strings.Join(groups[:perLine], " ")
		if got := text.GroupLines(groups, width); !slices.Equal(got, slices.Repeat([]string{line}, 16/perLine)) {
			t.Errorf("width %d: %q", width, got)
		}
	}
	if got := text.GroupLines(groups[:5], 19); !slices.Equal(got, []string{"0123 0123 0123 0123", "0123"}) {
		t.Errorf("five groups: %q", got)
	}
}

func TestPadFillsUp(t *testing.T) {
	for s, want := range map[string]string{"": "   ", "ab": "ab ", "あ": "あ ", "abc": "abc", "abcd": "abcd", "\x7f": "\x7f   "} {
		if got := text.Pad(s, 3); got != want {
			t.Errorf("%q: %q", s, got)
		}
	}
}
