package outcome

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"natsuin/cmd/internal/text"
)

// Usage returns the outcome for an invalid command line, with exit code 2. The
// value of "Value" is what was typed, with words separated by a space. It may
// be a secret, so no message repeats it (see [Refuse]). The value of "Known"
// lists the valid words, separated by ", ". All text but that of "Value" is
// escaped, since a file name may contain anything.
func Usage(id string, pairs ...any) error {
	var typed, known string
	var shown []any
	for i := 0; i+1 < len(pairs); i += 2 {
		name, value := pairs[i], pairs[i+1]
		word, isText := value.(string)
		if isText {
			value = text.Escape(word)
		}
		if name == "Value" {
			typed = word
			continue
		}
		if name == "Known" {
			known = word
		}
		shown = append(shown, name, value)
	}
	return Refuse(id, typed, strings.Split(known, ", "), shown...)
}

const digits = "0123456789"

// Refuse returns the outcome for words on the command line that are not valid
// there, with exit code 2. They may be a password or a PIN, so no message
// repeats them. If the first is a misspelling of a known word, the hint names
// that word. If it is not and the text is at least as long as a PIN, or if a
// word looks like a secret, the hint warns that the history of the shell
// contains what was typed.
func Refuse(id, typed string, known []string, pairs ...any) *Error {
	e := &Error{Code: CodeUsage, ID: id, Pairs: pairs}
	if words := wordsOf(typed); len(words) > 0 {
		e.Meant = Near(words[0], known)
	}
	const shortest = 4 // characters; a PIN has four
	e.Typed = e.Meant == "" && utf8.RuneCountInString(typed) >= shortest || HoldsSecretForm(typed)
	return e
}

// HoldsSecretForm reports whether a word of a text that was typed has the form
// of a secret.
func HoldsSecretForm(typed string) bool { return slices.ContainsFunc(wordsOf(typed), secretForm) }

// wordsOf returns the words of a text, the values of flags among them.
func wordsOf(typed string) []string {
	return strings.FieldsFunc(typed, func(r rune) bool { return r == ' ' || r == '=' })
}

// secretForm reports whether a word may be a signature password or a PIN
// (docs/card.md §5): it has the length of one, consists of ASCII letters and
// digits in either case, and contains a digit, as all passwords set by natsuin
// do.
func secretForm(word string) bool {
	other := func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	n := len(word)
	return (n == 4 || n >= 6 && n <= 16) && strings.ContainsAny(word, digits) && !strings.ContainsFunc(word, other)
}

// Near returns the known word of which typed is a misspelling, or "". A
// misspelling takes at most two edits, and fewer than half the length of the
// word. A word with a digit never counts as one, since it may be a password.
// Leading hyphens are ignored.
func Near(typed string, known []string) string {
	meant, least := "", 3
	typed = strings.TrimLeft(typed, "-")
	if strings.ContainsAny(typed, digits) {
		return ""
	}
	for _, word := range known {
		bare := strings.TrimLeft(word, "-")
		if len(typed) > len(bare)+2 {
			continue
		}
		if d := distance(typed, bare); d < least && 2*d < len(bare) {
			meant, least = word, d
		}
	}
	return meant
}

// distance returns the optimal string alignment distance between a and b: the
// least number of bytes to insert, delete, replace, or exchange with the next
// one.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
