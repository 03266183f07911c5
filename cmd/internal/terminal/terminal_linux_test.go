package terminal_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"natsuin/cmd/internal/terminal"
)

const prompt = "署名用パスワード: "

type answer struct {
	secret string
	err    error
}

// terminal opens the pty, as the program does, on the first call.
func (p *pty) terminal() *terminal.Terminal {
	p.t.Helper()
	if p.opened != nil {
		return p.opened
	}
	terminal, err := terminal.OpenAt(p.path)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { terminal.Close() })
	p.opened = terminal
	return terminal
}

// leave closes the terminal, and checks that it has the settings from before
// and no input for the shell.
func (p *pty) leave(before unix.Termios) {
	p.t.Helper()
	if p.echoes() {
		p.t.Error("echo is on before the end")
	}
	if err := p.opened.Close(); err != nil {
		p.t.Error(err)
	}
	if p.settings() != before {
		p.t.Error("the terminal's settings are not what they were")
	}
	if left := p.unread(); left != "" {
		p.t.Errorf("left for the shell: %q", left)
	}
}

// readSecret calls ReadSecret on the pty and returns when the prompt is shown.
func readSecret(ctx context.Context, p *pty, max int) <-chan answer {
	p.t.Helper()
	terminal := p.terminal()
	result, before := make(chan answer, 1), p.count(prompt)
	go func() {
		secret, err := terminal.ReadSecret(ctx, prompt, max)
		result <- answer{string(secret), err}
	}()
	p.waitForOneMore(prompt, before)
	return result
}

func TestSecretIsReadWithoutEcho(t *testing.T) {
	const max = 16
	for _, test := range []struct {
		name, keys, want string
		err              error
	}{
		{"plain", "ABC123\r", "ABC123", nil},
		{"line feed ends it too", "ABC123\n", "ABC123", nil},
		{"nothing typed", "\r", "", nil},
		{"blanks are kept", " A B \r", " A B ", nil},
		{"as long as may be", "ABCDEFGH12345678\r", "ABCDEFGH12345678", nil},
		{"backspace", "ABX\x7fC\x08D\r", "ABD", nil},
		{"backspace on nothing", "\x7f\x7fA\r", "A", nil},
		{"backspace takes a whole character", "A１\x7f2\r", "A2", nil},
		{"full-width from an input method", "ＡＢ１２\r", "ＡＢ１２", nil},
		{"Ctrl-U takes all back", "WRONG\x15RIGHT1\r", "RIGHT1", nil},
		{"Ctrl-U after too much", "ABCDEFGH123456789\x15OK1\r", "OK1", nil},
		{"Ctrl-U after an arrow key", "AB\x1b[D\x15OK1\r", "OK1", nil},
		{"Ctrl-C", "ABC\x03", "", terminal.ErrInterrupted},
		{"Ctrl-backslash", "ABC\x1c", "", terminal.ErrInterrupted},
		{"Ctrl-D on nothing", "\x04", "", terminal.ErrInterrupted},
		{"Ctrl-D after something", "ABC\x04\r", "ABC", nil},
		{"one too many is not cut", "ABCDEFGH123456789\r", "", terminal.ErrInputLength},
		{"far too many", strings.Repeat("A", 3000) + "\r", "", terminal.ErrInputLength},
		{"backspace does not mend too many", "ABCDEFGH123456789\x7f\r", "", terminal.ErrInputLength},
		{"arrow key", "AB\x1b[DC\r", "", terminal.ErrNotText},
		{"escape before a letter", "\x1bOABC1\r", "", terminal.ErrNotText},
		{"tab", "AB\tC\r", "", terminal.ErrNotText},
		{"not UTF-8", "AB\xffC\r", "", terminal.ErrNotText},
		{"half a character", "AB\xef\xbc\r", "", terminal.ErrNotText},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPTY(t)
			before := p.settings()
			if !p.echoes() {
				t.Fatal("the terminal does not echo to begin with: the test proves nothing")
			}
			result := readSecret(context.Background(), p, max)
			if p.echoes() {
				t.Error("echo is on while the prompt stands")
			}
			p.press(test.keys)
			got := <-result
			if got.secret != test.want || !errors.Is(got.err, test.err) {
				t.Errorf("got %q, %v; want %q, %v", got.secret, got.err, test.want, test.err)
			}
			p.waitFor("\r\n")
			p.leave(before)
			if screen := p.shown(); screen != prompt+"\r\n" {
				t.Errorf("the screen shows %q", screen)
			}
		})
	}
}

