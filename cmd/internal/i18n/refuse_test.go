package i18n_test

import (
	"strings"
	"testing"

	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
)

func TestARefusedWordIsTakenForASlipOrForASecret(t *testing.T) {
	p, err := i18n.New("en")
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"sign", "verify", "pin", "practice", "--pin-from", "--at"}
	for _, test := range []struct {
		typed, hint string // if hint is "", typed looks neither like a typing error nor like a secret
	}{
		{"sing", "did you mean sign?"},
		{"sing a.txt", "did you mean sign?"},
		{"Sign", "did you mean sign?"},
		{"verfy", "did you mean verify?"},
		{"parctise", "did you mean practice?"},
		{"pin-form", "did you mean --pin-from?"},
		{"--pin_from file:pin.txt", "did you mean --pin-from?"},
		{"RENSHU123", "shell's history"},
		{"8264", "shell's history"},
		{"RENSHU", "shell's history"},
		{"sign1", "shell's history"}, // a password contains a digit, and may be typed in lower case
		{"p RENSHU123", "shell's history"},
		{"verfy 8264", "shell's history"}, // a typing error and a secret
		{"--pin-form=RENSHU123", "shell's history"},
		{"暗証番号", "shell's history"},
		{"md5", ""},
		{"", ""},
	} {
		hint := p.Explain(outcome.Refuse("err.command", test.typed, known, "Known", "sign")).Hint
		slip, secret := strings.Contains(hint, "did you mean"), strings.Contains(hint, "shell's history")
		if !strings.Contains(hint, test.hint) || test.hint == "" && (slip || secret) {
			t.Errorf("%q: %q, want %q", test.typed, hint, test.hint)
		}
		for _, word := range strings.Fields(test.typed) {
			if len(word) > 1 && strings.Contains(hint, word) {
				t.Errorf("%q is repeated: %q", word, hint)
			}
		}
	}
}
