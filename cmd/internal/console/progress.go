package console

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"natsuin/cmd/internal/text"
)

// A wait shorter than this shows no progress at all (docs/cli.md, behaviour
// 16).
const progressDelay = 500 * time.Millisecond

// Plain lines come no closer than this to each other.
const plainInterval = 2 * time.Second

// Progress shows how much of a long hash is done: on standard error, only when
// that is a terminal, only after half a second, gone when done. With ACCESSIBLE
// it is plain lines. A nil Progress shows nothing. It is safe for concurrent
// use.
type Progress struct {
	mu          sync.Mutex
	label       string
	done, total int64
	now         func() time.Time
	started     time.Time

	out   io.Writer
	width int
	plain bool
	shown time.Time // of the last plain line
	bar   *progressbar.ProgressBar
	over  bool
}

// Progress returns a Progress over total bytes (unknown if under 1), or nil
// unless standard error is a terminal. label is translated and escaped already.
func (s *Streams) Progress(label string, total int64) *Progress {
	if !s.ErrIsTerminal {
		return nil
	}
	if total < 1 {
		total = -1
	}
	return &Progress{
		label: label, total: total, now: s.now, started: s.now(),
		out: s.Err, width: s.Columns(), plain: s.Accessible() || s.env("TERM") == "dumb",
	}
}

// Add counts n more bytes.
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
		// A file that grew overruns the bar, which then stays at its end.
		_ = p.bar.Set64(p.done)
	}
}

// Write counts the bytes, so that a Progress can stand in an io.MultiWriter.
func (p *Progress) Write(b []byte) (int, error) {
	p.Add(int64(len(b)))
	return len(b), nil
}

// Done takes the progress off the screen. It may be called more than once.
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
		// No goroutine that draws by itself: a prompt may follow.
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
