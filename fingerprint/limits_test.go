package fingerprint_test

import (
	"errors"
	"testing"

	"natsuin/fingerprint"
)

func TestShortReportsWhetherDigitsAreMissing(t *testing.T) {
	for _, test := range []struct {
		err  fingerprint.LengthError
		want bool
	}{
		{fingerprint.LengthError{Digits: 1}, true},
		{fingerprint.LengthError{Digits: 63}, true},
		{fingerprint.LengthError{Digits: 64}, false},
		{fingerprint.LengthError{Digits: 65}, false},
		{fingerprint.LengthError{Digits: 41}, true}, // too long for SHA-1, but may be the beginning of SHA-256
		{fingerprint.LengthError{Digits: 63, Labelled: fingerprint.SHA256}, true},
		{fingerprint.LengthError{Digits: 65, Labelled: fingerprint.SHA256}, false},
		{fingerprint.LengthError{Digits: 39, Labelled: fingerprint.SHA1}, true},
		{fingerprint.LengthError{Digits: 40, Labelled: fingerprint.SHA1}, false},
		{fingerprint.LengthError{Digits: 41, Labelled: fingerprint.SHA1}, false},
		{fingerprint.LengthError{Base64: 1}, true},
		{fingerprint.LengthError{Base64: 42}, true},
		{fingerprint.LengthError{Base64: 43}, false},
		{fingerprint.LengthError{Base64: 44}, false},
		{fingerprint.LengthError{Base64: 42, Labelled: fingerprint.SHA256}, true},
		{fingerprint.LengthError{Base64: 44, Labelled: fingerprint.SHA256}, false},
	} {
		if got := test.err.Short(); got != test.want {
			t.Errorf("%+v: got %v", test.err, got)
		}
	}
}

func TestLengthErrorNamesTheDigitsThatWereFound(t *testing.T) {
	for want, err := range map[string]fingerprint.LengthError{
		"parse fingerprint: 1 hexadecimal digits, not a whole sha256 (64) or sha1 (40) value": {Digits: 1},
		"parse fingerprint: 41 hexadecimal digits, not a whole sha1 value":                    {Digits: 41, Labelled: fingerprint.SHA1},
		"parse fingerprint: 1 base64 characters, not a whole sha256 (64) or sha1 (40) value":  {Base64: 1},
		"parse fingerprint: 44 base64 characters, not a whole sha256 value":                   {Base64: 44, Labelled: fingerprint.SHA256},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestBase64BeforeAnotherValueIsTwoValues(t *testing.T) {
	for _, second := range []string{abc256, abc1, base64Of(abc256)} {
		if _, err := fingerprint.Parse("SHA256:" + base64Of(abc256) + " " + second); !errors.Is(err, fingerprint.ErrTwoValues) {
			t.Errorf("before %s: %v", second, err)
		}
	}
	// No fingerprint has the length of the second part.
	var length *fingerprint.LengthError
	if _, err := fingerprint.Parse("SHA256:" + base64Of(abc256) + abc256[:21]); !errors.As(err, &length) || length.Base64 != 64 {
		t.Errorf("43 and 21 characters: %v", err)
	}
}

// Parse accepts the first and last characters of each set, and not their
// neighbours, except for the separator ":".
func TestParseKnowsTheFirstAndLastCharactersOfEachSet(t *testing.T) {
	const rest = "999999999999999999999999999999999999999"
	for _, first := range []string{"0", "9", "a", "f", "A", "F", "０", "９", "ａ", "ｆ", "Ａ", "Ｆ"} {
		if got, err := fingerprint.Parse(first + rest); err != nil || got.Algorithm != fingerprint.SHA1 {
			t.Errorf("%q: %v, %v", first, got, err)
		}
	}
	for first, want := range map[string]rune{
		"/": '/', ";": ';', "@": '@', "G": 'G', "`": '`', "g": 'g',
		"！": '!', "～": '~', // the first and last of full-width ASCII
		"\uFF00": '\uFF00', "｟": '｟',
	} {
		var syntax *fingerprint.SyntaxError
		if _, err := fingerprint.Parse(first + rest); !errors.As(err, &syntax) || syntax.Char != want {
			t.Errorf("%q: %v", first, err)
		}
	}
	const middle = "6fZ9AaZz09+/6fZ9AaZz09+/6fZ9AaZz09+/6fZ9AA" // 42 characters
	for _, first := range []string{"0", "9", "a", "z", "A", "Z", "+", "/"} {
		if got, err := fingerprint.Parse("SHA256:" + first + middle); err != nil || got.Algorithm != fingerprint.SHA256 {
			t.Errorf("%q in base64: %v, %v", first, got, err)
		}
	}
	for _, first := range []string{"*", ",", ".", ";", "@", "[", "`", "{"} {
		if _, err := fingerprint.Parse("SHA256:" + first + middle); !errors.As(err, new(*fingerprint.SyntaxError)) {
			t.Errorf("%q in base64: %v", first, err)
		}
	}
}
