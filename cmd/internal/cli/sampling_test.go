package cli_test

import (
	"math/rand/v2"
	"testing"
)

// sampled reports whether the matrices run only a sample of their cases. They
// do with -short and under the race detector, with which a case takes several
// times as long. CI also runs all cases without the race detector.
func sampled() bool { return testing.Short() || raced }

// A sampling chooses the cases of a matrix that are run.
type sampling struct{ every, phase, n int }

// newSampling returns a sampling of all cases or, if sampled, of every seventh
// from a random one.
func newSampling(t *testing.T) *sampling {
	t.Helper()
	if !sampled() {
		return &sampling{every: 1}
	}
	s := &sampling{every: 7, phase: rand.IntN(7)}
	t.Logf("every 7th case, from %d", s.phase)
	return s
}

// next reports whether the next case is run.
func (s *sampling) next() bool {
	s.n++
	return s.n%s.every == s.phase
}