func TestCancelledSecretRestoresTheTerminal(t *testing.T) {
	for _, typed := range []string{"", "ABC"} {
		p := newPTY(t)
		before := p.settings()
		cause := errors.New("SIGTERM")
		ctx, cancel := context.WithCancelCause(context.Background())
		result := readSecret(ctx, p, 16)
		p.press(typed)
		cancel(cause)
		if got := <-result; got.secret != "" || !errors.Is(got.err, cause) {
			t.Errorf("%q: got %q, %v", typed, got.secret, got.err)
		}
		p.waitFor("\r\n")
		p.leave(before)
		if screen := p.shown(); screen != prompt+"\r\n" {
			t.Errorf("%q: the screen shows %q", typed, screen)
		}
	}
}

func TestPromptAfterCancelIsNotShown(t *testing.T) {
	p := newPTY(t)
	terminal, err := terminal.OpenAt(p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := terminal.ReadSecret(ctx, prompt, 16); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if p.shown() != "" {
		t.Errorf("the screen shows %q", p.shown())
	}
}

func TestTerminalThatGoesAwayInterrupts(t *testing.T) {
	p := newPTY(t)
	result := readSecret(context.Background(), p, 16)
	p.master.Close()
	if got := <-result; !errors.Is(got.err, terminal.ErrInterrupted) {
		t.Errorf("got %q, %v", got.secret, got.err)
	}
}

// Only input typed after the prompt is an answer.
func TestWhatWasTypedBeforeTheQuestionIsNoAnswer(t *testing.T) {
	for _, test := range []struct{ name, first, got, ahead string }{
		{"typed ahead", "OLD111\r", "OLD111", "yes\rNEW222\r"},
		{"a paste of several lines", "OLD111\rNEW222\rNEW222\r", "OLD111", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPTY(t)
			before := p.settings()
			first := readSecret(context.Background(), p, 16)
			p.press(test.first)
			if got := <-first; got.secret != test.got || got.err != nil {
				t.Fatalf("got %q, %v", got.secret, got.err)
			}
			p.press(test.ahead)
			second := readSecret(context.Background(), p, 16)
			p.press("RIGHT3\r")
			if got := <-second; got.secret != "RIGHT3" || got.err != nil {
				t.Errorf("got %q, %v", got.secret, got.err)
			}
			p.press("yes\r")
			third := ask(p)
			p.press("no\r")
			if got := <-third; got.secret != "no" || got.err != nil {
				t.Errorf("got %q, %v", got.secret, got.err)
			}
			p.leave(before)
		})
	}
}

// If a password is begun before the prompt, only its end would be read.
func TestTheRestOfALineThatBeganBeforeTheQuestionIsNoSecret(t *testing.T) {
	for _, test := range []struct {
		name, keys, want string
		err              error
	}{
		{"the rest", "123ABC\r", "", terminal.ErrTypedAhead},
		{"a rest that is too long", strings.Repeat("A", 30) + "\r", "", terminal.ErrTypedAhead},
		{"typed anew after Ctrl-U", "123\x15RIGHT3\r", "RIGHT3", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPTY(t)
			p.press("yes\rRENSHU")
			first := readSecret(context.Background(), p, 16)
			p.press(test.keys)
			if got := <-first; got.secret != test.want || !errors.Is(got.err, test.err) {
				t.Errorf("got %q, %v", got.secret, got.err)
			}
			second := readSecret(context.Background(), p, 16)
			p.press("RIGHT3\r")
			if got := <-second; got.secret != "RIGHT3" || got.err != nil {
				t.Errorf("got %q, %v", got.secret, got.err)
			}
		})
	}
}

