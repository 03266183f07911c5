package card_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"natsuin/card"
)

func TestNormalizeBringsASecretIntoTheCardsForm(t *testing.T) {
	for _, c := range []struct {
		cred card.Credential
		in   string
		want string
		how  card.Normalized
	}{
		{card.SignPassword, "ABC123", "ABC123", card.Normalized{}},
		{card.SignPassword, "abc123", "ABC123", card.Normalized{Raised: true}},
		{card.SignPassword, "ＡＢＣ１２３", "ABC123", card.Normalized{Folded: true}},
		{card.SignPassword, "ａｂｃ１２３", "ABC123", card.Normalized{Raised: true, Folded: true}},
		{card.SignPassword, "ABCDEF", "ABCDEF", card.Normalized{SingleClass: true}},
		{card.SignPassword, "123456", "123456", card.Normalized{SingleClass: true}},
		{card.SignPassword, "ABCDEFGH12345678", "ABCDEFGH12345678", card.Normalized{}},
		{card.AuthPIN, "1234", "1234", card.Normalized{}},
		{card.AuthPIN, "１２３４", "1234", card.Normalized{Folded: true}},
	} {
		typed := []byte(c.in)
		got, how, err := card.Normalize(c.cred, card.NewSecret(typed))
		if err != nil || !got.Equal(secret(c.want)) || how != c.how {
			t.Errorf("%s %q: %+v, %v", c.cred, c.in, how, err)
		}
		if !bytes.Equal(typed, make([]byte, len(typed))) {
			t.Errorf("%q was not wiped", c.in)
		}
	}
}

func TestNormalizeRefusesAndNeverMends(t *testing.T) {
	for _, c := range []struct {
		cred   card.Credential
		in     string
		reason card.FormReason
		word   string
	}{
		{card.SignPassword, "", card.FormEmpty, "empty"},
		{card.SignPassword, "1234", card.FormFourDigits, "four-digits"},
		{card.SignPassword, "１２３４", card.FormFourDigits, "four-digits"},
		{card.SignPassword, "ABC12", card.FormTooShort, "too-short"},
		{card.SignPassword, "123", card.FormTooShort, "too-short"},
		{card.SignPassword, "ABCDEFGH123456789", card.FormTooLong, "too-long"},
		{card.SignPassword, strings.Repeat("A1", 5000), card.FormTooLong, "too-long"},
		{card.SignPassword, "ABC-123", card.FormCharacter, "character"},
		{card.SignPassword, "ABC 123", card.FormCharacter, "character"},
		{card.SignPassword, "ぱすわーど１２３", card.FormCharacter, "character"},
		{card.SignPassword, "ABC123\n", card.FormCharacter, "character"},
		{card.SignPassword, "ABC\x00123", card.FormCharacter, "character"},
		{card.SignPassword, "ABC123\xff", card.FormCharacter, "character"},
		{card.SignPassword, "ABC１２３é", card.FormCharacter, "character"},
		{card.SignPassword, " ABC123", card.FormSpace, "space"},
		{card.SignPassword, "ABC123 ", card.FormSpace, "space"},
		{card.SignPassword, "ABC123　", card.FormSpace, "space"},
		{card.AuthPIN, "", card.FormEmpty, "empty"},
		{card.AuthPIN, "123", card.FormNotFour, "not-four-digits"},
		{card.AuthPIN, "12345", card.FormNotFour, "not-four-digits"},
		{card.AuthPIN, "12a4", card.FormNotFour, "not-four-digits"},
		{card.AuthPIN, "ABC123", card.FormNotFour, "not-four-digits"},
		{card.AuthPIN, "1234 ", card.FormSpace, "space"},
		{card.AuthPIN, "一二三四", card.FormNotFour, "not-four-digits"},
		{card.AuthPIN, "١٢٣٤", card.FormNotFour, "not-four-digits"}, // unicode.IsDigit accepts Arabic digits
		{card.Credential(0), "1234", card.FormCharacter, "character"},
	} {
		typed := []byte(c.in)
		got, how, err := card.Normalize(c.cred, card.NewSecret(typed))
		var form *card.FormError
		if !errors.As(err, &form) || form.Reason != c.reason || form.Credential != c.cred || form.Reason.String() != c.word {
			t.Errorf("%s %q: %v", c.cred, c.in, err)
		}
		if got.Len() != 0 || how != (card.Normalized{}) || !bytes.Equal(typed, make([]byte, len(typed))) {
			t.Errorf("%q: something is left", c.in)
		}
	}
}

