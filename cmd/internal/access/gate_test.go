package access

import (
	"sync"
	"testing"
)

// If a secret and a signal come at the same moment, either the secret is sent
// and its answer is waited for, or it is never sent.
func TestASecretIsSentOrWithdrawnAndNeverBoth(t *testing.T) {
	for range 2000 {
		var g Gate
		var sent bool
		var both sync.WaitGroup
		both.Add(2)
		go func() { defer both.Done(); sent = g.send() }()
		go func() { defer both.Done(); g.Withdraw() }()
		both.Wait()
		if want := map[bool]int32{true: gateEnding, false: gateWithdrawn}[sent]; g.state.Load() != want {
			t.Fatalf("sent is %t in state %d", sent, g.state.Load())
		}
		if g.send() {
			t.Fatal("a second secret leaves beside the first, or after the signal")
		}
		g.answered()
		if g.send() {
			t.Fatal("a secret leaves after the signal")
		}
	}
}

func TestTheNextSecretIsSentWhenTheCardHasAnswered(t *testing.T) {
	var g Gate
	for range 3 {
		if !g.send() {
			t.Fatal("not sent without a signal")
		}
		g.answered()
	}
}
