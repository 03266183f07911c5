// Package terminal asks a person questions at the terminal device. Secrets are
// read without echo, other answers with it. The package also handles the stops
// and continues that a shell expects of a job.
//
// It contains no text for people: the caller passes the questions in the
// person's language.
//
// The contract is docs/cli.md, behaviours 8 and 9. The device is specified by
// POSIX XBD chapter 11, and on Windows by the console.
package terminal

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
)

// The errors of a question without an answer. If the context is cancelled, the
// error is its cause instead.
var (
	ErrNoTerminal  = errors.New("open terminal: there is none")
	ErrInterrupted = errors.New("read terminal: interrupted") // Ctrl-C, Ctrl-\, Ctrl-D on an empty line, or the terminal is gone
	ErrInputLength = errors.New("read terminal: input too long")
	ErrNotText     = errors.New("read terminal: input contains a key that is not a character")
	ErrTypedAhead  = errors.New("read terminal: input began before the prompt")
)

// The reasons to ask a question again. They are never returned to callers.
var (
	errStop    = errors.New("read terminal: SIGTSTP")
	errStopJob = errors.New("read terminal: Ctrl-Z")
	errAnew    = errors.New("read terminal: settings changed while stopped")
)

// maxAnswer limits an answer that is echoed, in bytes. A pasted fingerprint is
// far shorter.
const maxAnswer = 4096

// A Terminal is the device at which the person sits, whatever the standard
// streams are connected to. Only one goroutine at a time may ask. Print and
// Close may be called by others.
//
// Only input typed or pasted after the prompt is an answer. Earlier input is
// discarded: nobody can agree to a question before seeing it, and the second
// line of a paste must not become the next password or the consent to the last
// try.
//
// From the first question to Close the device itself does not echo, except
// while the process is stopped: input typed while the program works may be a
// password typed once more. Close restores the settings and discards unread
// input, so that the shell does not run it.
type Terminal struct {
	in   keyboard
	out  io.WriteCloser
	jobs *JobControl

	mu        sync.Mutex              // guards the fields below, and the settings of in
	asked     bool                    // a question was asked
	interrupt context.CancelCauseFunc // ends the current question, or nil
	closed    bool
	awaited   bool // a goroutine is waiting for the foreground
}

// keyboard is the input half of a terminal.
type keyboard interface {
	// raw turns echo, line editing and signal keys off. The first call of raw
	// or quiet saves the settings for restore.
	raw() error
	// quiet restores the saved settings except that echo is off and line
	// editing and signal keys are on.
	quiet() error
	// restore restores the saved settings and discards unread input.
	restore() error
	// changed reports whether another process has changed the settings since
	// raw or quiet.
	changed() bool
	// background reports whether the terminal belongs to another job.
	background() bool
	// readByte waits for one byte, or for the end of ctx.
	readByte(ctx context.Context) (byte, error)
	// discard discards unread input in raw mode. begun reports whether this was
	// the beginning of a line. The error is ErrInterrupted if the input
	// contains Ctrl-C.
	discard() (begun bool, err error)
	io.Closer
}

// Close restores the settings from before the first question, discards unread
// input, and releases the device. Only the first call does anything.
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

// Print writes text to the device. Text from outside must be escaped first.
// Print is safe for concurrent use, but must not be called during a question.
func (t *Terminal) Print(text string) error {
	_, err := io.WriteString(t.out, text)
	return err
}

// ReadSecret shows the prompt and reads a line without showing anything, not
// even its length. Backspace deletes a character, Ctrl-U all of them. The line
// is returned whole or not at all, so that a fragment is never taken for a
// password. The error is ErrInputLength if the line is longer than max bytes,
// ErrNotText if it contains a key that is not a character or invalid UTF-8, and
// ErrTypedAhead if it was begun before the prompt.
//
// If a [JobControl] is attached, Ctrl-Z and SIGTSTP stop the process: the input
// is wiped first, and the prompt is shown again afterwards. The caller must
// wipe the result.
func (t *Terminal) ReadSecret(ctx context.Context, prompt string, max int) ([]byte, error) {
	l := line{text: make([]byte, 0, max), strict: true}
	if err := t.readLine(ctx, prompt, &l); err != nil {
		clear(l.text[:cap(l.text)])
		return nil, err
	}
	// The deleted characters are still in the array after the end of the text.
	clear(l.text[len(l.text):cap(l.text)])
	return l.text, nil
}

// Ask shows the prompt and reads a line that is shown as it is typed, such as
// yes, a number or a fingerprint. It returns the line without surrounding
// blanks. If the line was begun before the prompt, it may be the rest of a
// secret: it is then not shown, and the error is ErrTypedAhead.
func (t *Terminal) Ask(ctx context.Context, prompt string) (string, error) {
	return t.AskLines(ctx, prompt, nil)
}

// AskLines is like Ask, for an answer that may have several lines. After each
// line it calls more with all lines so far, line breaks included. more returns
// whether another line follows, and the prompt for it. Input pasted after the
// answer is always discarded, so that the shell does not run it.
func (t *Terminal) AskLines(ctx context.Context, prompt string, more func(text string) (prompt string, on bool)) (string, error) {
	l := line{text: make([]byte, 0, maxAnswer), echo: t.out, more: more}
	defer clear(l.text[:cap(l.text)]) // the answer may be a secret typed by mistake
	if err := t.readLine(ctx, prompt, &l); err != nil {
		return "", err
	}
	return strings.TrimSpace(string(l.text)), nil
}
