package sign

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// A writer checks and writes finished signatures while the card makes the next
// one. Nothing that hands it work waits for it, so the card's transaction never
// depends on a disk, a pipe or a terminal: what is not yet written waits as a
// signature value, some 1 KiB a file. The run waits in close, when the card has
// been let go.
type writer struct {
	run    *run
	files  queue // the disk takes a few milliseconds; eight keep its flushes from queueing up
	lines  queue // one: lines come whole and in order
	failed atomic.Bool
	left   atomic.Bool // close waits no longer

	mu  sync.Mutex // guards err, and the reports of the files handed over
	err error      // of the first file that failed
}

func newWriter(r *run) *writer {
	return &writer{run: r, files: queue{limit: 8}, lines: queue{limit: 1}}
}

// errStopped ends the loop over the files; the writer's own error is the cause.
var errStopped = errors.New("an earlier file failed")

// stopped returns errStopped once a file has failed: no more signatures are
// made then.
func (w *writer) stopped() error {
	if w.failed.Load() {
		return errStopped
	}
	return nil
}

// add hands one signature over. It never waits.
func (w *writer) add(ctx context.Context, j *job, finish finishing) {
	w.files.add(func() {
		if w.left.Load() {
			return
		}
		render, err := finish()
		if err == nil {
			err = w.run.write(ctx, j, render)
		}
		w.note(j, err)
	})
}

// note reports one file, at once.
func (w *writer) note(j *job, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.left.Load(): // the report is being read
	case err == nil:
		j.report.OK, j.report.Code = true, outcome.CodeOK
		w.say(w.run.T("sign.done", "Input", text.Escape(j.name()), "Output", text.Escape(j.output)))
	default:
		w.failed.Store(true)
		j.fail(err)
		if w.err == nil {
			w.err = err
		}
	}
}

// say prints a line of talk after those before it. It never waits for whoever
// reads.
func (w *writer) say(line string) {
	w.lines.add(func() { w.run.Say(line) })
}

// grace is how long a signal leaves to the files that are being written.
const grace = 2 * time.Second

// close waits for the files under way, prints the summary, and returns the
// error that decides the run: err, which the card's part ended with, or that of
// a file. When ctx ends it waits no longer than grace, and for standard output
// not at all. A file whose Commit has begun by then may still get its name,
// whole; no other does.
func (w *writer) close(ctx context.Context, err error) error {
	patience := grace
	if w.run.opts.Output == "-" {
		patience = 0
	}
	whole := w.files.wait(ctx, patience)
	w.mu.Lock()
	w.left.Store(!whole)
	w.mu.Unlock()
	if errors.Is(err, errStopped) {
		err = nil
	}
	err = outcome.WorseError(err, w.err)
	if !whole {
		err = outcome.WorseError(err, ctx.Err())
	}
	w.summary()
	w.lines.wait(ctx, patience)
	return err
}

// summary counts the signed files when signing had begun and there were
// several.
func (w *writer) summary() {
	done := 0
	for _, j := range w.run.jobs {
		if j.report.OK {
			done++
		}
	}
	if w.run.signing && len(w.run.jobs) > 1 {
		w.say(w.run.T("sign.summary", "N", done, "All", len(w.run.jobs)))
	}
}

// A queue runs functions in the order in which they are added, at most limit at
// a time.
type queue struct {
	limit   int
	mu      sync.Mutex
	waiting []func()
	running int
	idle    chan struct{} // closed when the last worker ends
}

// add returns at once, however many functions wait.
func (q *queue) add(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, f)
	if q.running == q.limit {
		return
	}
	if q.running == 0 {
		q.idle = make(chan struct{})
	}
	q.running++
	go q.work()
}

func (q *queue) work() {
	for f := q.next(); f != nil; f = q.next() {
		f()
	}
}

// next takes the first function that waits, or ends one of the workers.
func (q *queue) next() (f func()) {
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

// wait waits until everything has run, and when ctx ends patience longer at
// most. It reports whether everything has.
func (q *queue) wait(ctx context.Context, patience time.Duration) bool {
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
