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
)

var formWords = [...]string{"", "empty", "too-short", "too-long", "character", "space", "four-digits", "not-four-digits"}

// String is a stable word for the reason.
func (r FormReason) String() string { return formWords[r] }

// A FormError is a secret that the card cannot have registered (CARD.md §5). It was
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
// is cut, padded or trimmed. The typed secret is wiped when the form changed it. The
// error is a *FormError.
func Normalize(cred Credential, typed Secret) (Secret, Normalized, error) {
	var how Normalized
	out := make([]byte, 0, len(typed.b))
	for rest := typed.b; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		if r >= '！' && r <= '～' { // U+FF01 to U+FF5E are ASCII in full width
			r, how.Folded = r-'！'+'!', true
		}
		if r == '　' {
			r, how.Folded = ' ', true
		}
		if r >= 'a' && r <= 'z' && !credentials[cred].digitsOnly {
			r, how.Raised = r-'a'+'A', true
		}
		if r >= utf8.RuneSelf { // also what is no UTF-8
			clear(out)
			return Secret{}, Normalized{}, &FormError{cred, FormCharacter}
		}
		out = append(out, byte(r))
	}
	s := Secret{out}
	if err := checkForm(cred, s); err != nil {
		s.Wipe()
		return Secret{}, Normalized{}, err
	}
	typed.Wipe()
	letters, digits := classes(s)
	how.SingleClass = !credentials[cred].digitsOnly && !(letters && digits)
	return s, how, nil
}

// checkForm is the last look before a secret may go to the card.
func checkForm(cred Credential, s Secret) error {
	rule, known := credentials[cred]
	if !known {
		return &FormError{cred, FormCharacter}
	}
	n := len(s.b)
	reason := FormReason(0)
	switch {
	case n == 0:
		reason = FormEmpty
	case s.b[0] == ' ' || s.b[n-1] == ' ':
		reason = FormSpace
	case rule.digitsOnly && (n != rule.least || !all(s.b, isDigit)):
		reason = FormNotFour
	case !rule.digitsOnly && n == 4 && all(s.b, isDigit):
		reason = FormFourDigits
	case !all(s.b, func(c byte) bool { return isDigit(c) || isCapital(c) }):
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

func classes(s Secret) (letters, digits bool) {
	for _, c := range s.b {
		letters = letters || isCapital(c)
		digits = digits || isDigit(c)
	}
	return letters, digits
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
