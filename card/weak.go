package card

import (
	"bytes"
	"fmt"
)

// A WeakReason says why a new secret is refused.
type WeakReason uint8

// The reasons.
const (
	WeakEqual     WeakReason = iota + 1 // the same as the old secret
	WeakRepeated                        // one character repeated, or two alternating
	WeakRun                             // sequences, such as 1234, 9876 and ABCDEF
	WeakTelephone                       // looks like a telephone number
	WeakBirth                           // contains the birth date
)

var weakWords = [...]string{"unknown", "equal", "repeated", "run", "telephone", "birth"}

// String returns a stable word for the reason.
func (r WeakReason) String() string { return wordOf(weakWords[:], int(r)) }

// A WeakSecretError means that a new secret is easily guessed (docs/card.md
// §5).
type WeakSecretError struct {
	Credential Credential
	Reason     WeakReason
}

// Error implements error.
func (e *WeakSecretError) Error() string {
	return fmt.Sprintf("%s secret: refused as new: %s", e.Credential, e.Reason)
}

// CheckNew checks a new secret that [Normalize] has returned. The error is a
// [*WeakSecretError], which a person may override, or a [*FormError], which
// cannot be overridden. A new signature password must have both letters and
// digits.
func CheckNew(cred Credential, old, new Secret) error {
	if err := CheckForm(cred, new); err != nil {
		return err
	}
	if singleClass(cred, new) {
		return &FormError{cred, FormSingleClass}
	}
	b, reason := new.bytes(), WeakReason(0)
	switch {
	case new.Equal(old):
		reason = WeakEqual
	case repeated(b):
		reason = WeakRepeated
	case telephone(b):
		reason = WeakTelephone
	case run(b):
		reason = WeakRun
	default:
		return nil
	}
	return &WeakSecretError{cred, reason}
}

// repeated reports whether b is one character repeated (1111) or, if it is
// longer than a PIN, one character repeated except for one other (AAAAA1), or
// two characters alternating (A1A1A1).
func repeated(b []byte) bool {
	for _, c := range b {
		if others := len(b) - bytes.Count(b, []byte{c}); others == 0 || len(b) > 4 && others == 1 {
			return true
		}
	}
	return len(b) > 4 && bytes.Equal(b[2:], b[:len(b)-2])
}

// run reports whether a PIN is one ascending or descending sequence (1234,
// 9876), or whether a longer secret consists of ascending, descending or
// constant sequences of three or more characters (ABCD1234), except for at most
// a quarter of it (ABCDE1).
func run(b []byte) bool {
	left := 0 // characters in no sequence
	for i := 0; i < len(b); {
		n := max(stretch(b[i:], 1), stretch(b[i:], -1), stretch(b[i:], 0))
		if n < 3 {
			left++
			n = 1
		}
		i += n
	}
	if len(b) <= 4 {
		return stretch(b, 1) == len(b) || stretch(b, -1) == len(b)
	}
	return left <= len(b)/4
}

// stretch returns the length of the longest prefix of b in which each character
// differs from the previous one by step. 9 and 0 are neighbours.
func stretch(b []byte, step int) int {
	for i := 1; i < len(b); i++ {
		a, z := int(b[i-1]), int(b[i])
		around := step == 1 && a == '9' && z == '0' || step == -1 && a == '0' && z == '9'
		if z != a+step && !around {
			return i
		}
	}
	return len(b)
}

// telephone reports whether b contains a run of exactly ten or eleven digits
// that begins with 0, like Japanese telephone numbers.
func telephone(b []byte) bool {
	for i := 0; i < len(b); {
		n := 0
		for i+n < len(b) && isDigit(b[i+n]) {
			n++
		}
		if (n == 10 || n == 11) && b[i] == '0' {
			return true
		}
		i += n + 1
	}
	return false
}

// CheckBirth returns a [*WeakSecretError] if a new secret contains the birth
// date, with the Gregorian year or the year of the era: 19800401, 800401,
// S550401, or, as a PIN, 0401 or 1980. It returns nil if a part of the date is
// unknown.
func CheckBirth(cred Credential, new Secret, b Birth) error {
	if !b.Known() {
		return nil
	}
	for _, form := range b.spellings(new.Len()) {
		if bytes.Contains(new.bytes(), form) {
			return &WeakSecretError{cred, WeakBirth}
		}
	}
	return nil
}

// spellings returns the forms of the date that a secret of n characters must
// not contain.
func (b Birth) spellings(n int) [][]byte {
	day := fmt.Sprintf("%02d%02d", b.Month, b.Day)
	year := fmt.Sprintf("%04d", b.Year)
	era := fmt.Sprintf("%02d", b.EraYear())
	forms := []string{year + day, year[len(year)-2:] + day, day + year}
	if b.EraYear() > 0 {
		forms = append(forms, era+day)
	}
	if n == 4 {
		forms = append(forms, day, year, fmt.Sprintf("%02d%02d", b.Day, b.Month))
	}
	var out [][]byte
	for _, f := range forms {
		out = append(out, []byte(f))
	}
	return out
}