// A terminal in bracketed paste mode puts ESC [ 200 ~ before a paste. The first
// line is then invalid, and the other lines are discarded, as in any paste.
func TestBracketedPasteAnswersNothing(t *testing.T) {
	p := newPTY(t)
	first := readSecret(context.Background(), p, 16)
	p.press("\x1b[200~RENSHU123\rWHOAMI1\r\x1b[201~")
	if got := <-first; !errors.Is(got.err, terminal.ErrNotText) {
		t.Fatalf("got %q, %v", got.secret, got.err)
	}
	second := readSecret(context.Background(), p, 16)
	p.press("WHOAMI1\r\x1b[201~") // after the end of the paste
	if got := <-second; !errors.Is(got.err, terminal.ErrTypedAhead) {
		t.Fatalf("got %q, %v", got.secret, got.err)
	}
	third := ask(p)
	p.press("\x1b[200~yes\r")
	if got := <-third; got.secret == "yes" {
		t.Error("a marked paste was taken for a typed yes")
	}
}

func TestCtrlCBeforeTheQuestionInterrupts(t *testing.T) {
	p := newPTY(t)
	first := readSecret(context.Background(), p, 16)
	p.press("OLD111\rNEW\x03\r") // all of it arrives in raw mode
	if got := <-first; got.secret != "OLD111" || got.err != nil {
		t.Fatalf("got %q, %v", got.secret, got.err)
	}
	if _, err := p.terminal().ReadSecret(context.Background(), prompt, 16); !errors.Is(err, terminal.ErrInterrupted) {
		t.Errorf("got %v", err)
	}
}

// ask calls Ask on the pty and returns when the prompt is shown.
func ask(p *pty) <-chan answer {
	p.t.Helper()
	terminal := p.terminal()
	result, before := make(chan answer, 1), p.count("[yes/no] ")
	go func() {
		text, err := terminal.Ask(context.Background(), "[yes/no] ")
		result <- answer{text, err}
	}()
	p.waitForOneMore("[yes/no] ", before)
	return result
}

func TestAskShowsWhatIsTyped(t *testing.T) {
	for _, test := range []struct {
		name, keys, want, screen string
		err                      error
	}{
		{"word", "yes\r", "yes", "yes", nil},
		{"Japanese", "はい\r", "はい", "はい", nil},
		{"blanks around", "  yes \r", "yes", "  yes ", nil},
		{"backspace over a wide character", "はx\x7f\x7fい\r", "い", "はx\b \b\b \b\b \bい", nil},
		{"arrow key does not move the screen", "a\x1b[Ab\r", "a[Ab", "a[Ab", nil},
		{"bidi mark is made visible", "a\u202eb\r", "a\u202eb", `a\u{202E}b`, nil},
		{"Ctrl-C", "ye\x03", "", "ye", terminal.ErrInterrupted},
		{"too long", strings.Repeat("a", 4097) + "\r", "", strings.Repeat("a", 4096), terminal.ErrInputLength},
		{"not UTF-8", "a\xff\r", "", "a", terminal.ErrNotText},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPTY(t)
			before := p.settings()
			terminal := p.terminal()
			result := make(chan answer, 1)
			go func() {
				text, err := terminal.Ask(context.Background(), "続けますか\n[yes/no] ")
				result <- answer{text, err}
			}()
			p.waitFor("[yes/no] ")
			p.press(test.keys)
			got := <-result
			if got.secret != test.want || !errors.Is(got.err, test.err) {
				t.Errorf("got %q, %v; want %q, %v", got.secret, got.err, test.want, test.err)
			}
			p.waitFor("\r\n")
			p.leave(before)
			if screen := p.shown(); screen != "続けますか\r\n[yes/no] "+test.screen+"\r\n" {
				t.Errorf("the screen shows %q", screen)
			}
		})
	}
}

func TestFileIsNoTerminal(t *testing.T) {
	if _, err := terminal.OpenAt(os.DevNull); !errors.Is(err, terminal.ErrNoTerminal) {
		t.Errorf("got %v", err)
	}
}

