package outcome_test

import (
	"errors"
	"testing"

	"natsuin/card/pcsc"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
	"natsuin/fingerprint"
)

func TestAMisspellingIsTakenForTheWordThatIsMeant(t *testing.T) {
	known := []string{"sign", "verify", "--attached", "fingerprint", "practice"}
	for typed, want := range map[string]string{
		"sign": "sign", "sing": "sign", "sgn": "sign", "signn": "sign", "sihn": "sign", "isgn": "sign",
		"sin": "sign", "si": "", "isng": "", "sinh": "", "signing": "", "gsni": "",
		"verfiy": "verify", "vrfy": "verify", "verifyyy": "verify", "verifyyyy": "",
		"atached": "--attached", "-attached": "--attached", "--atached": "--attached",
		"fingerprnit": "fingerprint", "practise": "practice", "Practice": "practice", "prcatiec": "practice", "prctc": "",
		"sign1": "", "": "", "-": "", "xyz": "",
	} {
		if got := outcome.Near(typed, known); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	// The nearest word counts, and of two that are equally near the first.
	for typed, want := range map[string]string{"signx": "signs", "sigr": "sigs"} {
		if got := outcome.Near(typed, []string{"sigs", "signs", "sigt"}); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestTheFormOfASecret(t *testing.T) {
	for word, want := range map[string]bool{
		"1234": true, "123": false, "12345": false, "abc1": true,
		"ABC123": true, "ABCDEFGHIJKLMN12": true, "ABCDEFGHIJKLMN123": false,
		"ABCDEF": false, "abc-123": false, "ＡＢＣ１２３": false, "ABC12é": false, "ABC123x": true,
		"it is ABC123": true, "--pin=1234": true, "no secret here": false,
	} {
		if got := outcome.HoldsSecretForm(word); got != want {
			t.Errorf("%q: %t", word, got)
		}
	}
}

// Words that may be a secret are reported as such and never repeated.
func TestRefusedWords(t *testing.T) {
	for _, test := range []struct {
		typed, meant string
		secret       bool
	}{
		{"sing", "sign", false},
		{"sing 1234", "sign", true},
		{"sing=RENSHU123", "sign", true},
		{"abc", "", false},
		{"abcd", "", true},
		{"あいう", "", false},
		{"あいうえ", "", true},
		{"", "", false},
	} {
		e := outcome.Refuse("err.x", test.typed, []string{"sign"}, "Known", "sign")
		if e.Meant != test.meant || e.Typed != test.secret || e.Code != outcome.CodeUsage {
			t.Errorf("%q: %+v", test.typed, e)
		}
	}
}

func TestUsageKnowsTheWordThatWasMeant(t *testing.T) {
	e := outcome.Of(outcome.Usage("err.x", "Other", "sing", "Known", "verify, sign", "Value", "sing"))
	if e.Meant != "sign" {
		t.Errorf("%+v", e)
	}
}

// Usage takes a value that is no text, and a pair that is not complete.
func TestUsageTakesAnyPairs(t *testing.T) {
	var e *outcome.Error
	if !errors.As(outcome.Usage("err.x", "N", 3, "Known", "a, b\x1b", "Value", "abcd", "Odd"), &e) {
		t.Fatal("no outcome")
	}
	if len(e.Pairs) != 4 || e.Pairs[1] != 3 || e.Pairs[3] != text.Escape("a, b\x1b") || !e.Typed {
		t.Errorf("%q, %t", e.Pairs, e.Typed)
	}
}

func TestAnOutcomeNamesItsCause(t *testing.T) {
	bare := &outcome.Error{Code: outcome.CodeUsage, ID: "err.x"}
	caused := &outcome.Error{Code: outcome.CodeUsage, ID: "err.x", Err: pcsc.ErrBusy}
	if bare.Error() != "usage: err.x" || caused.Error() != "usage: err.x: "+pcsc.ErrBusy.Error() {
		t.Errorf("%v; %v", bare, caused)
	}
}

// The digits of a fingerprint are those of either form.
func TestTheLengthOfAFingerprintIsSaid(t *testing.T) {
	for _, err := range []error{&fingerprint.LengthError{Digits: 12}, &fingerprint.LengthError{Base64: 12}} {
		if e := outcome.Of(err); len(e.Pairs) < 2 || e.Pairs[1] != 12 {
			t.Errorf("%v: %+v", err, e)
		}
	}
}
