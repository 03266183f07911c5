// Package queue runs functions in the background, so that the caller need not
// wait for them: a transaction with the card must not wait for a disk, a pipe
// or a terminal.
package queue

import (
	"context"
	"sync"
	"time"
)

// A Queue runs functions in the order in which they were added, at most Limit
// at a time. Limit must be at least 1 before the first Add.
type Queue struct {
	Limit   int
	mu      sync.Mutex
	waiting []func()
	running int
	idle    chan struct{} // closed when the last worker ends
}

// Add adds a function. It returns at once, however many functions are waiting.
func (q *Queue) Add(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, f)
	if q.running == q.Limit {
		return
	}
	if q.running == 0 {
		q.idle = make(chan struct{})
	}
	q.running++
	go q.work()
}

func (q *Queue) work() {
	for f := q.next(); f != nil; f = q.next() {
		f()
	}
}

// next removes and returns the first function that is waiting. If there is
// none, it records that a worker ends.
func (q *Queue) next() (f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) > 0 {
		f, q.waiting[0] = q.waiting[0], nil
		q.waiting = q.waiting[1:]
		return f
	}
	if q.running--; q.running == 0 {
		close(q.idle)
	}
	return nil
}

// Wait waits until all functions have run. Once ctx has ended, it waits no
// longer than patience. It reports whether all have run.
func (q *Queue) Wait(ctx context.Context, patience time.Duration) bool {
	q.mu.Lock()
	idle, running := q.idle, q.running
	q.mu.Unlock()
	if running == 0 {
		return true
	}
	select {
	case <-idle:
		return true
	case <-ctx.Done():
	}
	select {
	case <-idle:
		return true
	case <-time.After(patience):
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.running == 0
}
