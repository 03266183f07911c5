package fingerprint

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// MaxInput is the length in bytes of the longest text that [Parse] accepts. A
// caller need not read more than one byte beyond it.
const MaxInput = 4096

// The errors of [Parse], in addition to *[LengthError] and *[SyntaxError].
var (
	ErrEmpty     = errors.New("parse fingerprint: nothing given")
	ErrTwoValues = errors.New("parse fingerprint: more than one value")
	ErrTooLong   = fmt.Errorf("parse fingerprint: more than %d bytes", MaxInput)
)

// A LengthError means that the number of digits is not that of a whole
// fingerprint, or not that of the algorithm named by the label.
type LengthError struct {
	Digits   int       // hexadecimal digits found; 0 for base64
	Base64   int       // base64 characters found, without padding; 0 for hexadecimal
	Labelled Algorithm // the algorithm named by the label, or 0
}

func (e *LengthError) Error() string {
	found := fmt.Sprintf("%d hexadecimal digits", e.Digits)
	if e.Base64 > 0 {
		found = fmt.Sprintf("%d base64 characters", e.Base64)
	}
	if e.Labelled != 0 {
		return fmt.Sprintf("parse fingerprint: %s, not a whole %s value", found, e.Labelled)
	}
	return fmt.Sprintf("parse fingerprint: %s, not a whole sha256 (64) or sha1 (40) value", found)
}

// Short reports whether the text may be the beginning of a whole fingerprint.
func (e *LengthError) Short() bool {
	switch {
	case e.Base64 > 0:
		return e.Base64 < base64Digits
	case e.Labelled == SHA1:
		return e.Digits < sha1Digits
	}
	return e.Digits < sha256Digits
}

// A SyntaxError holds a character that does not belong there: the first that is
// not a hexadecimal digit, or the last of a base64 value, if that encodes bits
// beyond the value.
type SyntaxError struct {
	Char rune // utf8.RuneError for a byte that is not UTF-8
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("parse fingerprint: unexpected character %+q", e.Char)
}

const (
	labelName = `(?:fingerprint|thumbprint|certificate|root|フィンガープリント|拇印|証明書|ルート)`
	labelHash = `[(]?sha[-_]?(256|1)[)]?`
)

var (
	// A label as written by openssl, keytool, ssh, browsers, authorities and
	// natsuin itself.
	label = pattern(`(?i)^(?:` + labelName + `\s*)?` + labelHash + `(?:\s*` + labelName + `)?(?:\s*[:=]|\s)`)
	// A label without a hash, and a label after a first value.
	plainLabel = pattern(`(?i)^` + labelName + `(?:\s*[:=]|\s)`)
	laterLabel = pattern(`(?i)\s(?:` + labelName + `\s*)?` + labelHash + `(?:\s*` + labelName + `)?(?:\s*[:=]|\s|$)`)
)

// pattern compiles an expression on first use, so that a program that parses
// nothing does not pay for it.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// Parse parses one whole fingerprint in any usual form. Hexadecimal digits may
// be of either case, in full width, as a Japanese input method leaves them, and
// with colons, hyphens, spaces and line breaks anywhere. They may follow a
// label such as "SHA256:" or "sha1 Fingerprint=", which must agree with their
// number, and lines of a heading; their number in brackets and a full stop may
// follow them. A SHA-256 may also be in base64, as ssh prints it after
// "SHA256:".
//
// The error is [ErrEmpty], [ErrTwoValues], [ErrTooLong], a *[LengthError] or a
// *[SyntaxError].
func Parse(text string) (Fingerprint, error) {
	if len(text) > MaxInput {
		return Fingerprint{}, ErrTooLong
	}
	text = trimNotes(fold(text))
	found, err := parse(text)
	if err == nil {
		return found, nil
	}
	if value, ok := belowHeading(text); ok {
		return parse(value)
	}
	return Fingerprint{}, err
}

