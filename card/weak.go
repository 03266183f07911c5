package card

import (
	"bytes"
	"fmt"
	"strconv"
)

// A WeakReason says why a new secret is refused.
type WeakReason uint8

// The reasons.
const (
	WeakEqual       WeakReason = iota + 1 // the same as the old one
	WeakSingleClass                       // not both letters and digits (official rule)
	WeakRepeated                          // one character repeated
	WeakRun                               // 1234, 9876, ABCDEF
	WeakTelephone                         // looks like a telephone number
	WeakBirth                             // holds the birth date
)

var weakWords = [...]string{"", "equal", "single-class", "repeated", "run", "telephone", "birth"}

// String is a stable word for the reason.
func (r WeakReason) String() string { return weakWords[r] }

// A WeakSecretError is a new secret that is easily guessed, or against the official
// rule that letters and digits are mixed (CARD.md §5).
type WeakSecretError struct {
	Credential Credential
	Reason     WeakReason
}

// Error implements error.
func (e *WeakSecretError) Error() string {
	return fmt.Sprintf("%s secret: refused as new: %s", e.Credential, e.Reason)
}

// CheckNew judges a new secret that has the form already. Errors: *FormError,
// *WeakSecretError.
func CheckNew(cred Credential, old, new Secret) error {
	if err := checkForm(cred, new); err != nil {
		return err
	}
	letters, digits := classes(new)
	reason := WeakReason(0)
	switch {
	case new.Equal(old):
		reason = WeakEqual
	case !credentials[cred].digitsOnly && !(letters && digits):
		reason = WeakSingleClass
	case repeated(new.b):
		reason = WeakRepeated
	case run(new.b):
		reason = WeakRun
	case telephone(new.b):
		reason = WeakTelephone
	default:
		return nil
	}
	return &WeakSecretError{cred, reason}
}

// repeated is one character all through, or all but one: 1111, AAAAA1.
func repeated(b []byte) bool {
	for _, c := range b {
		if others := len(b) - bytes.Count(b, []byte{c}); others == 0 || len(b) > 4 && others == 1 {
			return true
		}
	}
	return false
}

// run is a secret that a step of one up or down makes up, but for one character at
// most in one of more than four: 1234, 987654, ABCDE1.
func run(b []byte) bool {
	longest := func(step int) int {
		best, n := 1, 1
		for i := 1; i < len(b); i++ {
			if int(b[i]) == int(b[i-1])+step || step > 0 && b[i-1] == '9' && b[i] == '0' {
				n++
			} else {
				n = 1
			}
			best = max(best, n)
		}
		return best
	}
	n := max(longest(1), longest(-1))
	return n == len(b) || len(b) > 4 && n >= len(b)-1
}

// telephone is ten or eleven digits from a 0, as Japanese numbers are written, with
// at most two letters around them.
func telephone(b []byte) bool {
	digits := bytes.TrimFunc(b, func(r rune) bool { return r >= 'A' && r <= 'Z' })
	return len(b)-len(digits) <= 2 && (len(digits) == 10 || len(digits) == 11) && digits[0] == '0' && all(digits, isDigit)
}

// CheckBirth refuses a new secret that holds the birth date, in the Gregorian or the
// era's year: 19800401, 800401, 0401 alone as a PIN, S550401.
func CheckBirth(cred Credential, new Secret, b Birth) error {
	if !b.Known() {
		return nil
	}
	for _, form := range b.spellings(len(new.b)) {
		if bytes.Contains(new.b, form) {
			return &WeakSecretError{cred, WeakBirth}
		}
	}
	return nil
}

// spellings are the ways to write the date that a secret of n characters must not hold.
func (b Birth) spellings(n int) [][]byte {
	day := fmt.Sprintf("%02d%02d", b.Month, b.Day)
	year := fmt.Sprintf("%04d", b.Year)
	era := fmt.Sprintf("%02d", b.EraYear())
	forms := []string{year + day, year[2:] + day, era + day, day + year}
	if n == 4 {
		forms = append(forms, day, year, strconv.Itoa(b.Day)+strconv.Itoa(b.Month))
	}
	var out [][]byte
	for _, f := range forms {
		out = append(out, []byte(f))
	}
	return out
}
