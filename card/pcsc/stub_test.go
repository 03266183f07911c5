//go:build !cgo && !windows

package pcsc_test

import (
	"errors"
	"testing"

	"natsuin/card/pcsc"
)

func TestStubSaysThatThisBuildHasNoReaders(t *testing.T) {
	if pcsc.Available() {
		t.Error("the stub claims to reach readers")
	}
	_, listErr := pcsc.System{}.Readers(t.Context())
	_, connectErr := pcsc.System{}.Connect(t.Context(), "Any Reader")
	for op, err := range map[string]error{
		"readers": listErr,
		"wait":    pcsc.System{}.Wait(t.Context(), nil),
		"connect": connectErr,
	} {
		if !errors.Is(err, pcsc.ErrNoSupport) {
			t.Errorf("%s: %v, want ErrNoSupport", op, err)
		}
	}
}
