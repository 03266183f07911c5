// Package terminal asks a person at the terminal device: secrets without echo,
// other answers with it, and the stops and continues that a shell expects of a
// job.
//
// It decides nothing and knows no words: questions come from the caller, already
// in the person's language.
//
// The contract is docs/cli.md, behaviours 8 and 9; the device is that of POSIX XBD
// chapter 11, and the Windows console.
package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Why a prompt has no answer. A cancelled context comes back as its own cause.
var (
	ErrNoTerminal  = errors.New("open terminal: there is none")
	ErrInterrupted = errors.New("read terminal: interrupted") // Ctrl-C, Ctrl-D, terminal gone
	ErrInputLength = errors.New("read terminal: input too long")
	ErrNotText     = errors.New("read terminal: input holds a key that is no character")
	ErrTypedAhead  = errors.New("read terminal: input began before the prompt")
)

// Why a question is put anew. They do not leave this package.
var (
	errStop    = errors.New("read terminal: SIGTSTP")
	errStopJob = errors.New("read terminal: Ctrl-Z")
	errAnew    = errors.New("read terminal: settings changed while stopped")
)

// maxAnswer bounds an answer that is echoed; a pasted fingerprint is far
// shorter.
const maxAnswer = 4096

// Terminal is the device at which the person sits, whatever the standard
// streams are connected to. One goroutine at a time may ask; Print and Close
// may be called by others.
//
// A question is answered by what is typed or pasted once it stands there. What
// was typed before is thrown away: nobody agrees to what they have not seen,
// and the second line of a paste is neither the next password nor a yes to the
// last try.
//
// From the first question to Close the terminal does not echo: what is typed
// while the program works may be a password typed once more. Close restores the
// settings and throws unread input away, so that the shell does not run it.
type Terminal struct {
	in   keyboard
	out  io.WriteCloser
	jobs *JobControl

	mu        sync.Mutex              // guards what follows, and the settings of in
	asked     bool                    // from the first question on
	interrupt context.CancelCauseFunc // of the question that stands, or nil
	closed    bool
	awaited   bool // a goroutine waits for the foreground
}

// keyboard is the input half of a terminal.
type keyboard interface {
	// raw turns echo, line editing and signal keys off. The first of raw and
	// quiet keeps the settings that it found, for restore.
	raw() error
	// quiet sets what was found, less echo, with line editing and signal keys.
	quiet() error
	// restore sets what was found, and throws unread input away.
	restore() error
	// changed reports whether another process has changed what raw or quiet
	// set.
	changed() bool
	// background reports whether the terminal belongs to another job of the
	// shell.
	background() bool
	// readByte waits for one byte or for the context.
	readByte(ctx context.Context) (byte, error)
	// discard throws away what was typed and not read yet, in raw mode, and
	// reports whether that was the beginning of a line. Ctrl-C among it is
	// ErrInterrupted.
	discard() (begun bool, err error)
	io.Closer
}

// Close restores the settings of the first question, throws away what was typed
// and not read, and releases the device. Only the first call does anything.
func (t *Terminal) Close() error {
	t.jobs.detach(t)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	t.closed = true
	return errors.Join(t.in.restore(), t.in.Close(), t.out.Close())
}

// Print writes to the device. Text from outside must go through Escape first.
// It is safe for concurrent use, but not while a question stands there.
func (t *Terminal) Print(text string) error {
	_, err := io.WriteString(t.out, text)
	return err
}

