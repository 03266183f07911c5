package card

import (
	"fmt"
	"unicode/utf8"
)

// A FormReason says what is wrong with the form of a secret.
type FormReason uint8

// The reasons. None of them tells a character of the secret.
const (
	FormEmpty FormReason = iota + 1
	FormTooShort
	FormTooLong
	FormCharacter  // not of the credential's alphabet
	FormSpace      // a space at an end, which is never trimmed by itself
	FormFourDigits // one of the 4-digit PINs, offered as the signature password
	FormNotFour    // not four digits, offered as the authentication PIN
	// FormSingleClass is a new signature password without both letters and digits,
	// which the official rule asks for (docs/card.md §5). Existing ones are sent as they are.
	FormSingleClass
)

var formWords = [...]string{"unknown", "empty", "too-short", "too-long", "character", "space", "four-digits", "not-four-digits", "single-class"}

// String is a stable word for the reason.
func (r FormReason) String() string { return wordOf(formWords[:], int(r)) }

// A FormError is a secret that the card cannot have registered (docs/card.md §5). It was
// not sent.
type FormError struct {
	Credential Credential
	Reason     FormReason
}

// Error implements error.
func (e *FormError) Error() string {
	return fmt.Sprintf("%s secret: malformed: %s", e.Credential, e.Reason)
}

// Normalized says what Normalize did to a secret, or noticed in it.
type Normalized struct {
	Raised      bool // lower-case letters became capitals
	Folded      bool // full-width characters became half-width
	SingleClass bool // a signature password without both letters and digits
}

// Normalize brings a typed secret into the form that the card compares byte for byte:
// full-width characters folded, letters raised for the signature password. Nothing
// is cut, padded or trimmed. It takes over the typed secret and wipes it, also when it
// refuses. The error is a *FormError.
func Normalize(cred Credential, typed Secret) (Secret, Normalized, error) {
	defer typed.Wipe()
	var how Normalized
	out := make([]byte, 0, typed.Len()) // never shorter than what is written
	for rest := typed.bytes(); len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		switch {
		case r >= '！' && r <= '～': // U+FF01 to U+FF5E are ASCII in full width
			r, how.Folded = r-'！'+'!', true
		case r == '　':
			r, how.Folded = ' ', true
		}
		if r >= 'a' && r <= 'z' && !credentials[cred].digitsOnly {
			r, how.Raised = r-'a'+'A', true
		}
		if r >= utf8.RuneSelf { // also what is no UTF-8
			r = '?' // of no credential's alphabet: CheckForm refuses it, with the best reason
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

// CheckForm reports whether a secret has the form that the card can have
// registered. Verify and Change send nothing else. The error is a *FormError.
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

// singleClass tells a signature password without both letters and digits.
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

// wordOf is the i-th word of a table, and its first for a number that has none.
func wordOf(words []string, i int) string {
	if i >= len(words) {
		i = 0
	}
	return words[i]
}
