package fingerprint

import (
	"regexp"
	"strings"
)

var (
	digitsNote = pattern(`(?i)\(\s*\d{2}\s*(?:桁|文字|digits|characters)\s*\)`)
	// longDigits matches digits that may belong to a value. Lines that contain
	// such digits are not a heading.
	longDigits  = pattern(`(?i)[0-9a-f]{16}`)
	headingHash = pattern(`(?i)sha[-_]?(256|1)\b`)
)

// trimNotes removes what pages write after a value: how many digits it has, and
// a full stop.
func trimNotes(text string) string {
	text = digitsNote().ReplaceAllString(text, " ")
	return strings.TrimRight(text, " \n。.")
}

// belowHeading returns the lines from the first value on, after the name of the
// hash if the lines above contain one. ok reports whether the lines above are a
// heading: they must contain no value, and name at most one hash.
func belowHeading(text string) (value string, ok bool) {
	lines := strings.Split(text, "\n")
	first := 0
	for first < len(lines) && !startsValue(lines[first]) {
		first++
	}
	heading := strings.Join(lines[:first], "\n")
	value = strings.Join(lines[first:], "\n")
	if strings.TrimSpace(heading) == "" || value == "" || longDigits().MatchString(strings.Map(dropSeparator, heading)) {
		return "", false
	}
	switch hashes := headingHash().FindAllStringSubmatch(heading, -1); len(hashes) {
	case 0:
		return value, true
	case 1:
		if label().MatchString(value) { // two labels, which may disagree
			return "", false
		}
		return "SHA-" + hashes[0][1] + " " + value, true
	}
	return "", false
}

// startsValue reports whether a line begins a value: only digits, which may
// follow a label. A date or a short word of the letters A to F is not one.
func startsValue(line string) bool {
	line = strings.TrimSpace(line)
	labelled := false
	for _, l := range []*regexp.Regexp{label(), plainLabel()} {
		if at := l.FindStringIndex(line); at != nil {
			line, labelled = line[at[1]:], true
			break
		}
	}
	digits := strings.Map(dropSeparator, line)
	if _, base64 := firstOther(strings.TrimRight(strings.TrimSpace(line), "="), isBase64Digit); labelled && base64 && digits != "" {
		return true
	}
	_, isHex := firstOther(digits, isHexDigit)
	return isHex && len(digits) >= 12
}
