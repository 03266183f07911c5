package pcscdtest

import "testing"

// A service that reports a removed card needs another card, also at the end of
// the test.
func TestACardCanComeAndGoAtTheEndOfTheTest(t *testing.T) {
	s := Use(t)
	t.Cleanup(func() {
		s.Insert(blank{})
		s.Remove()
	})
}
