package pdf

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"natsuin/sign/pdf/syntax"
)

// The characters of PDFDocEncoding that differ from ISO 8859-1 (ISO 32000-1
// Annex D.2): from 0x18, and from 0x80.
var (
	accents = []rune("˘ˇˆ˙˝˛˚˜")
	special = []rune("•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽılœšž\uFFFD€")
)

// Text returns the text of a text string (ISO 32000-1 §7.9.2.2, ISO 32000-2 for
// UTF-8).
func Text(s syntax.String) string {
	switch b := string(s); {
	case strings.HasPrefix(b, "\xFE\xFF"):
		units := make([]uint16, (len(b)-2)/2)
		for i := range units {
			units[i] = uint16(b[2+2*i])<<8 | uint16(b[3+2*i])
		}
		return string(utf16.Decode(units))
	case strings.HasPrefix(b, "\xEF\xBB\xBF"):
		return strings.ToValidUTF8(b[3:], string(utf8.RuneError))
	}
	var out strings.Builder
	for _, c := range s {
		switch {
		case c >= 0x18 && c < 0x20:
			out.WriteRune(accents[c-0x18])
		case c >= 0x80 && c <= 0xA0:
			out.WriteRune(special[c-0x80])
		default:
			out.WriteRune(rune(c))
		}
	}
	return out.String()
}

// Date parses a date such as "D:20261130093000+09'00'" (ISO 32000-1 §7.9.4).
// zoned reports whether it has a time zone. Without one, it is taken as UTC.
func Date(s string) (t time.Time, zoned, ok bool) {
	s, found := strings.CutPrefix(s, "D:")
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if !found || digits < 4 || digits > 14 || digits%2 != 0 {
		return time.Time{}, false, false
	}
	t, err := time.Parse("20060102150405", s[:digits]+"00000101000000"[digits:])
	if err != nil {
		return time.Time{}, false, false
	}
	zone := strings.NewReplacer("'", "", ":", "").Replace(s[digits:])
	switch {
	case zone == "":
		return t, false, true
	case strings.Trim(zone[1:], "0") == "" && zone[0] == 'Z':
		return t, true, true
	case len(zone) != 3 && len(zone) != 5 || zone[0] != '+' && zone[0] != '-':
		return time.Time{}, false, false
	}
	hhmm, err := strconv.ParseUint((zone[1:] + "00")[:4], 10, 16)
	if err != nil || hhmm/100 > 23 || hhmm%100 > 59 {
		return time.Time{}, false, false
	}
	offset := time.Duration(hhmm/100)*time.Hour + time.Duration(hhmm%100)*time.Minute
	if zone[0] == '-' {
		offset = -offset
	}
	return t.Add(-offset).In(time.FixedZone("", int(offset/time.Second))), true, true
}
