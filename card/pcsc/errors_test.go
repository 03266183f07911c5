package pcsc

import (
	"errors"
	"testing"
)

// Not all return values of the service can be caused in a test. They are copied
// from pcsclite.h of pcsc-lite and winerror.h of Windows.
func TestReturnValuesHaveTheirMeaning(t *testing.T) {
	for code, want := range map[Code]error{
		0x8010006A: ErrPermission, // polkit refuses
		0x80100027: ErrPermission,
		0x8010001D: ErrNoService,
		0x8010001E: ErrNoService,
		0x80100024: ErrNotInstalled,
		0x80100009: ErrNoReader,
		0x80100017: ErrNoReader,
		0x8010002E: ErrNoReader,
		0x8010000C: ErrNoCard,
		0x8010000B: ErrBusy,
		0x80100069: ErrRemoved,
		0x80100068: ErrReset,
		0x80100066: ErrUnresponsive,
		0x80100067: ErrUnresponsive,
		0x8010000A: ErrTimeout,
	} {
		err := fail("connect", "R", code)
		if !errors.Is(err, want) {
			t.Errorf("%v is %v, want %v", code, err, want)
		}
	}
}

func TestErrorKeepsACodeThatHasNoMeaningHere(t *testing.T) {
	err := fail("connect", "Reader\x1b[31m", 0x801000FF)
	var e *Error
	if !errors.As(err, &e) || e.Err != nil || e.Code != 0x801000FF {
		t.Fatalf("%#v", err)
	}
	if got, want := err.Error(), `pcsc: connect "Reader\x1b[31m" (0x801000FF)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
