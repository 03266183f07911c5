package pdf

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"natsuin/sign/pdf/syntax"
)

// textString returns s as a text string object (ISO 32000-1 §7.9.2.2): a
// literal string if it is printable ASCII, otherwise UTF-16BE with a byte order
// mark, in hexadecimal.
func textString(s string) string {
	for _, r := range s {
		if r < ' ' || r > '~' {
			return utf16String(s)
		}
	}
	return "(" + strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`).Replace(s) + ")"
}

func utf16String(s string) string {
	text := []byte{0xFE, 0xFF}
	for _, unit := range utf16.Encode([]rune(s)) {
		text = append(text, byte(unit>>8), byte(unit))
	}
	return hexString(text)
}

// hexString returns b as a hexadecimal string object.
func hexString(b []byte) string { return "<" + strings.ToUpper(hex.EncodeToString(b)) + ">" }

// dateString returns t as a date with its zone (ISO 32000-1 §7.9.4).
func dateString(t time.Time) string {
	_, offset := t.Zone()
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return fmt.Sprintf("(D:%s%c%02d'%02d')", t.Format("20060102150405"), sign, offset/3600, offset/60%60)
}

// decodeText decodes a text string: UTF-16BE or UTF-8 with a byte order mark,
// or PDFDocEncoding (ISO 32000-1 Annex D, ISO 32000-2 §7.9.2.2).
func decodeText(s syntax.String) string {
	switch {
	case len(s) >= 2 && s[0] == 0xFE && s[1] == 0xFF:
		var units []uint16
		for i := 2; i+1 < len(s); i += 2 {
			units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
		}
		return string(utf16.Decode(units))
	case len(s) >= 3 && string(s[:3]) == "\xEF\xBB\xBF":
		return strings.ToValidUTF8(string(s[3:]), "\uFFFD")
	}
	var text strings.Builder
	for _, c := range s {
		switch {
		case 0x18 <= c && c < 0x20:
			text.WriteRune(docAccents[c-0x18])
		case 0x80 <= c && c <= 0xA0:
			text.WriteRune(docSymbols[c-0x80])
		default:
			text.WriteRune(rune(c))
		}
	}
	return text.String()
}

// The characters of PDFDocEncoding from 0x18, and from 0x80.
var (
	docAccents = []rune("\u02D8\u02C7\u02C6\u02D9\u02DD\u02DB\u02DA\u02DC")
	docSymbols = []rune("•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\uFFFD€")
)
