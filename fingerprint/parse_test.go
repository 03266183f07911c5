package fingerprint_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"natsuin/fingerprint"
)

// separated puts a separator between each n digits.
func separated(digits, separator string, n int) string {
	var groups []string
	for len(digits) > n {
		groups, digits = append(groups, digits[:n]), digits[n:]
	}
	return strings.Join(append(groups, digits), separator)
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune { return r - '!' + 0xFF01 }, s)
}

func base64Of(digits string) string {
	sum, err := hex.DecodeString(digits)
	if err != nil {
		panic(err)
	}
	return base64.RawStdEncoding.EncodeToString(sum)
}

func TestParseReadsEverySpelling(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"bare", abc256, abc256},
		{"bare SHA-1", abc1, abc1},
		{"lower case", strings.ToLower(abc256), abc256},
		{"colons", separated(abc256, ":", 2), abc256},
		{"hyphens", separated(abc1, "-", 2), abc1},
		{"groups", separated(abc256, " ", 4), abc256},
		{"colons and spaces", separated(abc256, " : ", 2), abc256},
		{"line breaks", separated(abc256, "\n", 16), abc256},
		{"Windows line breaks and tabs", "\t" + separated(abc256, "\r\n\t", 32) + "\r\n", abc256},
		{"line break inside a byte", abc1[:7] + "\n" + abc1[7:], abc1},
		{"ideographic and no-break spaces", separated(abc1, "\u3000\u00a0", 4), abc1},
		{"full width", fullWidth(separated(abc1, ":", 2)), abc1},
		{"full-width lower case", fullWidth(strings.ToLower(abc256)), abc256},
		{"marks from a pipe and a page", "\ufeff" + abc1[:8] + "\u200b" + abc1[8:], abc1},
		{"label", "SHA256:" + abc256, abc256},
		{"label in lower case", "sha1:" + strings.ToLower(abc1), abc1},
		{"label and space", "SHA1 " + abc1, abc1},
		{"label on its own line", "SHA-256\n" + abc256, abc256},
		{"full-width label", fullWidth("SHA256:" + abc256), abc256},
		{"openssl 1.1", "SHA256 Fingerprint=" + separated(abc256, ":", 2), abc256},
		{"openssl 3", "sha1 Fingerprint=" + separated(abc1, ":", 2) + "\n", abc1},
		{"hyphened", "SHA-256 Fingerprint = " + abc256, abc256},
		{"keytool", "\t SHA256: " + separated(abc256, ":", 2), abc256},
		{"Japanese", "フィンガープリント（SHA-1）：" + fullWidth(abc1), abc1},
		{"name after the hash", "SHA-1 フィンガープリント: " + abc1, abc1},
		{"thumbprint without a hash", "Thumbprint: " + abc1, abc1},
		{"ssh", "SHA256:" + base64Of(abc256), abc256},
		{"base64 without its label", base64Of(abc256) + "=", abc256},
		{"padded base64", "SHA256:" + base64Of(abc256) + "=", abc256},
		{"dialog of Windows", "\u200e" + strings.ToLower(separated(abc1, " ", 2)), abc1},
		{"full stop", separated(abc256, " ", 4) + "。", abc256},
		{"number of digits", separated(abc256, " ", 4) + "（64桁）", abc256},
		{"number of digits and full stop", "SHA-1：" + abc1 + "（４０ 桁）。\n", abc1},
		{"a line of natsuin practice show", "  Root          " + separated(abc256, " ", 4), abc256},
		{"a line of it in Japanese", "  ルート          " + separated(abc256, " ", 4), abc256},
		{"heading", "自己署名証明書のフィンガープリント\n" + separated(abc256, " ", 4), abc256},
		{"headings", "公的個人認証サービス 署名用認証局\nフィンガープリント（SHA-256）（64桁）\n\n" + separated(abc256, ":", 2) + "\n", abc256},
		{"heading and label", "Root certificate 2019-03-10\r\nSHA-256 Fingerprint\r\n" + separated(abc256, "\r\n", 16), abc256},
		{"heading and label on the line", "Root CA:\nSHA-1 Fingerprint: " + separated(abc1, ":", 2) + ".", abc1},
		{"heading and ssh", "Root:\nSHA256:" + base64Of(abc256), abc256},
		{"base64 broken by a terminal", "SHA256:" + base64Of(abc256)[:30] + "\n" + base64Of(abc256)[30:], abc256},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := fingerprint.Parse(test.text)
			if err != nil || got.String() != test.want {
				t.Fatalf("%q: got %v, %v", test.text, got, err)
			}
			want := fingerprint.SHA256
			if len(test.want) == 40 {
				want = fingerprint.SHA1
			}
			if got.Algorithm != want {
				t.Errorf("got %v", got.Algorithm)
			}
		})
	}
}