// ReadSecret shows the prompt and reads a line of which nothing is shown, not
// even its length. Backspace takes back a character, Ctrl-U all of them. A
// secret is returned exactly as typed or not at all: one longer than max bytes
// is ErrInputLength, one with a control key or broken UTF-8 in it ErrNotText,
// so that a slipped key never becomes a wrong password, nor does the rest of
// one of which the beginning was typed before the prompt stood: ErrTypedAhead.
//
// Ctrl-Z and SIGTSTP stop the process if a [JobControl] is attached; what was
// typed is wiped before, and the prompt is shown anew after. The caller wipes
// the result.
func (t *Terminal) ReadSecret(ctx context.Context, prompt string, max int) ([]byte, error) {
	l := line{text: make([]byte, 0, max), strict: true}
	if err := t.readLine(ctx, prompt, &l); err != nil {
		clear(l.text[:cap(l.text)])
		return nil, err
	}
	// What was taken back is still behind the end.
	clear(l.text[len(l.text):cap(l.text)])
	return l.text, nil
}

// Ask shows the prompt and reads a line that is shown as it is typed: yes, a
// number, a fingerprint. It is returned without blanks around it. A line that
// was begun before the prompt stood may be the rest of a secret: it is not
// shown and is ErrTypedAhead.
func (t *Terminal) Ask(ctx context.Context, prompt string) (string, error) {
	return t.AskLines(ctx, prompt, nil)
}

// AskLines is Ask for an answer that may be printed on several lines: after
// each, more looks at all of them, line breaks included, and says whether to
// read on, and the prompt for that. What was pasted beyond the answer is thrown
// away, however it ends, and is no command to the shell.
func (t *Terminal) AskLines(ctx context.Context, prompt string, more func(text string) (prompt string, on bool)) (string, error) {
	l := line{text: make([]byte, 0, maxAnswer), echo: t.out, more: more}
	defer clear(l.text[:cap(l.text)]) // it may be a secret, typed at the wrong question
	if err := t.readLine(ctx, prompt, &l); err != nil {
		return "", err
	}
	return strings.TrimSpace(string(l.text)), nil
}

// readLine asks until the question was neither stopped nor spoilt.
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
	// Echo is off before the prompt is seen: who answers it at once is not
	// shown.
	if err := t.begin(cancel); err != nil {
		return fmt.Errorf("set terminal: %w", err)
	}
	defer func() {
		endErr := t.end()
		// The person's Enter was not shown either.
		_, writeErr := io.WriteString(t.out, "\n")
		if err == nil {
			err = errors.Join(endErr, writeErr)
		}
		if errors.Is(context.Cause(ctx), errStop) && !errors.Is(err, errStop) {
			t.jobs.suspend(false) // it came as the question was answered
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

// begin makes the terminal raw for a question that cancel interrupts.
func (t *Terminal) begin(cancel context.CancelCauseFunc) error {
	t.jobs.foreground(t)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked, t.interrupt = true, cancel
	return t.in.raw()
}

// end leaves the terminal quiet until the next question.
func (t *Terminal) end() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.interrupt = nil
	return t.in.quiet()
}

// interrupted gives the question that stands there a cause to end, and reports
// whether there is one.
func (t *Terminal) interrupted(cause error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.interrupt == nil {
		return false
	}
	t.interrupt(cause)
	return true
}

// changed reports whether another process has turned echo on again, as it
// seems.
func (t *Terminal) changed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.closed && t.in.changed()
}

// leave restores the settings before the process stops.
func (t *Terminal) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = t.in.restore() // nothing can be done about it, and the stop must not fail
}

// Quiet turns echo off until the end, as after a question, before there is one.
// In the background it does nothing.
func (t *Terminal) Quiet() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.interrupt == nil && !t.closed && !t.in.background() {
		t.asked = true
		_ = t.in.quiet() // the next question reports it
	}
}

// resume turns echo off again after a stop, if it was. The terminal of another
// job is left alone, until it is ours again: a shell that brings a job to the
// foreground need not send SIGCONT to one that runs.
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

// foregroundPoll is the time between two looks at whose terminal it is.
const foregroundPoll = 100 * time.Millisecond

// awaitForeground turns echo off as soon as the terminal is this job's again.
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
	if !t.closed && t.interrupt == nil { // a question looks after itself
		_ = t.in.quiet()
	}
	t.awaited = false
	return false
}
