package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// readLine asks the question, and asks again after a stop or another
// interruption, until there is an answer or an error.
func (t *Terminal) readLine(ctx context.Context, prompt string, l *line) error {
	for {
		err := t.question(ctx, prompt, l)
		switch {
		case errors.Is(err, errStop), errors.Is(err, errStopJob):
			l.forget()
			t.jobs.suspend(errors.Is(err, errStopJob))
		case errors.Is(err, errAnew):
			l.forget()
		default:
			return err
		}
	}
}

func (t *Terminal) question(ctx context.Context, prompt string, l *line) (err error) {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// Echo is off before the prompt is shown, so that a quick answer is not
	// echoed.
	if err := t.begin(cancel); err != nil {
		return fmt.Errorf("set terminal: %w", err)
	}
	defer func() {
		endErr := t.end()
		// The Enter that ended the answer was not echoed either.
		_, writeErr := io.WriteString(t.out, "\n")
		if err == nil {
			err = errors.Join(endErr, writeErr)
		}
		if errors.Is(context.Cause(ctx), errStop) && !errors.Is(err, errStop) {
			t.jobs.suspend(false) // SIGTSTP arrived just after the answer
		}
	}()
	if l.begun, err = t.in.discard(); err != nil {
		return fmt.Errorf("discard typed input: %w", err)
	}
	if l.more != nil {
		defer func() {
			if _, discardErr := t.in.discard(); err == nil {
				err = discardErr
			}
		}()
	}
	if err := t.Print(strings.ReplaceAll(prompt, "\n", "\r\n")); err != nil {
		return fmt.Errorf("write terminal: %w", err)
	}
	l.stops = t.jobs != nil
	for {
		b, err := t.in.readByte(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("%w: %w", ErrInterrupted, err)
		}
		if done, err := l.key(b); done || err != nil {
			return err
		}
	}
}

// begin sets the terminal to raw mode for a question. cancel interrupts the
// question.
func (t *Terminal) begin(cancel context.CancelCauseFunc) error {
	t.jobs.foreground(t)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked, t.interrupt = true, cancel
	return t.in.raw()
}

// end turns line editing and signal keys on again. Echo stays off.
func (t *Terminal) end() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.interrupt = nil
	return t.in.quiet()
}

// interrupted ends the current question with a cause, and reports whether there
// was a question.
func (t *Terminal) interrupted(cause error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.interrupt == nil {
		return false
	}
	t.interrupt(cause)
	return true
}

// changed reports whether another process seems to have turned echo on again.
func (t *Terminal) changed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.closed && t.in.changed()
}

// leave restores the settings, before the process stops.
func (t *Terminal) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = t.in.restore() // an error must not prevent the stop
}

// Quiet turns echo off, as it is between two questions. In the background it
// does nothing.
func (t *Terminal) Quiet() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.interrupt == nil && !t.closed && !t.in.background() {
		t.asked = true
		_ = t.in.quiet() // the next question reports it
	}
}

// resume turns echo off again after a stop, if it was off before. If the
// terminal belongs to another job, resume waits until it belongs to this one: a
// shell that brings a running job to the foreground need not send SIGCONT.
func (t *Terminal) resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.asked || t.closed:
	case !t.in.background():
		_ = t.in.quiet() // the next question reports it
	case !t.awaited:
		t.awaited = true
		go t.awaitForeground()
	}
}

// foregroundPoll is how often awaitForeground checks which job is in the
// foreground.
const foregroundPoll = 100 * time.Millisecond

// awaitForeground turns echo off once the terminal belongs to this job again.
func (t *Terminal) awaitForeground() {
	for t.stillBackground() {
		time.Sleep(foregroundPoll)
	}
}

func (t *Terminal) stillBackground() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed && t.in.background() {
		return true
	}
	if !t.closed && t.interrupt == nil { // while a question is open, its own settings apply
		_ = t.in.quiet()
	}
	t.awaited = false
	return false
}
