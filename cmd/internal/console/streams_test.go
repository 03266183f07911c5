package console_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/text"
)

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestColumnsStayReadable(t *testing.T) {
	for width, want := range map[int]int{0: 80, -1: 80, 10: 40, 40: 40, 100: 100, 160: 160, 500: 160} {
		s := console.Streams{Width: width}
		if got := s.Columns(); got != want {
			t.Errorf("width %d: got %d, want %d", width, got, want)
		}
	}
}

func TestColourOnlyWhereItIsWanted(t *testing.T) {
	for _, test := range []struct {
		name     string
		mode     console.ColorMode
		terminal bool
		env      map[string]string
		want     bool
	}{
		{"terminal", console.ColorAuto, true, nil, true},
		{"no terminal", console.ColorAuto, false, nil, false},
		{"NO_COLOR", console.ColorAuto, true, map[string]string{"NO_COLOR": "1"}, false},
		{"NO_COLOR empty does not count", console.ColorAuto, true, map[string]string{"NO_COLOR": ""}, true},
		{"dumb terminal", console.ColorAuto, true, map[string]string{"TERM": "dumb"}, false},
		{"always", console.ColorAlways, false, map[string]string{"NO_COLOR": "1"}, true},
		{"never", console.ColorNever, true, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := console.Streams{OutIsTerminal: test.terminal, Env: environment(test.env)}
			got := out.OutPalette(test.mode).Bad("text")
			if coloured := got != "text"; coloured != test.want || !strings.Contains(got, "text") {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestColourModeIsOneOfThree(t *testing.T) {
	for value, want := range map[string]console.ColorMode{"": console.ColorAuto, "auto": console.ColorAuto, "always": console.ColorAlways, "never": console.ColorNever} {
		if got, err := console.ParseColorMode(value); got != want || err != nil {
			t.Errorf("%q: got %v, %v", value, got, err)
		}
	}
	var bad *console.ColorModeError
	if _, err := console.ParseColorMode("Always"); !errors.As(err, &bad) || bad.Value != "Always" {
		t.Errorf("got %v", err)
	}
}

// clock is a clock that the test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func progress(t *testing.T, total int64, env map[string]string, run func(*clock, *console.Progress)) string {
	t.Helper()
	var screen strings.Builder
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s := console.Streams{Err: &screen, ErrIsTerminal: true, Width: 80, Env: environment(env), Now: c.now}
	p := s.Progress("大きな申請書.pdf", total)
	if p == nil {
		t.Fatal("no progress at a terminal")
	}
	run(c, p)
	return screen.String()
}

func TestNoProgressForAShortWait(t *testing.T) {
	got := progress(t, 1000, nil, func(c *clock, p *console.Progress) {
		p.Add(500)
		c.at = c.at.Add(499 * time.Millisecond)
		p.Add(500)
		p.Done()
	})
	if got != "" {
		t.Errorf("shown: %q", got)
	}
}

func TestProgressIsShownAndTakenAway(t *testing.T) {
	for _, total := range []int64{1000, 0} {
		got := progress(t, total, nil, func(c *clock, p *console.Progress) {
			c.at = c.at.Add(time.Second)
			p.Add(400)
			p.Add(2000) // more than the total, as if the file had grown
			p.Done()
			p.Add(1) // a read that ends after Done
			p.Done()
		})
		if !strings.Contains(got, "大きな申請書.pdf") {
			t.Errorf("total %d: not shown: %q", total, got)
		}
		if !strings.HasSuffix(got, "\x1b[2K\r") || strings.Contains(got, "\n") {
			t.Errorf("total %d: not taken away: %q", total, got)
		}
	}
}

func TestAccessibleProgressIsPlainLines(t *testing.T) {
	steps := func(c *clock, p *console.Progress) {
		for range 4 {
			c.at = c.at.Add(time.Second)
			p.Add(1 << 20)
		}
		p.Done()
	}
	env := map[string]string{"ACCESSIBLE": "1"}
	if got := progress(t, 4<<20, env, steps); got != "大きな申請書.pdf 25%\n大きな申請書.pdf 75%\n" {
		t.Errorf("got %q", got)
	}
	if got := progress(t, 0, env, steps); got != "大きな申請書.pdf 1 MiB\n大きな申請書.pdf 3 MiB\n" {
		t.Errorf("got %q", got)
	}
	one := func(c *clock, p *console.Progress) {
		c.at = c.at.Add(time.Second)
		p.Add(1)
		p.Done()
	}
	if got := progress(t, 1, env, one); got != "大きな申請書.pdf 100%\n" {
		t.Errorf("got %q", got)
	}
	// ACCESSIBLE=0 means no: the bar moves.
	if got := progress(t, 4<<20, map[string]string{"ACCESSIBLE": "0"}, steps); !strings.Contains(got, "\r") {
		t.Errorf("got %q", got)
	}
}

func TestProgressNeverWraps(t *testing.T) {
	for _, width := range []int{40, 51, 52, 57, 71, 72, 80, 160} {
		for _, label := range []string{"reading", "ファイルを読んでいます"} {
			var screen strings.Builder
			c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
			s := console.Streams{Err: &screen, ErrIsTerminal: true, Width: width, Env: environment(nil), Now: c.now}
			p := s.Progress(label, 900<<30)
			for range 9 {
				c.at = c.at.Add(3 * time.Second)
				p.Add(99 << 30)
			}
			p.Done()
			least := max(52, text.Width(label)+50)
			if bar := strings.Contains(screen.String(), "\r"); bar != (width >= least) {
				t.Errorf("%d columns: a bar: %t: %q", width, bar, screen.String())
			}
			for _, line := range strings.FieldsFunc(screen.String(), func(r rune) bool { return r == '\r' || r == '\n' }) {
				if n := text.Width(strings.NewReplacer("\x1b[2K", "", "\x1b[0K", "").Replace(line)); n >= width {
					t.Errorf("%d columns: %d: %q", width, n, line)
				}
			}
		}
	}
}

func TestNoProgressWithoutATerminal(t *testing.T) {
	var screen strings.Builder
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s := console.Streams{Err: &screen, Now: c.now}
	p := s.Progress("file", 1000)
	c.at = c.at.Add(time.Minute)
	if n, err := p.Write(make([]byte, 500)); n != 500 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	p.Done()
	if screen.Len() > 0 {
		t.Errorf("shown: %q", screen.String())
	}
}

func TestProgressCountsFromSeveralReaders(t *testing.T) {
	got := progress(t, 800, map[string]string{"ACCESSIBLE": "1"}, func(c *clock, p *console.Progress) {
		var readers sync.WaitGroup
		for range 8 {
			readers.Go(func() {
				for range 50 {
					p.Add(1)
				}
			})
		}
		readers.Wait()
		c.at = c.at.Add(time.Second)
		p.Add(0)
		p.Done()
	})
	if got != "大きな申請書.pdf 50%\n" {
		t.Errorf("got %q", got)
	}
}
