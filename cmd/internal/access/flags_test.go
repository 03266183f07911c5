package access

import (
	"testing"
	"time"

	"natsuin/card"
)

func TestFlagsAreChecked(t *testing.T) {
	for _, test := range []struct {
		flags Flags
		given bool // --min-tries was given
		id    string
	}{
		{Flags{}, false, ""},
		{Flags{MinTries: 0}, true, "err.min-tries"},
		{Flags{MinTries: 1}, true, ""},
		{Flags{MinTries: 5}, true, ""},
		{Flags{MinTries: 6}, true, "err.min-tries"},
		{Flags{Reader: "practice"}, false, ""},
		{Flags{Reader: "Practice"}, false, "err.reader.practice"},
		{Flags{Reader: "practise"}, false, "err.reader.practice"},
		{Flags{Reader: "ACME"}, false, ""},
		{Flags{Wait: "x"}, false, "err.flag.duration"},
		{Flags{PINFrom: "stdin"}, false, ""},
		{Flags{PINFrom: "fd:0"}, false, ""},
		{Flags{PINFrom: "fd:-1"}, false, "err.pin-from"},
		{Flags{PINFrom: "fd:x"}, false, "err.pin-from"},
		{Flags{PINFrom: "file:a"}, false, ""},
		{Flags{PINFrom: "file:"}, false, "err.pin-from"},
		{Flags{PINFrom: "pass:a"}, false, "err.pin-from.pass"},
		{Flags{PINFrom: "RENSHU123"}, false, "err.pin-from"},
	} {
		wantID(t, test.flags, test.flags.Check(test.given), test.id)
	}
}

func TestHowLongToWait(t *testing.T) {
	for _, test := range []struct {
		wait        string
		interactive bool
		want        time.Duration
		id          string
	}{
		{"", true, -1, ""},
		{"", false, 0, ""},
		{"0", true, 0, ""},
		{"1", false, time.Second, ""},
		{"90", true, 90 * time.Second, ""},
		{"1m30s", false, 90 * time.Second, ""},
		{"0s", true, 0, ""},
		{"-1", true, 0, "err.flag.duration"},
		{"-1s", true, 0, "err.flag.duration"},
		{"1x", true, 0, "err.flag.duration"},
	} {
		got, err := Flags{Wait: test.wait}.waitLimit(test.interactive)
		if wantID(t, test.wait, err, test.id); err == nil && got != test.want {
			t.Errorf("%q: %v, want %v", test.wait, got, test.want)
		}
	}
}

// --min-tries may be the full number of tries of a secret, and not more.
func TestMoreTriesThanASecretHasAreRefused(t *testing.T) {
	for _, test := range []struct {
		secret card.Credential
		least  int
		id     string
	}{
		{card.AuthPIN, 3, "err.pcsc.no-service"},
		{card.AuthPIN, 4, "err.min-tries.most"},
		{card.SignPassword, 5, "err.pcsc.no-service"},
	} {
		a, _ := newAccess(t, Flags{MinTries: test.least}, "")
		_, err := a.Unlock(t.Context(), Unlocking{Credential: test.secret})
		wantID(t, test.secret, err, test.id)
	}
}

func TestTheServiceIsCheckedUnlessTheCardIsThePracticeCard(t *testing.T) {
	for reader, id := range map[string]string{"": "err.pcsc.no-service", "ACME": "err.pcsc.no-service", PracticeReader: ""} {
		a, _ := newAccess(t, Flags{Reader: reader}, "")
		wantID(t, reader, a.CheckService(t.Context()), id)
	}
}
