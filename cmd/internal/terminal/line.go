package terminal

import (
	"io"
	"strings"
	"unicode/utf8"

	"natsuin/cmd/internal/text"
)

// A line is the line that is being typed. Its text never grows beyond its first
// capacity, because append would then leave a copy of a secret behind.
type line struct {
	text    []byte
	strict  bool                        // a key that is not a character invalidates the line
	begun   bool                        // its beginning was typed before the prompt and discarded
	stops   bool                        // Ctrl-Z stops the process
	echo    io.Writer                   // nil for a secret
	more    func(string) (string, bool) // nil if the first line ends the answer
	afterCR bool                        // CR ended the previous line of the answer
	tooLong bool
	notText bool
}

// The keys, as a terminal in raw mode sends them.
const (
	ctrlC     = 0x03
	ctrlD     = 0x04
	backspace = 0x08
	ctrlU     = 0x15
	ctrlZ     = 0x1A
	ctrlBack  = 0x1C
	escape    = 0x1B
	del       = 0x7F
)

func (l *line) key(b byte) (done bool, err error) {
	afterCR := l.afterCR
	l.afterCR = b == '\r' && l.more != nil
	switch {
	case b == '\n' && afterCR: // the LF of a CR LF
	case b == '\r' || b == '\n':
		if l.more != nil && l.goesOn() {
			return false, nil
		}
		return true, l.verdict()
	case b == ctrlC || b == ctrlBack:
		return false, ErrInterrupted
	case b == ctrlZ && l.stops:
		return false, errStopJob
	case l.begun && b != ctrlU: // perhaps the rest of a secret: not kept and not shown
	case b == ctrlD:
		switch {
		case l.tooLong || l.notText:
		case len(l.text) == 0:
			return false, ErrInterrupted
		case l.text[len(l.text)-1] == '\n': // an empty line ends an answer of several lines
			return true, nil
		}
	case b == backspace || b == del:
		l.takeBack()
	case b == ctrlU:
		for l.takeBack() {
		}
		l.tooLong, l.notText, l.begun = false, false, false
	case b < ' ':
		// An arrow key sends ESC [ and a letter, which would read as "[A"
		// without the ESC. The sequence is not skipped, since the [ may also be
		// a character of its own.
		l.notText = true
	case len(l.text) == cap(l.text):
		l.tooLong = true
	default:
		l.text = append(l.text, b)
		l.show()
	}
	return false, nil
}

// goesOn starts another line if more asks for one.
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

// forget wipes the input so far.
func (l *line) forget() {
	clear(l.text[:cap(l.text)])
	l.text = l.text[:0]
	l.afterCR, l.tooLong, l.notText = false, false, false
}

func (l *line) verdict() error {
	switch {
	case l.begun:
		return ErrTypedAhead
	case l.tooLong:
		return ErrInputLength
	case l.strict && l.notText, !utf8.Valid(l.text):
		return ErrNotText
	default:
		return nil
	}
}

// show echoes the last character once all its bytes have arrived.
func (l *line) show() {
	if l.echo == nil {
		return
	}
	// A character has at most UTFMax bytes.
	for n := 1; n <= min(utf8.UTFMax, len(l.text)); n++ {
		tail := l.text[len(l.text)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.Valid(tail) {
				_, _ = io.WriteString(l.echo, text.Escape(string(tail)))
			}
			return
		}
	}
}

// takeBack deletes the last character of this line, if there is one.
func (l *line) takeBack() bool {
	if len(l.text) == 0 || l.text[len(l.text)-1] == '\n' {
		return false
	}
	_, size := utf8.DecodeLastRune(l.text)
	last := l.text[len(l.text)-size:]
	if l.echo != nil && utf8.Valid(last) {
		_, _ = io.WriteString(l.echo, strings.Repeat("\b \b", text.Width(text.Escape(string(last)))))
	}
	clear(last)
	l.text = l.text[:len(l.text)-size]
	return true
}
