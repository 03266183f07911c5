package cms

import "bytes"

// maxQuoted limits a message in quoted-printable, in bytes, because it is
// decoded in memory.
const maxQuoted = 16 << 20

// quotedPrintable decodes the text from off to end (RFC 2045 §6.7). It refuses
// an equals sign that is followed by neither a line end nor two hexadecimal
// digits.
func quotedPrintable(w *window, off, end int64) ([]byte, error) {
	if end-off > maxQuoted {
		return nil, syntax(TooLarge, off)
	}
	text, err := w.copy(off, end-off)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimRight(text, "\r\n") // the end of the last line; octets of the message are encoded
	out := text[:0]
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '=' {
			out = append(out, c)
			continue
		}
		rest := text[i+1:]
		switch {
		case len(rest) >= 1 && rest[0] == '\n':
			i++
		case len(rest) >= 2 && rest[0] == '\r' && rest[1] == '\n':
			i += 2
		case len(rest) >= 2 && hexDigit(rest[0]) >= 0 && hexDigit(rest[1]) >= 0:
			out = append(out, byte(hexDigit(rest[0])<<4|hexDigit(rest[1])))
			i += 2
		case len(rest) == 0: // a soft line break at the end, whose line end was trimmed above
		default:
			return nil, syntax(BadText, off+int64(i))
		}
	}
	return out, nil
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