func TestParseWantsOneWholeValue(t *testing.T) {
	ssh := "SHA256:" + base64Of(abc256)
	for _, test := range []struct {
		name, text string
		want       error
	}{
		{"nothing", "", fingerprint.ErrEmpty},
		{"blanks", " \t\r\n\u3000", fingerprint.ErrEmpty},
		{"label alone", "SHA256:", fingerprint.ErrEmpty},
		{"label alone without a colon", "SHA-1", fingerprint.ErrEmpty},
		{"separators alone", ":: --", fingerprint.ErrEmpty},
		{"two lines", abc256 + "\n" + abc1, fingerprint.ErrTwoValues},
		{"twice the same", abc1 + " " + abc1, fingerprint.ErrTwoValues},
		{"two long ones in groups", separated(abc256, ":", 2) + " " + separated(abc256, ":", 2), fingerprint.ErrTwoValues},
		{"both of a page", "SHA1 Fingerprint=" + abc1 + "\nSHA256 Fingerprint=" + abc256, fingerprint.ErrTwoValues},
		{"the second has only a label", abc1 + "\nSHA-256", fingerprint.ErrTwoValues},
		{"a label that is no hash", "Root " + abc1 + "\n" + abc1, fingerprint.ErrTwoValues},
		{"two labels", "SHA-1 SHA-256 " + abc256, fingerprint.ErrTwoValues},
		{"two of ssh", ssh + "\n" + ssh, fingerprint.ErrTwoValues},
		{"ssh and bare base64", ssh + "\n" + base64Of(abc256), fingerprint.ErrTwoValues},
		{"ssh and hexadecimal", ssh + " " + abc1, fingerprint.ErrTwoValues},
		{"two below headings", "Root\nSHA-1\n" + abc1 + "\nSHA-256\n" + abc256, fingerprint.ErrTwoValues},
		{"two below one heading", "Root\n" + abc1 + "\n" + abc256, fingerprint.ErrTwoValues},
		{"very long", strings.Repeat("A", fingerprint.MaxInput+1), fingerprint.ErrTooLong},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := fingerprint.Parse(test.text); !errors.Is(err, test.want) || got.Sum != nil {
				t.Errorf("%q: got %v, %v", test.text, got, err)
			}
		})
	}
}

func TestParseTellsAWrongLength(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       fingerprint.LengthError
	}{
		{"a beginning", abc256[:16], fingerprint.LengthError{Digits: 16}},
		{"one digit missing", abc256[:63], fingerprint.LengthError{Digits: 63}},
		{"one digit too many", abc1 + "0", fingerprint.LengthError{Digits: 41}},
		{"MD5", strings.Repeat("00", 16), fingerprint.LengthError{Digits: 32}},
		{"three values", strings.Repeat(abc1, 3), fingerprint.LengthError{Digits: 120}},
		{"label against length", "SHA256:" + abc1, fingerprint.LengthError{Digits: 40, Labelled: fingerprint.SHA256}},
		{"heading against length", "Root\nSHA-256:\n" + abc1, fingerprint.LengthError{Digits: 40, Labelled: fingerprint.SHA256}},
		{"below a heading cut short", "Root\n" + abc256[:60], fingerprint.LengthError{Digits: 60}},
		{"label against length the other way", "sha1: " + abc256, fingerprint.LengthError{Digits: 64, Labelled: fingerprint.SHA1}},
		{"hexadecimal as long as base64", "SHA256:" + abc256[:43], fingerprint.LengthError{Digits: 43, Labelled: fingerprint.SHA256}},
		{"base64 cut short", "SHA256:" + base64Of(abc256)[:42], fingerprint.LengthError{Base64: 42, Labelled: fingerprint.SHA256}},
		{"base64 of SHA-1", "SHA1:" + base64Of(abc1), fingerprint.LengthError{Base64: 27, Labelled: fingerprint.SHA1}},
		{"base64 of the wrong hash", "SHA1:" + base64Of(abc256), fingerprint.LengthError{Base64: 43, Labelled: fingerprint.SHA1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got *fingerprint.LengthError
			if _, err := fingerprint.Parse(test.text); !errors.As(err, &got) || *got != test.want {
				t.Errorf("%q: got %#v (%v)", test.text, got, err)
			}
		})
	}
}

