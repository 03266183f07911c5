package card

import (
	"fmt"
	"unicode/utf8"
)

// A FormReason says what is wrong with the form of a secret.
type FormReason uint8

// The reasons. None of them reveals a character of the secret.
const (
	FormEmpty FormReason = iota + 1
	FormTooShort
	FormTooLong
	FormCharacter  // a character outside the credential's alphabet
	FormSpace      // a space at the beginning or end; it is not trimmed
	FormFourDigits // four digits, like a PIN, for the signature password
	FormNotFour    // anything but four digits for the authentication PIN
	// FormSingleClass means that a new signature password has only letters or
	// only digits. The official rule requires both (docs/card.md §5), but an
	// existing password is sent as it is.
	FormSingleClass
)

var formWords = [...]string{"unknown", "empty", "too-short", "too-long", "character", "space", "four-digits", "not-four-digits", "single-class"}

// String returns a stable word for the reason.
func (r FormReason) String() string { return wordOf(formWords[:], int(r)) }

// A FormError means that a secret does not have the form of docs/card.md §5.
// The secret was not sent.
type FormError struct {
	Credential Credential
	Reason     FormReason
}

// Error implements error.
func (e *FormError) Error() string {
	return fmt.Sprintf("%s secret: malformed: %s", e.Credential, e.Reason)
}

// Normalized reports what [Normalize] has changed in a secret, and whether the
// secret breaks the official rule.
type Normalized struct {
	Raised      bool // lower-case letters became upper case
	Folded      bool // full-width characters became half-width
	SingleClass bool // a signature password without both letters and digits
}

// Normalize converts a typed secret to the form that the card compares byte for
// byte: full-width characters become ASCII and, in the signature password,
// letters become upper case. It never cuts, pads or trims. It takes ownership
// of typed and always wipes it. The error is a [*FormError].
func Normalize(cred Credential, typed Secret) (Secret, Normalized, error) {
	defer typed.Wipe()
	var how Normalized
	out := make([]byte, 0, typed.Len()) // at least as long as the result
	for rest := typed.bytes(); len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		switch {
		case r >= '！' && r <= '～': // U+FF01 to U+FF5E are full-width ASCII
			r, how.Folded = r-'！'+'!', true
		case r == '　':
			r, how.Folded = ' ', true
		}
		if r >= 'a' && r <= 'z' && !credentials[cred].digitsOnly {
			r, how.Raised = r-'a'+'A', true
		}
		if r >= utf8.RuneSelf { // also for invalid UTF-8
			r = '?' // in neither alphabet, so that CheckForm returns the reason
		}
		out = append(out, byte(r))
	}
	s := NewSecret(out)
	if err := CheckForm(cred, s); err != nil {
		s.Wipe()
		return Secret{}, Normalized{}, err
	}
	how.SingleClass = singleClass(cred, s)
	return s, how, nil
}

// CheckForm returns a [*FormError] if s does not have the form of the
// credential (docs/card.md §5). It accepts a password of letters only or of
// digits only. [Card.Verify] and [Card.Change] do not send a secret that
// CheckForm refuses.
func CheckForm(cred Credential, s Secret) error {
	rule, known := credentials[cred]
	if !known {
		return &FormError{cred, FormCharacter}
	}
	b := s.bytes()
	n := len(b)
	reason := FormReason(0)
	switch {
	case n == 0:
		reason = FormEmpty
	case b[0] == ' ' || b[n-1] == ' ':
		reason = FormSpace
	case rule.digitsOnly && (n != rule.least || !all(b, isDigit)):
		reason = FormNotFour
	case !rule.digitsOnly && n == 4 && all(b, isDigit):
		reason = FormFourDigits
	case !all(b, func(c byte) bool { return isDigit(c) || isCapital(c) }):
		reason = FormCharacter
	case n < rule.least:
		reason = FormTooShort
	case n > rule.most:
		reason = FormTooLong
	default:
		return nil
	}
	return &FormError{cred, reason}
}

// singleClass reports whether s is a signature password of letters only or of
// digits only.
func singleClass(cred Credential, s Secret) bool {
	b := s.bytes()
	return !credentials[cred].digitsOnly && (all(b, isDigit) || all(b, isCapital))
}

func isDigit(c byte) bool   { return c >= '0' && c <= '9' }
func isCapital(c byte) bool { return c >= 'A' && c <= 'Z' }

func all(b []byte, is func(byte) bool) bool {
	for _, c := range b {
		if !is(c) {
			return false
		}
	}
	return true
}

// wordOf returns words[i], or words[0] if there is no such word.
func wordOf(words []string, i int) string {
	if i >= len(words) {
		i = 0
	}
	return words[i]
}
