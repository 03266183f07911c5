package access

import (
	"testing"

	"natsuin/card/pcsc"
	"natsuin/cmd/internal/outcome"
)

func TestAReaderIsNamed(t *testing.T) {
	a0, a1 := pcsc.Reader{Name: "ACME CCID 00 00"}, pcsc.Reader{Name: "ACME CCID 00 01"}
	full := pcsc.Reader{Name: "ACME CCID 00 01", CardPresent: true}
	short := pcsc.Reader{Name: "acme"}
	other := pcsc.Reader{Name: "Other"}
	for _, test := range []struct {
		what    string
		readers []pcsc.Reader
		want    string
		chosen  string
		id      string
	}{
		{"exactly", []pcsc.Reader{a0, short}, "acme", "acme", ""},
		{"a part, in any case", []pcsc.Reader{a0, other}, "ccid", a0.Name, ""},
		{"a part of two, one with a card", []pcsc.Reader{a0, full, other}, "ACME", full.Name, ""},
		{"a part of two without a card", []pcsc.Reader{a0, a1}, "ACME", "", "err.several-readers"},
		{"a part of one without a card, beside one with a card", []pcsc.Reader{other, full}, "other", "Other", ""},
		{"unknown", []pcsc.Reader{a0}, "Gamma", "", "err.reader-unknown"},
		{"no reader", nil, "ACME", "", "err.reader-unknown"},
	} {
		got, err := Named(test.readers, test.want)
		if wantID(t, test.what, err, test.id); got.Name != test.chosen {
			t.Errorf("%s: %q, want %q", test.what, got.Name, test.chosen)
		}
	}
}

// Of two errors about readers that can be mended alike, the first is reported.
func TestTheErrorOfTheMoreHopefulReaderIsReported(t *testing.T) {
	as := func(code outcome.Code, id string) error { return &outcome.Error{Code: code, ID: id} }
	for _, test := range []struct{ a, b, want error }{
		{as(outcome.CodeNoReader, "1"), as(outcome.CodeNoCard, "2"), as(outcome.CodeNoCard, "2")},
		{as(outcome.CodeNoCard, "1"), as(outcome.CodeNoReader, "2"), as(outcome.CodeNoCard, "1")},
		{as(outcome.CodeNoCard, "1"), as(outcome.CodeNotJPKI, "2"), as(outcome.CodeNotJPKI, "2")},
		{as(outcome.CodeNoCard, "1"), as(outcome.CodeNoCard, "2"), as(outcome.CodeNoCard, "1")},
		{as(outcome.CodeNotJPKI, "1"), as(outcome.CodeBusy, "2"), as(outcome.CodeNotJPKI, "1")},
	} {
		if got := idOf(worseReader(test.a, test.b)); got != idOf(test.want) {
			t.Errorf("of %v and %v: %s", test.a, test.b, got)
		}
	}
}

// Only virtual readers are not named as those that wait for a card, unless one
// was asked for.
func TestWhatIsAwaitedIsNamed(t *testing.T) {
	virtual, real := pcsc.Reader{Name: "Virtual PCD 00 00", Virtual: true}, pcsc.Reader{Name: "ACME"}
	for _, test := range []struct {
		code    outcome.Code
		wanted  string
		readers []pcsc.Reader
		id      string
		pairs   []any
	}{
		{outcome.CodeNoReader, "", nil, "wait.reader", nil},
		{outcome.CodeNoReader, "ACME", nil, "wait.reader.named", []any{"Value", "ACME"}},
		{outcome.CodeNoCard, "", []pcsc.Reader{virtual}, "wait.card.any", nil},
		{outcome.CodeNoCard, "Virtual", []pcsc.Reader{virtual}, "wait.card", []any{"Reader", virtual.Name}},
		{outcome.CodeNoCard, "", []pcsc.Reader{virtual, real}, "wait.card", []any{"Reader", "ACME"}},
	} {
		a, _ := newAccess(t, Flags{}, "")
		if got, want := a.waitingFor(test.code, test.wanted, test.readers), a.T(test.id, test.pairs...); got != want {
			t.Errorf("%s, %q: %q, want %q", test.code, test.wanted, got, want)
		}
	}
}