// Input typed while the program works may be a password typed once more.
func TestNothingTypedBetweenAQuestionAndTheEndIsShownOrLeftForTheShell(t *testing.T) {
	for name, question := range map[string]func(*pty) <-chan answer{
		"after a secret": func(p *pty) <-chan answer { return readSecret(context.Background(), p, 16) },
		"after a yes":    ask,
	} {
		t.Run(name, func(t *testing.T) {
			p := newPTY(t)
			before := p.settings()
			first := question(p)
			p.press("\r")
			if got := <-first; got.err != nil {
				t.Fatal(got.err)
			}
			p.waitFor("\r\n")
			screen := p.shown()
			p.press("RENSHU123\rRENSHU123\rREN\x15SHU\x08")
			if err := p.terminal().Print("カードが処理しています\n"); err != nil {
				t.Fatal(err)
			}
			p.waitFor("カードが処理しています\r\n")
			p.leave(before)
			if got := p.shown(); got != screen+"カードが処理しています\r\n" {
				t.Errorf("the screen shows %q", got)
			}
			if err := p.terminal().Close(); err != nil {
				t.Errorf("closed twice: %v", err)
			}
		})
	}
}

// A key that sends a signal makes a terminal discard output that it has not
// shown yet, without NOFLSH (POSIX XBD §11.2.5). This could be the message that
// a try was used.
func TestAKeyThatSendsASignalDropsNoWords(t *testing.T) {
	words := strings.Repeat("違います。残り 4 回です\n", 300) // more than the buffers of Linux hold
	for name, key := range map[string]string{"Ctrl-C": "\x03", "Ctrl-Z": "\x1a", "Ctrl-Backslash": "\x1c"} {
		t.Run(name, func(t *testing.T) {
			p := newPTY(t)
			before := p.settings()
			first := readSecret(context.Background(), p, 16)
			p.press("\r")
			if got := <-first; got.err != nil {
				t.Fatal(got.err)
			}
			p.waitFor("\r\n")
			p.mu.Lock() // the screen is slow: it takes only one piece
			for _, text := range []string{".", words} {
				if err := p.terminal().Print(text); err != nil {
					t.Fatal(err)
				}
				time.Sleep(50 * time.Millisecond)
			}
			p.press(key)
			time.Sleep(50 * time.Millisecond)
			p.mu.Unlock()
			p.waitFor("." + strings.ReplaceAll(words, "\n", "\r\n"))
			p.leave(before)
		})
	}
}

// A secret may have been begun before a question that shows its answer.
func TestTheRestOfALineThatBeganBeforeAQuestionIsNotShown(t *testing.T) {
	for _, test := range []struct {
		name, ahead, keys, want, screen string
		err                             error
	}{
		{"the rest", "RENSHU", "123\r", "", "", terminal.ErrTypedAhead},
		{"the rest of the second line", "RENSHU123\rREN", "\x7f\x04SHU123\r", "", "", terminal.ErrTypedAhead},
		{"whole lines", "RENSHU123\rRENSHU123\r", "yes\r", "yes", "yes", nil},
		{"typed anew after Ctrl-U", "RENSHU", "12\x15yes\r", "yes", "yes", nil},
		{"Ctrl-C", "RENSHU", "12\x03", "", "", terminal.ErrInterrupted},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPTY(t)
			first := readSecret(context.Background(), p, 16)
			p.press("OLD111\r")
			if got := <-first; got.err != nil {
				t.Fatal(got.err)
			}
			before := p.shown()
			p.press(test.ahead)
			second := ask(p)
			p.press(test.keys)
			if got := <-second; got.secret != test.want || !errors.Is(got.err, test.err) {
				t.Errorf("got %q, %v; want %q, %v", got.secret, got.err, test.want, test.err)
			}
			p.waitFor("\r\n")
			if got := strings.TrimPrefix(p.shown(), before); strings.TrimPrefix(got, "\r\n") != "[yes/no] "+test.screen+"\r\n" {
				t.Errorf("the screen shows %q", got)
			}
		})
	}
}

func TestPrintIsSafeForConcurrentUse(t *testing.T) {
	p := newPTY(t)
	p.terminal()
	var printers sync.WaitGroup
	for range 4 {
		printers.Go(func() { _ = p.opened.Print("カードが処理しています\n") })
	}
	printers.Wait()
	p.waitUntil("all lines", func() bool { return p.count("カードが処理しています\r\n") == 4 })
	_ = p.opened.Close()
	if err := p.opened.Print("late"); err == nil {
		t.Error("printed after Close")
	}
}
