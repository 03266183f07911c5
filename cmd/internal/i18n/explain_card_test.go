package i18n_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
)

// A card whose application was selected is a JPKI card, whatever it answers
// afterwards.
func TestCardThatRefusesIsNotCalledAnotherCard(t *testing.T) {
	refusal := &apdu.StatusError{Op: "SELECT file", Status: 0x6985}
	malformed := &apdu.MalformedError{Op: "READ BINARY", Length: 1, Reason: "no status word"}
	for _, c := range []struct {
		err    error
		code   outcome.Code
		ja, en string
	}{
		{refusal, outcome.CodeCardRefused, "拒否しました（6985）", "refused SELECT file (6985)"},
		{&card.NotChangedError{Credential: card.AuthPIN, Err: refusal}, outcome.CodeCardRefused, "拒否しました", "refused"},
		{malformed, outcome.CodeCardRefused, "カードの応答の形式が", "response is malformed"},
		{&card.BadCertificateError{ID: card.SignCert, Err: errors.New("not DER")}, outcome.CodeCardRefused, "証明書が壊れている", "certificate read from the card is damaged"},
		{card.ErrBadSignature, outcome.CodeCardRefused, "カードが返した署名", "signature that the card returned"},
		{&card.UnsupportedError{What: "curve P-256"}, outcome.CodeCardRefused, "鍵の種類", "type of key"},
		{fmt.Errorf("%w: %w", card.ErrNotJPKI, refusal), outcome.CodeNotJPKI, "アプリケーションがありません", "has no JPKI application"},
		{fmt.Errorf("%w: %w", card.ErrNotSelected, refusal), outcome.CodeNotJPKI, "あるかどうか分かりません", "does not show whether"},
		{fmt.Errorf("%w: %w", card.ErrNotSelected, malformed), outcome.CodeNotJPKI, "あるかどうか分かりません", "does not show whether"},
	} {
		for lang, want := range map[string]string{"ja": c.ja, "en": c.en} {
			x := explain(t, lang, c.err)
			if x.Code != c.code || x.Exit() != 5 || !strings.Contains(x.Message, want) || x.Hint == "" {
				t.Errorf("%s: %v: %s, exit %d, %q", lang, c.err, x.Code, x.Exit(), x.Message)
			}
		}
	}
}

// A missing answer and an answer without meaning have different messages. The
// next step depends only on the command.
func TestLostOutcomeIsWordedByItsCause(t *testing.T) {
	none := &apdu.TransmitError{Op: "VERIFY", Err: errors.New("gone")}
	for _, lang := range i18n.Languages() {
		for _, op := range []string{card.OpVerify, card.OpChange} {
			silent := explain(t, lang, &card.OutcomeUnknownError{Op: op, Err: none})
			for _, answer := range []error{
				&apdu.StatusError{Op: op, Status: 0x6982}, &apdu.MalformedError{Op: op, Reason: "no status word"},
			} {
				x := explain(t, lang, &card.OutcomeUnknownError{Op: op, Err: answer})
				if x.Code != outcome.CodeUnknownOutcome || x.Exit() != 9 || x.Message == silent.Message || x.Hint != silent.Hint {
					t.Errorf("%s, %s, %v: %+v", lang, op, answer, x)
				}
				if said := map[string]string{"ja": "応答がありましたが", "en": "response does not show"}[lang]; !strings.Contains(x.Message, said) || strings.Contains(silent.Message, said) {
					t.Errorf("%s, %s: %q and %q", lang, op, x.Message, silent.Message)
				}
			}
			if said := map[string]string{"ja": "応答を受け取れませんでした", "en": "no response came"}[lang]; !strings.Contains(silent.Message, said) {
				t.Errorf("%s, %s: %q", lang, op, silent.Message)
			}
		}
	}
}

func explain(t *testing.T, lang string, err error) i18n.Explanation {
	t.Helper()
	p, e := i18n.New(lang)
	if e != nil {
		t.Fatal(e)
	}
	return p.Explain(err)
}
