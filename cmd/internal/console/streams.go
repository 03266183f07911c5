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

	// OutLeadsNowhere is set when standard output was closed when the process
	// began (`natsuin … >&-`): what is written to it is lost without an error.
	OutLeadsNowhere bool

	Width    int                                // columns of the terminal; 0: not known
	Terminal func() (*terminal.Terminal, error) // opens the terminal device; ErrNoTerminal
	Env      func(string) string                // an environment variable, "" when unset
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

// IsTerminal reports whether somebody may be typing at a file.
func IsTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Columns returns the width to lay text out for: the terminal's, kept between
// 40 and 160, and 80 where there is none.
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
// ones: ACCESSIBLE set to anything but the empty string and 0.
func (s *Streams) Accessible() bool {
	v := s.env("ACCESSIBLE")
	return v != "" && v != "0"
}

// Whole returns a writer to w for several goroutines: no two Writes run at
// once, so that lines written by one call each stay whole.
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