func TestParseNamesTheCharacterThatIsWrong(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       rune
	}{
		{"word", "hello", 'h'},
		{"letter O for zero", "O" + abc1[1:], 'O'},
		{"dots", separated(abc1, ".", 2), '.'},
		{"0x", "0x" + abc1, 'x'},
		{"base64 without its label, cut short", base64Of(abc256)[:42], 'u'},
		{"words as long as base64", strings.Repeat("words ", 9)[:51], 'w'},
		{"not UTF-8", abc1[:39] + "\xff", '\ufffd'},
		{"bidi mark", "\u202e" + abc1, '\u202e'},
		{"another hash", "SHA512:" + abc256, 'S'},
		{"hash and digits without a gap", "SHA1" + abc1, 'S'},
		{"base64 with stray bits", "SHA256:" + base64Of(abc256)[:42] + "1", '1'},
		{"Arabic digit", "\u0661" + abc1[1:], '\u0661'},
		{"text after it", abc1 + " OK", 'O'},
		{"a line after it", "Root\n" + abc1 + "\nOK", 'O'},
		{"a wrong digit in a line", "1234567890ABCDEF123O\n" + abc1, 'O'},
		{"a value in the heading", "Key " + abc1 + "\n" + abc1, 'K'},
		{"dots at the end of a line", abc1[:20] + ".\n" + abc1[20:], '.'},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got *fingerprint.SyntaxError
			if _, err := fingerprint.Parse(test.text); !errors.As(err, &got) || got.Char != test.want {
				t.Errorf("%q: got %#v (%v)", test.text, got, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		abc256, abc1, separated(abc256, ":", 2), "SHA256:" + base64Of(abc256), fullWidth("SHA-1:" + abc1),
		"sha1 Fingerprint=" + abc1, "SHA256:", "\ufeff\u202e\xff", abc1 + "\n" + abc256, "フィンガープリント（SHA-1）",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := fingerprint.Parse(text)
		if err != nil {
			var length *fingerprint.LengthError
			var syntax *fingerprint.SyntaxError
			known := errors.As(err, &length) || errors.As(err, &syntax) || errors.Is(err, fingerprint.ErrEmpty) ||
				errors.Is(err, fingerprint.ErrTwoValues) || errors.Is(err, fingerprint.ErrTooLong)
			if !known || got.Sum != nil {
				t.Errorf("%q: got %v, %v", text, got, err)
			}
			return
		}
		// A parsed value is whole, and every way to format it parses to the
		// same value.
		for _, spelling := range []string{
			got.String(), strings.Join(got.Groups(), " "), got.Algorithm.String() + ":" + got.String(),
		} {
			if again, err := fingerprint.Parse(spelling); err != nil || !again.Equal(got) {
				t.Errorf("%q: %v became %v, %v", text, got, again, err)
			}
		}
	})
}

func TestParseReadsUpToItsLimit(t *testing.T) {
	value := strings.Repeat("A", 64)
	for n, want := range map[int]error{fingerprint.MaxInput: nil, fingerprint.MaxInput + 1: fingerprint.ErrTooLong} {
		if _, err := fingerprint.Parse(value + strings.Repeat(" ", n-len(value))); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", n, err, want)
		}
	}
}
