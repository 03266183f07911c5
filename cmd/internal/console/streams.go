package console

import (
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"natsuin/cmd/internal/terminal"
)

// Streams holds the input, outputs and environment of one run. Tests build
// their own.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	InIsTerminal, OutIsTerminal, ErrIsTerminal bool

	// OutLeadsNowhere is set if standard output was closed when the process
	// started (`natsuin … >&-`), so that writes to it succeed but are lost.
	OutLeadsNowhere bool

	Width    int                                // columns of the terminal, or 0 if unknown
	Terminal func() (*terminal.Terminal, error) // opens the terminal device, or returns ErrNoTerminal
	Env      func(string) string                // returns an environment variable, or ""
	Now      func() time.Time
}

// System returns the streams of this process.
func System() *Streams {
	s := &Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InIsTerminal:  IsTerminal(os.Stdin),
		OutIsTerminal: IsTerminal(os.Stdout),
		ErrIsTerminal: IsTerminal(os.Stderr),
		Terminal:      terminal.Open,

		OutLeadsNowhere: leadsNowhere(os.Stdout),

		Env: os.Getenv,
		Now: time.Now,
	}
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		terminal.PrepareOutput(f)
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			s.Width = columns
			break
		}
	}
	return s
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Columns returns the width for the layout of text: that of the terminal,
// limited to 40 to 160, or 80 if it is unknown.
func (s *Streams) Columns() int {
	if s.Width <= 0 {
		return 80
	}
	return min(max(s.Width, 40), 160)
}

func (s *Streams) env(name string) string {
	if s.Env == nil {
		return ""
	}
	return s.Env(name)
}

func (s *Streams) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// Accessible reports whether the person asked for plain lines instead of moving
// ones, by setting ACCESSIBLE to a value that is neither empty nor 0.
func (s *Streams) Accessible() bool {
	v := s.env("ACCESSIBLE")
	return v != "" && v != "0"
}

// Whole returns a writer to w for several goroutines: it lets only one Write
// run at a time, so that the bytes of one call stay together.
func Whole(w io.Writer) io.Writer { return &whole{w: w} }

type whole struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *whole) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
