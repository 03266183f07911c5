package verify

import "bytes"

// trimBOM returns b without the byte order mark of UTF-8.
func trimBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF")) }

// IsUTF16 reports whether b, the beginning of a file, is text in UTF-16: it
// begins with a byte order mark, or with four ASCII characters. The > of
// Windows PowerShell 5 writes such files.
func IsUTF16(b []byte) bool {
	if bytes.HasPrefix(b, []byte("\xFF\xFE")) || bytes.HasPrefix(b, []byte("\xFE\xFF")) {
		return true
	}
	if len(b) < 8 {
		return false
	}
	for _, high := range []int{0, 1} { // where the zero of each character is
		ascii := 0
		for i := 0; i < 8; i += 2 {
			zero, c := b[i+high], b[i+1-high]
			if zero == 0 && (c >= ' ' && c <= '~' || c == '\r' || c == '\n' || c == '\t') {
				ascii++
			}
		}
		if ascii == 4 {
			return true
		}
	}
	return false
}

// utf16 returns ASCII text in UTF-16, little endian.
func utf16(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}
