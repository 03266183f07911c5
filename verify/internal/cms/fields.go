package cms

import (
	"bytes"
	"mime"
	"strings"
)

// fields holds the header fields of a MIME entity, unfolded, in their order.
type fields []field

type field struct{ name, value string } // name is in lower case

// all returns the values of the fields with that name.
func (f fields) all(name string) []string {
	var values []string
	for _, one := range f {
		if one.name == name {
			values = append(values, one.value)
		}
	}
	return values
}

// get returns the value of the first field with that name, or "".
func (f fields) get(name string) string {
	if values := f.all(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// parseFields parses the header at the start of an entity. size is its length
// with the empty line after it. It skips a line that is not a field. ok is
// false if the text begins neither with a field nor with the empty line of an
// entity without fields, or if there is no empty line.
func parseFields(text []byte) (f fields, size int, ok bool) {
	var folded [][]string // the lines of each value
	for size < len(text) {
		end := bytes.IndexByte(text[size:], '\n')
		if end < 0 {
			return nil, 0, false
		}
		line := strings.TrimSuffix(string(text[size:size+end]), "\r")
		size += end + 1
		if line == "" {
			for i, lines := range folded {
				f[i].value = strings.TrimSpace(strings.Join(lines, ""))
			}
			return f, size, true
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(f) > 0 {
				folded[len(f)-1] = append(folded[len(f)-1], line)
			}
			continue
		}
		name, value, isField := strings.Cut(line, ":")
		name = strings.TrimRight(name, " \t")
		if !isField || name == "" || strings.ContainsAny(name, " \t") {
			if len(f) == 0 {
				return nil, 0, false
			}
			continue
		}
		f = append(f, field{name: strings.ToLower(name)})
		folded = append(folded, []string{value})
	}
	return nil, 0, false
}

// mediaType is a Content-Type. kind is in lower case, and "text/plain" if there
// is no Content-Type (RFC 2045 §5.2).
type mediaType struct {
	kind   string
	params map[string]string
}

// mediaType returns the Content-Type. ok is false if there are two, or if
// parseMediaType refuses it.
func (f fields) mediaType() (mediaType, bool) {
	switch values := f.all("content-type"); len(values) {
	case 0:
		return mediaType{kind: "text/plain"}, true
	case 1:
		return parseMediaType(values[0])
	default:
		return mediaType{}, false
	}
}

// parseMediaType parses a Content-Type by RFC 2045 §5.1. If that fails, it
// parses it like mail programs that accept a value with separators but without
// quotes, up to the semicolon. It refuses a value in which a parameter occurs
// twice.
func parseMediaType(s string) (mediaType, bool) {
	if kind, params, err := mime.ParseMediaType(s); err == nil {
		return mediaType{kind, params}, true
	}
	kind, rest, _ := strings.Cut(s, ";")
	m := mediaType{strings.ToLower(strings.TrimSpace(kind)), map[string]string{}}
	if a, b, ok := strings.Cut(m.kind, "/"); !ok || a == "" || b == "" || strings.ContainsAny(m.kind, " \t\"") {
		return mediaType{}, false
	}
	for rest != "" {
		var name, value string
		name, value, rest = cutParameter(rest)
		if name == "" {
			continue
		}
		if _, twice := m.params[name]; twice {
			return mediaType{}, false
		}
		m.params[name] = value
	}
	return m, true
}

// cutParameter returns the first name=value of a list separated by semicolons,
// and the rest of the list. If the first item has another form, name is "".
func cutParameter(s string) (name, value, rest string) {
	quoted, end := false, len(s)
scan:
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == ';' && !quoted:
			end = i
			break scan
		}
	}
	if end < len(s) {
		rest = s[end+1:]
	}
	name, value, ok := strings.Cut(s[:end], "=")
	if !ok {
		return "", "", rest
	}
	value = strings.TrimSpace(value)
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(value[1 : n-1])
	}
	return strings.ToLower(strings.TrimSpace(name)), value, rest
}

// maxName is the length of the longest name that is decoded, in bytes.
const maxName = 1 << 10

// fileName returns the name that the sender gave a part, or "".
func (f fields) fileName(t mediaType) string {
	name := t.params["name"]
	if values := f.all("content-disposition"); len(values) == 1 {
		if d, ok := parseMediaType("x/" + values[0]); ok && d.params["filename"] != "" {
			name = d.params["filename"]
		}
	}
	if len(name) > maxName {
		return name[:maxName]
	}
	if decoded, err := new(mime.WordDecoder).DecodeHeader(name); err == nil {
		name = decoded
	}
	return name
}
