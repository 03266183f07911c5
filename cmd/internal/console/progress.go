package console

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"natsuin/cmd/internal/text"
)

// progressDelay is how long nothing is shown (docs/cli.md, behaviour 16).
const progressDelay = 500 * time.Millisecond

// A bar of 10 columns with percentage, speed and times needs restColumns beside
// its label. It is not shown on terminals narrower than barColumns.
const (
	barColumns  = 52
	restColumns = 50
)

// plainInterval is the least time between two plain lines.
const plainInterval = 2 * time.Second

// A Progress shows on standard error how much of a long hash is done. It
// appears at the first Add after progressDelay, and only if standard error is a
// terminal. It is a bar, which Done removes. With ACCESSIBLE, on a dumb
// terminal, or on one so narrow that the bar would wrap, it is plain lines,
// which stay. A nil Progress shows nothing. It is safe for concurrent use.
type Progress struct {
	mu          sync.Mutex
	label       string
	done, total int64
	now         func() time.Time
	started     time.Time

	out   io.Writer
	width int
	plain bool
	shown time.Time // when the last plain line was shown
	bar   *progressbar.ProgressBar
	over  bool
}

// Progress returns a Progress for total bytes, or nil if standard error is not
// a terminal. total is unknown if it is less than 1. label must be translated
// and escaped.
func (s *Streams) Progress(label string, total int64) *Progress {
	if !s.ErrIsTerminal {
		return nil
	}
	if total < 1 {
		total = -1
	}
	return &Progress{
		label: label, total: total, now: s.now, started: s.now(),
		out: s.Err, width: s.Columns(), plain: s.Accessible() || s.env("TERM") == "dumb" || s.Columns() < max(barColumns, text.Width(label)+restColumns),
	}
}

// Add counts n more bytes as done.
func (p *Progress) Add(n int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	now := p.now()
	switch {
	case p.over || now.Sub(p.started) < progressDelay:
	case p.plain:
		p.line(now)
	default:
		if p.bar == nil {
			p.bar = p.newBar()
		}
		// If the file has grown, the bar stays full.
		_ = p.bar.Set64(p.done)
	}
}

// Write counts the bytes of b as done, so that a Progress can be part of an
// [io.MultiWriter].
func (p *Progress) Write(b []byte) (int, error) {
	p.Add(int64(len(b)))
	return len(b), nil
}

// Done ends the progress and removes the bar. It may be called more than once.
func (p *Progress) Done() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over && p.bar != nil {
		_ = p.bar.Exit()
		_ = p.bar.Clear()
	}
	p.over = true
}

func (p *Progress) newBar() *progressbar.ProgressBar {
	return progressbar.NewOptions64(p.total,
		progressbar.OptionSetWriter(p.out),
		progressbar.OptionSetDescription(p.label),
		progressbar.OptionSetWidth(max(10, min(30, p.width-text.Width(p.label)-40))),
		progressbar.OptionShowBytes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionUseANSICodes(true),
		// The bar starts no goroutine that draws, because a prompt may follow.
		progressbar.OptionSetSpinnerChangeInterval(0),
	)
}

func (p *Progress) line(now time.Time) {
	if !p.shown.IsZero() && now.Sub(p.shown) < plainInterval {
		return
	}
	p.shown = now
	if p.total > 0 {
		_, _ = fmt.Fprintf(p.out, "%s %d%%\n", p.label, p.done*100/max(p.total, p.done, 1))
		return
	}
	_, _ = fmt.Fprintf(p.out, "%s %d MiB\n", p.label, p.done>>20)
}
