// Package terminal asks a person at the terminal device: for secrets without
// echo, and for other answers with it. It also handles the stops and continues
// that a shell expects of a job.
//
// It decides nothing and contains no text for people: the caller passes
// questions in their language.
//
// The contract is docs/cli.md, behaviours 8 and 9; the device is that of POSIX
// XBD chapter 11, and the Windows console.
package terminal

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
)

// The errors of a prompt without an answer. If the context is cancelled, the
// error is its cause.
var (
	ErrNoTerminal  = errors.New("open terminal: there is none")
	ErrInterrupted = errors.New("read terminal: interrupted") // Ctrl-C, Ctrl-D, terminal gone
	ErrInputLength = errors.New("read terminal: input too long")
	ErrNotText     = errors.New("read terminal: input holds a key that is no character")
	ErrTypedAhead  = errors.New("read terminal: input began before the prompt")
)

// The reasons to ask a question again. They do not leave this package.
var (
	errStop    = errors.New("read terminal: SIGTSTP")
	errStopJob = errors.New("read terminal: Ctrl-Z")
	errAnew    = errors.New("read terminal: settings changed while stopped")
)

// maxAnswer limits an answer that is echoed, in bytes; a pasted fingerprint is
// far shorter.
const maxAnswer = 4096

// Terminal is the device at which the person sits, whatever the standard
// streams are connected to. Only one goroutine at a time may ask; Print and
// Close may be called by others.
//
// Only input typed or pasted after the prompt is an answer. Earlier input is
// discarded: nobody can agree to a question before seeing it, and the second
// line of a paste must not become the next password or the consent to the last
// try.
//
// From the first question to Close the terminal does not echo: input typed
// while the program works may be a password typed once more. Close restores the
// settings and discards unread input, so that the shell does not run it.
type Terminal struct {
	in   keyboard
	out  io.WriteCloser
	jobs *JobControl

	mu        sync.Mutex              // guards the fields below, and the settings of in
	asked     bool                    // from the first question on
	interrupt context.CancelCauseFunc // of the current question, or nil
	closed    bool
	awaited   bool // a goroutine waits for the foreground
}

// keyboard is the input half of a terminal.
type keyboard interface {
	// raw turns echo, line editing and signal keys off. The first of raw and
	// quiet keeps the settings that it found, for restore.
	raw() error
	// quiet sets the settings that were found, without echo but with line
	// editing and signal keys.
	quiet() error
	// restore sets the settings that were found, and discards unread input.
	restore() error
	// changed reports whether another process has changed what raw or quiet
	// set.
	changed() bool
	// background reports whether the terminal belongs to another job of the
	// shell.
	background() bool
	// readByte waits for one byte or for the context.
	readByte(ctx context.Context) (byte, error)
	// discard discards unread input, in raw mode, and reports whether it was
	// the beginning of a line. If it contains Ctrl-C, the error is
	// ErrInterrupted.
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

// Print writes to the device. Text from outside must go through Escape first.
// It is safe for concurrent use, but not during a question.
func (t *Terminal) Print(text string) error {
	_, err := io.WriteString(t.out, text)
	return err
}

// ReadSecret shows the prompt and reads a line without showing anything, not
// even its length. Backspace deletes a character, Ctrl-U all of them. A secret
// is returned exactly as typed or not at all, so that neither a slip nor a
// fragment becomes a wrong password. Errors: ErrInputLength if it is longer
// than max bytes, ErrNotText if it contains a control key or invalid UTF-8,
// ErrTypedAhead if its beginning was typed before the prompt.
//
// Ctrl-Z and SIGTSTP stop the process if a [JobControl] is attached. The input
// is wiped before the stop, and the prompt is shown again after it. The caller
// wipes the result.
func (t *Terminal) ReadSecret(ctx context.Context, prompt string, max int) ([]byte, error) {
	l := line{text: make([]byte, 0, max), strict: true}
	if err := t.readLine(ctx, prompt, &l); err != nil {
		clear(l.text[:cap(l.text)])
		return nil, err
	}
	// Deleted characters are still behind the end.
	clear(l.text[len(l.text):cap(l.text)])
	return l.text, nil
}

// Ask shows the prompt and reads a line that is shown as it is typed: yes, a
// number, a fingerprint. It is returned without surrounding blanks. A line that
// was begun before the prompt may be the rest of a secret: it is not shown, and
// the error is ErrTypedAhead.
func (t *Terminal) Ask(ctx context.Context, prompt string) (string, error) {
	return t.AskLines(ctx, prompt, nil)
}

// AskLines is Ask for an answer that may span several lines. After each line,
// more gets all of them, line breaks included, and returns whether to read on,
// and the prompt for that. Input pasted beyond the answer is discarded, however
// the question ends, so that the shell does not run it.
func (t *Terminal) AskLines(ctx context.Context, prompt string, more func(text string) (prompt string, on bool)) (string, error) {
	l := line{text: make([]byte, 0, maxAnswer), echo: t.out, more: more}
	defer clear(l.text[:cap(l.text)]) // it may be a secret typed by mistake
	if err := t.readLine(ctx, prompt, &l); err != nil {
		return "", err
	}
	return strings.TrimSpace(string(l.text)), nil
}
