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
	"io"
	"strings"
	"sync"
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
