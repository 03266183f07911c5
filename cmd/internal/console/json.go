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

// A Report is the JSON object of a verb: a pointer to a struct that embeds
// [Head] first.
type Report interface{ head() *Head }

// Head is the beginning of every JSON object (docs/cli.md, "JSON"). The console
// fills it in.
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

// writeJSON prints the run's one object.
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

// harmless writes characters that could steer a terminal as JSON's own escapes,
// as the encoder does for ASCII only. The value stays the same (docs/cli.md,
// behaviour 25).
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

// marshal encodes without HTML escapes, so that file names stay readable.
func marshal(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}

// Stamp returns a time as JSON has it (RFC 3339, UTC).
func Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// OrNull returns a pointer to s, or nil for the empty string, which JSON shows
// as null.
func OrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
