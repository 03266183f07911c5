package console

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
)

// A Report is the JSON object of a verb: a pointer to a struct whose first
// field is an embedded [Head].
type Report interface{ head() *Head }

// Head holds the first fields of every JSON object (docs/cli.md, "JSON"). The
// Console sets them.
type Head struct {
	Schema  int          `json:"schema"`
	Command string       `json:"command"`
	OK      bool         `json:"ok"`
	Code    outcome.Code `json:"code"`
	Exit    int          `json:"exit"`
	Message string       `json:"message,omitempty"`
	Hint    string       `json:"hint,omitempty"`
	Reason  string       `json:"reason,omitempty"`
}

func (h *Head) head() *Head { return h }

// writeJSON writes the one JSON object of the run.
func (c *Console) writeJSON(x i18n.Explanation) error {
	report := c.Report
	if report == nil {
		report = new(Head)
	}
	*report.head() = Head{1, c.Command, x.Code == outcome.CodeOK, x.Code, x.Exit(), x.Message, x.Hint, x.Reason}
	object, err := marshal(report)
	if err != nil {
		return err
	}
	_, err = c.Streams.Out.Write(append(harmless(object), '\n'))
	return err
}

// harmless replaces each character that is neither ASCII nor printable with a
// JSON escape, since some of them control a terminal. U+3000 stays.
// json.Encoder itself escapes the control characters below U+0020. The decoded
// value does not change (docs/cli.md, behaviour 25).
func harmless(object []byte) []byte {
	out := make([]byte, 0, len(object))
	for _, r := range string(object) {
		switch {
		case r < utf8.RuneSelf || unicode.IsPrint(r) || r == '\u3000':
			out = utf8.AppendRune(out, r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// marshal encodes v without HTML escapes, so that file names stay readable.
func marshal(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}

// Stamp formats a time for JSON: RFC 3339, in UTC.
func Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// OrNull returns a pointer to s, or nil if s is empty, so that JSON has null
// instead.
func OrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