// parse parses a text that fold and trimNotes have processed.
func parse(text string) (Fingerprint, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\n", " "))
	if text == "" {
		return Fingerprint{}, ErrEmpty
	}
	// With the added space, label also matches a text that is only a label.
	body, labelled := text, Algorithm(0)
	if m := label().FindStringSubmatchIndex(text + " "); m != nil {
		labelled = SHA1
		if text[m[2]:m[3]] == "256" {
			labelled = SHA256
		}
		body = text[min(m[1], len(text)):]
	} else if m := plainLabel().FindStringIndex(text + " "); m != nil {
		body = text[min(m[1], len(text)):]
	}
	if laterLabel().MatchString(" " + body) {
		return Fingerprint{}, ErrTwoValues
	}

	digits := strings.Map(dropSeparator, body)
	if digits == "" {
		return Fingerprint{}, ErrEmpty
	}
	odd, isHex := firstOther(digits, isHexDigit)
	if isHex {
		return fromHex(digits, labelled)
	}
	compact := strings.TrimRight(strings.Map(dropSpace, body), "=")
	if _, ok := firstOther(compact, isBase64Digit); ok {
		if labelled != 0 {
			return fromBase64(compact, labelled)
		}
		// Without a label, a sentence that has as many letters must not match.
		if len(compact) == base64Digits && !strings.Contains(body, " ") {
			return fromBase64(compact, SHA256)
		}
	}
	return Fingerprint{}, &SyntaxError{Char: odd}
}

func fromHex(digits string, labelled Algorithm) (Fingerprint, error) {
	algorithm := Algorithm(0)
	switch len(digits) {
	case sha256Digits:
		algorithm = SHA256
	case sha1Digits:
		algorithm = SHA1
	case sha256Digits + sha256Digits, sha256Digits + sha1Digits, sha1Digits + sha1Digits:
		return Fingerprint{}, ErrTwoValues
	}
	if algorithm == 0 || labelled != 0 && labelled != algorithm {
		return Fingerprint{}, &LengthError{Digits: len(digits), Labelled: labelled}
	}
	sum, _ := hex.DecodeString(digits) // digits has only hexadecimal digits, and an even number of them
	return Fingerprint{algorithm, sum}, nil
}

// The lengths of whole values: in hexadecimal, and for SHA-256 in base64
// without padding.
const (
	sha256Digits = 64
	sha1Digits   = 40
	base64Digits = 43
)

// fromBase64 parses the form that ssh prints, which exists for SHA-256 only.
func fromBase64(text string, labelled Algorithm) (Fingerprint, error) {
	switch len(text) {
	case base64Digits:
	case base64Digits + base64Digits, base64Digits + sha256Digits, base64Digits + sha1Digits:
		return Fingerprint{}, ErrTwoValues
	default:
		return Fingerprint{}, &LengthError{Base64: len(text), Labelled: labelled}
	}
	if labelled != SHA256 {
		return Fingerprint{}, &LengthError{Base64: len(text), Labelled: labelled}
	}
	sum, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil {
		// Only the unused bits of the last character can be wrong at this
		// point.
		return Fingerprint{}, &SyntaxError{Char: rune(text[len(text)-1])}
	}
	return Fingerprint{SHA256, sum}, nil
}

// fold converts full-width ASCII (U+FF01 to U+FF5E) to ASCII, and removes the
// characters without width that copying from a page or a Windows pipe may add.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			return r - 0xFF01 + '!'
		case r == 0xFEFF, r == 0x200B, r == 0x200E:
			return -1
		case r == '\n':
			return r
		case unicode.IsSpace(r):
			return ' '
		default:
			return r
		}
	}, text)
}

func dropSpace(r rune) rune {
	if r == ' ' {
		return -1
	}
	return r
}

func dropSeparator(r rune) rune {
	if r == ' ' || r == ':' || r == '-' {
		return -1
	}
	return r
}

// firstOther returns the first character of text that is not in the set. ok is
// true if there is none.
func firstOther(text string, in func(rune) bool) (other rune, ok bool) {
	for _, r := range text {
		if !in(r) {
			return r, false
		}
	}
	return utf8.RuneError, true
}

func isHexDigit(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F'
}

func isBase64Digit(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '+' || r == '/'
}
