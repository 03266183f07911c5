package cli_test

import (
	"bytes"
	"context"
	"testing"

	"golang.org/x/sys/unix"

	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/terminal"
)

// A single y, which may be typed by mistake, agrees only to a notice. It does
// not answer any other question.
func TestYIsYesToANoticeAlone(t *testing.T) {
	for _, test := range []struct {
		name   string
		notice bool
		typed  []string // of which the last is accepted
		want   bool
	}{
		{"notice", true, []string{"y"}, true},
		{"notice, in full", true, []string{"", "ja", "YES"}, true},
		{"notice, in Japanese", true, []string{"はい"}, true},
		{"notice, in full width", true, []string{"ｙ"}, true},
		{"last try", false, []string{"y", "Y", "ｙ", "", "ye", "yes"}, true},
		{"last try, in Japanese", false, []string{"は", "はい"}, true},
		{"no", false, []string{"y", "n"}, false},
		{"no, in Japanese", true, []string{"いい", "いいえ"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := unix.IoctlSetInt(3, unix.TCFLSH, unix.TCIFLUSH); err != nil {
				t.Fatal(err)
			}
			s := &terminalRun{t: t, pty: thePTY(), exited: make(chan struct{})}
			s.seen = len(s.screen())
			env := &cli.Env{
				Args:    []string{"--lang", "en"},
				Streams: &console.Streams{In: new(bytes.Buffer), Out: &s.out, Err: &s.err, Terminal: terminal.Open},
				Getenv:  func(string) string { return "" },
			}
			var got bool
			var err error
			go func() {
				defer close(s.exited)
				got, err = cli.AskYesOrNo(context.Background(), env, test.notice)
			}()
			for i, answer := range test.typed {
				s.expect("[yes/no] ").send(answer)
				if i < len(test.typed)-1 {
					s.expect("(Ctrl-C to stop)")
				}
			}
			s.end(0)
			if got != test.want || err != nil {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
		})
	}
}
