package pdf_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"natsuin/sign/pdf/syntax"
	"natsuin/verify/internal/pdf"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"plain (text)":                     "plain (text)",
		"\xFE\xFF\x5C\x71\x75\x30":         "山田",
		"\xFE\xFF\xD8\x42\xDF\xB7\x91\xCE": "𠮷野",
		"\xFE\xFF\x5C":                     "",
		"\xEF\xBB\xBF山田":                   "山田",
		"\xEF\xBB\xBF\xFF":                 "\uFFFD",
		"\x18\x1F\x80\x9E\xA0\xE9":         "˘˜•ž€é",
	} {
		if got := pdf.Text(syntax.String(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestDate(t *testing.T) {
	jst := time.FixedZone("", 9*3600)
	for in, want := range map[string]struct {
		time  time.Time
		zoned bool
	}{
		"D:20261130093000+09'00'": {time.Date(2026, 11, 30, 9, 30, 0, 0, jst), true},
		"D:20261130093000+09'00":  {time.Date(2026, 11, 30, 9, 30, 0, 0, jst), true},
		"D:20261130093000+09":     {time.Date(2026, 11, 30, 9, 30, 0, 0, jst), true},
		"D:20261130003000Z":       {time.Date(2026, 11, 30, 0, 30, 0, 0, time.UTC), true},
		"D:20261130003000Z00'00'": {time.Date(2026, 11, 30, 0, 30, 0, 0, time.UTC), true},
		"D:20261129153000-09'30'": {time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC), true},
		"D:20261130093000":        {time.Date(2026, 11, 30, 9, 30, 0, 0, time.UTC), false},
		"D:2026":                  {time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), false},
		"D:202611":                {time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), false},
	} {
		got, zoned, ok := pdf.Date(in)
		if !ok || !got.Equal(want.time) || zoned != want.zoned {
			t.Errorf("%s: %v, %v, %v", in, got, zoned, ok)
		}
	}
	for _, in := range []string{"", "D:", "2026", "D:202", "D:20261", "D:20261330", "D:2026113009300012", "D:20261130093000X", "D:20261130093000+9", "D:20261130093000+24'00'", "D:20261130093000+09'60'", "D:20261130093000Z01'00'", "D:20261130093000+0a'00'", "D:202611300930\x10"} {
		if got, zoned, ok := pdf.Date(in); ok || zoned || !got.IsZero() {
			t.Errorf("%q is read as %v", in, got)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("D:20261130093000+09'00'")
	f.Add("\xFE\xFF\xD8\x42")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(pdf.Text(syntax.String(s))) {
			t.Errorf("%q: not UTF-8", s)
		}
		if at, zoned, ok := pdf.Date(s); !ok && (zoned || !at.IsZero()) {
			t.Errorf("%q: %v", s, at)
		}
	})
}