func TestCheckNewRefusesWhatIsEasilyGuessed(t *testing.T) {
	for _, c := range []struct {
		cred   card.Credential
		new    string
		reason card.WeakReason
		word   string
	}{
		{card.AuthPIN, "0000", card.WeakRepeated, "repeated"},
		{card.AuthPIN, "1234", card.WeakRun, "run"},
		{card.AuthPIN, "9876", card.WeakRun, "run"},
		{card.AuthPIN, "7890", card.WeakRun, "run"},
		{card.AuthPIN, "0987", card.WeakRun, "run"},
		{card.AuthPIN, "1357", card.WeakEqual, "equal"},
		{card.SignPassword, "ABC123XYZ", card.WeakEqual, "equal"},
		{card.SignPassword, "AAAAA1", card.WeakRepeated, "repeated"},
		{card.SignPassword, "1AAAAAAAAAAAAAAA", card.WeakRepeated, "repeated"},
		{card.SignPassword, "A1A1A1A1", card.WeakRepeated, "repeated"},
		{card.SignPassword, "12345A", card.WeakRun, "run"},
		{card.SignPassword, "A12345", card.WeakRun, "run"},
		{card.SignPassword, "ABCDE1", card.WeakRun, "run"},
		{card.SignPassword, "ABCD1234", card.WeakRun, "run"},
		{card.SignPassword, "AAA111", card.WeakRun, "run"},
		{card.SignPassword, "ABC321", card.WeakRun, "run"},
		{card.SignPassword, "A09012345678", card.WeakTelephone, "telephone"},
		{card.SignPassword, "TEL0196511234", card.WeakTelephone, "telephone"},
	} {
		err := card.CheckNew(c.cred, right(c.cred), secret(c.new))
		var weak *card.WeakSecretError
		if !errors.As(err, &weak) || weak.Reason != c.reason || weak.Credential != c.cred || weak.Reason.String() != c.word {
			t.Errorf("%s %q: %v", c.cred, c.new, err)
		}
	}
	for cred, good := range map[card.Credential][]string{
		card.AuthPIN:      {"1358", "2580", "0911", "1233", "1223"},
		card.SignPassword: {"RENSHU123", "NEWPASS42", "TEST1234", "A1B2C3", "X7ABCDEFGH2K", "0190TOKYO12345", "Z9M4Q2", "K2A123456MTB7XQ9"},
	} {
		for _, s := range good {
			if err := card.CheckNew(cred, right(cred), secret(s)); err != nil {
				t.Errorf("%s %q: %v", cred, s, err)
			}
		}
	}
}

func TestNewSignPasswordHoldsLettersAndDigits(t *testing.T) {
	for _, s := range []string{"QWZXRT", "928374"} {
		var form *card.FormError
		if err := card.CheckNew(card.SignPassword, right(card.SignPassword), secret(s)); !errors.As(err, &form) || form.Reason != card.FormSingleClass {
			t.Errorf("%q: %v", s, err)
		}
	}
	if err := card.CheckNew(card.SignPassword, right(card.SignPassword), secret("1234")); !errors.As(err, new(*card.FormError)) {
		t.Error(err)
	}
}

func TestCheckBirth(t *testing.T) {
	birth := card.Birth{Era: card.Showa, Year: 1980, Month: 4, Day: 1}
	for _, s := range []string{"A19800401", "800401A", "S550401", "AB550401CD", "04011980X"} {
		var weak *card.WeakSecretError
		if err := card.CheckBirth(card.SignPassword, secret(s), birth); !errors.As(err, &weak) || weak.Reason != card.WeakBirth {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"0401", "1980", "0104"} {
		if err := card.CheckBirth(card.AuthPIN, secret(s), birth); !errors.As(err, new(*card.WeakSecretError)) {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"A19810401", "NEWPASS42", "7143", "1441"} {
		if err := card.CheckBirth(card.AuthPIN, secret(s), birth); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, b := range []card.Birth{{}, {Year: 1980}, {Era: card.Showa, Year: 1980, Month: 4}} {
		if err := card.CheckBirth(card.SignPassword, secret("A19800400"), b); err != nil {
			t.Errorf("%+v: %v", b, err)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"ABC123", "ａｂｃ１２３", "1234", " 1234", "ABC\xff123", "！～"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, typed []byte) {
		for _, cred := range both {
			s, how, err := card.Normalize(cred, card.NewSecret(bytes.Clone(typed)))
			if err != nil {
				if !errors.As(err, new(*card.FormError)) || s.Len() != 0 {
					t.Errorf("%v", err)
				}
				continue
			}
			if n := len([]rune(string(typed))); n != s.Len() {
				t.Errorf("%d characters became %d", n, s.Len())
			}
			again, how2, err := card.Normalize(cred, s.Clone())
			if err != nil || !again.Equal(s) || how2.Raised || how2.Folded {
				t.Errorf("not stable: %+v, %v", how2, err)
			}
			if !how.Raised && !how.Folded && !s.Equal(card.NewSecret(bytes.Clone(typed))) {
				t.Error("changed without saying so")
			}
			_ = card.CheckNew(cred, right(cred), s)
		}
	})
}
