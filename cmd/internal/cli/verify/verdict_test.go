package verify

import (
	"testing"
	"time"

	"natsuin/cmd/internal/command"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/i18n"
	"natsuin/verify"
)

// The verdict line names each check that was not done or that a flag has
// relaxed (docs/cli.md, behaviour 18).
func TestVerdictLine(t *testing.T) {
	until := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	stamped := func(s verify.RevocationState) *verify.TimestampInfo {
		return &verify.TimestampInfo{Verified: true, Revocation: s}
	}
	signer := func(edit func(*verify.Signer)) verify.Signer {
		s := verify.Signer{Verdict: verify.Valid, Revocation: verify.Revocation{State: verify.Good}, Anchor: &verify.AnchorInfo{Kind: verify.AnchorPinned}}
		edit(&s)
		return s
	}
	for _, c := range []struct {
		name   string
		signer verify.Signer
		en, ja string
	}{
		{"all good", signer(func(*verify.Signer) {}), "VALID", "有効"},
		{"by the authentication key", signer(func(s *verify.Signer) {
			s.Checks = []verify.Check{{ID: verify.CheckChain, Result: verify.Passed, Detail: verify.RemarkAuthRoot}}
		}), "VALID (by the authentication key)", "有効（利用者証明用の鍵による）"},
		{"good until a day gone by", signer(func(s *verify.Signer) { s.Revocation.Until = until }),
			"VALID (revocation known only up to 2026-03-02 21:00:00 JST)", "有効（失効は 2026-03-02 21:00:00 JST までの情報で確認）"},
		{"authority not checked", signer(func(s *verify.Signer) { s.Timestamp = stamped(verify.NotChecked) }),
			"VALID (revocation of the time-stamp authority not checked)", "有効（タイムスタンプ局の失効は未確認）"},
		{"authority unknown", signer(func(s *verify.Signer) { s.Timestamp = stamped(verify.Unknown) }),
			"VALID (revocation of the time-stamp authority could not be determined)", "有効（タイムスタンプ局が失効しているか確かめられなかった）"},
		{"authority good", signer(func(s *verify.Signer) { s.Timestamp = stamped(verify.Good) }), "VALID", "有効"},
		{"a time stamp that does not count", signer(func(s *verify.Signer) {
			s.Timestamp = &verify.TimestampInfo{Revocation: verify.NotChecked}
		}), "VALID", "有効"},
		{"neither checked", signer(func(s *verify.Signer) {
			s.Revocation.State, s.Timestamp = verify.NotChecked, stamped(verify.NotChecked)
		}), "VALID (revocation not checked)", "有効（失効は未確認）"},
	} {
		for lang, want := range map[string]string{"en": c.en, "ja": c.ja} {
			out, err := i18n.New(lang)
			if err != nil {
				t.Fatal(err)
			}
			r := &run{Run: &command.Run{Console: &console.Console{Printer: out}}}
			if got := r.verdictWith(verify.Valid, "", false, []verify.Signer{c.signer}); got != want {
				t.Errorf("%s: %q, want %q", c.name, got, want)
			}
		}
	}
}
