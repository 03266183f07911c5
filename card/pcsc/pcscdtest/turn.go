package pcscdtest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// takeTurn waits until the test may use one of the slots, or all of them, and
// returns the first. No other test gets them until end is called.
//
// Only one test at a time waits for slots. Otherwise a test that waits for all
// of them might wait until no other test wants one.
func takeTurn(t testing.TB, all bool) (slot int, end func()) {
	t.Helper()
	deadline := time.Now().Add(turnLimit)
	lock := func(names ...string) (int, func()) {
		t.Helper()
		for ; time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			for i, name := range names {
				lock := flock.New(filepath.Join(os.TempDir(), "natsuin-pcscd"+name+".lock"), flock.SetPermissions(0o666))
				if ok, err := lock.TryLock(); err != nil {
					t.Fatal(err)
				} else if ok {
					return i, func() { lock.Unlock() }
				}
			}
		}
		t.Fatalf("no virtual reader is free after %v", turnLimit)
		return 0, nil
	}
	_, next := lock("")
	defer next()
	if !all {
		return lock("-0", "-1")
	}
	_, endFirst := lock("-0")
	_, endSecond := lock("-1")
	return 0, func() { endSecond(); endFirst() }
}
