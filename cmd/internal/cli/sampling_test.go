package cli_test

import (
	"math/rand/v2"
	"testing"
)

// A sampling chooses the cases of a matrix that are run: all of them or, with
// -short, every 23rd from a random one.
type sampling struct{ every, phase, n int }

func newSampling(t *testing.T) *sampling {
	t.Helper()
	if !testing.Short() {
		return &sampling{every: 1}
	}
	s := &sampling{every: 23, phase: rand.IntN(23)}
	t.Logf("every 23rd case, from %d", s.phase)
	return s
}

// next reports whether the next case is run.
func (s *sampling) next() bool {
	s.n++
	return s.n%s.every == s.phase
}
