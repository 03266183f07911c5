package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Why a prompt has no answer. A cancelled context comes back as its own cause.
var (
	ErrNoTerminal  = errors.New("open terminal: there is none")
	ErrInterrupted = errors.New("read terminal: interrupted") // Ctrl-C, Ctrl-D, terminal gone
	ErrInputLength = errors.New("read terminal: input too long")
	ErrNotText     = errors.New("read terminal: input holds a key that is no character")
	ErrTypedAhead  = errors.New("read terminal: input began before the prompt")
)

// maxAnswer bounds an answer that is echoed; a pasted fingerprint is far shorter.
const maxAnswer = 4096

// Terminal is the device at which the person sits, whatever the standard
// streams are connected to. One goroutine at a time may use it.
//
// A question is answered by what is typed or pasted once it stands there. What was typed
// before is thrown away: nobody agrees to what they have not seen, and the second line of
// a paste is neither the next password nor a yes to the last try.
type Terminal struct {
	in  keyboard
	out io.WriteCloser
}

// keyboard is the input half of a terminal.
type keyboard interface {
	// raw turns echo, line editing and signal keys off, until restore.
	raw() (restore func() error, err error)
	// readByte waits for one byte or for the context.
	readByte(ctx context.Context) (byte, error)
	// discard throws away what was typed and not read yet, in raw mode, and tells whether
	// that was the beginning of a line. Ctrl-C among it is ErrInterrupted.
	discard() (begun bool, err error)
	io.Closer
}

// Close releases the device.
func (t *Terminal) Close() error { return errors.Join(t.in.Close(), t.out.Close()) }

// Print writes to the device. Text from outside must go through Escape first.
func (t *Terminal) Print(text string) error {
	_, err := io.WriteString(t.out, text)
	return err
}

// ReadSecret shows the prompt and reads a line of which nothing is shown, not
// even its length. Backspace takes back a character, Ctrl-U all of them. A
// secret is returned exactly as typed or not at all: one longer than max bytes
// is ErrInputLength, one with a control key or broken UTF-8 in it ErrNotText, so
// that a slipped key never becomes a wrong password, nor does the rest of one of which the
// beginning was typed before the prompt stood: ErrTypedAhead.
//
// The terminal is as before on every way out, a cancelled context included. The
// caller wipes the result.
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
// number, a fingerprint. It is returned without blanks around it.
func (t *Terminal) Ask(ctx context.Context, prompt string) (string, error) {
	l := line{text: make([]byte, 0, maxAnswer), echo: t.out}
	if err := t.readLine(ctx, prompt, &l); err != nil {
		return "", err
	}
	return strings.TrimSpace(string(l.text)), nil
}

// AskOn is Ask for an answer that may be printed on several lines: after each, more looks at
// all of them, line breaks included, and says whether to read on, and the prompt for that. What
// was pasted beyond the answer is thrown away, however it ends, and is no command to the shell.
func (t *Terminal) AskOn(ctx context.Context, prompt string, more func(text string) (prompt string, on bool)) (string, error) {
	l := line{text: make([]byte, 0, maxAnswer), echo: t.out, more: more}
	if err := t.readLine(ctx, prompt, &l); err != nil {
		return "", err
	}
	return strings.TrimSpace(string(l.text)), nil
}

func (t *Terminal) readLine(ctx context.Context, prompt string, l *line) (err error) {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	// Echo is off before the prompt is seen: who answers it at once is not shown.
	restore, err := t.in.raw()
	if err != nil {
		return fmt.Errorf("set terminal: %w", err)
	}
	defer func() {
		restoreErr := restore()
		// The person's Enter was not shown either.
		_, writeErr := io.WriteString(t.out, "\n")
		if err == nil {
			err = errors.Join(restoreErr, writeErr)
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

// line is the line that is being typed. Its text never grows beyond its first
// capacity, so that no copy of a secret is left behind by an append.
type line struct {
	text    []byte
	strict  bool                        // any key that is no character spoils the line
	begun   bool                        // its beginning was typed before the prompt, and is lost
	echo    io.Writer                   // nil for a secret
	more    func(string) (string, bool) // nil when the first line is the last
	afterCR bool                        // it goes on, after a line that ended so
	tooLong bool
	notText bool
}

// Keys, as a terminal in raw mode sends them.
const (
	ctrlC     = 0x03
	ctrlD     = 0x04
	backspace = 0x08
	ctrlU     = 0x15
	ctrlBack  = 0x1C
	escape    = 0x1B
	del       = 0x7F
)

func (l *line) key(b byte) (done bool, err error) {
	afterCR := l.afterCR
	l.afterCR = b == '\r' && l.more != nil
	switch {
	case b == '\n' && afterCR: // a line end of two characters
	case b == '\r' || b == '\n':
		if l.more != nil && l.goesOn() {
			return false, nil
		}
		return true, l.verdict()
	case b == ctrlC || b == ctrlBack:
		return false, ErrInterrupted
	case b == ctrlD:
		switch {
		case l.tooLong || l.notText:
		case len(l.text) == 0:
			return false, ErrInterrupted
		case l.text[len(l.text)-1] == '\n': // it went on, and does no more
			return true, nil
		}
	case b == backspace || b == del:
		l.takeBack()
	case b == ctrlU:
		for l.takeBack() {
		}
		l.tooLong, l.notText, l.begun = false, false, false
	case b < ' ':
		// An arrow key is ESC [ A: without the ESC it would read as "[A". It is
		// not skipped by guesswork, since ESC may also stand before a real letter.
		l.notText = true
	case len(l.text) == cap(l.text):
		l.tooLong = true
	default:
		l.text = append(l.text, b)
		l.show()
	}
	return false, nil
}

// goesOn begins another line when more wants one.
func (l *line) goesOn() bool {
	if l.verdict() != nil || len(l.text) == cap(l.text) {
		return false
	}
	prompt, on := l.more(string(l.text))
	if on {
		l.text = append(l.text, '\n')
		_, _ = io.WriteString(l.echo, "\r\n"+prompt)
	}
	return on
}

func (l *line) verdict() error {
	switch {
	case l.strict && l.begun:
		return ErrTypedAhead
	case l.tooLong:
		return ErrInputLength
	case l.strict && l.notText, !utf8.Valid(l.text):
		return ErrNotText
	default:
		return nil
	}
}

// show echoes the last character when all of its bytes are there.
func (l *line) show() {
	if l.echo == nil {
		return
	}
	// Look back at most to the beginning of the last character.
	for n := 1; n <= min(utf8.UTFMax, len(l.text)); n++ {
		tail := l.text[len(l.text)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.Valid(tail) {
				_, _ = io.WriteString(l.echo, Escape(string(tail)))
			}
			return
		}
	}
}

// takeBack drops the last character of this line, if there is one.
func (l *line) takeBack() bool {
	if len(l.text) == 0 || l.text[len(l.text)-1] == '\n' {
		return false
	}
	_, size := utf8.DecodeLastRune(l.text)
	last := l.text[len(l.text)-size:]
	if l.echo != nil && utf8.Valid(last) {
		_, _ = io.WriteString(l.echo, strings.Repeat("\b \b", Width(Escape(string(last)))))
	}
	clear(last)
	l.text = l.text[:len(l.text)-size]
	return true
}
