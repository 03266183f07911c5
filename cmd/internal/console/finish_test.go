package console_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/terminal"
)

// newConsole returns the console of a run in English without a terminal.
func newConsole(t *testing.T, out io.Writer) (*console.Console, *bytes.Buffer) {
	t.Helper()
	said := new(bytes.Buffer)
	c := console.New(&console.Streams{
		In: strings.NewReader(""), Out: out, Err: said, Env: environment(nil),
		Terminal: func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal },
	}, nil, nil)
	p, err := i18n.New("en")
	if err != nil {
		t.Fatal(err)
	}
	c.Printer = p
	return c, said
}

// broken is an output that cannot be written.
type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

var (
	errSlip = &outcome.Error{Code: outcome.CodeUsage, ID: "err.args.dash"}
	invalid = &outcome.Verdict{Outcome: outcome.Error{Code: outcome.CodeDifferent, ID: "compare.different"}}
)

// Data that could not be written is the outcome of a run that went well
// otherwise. If its reader has closed the pipe early, nothing is said.
func TestDataThatIsNotWrittenIsAnOutcome(t *testing.T) {
	for _, test := range []struct {
		what   string
		out    io.Writer
		json   bool
		err    error
		exit   int
		silent bool
	}{
		{"all well", io.Discard, false, nil, 0, true},
		{"all well, JSON", io.Discard, true, nil, 0, true},
		{"a verdict", io.Discard, false, invalid, 1, true},
		{"an error", io.Discard, false, errSlip, 2, false},
		{"an error, JSON", io.Discard, true, errSlip, 2, true},
		{"a full disk", broken{syscall.ENOSPC}, false, nil, 3, false},
		{"a full disk and a verdict", broken{syscall.ENOSPC}, false, invalid, 3, false},
		{"a full disk and an error", broken{syscall.ENOSPC}, false, errSlip, 2, false},
		{"a full disk, JSON", broken{syscall.ENOSPC}, true, nil, 3, false},
		{"a full disk and a verdict, JSON", broken{syscall.ENOSPC}, true, invalid, 3, false},
		{"a full disk and an error, JSON", broken{syscall.ENOSPC}, true, errSlip, 2, true},
		{"a reader that closed", broken{syscall.EPIPE}, false, nil, 3, true},
		{"a reader that closed, and an error", broken{syscall.EPIPE}, false, errSlip, 2, false},
	} {
		c, said := newConsole(t, test.out)
		c.JSON = test.json
		if !test.json {
			c.Print("data")
		}
		if exit := c.Finish(test.err); exit != test.exit || (said.Len() == 0) != test.silent {
			t.Errorf("%s: exit %d: %q", test.what, exit, said)
		}
	}
}

func TestAnErrorIsSaidWithItsNextStepAndItsCauses(t *testing.T) {
	for verbose, lines := range map[bool]int{false: 2, true: 3} {
		c, said := newConsole(t, io.Discard)
		c.Verbose = verbose
		err := &outcome.Error{Code: outcome.CodeUsage, ID: "err.args.dash", Err: errors.New("cause")}
		c.Finish(err)
		if got := strings.Split(strings.TrimSuffix(said.String(), "\n"), "\n"); len(got) != lines ||
			got[0] != "natsuin: error: "+c.T("err.args.dash") || got[1] != "natsuin: hint: "+c.T("err.args.dash.hint") {
			t.Errorf("%q", got)
		}
	}
}

// The next step of a verdict is for a person who has not asked for silence.
func TestTheNextStepOfAVerdict(t *testing.T) {
	for _, test := range []struct{ json, quiet, said bool }{{false, false, true}, {true, false, false}, {false, true, false}} {
		c, said := newConsole(t, io.Discard)
		c.JSON, c.Quiet = test.json, test.quiet
		if c.SayHint(invalid); (said.Len() > 0) != test.said {
			t.Errorf("%+v: %q", test, said)
		}
	}
}

type fields struct {
	console.Head
	Text string `json:"text"`
}

// With --json there is one object, whether or not the verb has a report, and
// characters that control a terminal are escaped in it.
func TestJSONIsOneHarmlessObject(t *testing.T) {
	for _, test := range []struct {
		report console.Report
		err    error
		want   string
	}{
		{nil, nil, `{"schema":1,"command":"pin status","ok":true,"code":"ok","exit":0}`},
		{&fields{Text: "a\u3000é\u202e\U000e0001"}, nil, `{"schema":1,"command":"pin status","ok":true,"code":"ok","exit":0,"text":"a　é\u202e\udb40\udc01"}`},
		{&fields{}, invalid, `"ok":false,"code":"different","exit":1`},
	} {
		out := new(bytes.Buffer)
		c, _ := newConsole(t, out)
		c.JSON, c.Command, c.Report = true, "pin status", test.report
		c.Finish(test.err)
		if got := out.String(); !strings.Contains(got, test.want) || strings.Count(got, "\n") != 1 || !json.Valid(out.Bytes()) {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}

// The lines of a value stand below each other, beside its name, in the width of
// the terminal: the last column is used, and none beyond it.
func TestAValueStandsBesideItsName(t *testing.T) {
	out := new(bytes.Buffer)
	c, _ := newConsole(t, out)
	c.Streams.Width = 40
	name := c.T("practice.folder")
	room := 40 - len("  ") - len(name) - len("  ")
	words := strings.Repeat("x", room-2) + " y zz"
	c.Field("practice.folder", words)
	want := "  " + name + "  " + strings.Repeat("x", room-2) + " y\n" + strings.Repeat(" ", 40-room) + "zz\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out, want)
	}
	out.Reset()
	c.Streams.Width = 50 // room for six groups, so that lines have four
	c.Groups("practice.folder", strings.Repeat("0123456789ABCDEF", 4))
	line := "0123 4567 89AB CDEF\n"
	want = "  " + name + "  " + line + strings.Repeat(strings.Repeat(" ", 40-room)+line, 3)
	if out.String() != want {
		t.Errorf("%q, want %q", out, want)
	}
}
