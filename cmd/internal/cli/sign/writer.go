package sign

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/queue"
	"natsuin/cmd/internal/text"
	"natsuin/verify/touki"
)

// A writer checks and writes finished signatures while the card makes the next
// one. Its callers do not wait for it, so the card's transaction never depends
// on a disk, a pipe or a terminal: pending signatures are held as values of
// about 1 KiB per file, 5 KiB for a PDF. The run waits in close, after the card
// has been released.
type writer struct {
	run    *run
	files  queue.Queue // eight at a time, since each waits milliseconds for the disk
	lines  queue.Queue // one at a time, so that lines are whole and in order
	failed atomic.Bool
	left   atomic.Bool // close has stopped waiting for files

	mu  sync.Mutex // guards err, and the reports of the files handed over
	err error      // of the first file that failed
}

func newWriter(r *run) *writer {
	return &writer{run: r, files: queue.Queue{Limit: 8}, lines: queue.Queue{Limit: 1}}
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

// add queues one signature. It never waits.
func (w *writer) add(ctx context.Context, j *job, finish finishing) {
	w.files.Add(func() {
		if w.left.Load() {
			return
		}
		err := w.finish(ctx, j, finish)
		if err == nil && w.run.stampsFirst() {
			return
		}
		w.note(j, err)
	})
}

// finish checks one signature, and writes it or, if stampsFirst, keeps it in
// the job.
func (w *writer) finish(ctx context.Context, j *job, finish finishing) (err error) {
	defer func() {
		if v := recover(); v != nil { // a panic would end the process before the card is released
			err = outcome.Bug(v)
		}
	}()
	render, err := finish()
	switch {
	case err != nil:
		return err
	case w.run.stampsFirst():
		j.stamp.without = render
		return nil
	}
	return w.run.write(ctx, j, render)
}

// note records the outcome of one file in the report and prints the line for a
// success, without waiting for the other files.
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

// say queues a line of messages. It never waits for the reader of standard
// error.
func (w *writer) say(line string) {
	w.lines.Add(func() { w.run.Say(line) })
}

// warn is like say, but also prints with -q.
func (w *writer) warn(line string) {
	w.lines.Add(func() { w.run.Warn(line) })
}

// grace is how long after a signal files may still be written.
const grace = 2 * time.Second

// close waits for the files in progress, prints the summary, and returns the
// error that decides the run: err, from the part with the card, or that of a
// file. When ctx ends, it waits no longer than grace, and not at all for
// standard output. A file whose Commit has begun by then may still get its
// name, whole; no other does.
func (w *writer) close(ctx context.Context, err error) error {
	patience := grace
	if w.run.opts.Output == "-" {
		patience = 0
	}
	whole := w.files.Wait(ctx, patience)
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
	w.lines.Wait(ctx, patience)
	return err
}

// summary prints the number of signed files, if signing had begun and there
// were several, and that they meet --profile touki, if every signed file does
// and the certificate is valid.
func (w *writer) summary() {
	done, promised := 0, w.run.opts.PDF.Profile == touki.Profile && !w.run.ended
	for _, j := range w.run.jobs {
		if j.report.OK {
			done++
			promised = promised && !j.unlikeTouki
		}
	}
	if w.run.signing && len(w.run.jobs) > 1 {
		w.say(w.run.T("sign.summary", "N", done, "All", len(w.run.jobs)))
	}
	if done > 0 && promised {
		w.say(w.run.T("sign.touki.done"))
		if w.run.rep.Signer != nil && w.run.rep.Signer.Practice {
			w.say(w.run.T("sign.touki.practice"))
		}
	}
}
