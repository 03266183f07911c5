//go:build cgo || windows

package pcsc_test

import (
	"testing"

	"natsuin/card/pcsc"
	"natsuin/card/pcsc/pcscdtest"
)

// If a reset may hide that the card was exchanged, and the program has not
// reset the card itself, Begin reports this once.
func TestBeginTellsOfAResetWhereEventsAreNotCounted(t *testing.T) {
	service := pcscdtest.Use(t)
	card := withAuthPIN()
	service.Insert(card)
	mine, other := open(t, pcsc.System{}, service.Reader()), open(t, pcsc.System{}, service.Reader())
	mine.Uncounted()
	reset := func() {
		t.Helper()
		begin(t, other)
		if err := other.End(true); err != nil {
			t.Fatal(err)
		}
	}
	reset()
	begin(t, mine) // the program knows nothing about the card yet
	send(t, mine, selectJPKI)
	if err := mine.End(false); err != nil {
		t.Fatal(err)
	}
	reset()
	before := card.Tally().Exchanges
	is(t, mine.Begin(t.Context()), pcsc.ErrReset, "begin", service.Reader())
	if n := card.Tally().Exchanges; n != before {
		t.Errorf("%d commands reached the card", n-before)
	}
	begin(t, mine)
	if err := mine.End(true); err != nil {
		t.Fatal(err)
	}
	reset()
	begin(t, mine) // after its own reset, the program does not rely on the card's state
}
