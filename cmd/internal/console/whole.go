package console

import (
	"io"
	"sync"
)

// Whole returns a writer to w for several goroutines: no two Writes run at once, so that
// lines written by one call each stay whole.
func Whole(w io.Writer) io.Writer { return &whole{w: w} }

type whole struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *whole) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
