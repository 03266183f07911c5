// Package queue runs work that whoever hands it in must not wait for: while a
// card's transaction is open, nothing depends on a disk, a pipe or a terminal.
package queue

import (
	"context"
	"sync"
	"time"
)

// A Queue runs functions in the order in which they are added, at most limit at
// a time.
type Queue struct {
	Limit   int
	mu      sync.Mutex
	waiting []func()
	running int
	idle    chan struct{} // closed when the last worker ends
}

// Add returns at once, however many functions wait.
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

// next takes the first function that waits, or ends one of the workers.
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

// Wait waits until everything has run, and when ctx ends patience longer at
// most. It reports whether everything has.
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
