package apdu_test

import (
	"errors"
	"strings"
	"testing"

	"natsuin/card/apdu"
)

func TestRedactShowsWhatCannotBeSecret(t *testing.T) {
	for cmd, want := range map[string]string{
		"":                             "[0 bytes]",
		"\x00\x20\x00":                 "[3 bytes]",
		"\x00\x20\x00\x80":             "00 20 00 80",
		"\x00\x20\x00\x80\x041234":     "00 20 00 80 [redacted]",
		"\x80\x20\x00\x80\x041234":     "80 20 00 80 [redacted]",
		"\x00\x24\x01\x80\x06ABC123":   "00 24 01 80 [redacted]",
		"\x00\xA4\x02\x0C\x02\x00\x1B": "00 A4 02 0C 02 00 1B",
		"\x00\xB0\x86\x00\x20":         "00 B0 86 00 20",
		"\x80\x2A\x00\x80\x01\x30\x00": "80 2A 00 80 [3 bytes]",
		"\x00\x2C\x02\x80\x041234":     "00 2C 02 80 [5 bytes]",
	} {
		if got := apdu.Redact([]byte(cmd)); got != want {
			t.Errorf("%X is shown as %q, want %q", cmd, got, want)
		}
	}
}

func TestCommandCarriesASecret(t *testing.T) {
	for cmd, want := range map[string]bool{
		"\x00\x20\x00\x80\x041234":     true,
		"\x80\x24\x01\x80\x06ABC123":   true,
		"\x00\x20\x00\x80\x00":         true, // the card may take the last byte for the length of the data
		"\x00\x20\x00\x80":             false,
		"\x00\xA4\x02\x0C\x02\x00\x1B": false,
		"\x00\xB0\x86\x00\x20":         false,
		"\x20":                         false,
		"":                             false,
	} {
		if got := apdu.CarriesSecret([]byte(cmd)); got != want {
			t.Errorf("% X: %v", cmd, got)
		}
	}
}

func TestTraceReportsStatusAndNoContent(t *testing.T) {
	var lines []string
	s := answers("9000", "4142439000", "63C2", "90")
	tr := apdu.Trace(s, func(l string) { lines = append(lines, l) })
	for _, c := range []apdu.Command{{INS: 0xA4, P1: 2, P2: 0x0C, Data: []byte{0, 1}}, read, verify, read} {
		_, _, _ = apdu.Exchange(tr, c)
	}
	s.err = errors.New("gone")
	_, _, _ = apdu.Exchange(tr, change)
	s.err = apdu.ErrNotSent
	_, _, _ = apdu.Exchange(tr, verify)
	got := strings.Join(lines, "\n")
	want := "00 A4 02 0C 02 00 01 > 9000\n00 B0 00 00 00 > [3 bytes] 9000\n00 20 00 80 [redacted] > 63C2\n00 B0 00 00 00 > [1 bytes] no status\n00 24 01 80 [redacted] > no answer: gone" +
		"\n00 20 00 80 [redacted] > not sent: command not sent"
	if got != want {
		t.Errorf("trace:\n%s\nwant:\n%s", got, want)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add(byte(0), byte(0x20), []byte("ABC123"))
	f.Add(byte(0x80), byte(0x24), []byte("1234"))
	f.Fuzz(func(t *testing.T, cla, ins byte, secret []byte) {
		switch ins {
		case 0xA4, 0xB0, 0xC0:
			return // these commands carry no secret
		}
		a := apdu.Redact(append([]byte{cla, ins, 0, 0x80}, secret...))
		other := append([]byte{cla, ins, 0, 0x80}, make([]byte, len(secret))...)
		if b := apdu.Redact(other); a != b {
			t.Errorf("the line depends on the secret: %q, %q", a, b)
		}
	})
}
