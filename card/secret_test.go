package card_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"natsuin/card"
)

const marked = "MARKED77"

// shows reports whether a text contains the test secret as fmt prints bytes, or
// in base64.
func shows(text string) bool {
	for _, verb := range []string{"%s", "%q", "%x", "%X", "% x", "% X", "%d", "%v", "%#v", "%o", "%b", "%U"} {
		inner := strings.Trim(fmt.Sprintf(verb, []byte(marked)), `[]"`)
		if strings.Contains(text, inner) {
			return true
		}
	}
	return strings.Contains(text, "TUFSS0VENzc") // base64
}

func TestSecretIsRedactedHoweverItIsShown(t *testing.T) {
	s := secret(marked)
	type held struct {
		Name   string
		Secret card.Secret
		inner  card.Secret
		ptr    *card.Secret
		list   []card.Secret
	}
	h := held{"x", s, s, &s, []card.Secret{s}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%o", "%b", "%c", "%U", "%e", "%t", "%T", "%p"} {
		for _, value := range []any{s, &s, h, &h, []card.Secret{s}, map[string]card.Secret{"k": s}, [1]card.Secret{s}, any(s)} {
			if text := fmt.Sprintf(verb, value); shows(text) {
				t.Errorf("%s of %T shows it: %s", verb, value, text)
			}
		}
	}
	if text := fmt.Sprintf("%s %v %x %d", s, s, s, s); text != strings.Repeat(" [redacted]", 4)[1:] {
		t.Error(text)
	}
	if s.String() != "[redacted]" || s.GoString() != "[redacted]" {
		t.Error(s.String(), s.GoString())
	}
	j, err := json.Marshal(h)
	if err != nil || shows(string(j)) || !strings.Contains(string(j), `"Secret":"[redacted]"`) {
		t.Errorf("%s, %v", j, err)
	}
	type document struct{ Secret card.Secret }
	x, err := xml.Marshal(document{s})
	if err != nil || shows(string(x)) {
		t.Errorf("%s, %v", x, err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "s", s, "h", h)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "s", s, "h", h)
	if shows(log.String()) {
		t.Error(log.String())
	}
}

func TestErrorsHoldNoSecret(t *testing.T) {
	for _, cred := range both {
		for _, s := range []string{marked, marked + "x!", "  " + marked, marked + marked + marked, "7777"} {
			_, _, err := card.Normalize(cred, secret(s))
			for _, err := range []error{err, card.CheckNew(cred, secret(marked), secret(s))} {
				if text := fmt.Sprintf("%v %+v %#v", err, err, err); shows(text) || strings.Contains(text, "7777") {
					t.Error(text)
				}
			}
		}
	}
}

func TestWipeOverwritesTheBytesAndLeavesNothing(t *testing.T) {
	b := []byte(marked)
	s := card.NewSecret(b)
	copied, clone := s, s.Clone()
	s.Wipe()
	s.Wipe()
	card.Secret{}.Wipe()
	if !bytes.Equal(b, make([]byte, len(b))) {
		t.Errorf("%q", b)
	}
	if s.Len() != 0 || copied.Len() != 0 || s.Reveal() != nil {
		t.Error("a wiped secret is not empty")
	}
	if !clone.Equal(secret(marked)) || clone.Len() != len(marked) {
		t.Error("the clone went with it")
	}
}

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"", "", true}, {"A", "A", true}, {"A", "B", false}, {"A", "AA", false}, {"A", "", false}} {
		if got := secret(c.a).Equal(secret(c.b)); got != c.want {
			t.Errorf("%q %q: %v", c.a, c.b, got)
		}
	}
}
