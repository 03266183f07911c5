package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"natsuin/cmd/internal/cli"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/terminal"
)

// A person follows a habit at the terminal, and does one deed at one moment of
// the run.
type person struct {
	t      *testing.T
	pty    *pty
	habit  habit
	reader *reader
	at     int   // the moment of the deed, or -1
	deed   *deed // may be nil

	signals chan os.Signal
	done    chan struct{} // closed when the run has ended
	stopped chan struct{} // closed when the run was stopped and continued
	armed   func()        // prints that the card is slow

	mu       sync.Mutex
	moments  []moment
	when     time.Time // when the deed was done
	invalid  []string
	terminal unix.Termios // the settings before the run

	next     int         // index in the secrets of habit
	given    int         // how many secrets may be sent
	last     string      // the question that was answered last
	said     string      // the output since the last secret
	behind   string      // to be typed together with the next answer
	leaves   atomic.Bool // does not put the card back
	other    atomic.Bool // has put in another card
	knows    bool        // knows that the new card has refused nothing yet
	agreed   int         // the value of laid when the person agreed to the notice
	begin    int         // where the output of this run begins on the screen
	question int         // where the first question is on the screen, or -1
}

func newPerson(t *testing.T, h habit) *person {
	p := &person{
		t: t, pty: thePTY(), habit: h, at: -1, question: -1,
		signals: make(chan os.Signal), done: make(chan struct{}), stopped: make(chan struct{}),
	}
	p.reader = &reader{
		pass: p.pass, wait: p.waitForCard, told: p.awaitTold,
		ends: func() bool { return p.deed.ends },
	}
	return p
}

func (p *person) wrongly(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.invalid = append(p.invalid, fmt.Sprintf(format, args...))
}

// pass records a moment of the run. If it is the moment of the deed, the person
// acts.
func (p *person) pass(m moment) bool {
	p.mu.Lock()
	now := len(p.moments) == p.at
	p.moments = append(p.moments, m)
	armed := p.armed
	if now {
		p.when = time.Now()
	}
	p.mu.Unlock()
	if m.place == atCommand {
		p.agreesTo(m.op)
	}
	if !now {
		return false
	}
	p.reader.mu.Lock()
	p.reader.acted = true
	p.reader.mu.Unlock()
	if armed != nil { // the card is so slow that the person acts meanwhile
		armed()
		p.awaits("The card is working. Do not move it.")
	}
	p.deed.do(p, m)
	return true
}

// afterFunc is the AfterFunc of the run. It ignores the duration: f is called
// when the person acts.
func (p *person) afterFunc(_ time.Duration, f func()) (stop func()) {
	set := func(f func()) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.armed = f
	}
	set(f)
	p.reader.at(moment{place: atEnter})
	return func() { set(nil) }
}

// waitForCard puts the card into the reader, or interrupts the run.
func (p *person) waitForCard(ctx context.Context) {
	if p.leaves.Load() {
		p.types("\x03")
		p.reader.ended()
		return
	}
	p.reader.layBack(newCard(p.t))
}

// awaitTold waits until the screen says that the program waits for the card.
func (p *person) awaitTold() { p.awaits("Waiting for the card to respond.") }

func (p *person) awaits(text string) {
	for limit := time.Now().Add(patience / 10); !strings.Contains(p.shown(0), text); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(limit) {
			p.wrongly("the screen does not say %q", text)
			return
		}
	}
}

// shown returns the output of this run after the given number of bytes.
func (p *person) shown(from int) string {
	p.pty.mu.Lock()
	defer p.pty.mu.Unlock()
	return string(p.pty.screen.Bytes()[p.begin+from:])
}

// types types text, and returns when the terminal has received it.
func (p *person) types(text string) {
	if _, err := p.pty.master.WriteString(text); err != nil {
		p.t.Error(err)
	}
	// The kernel passes the input on asynchronously, but has done so when poll
	// returns.
	_, _ = unix.Poll([]unix.PollFd{{Fd: 3, Events: unix.POLLIN}}, 0)
}

// asked matches a question at the end of the screen.
var asked = regexp.MustCompile(`(Signature password|Authentication PIN|(Current|New) (signature password|authentication PIN)|Repeat the new (signature password|authentication PIN)|\(yes / no\)): $`)

// run performs the habit, and returns when the run has ended.
func (p *person) run(dir string, flags ...string) *run {
	before, err := unix.IoctlGetTermios(3, unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	p.terminal = *before
	p.begin = len(p.shown(0))
	people.Store(p)
	defer people.Store(nil)
	var stdout, stderr bytes.Buffer
	args := append(append(append([]string{}, p.habit.args...), "--json", "--lang", "en", "--reader", real), flags...)
	for i := range p.habit.files {
		name, _ := p.habit.input(i)
		args = append(args, filepath.Join(dir, name))
	}
	var exit int
	go func() {
		defer close(p.done)
		exit = cli.Main(&cli.Env{
			Args: args, Readers: p.reader, Now: time.Now, Getenv: func(string) string { return "" },
			Signals: p.signals, Jobs: theSystem().Jobs, AfterFunc: p.afterFunc,
			Streams: &console.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Terminal: terminal.Open},
		})
	}()
	p.sit()
	return &run{act: p.habit.act, dir: dir, exit: exit, out: stdout.String(), err: stderr.String(), lang: "en"}
}

// sit answers the questions until the run has ended.
func (p *person) sit() {
	seen := 0
	limit := time.After(patience)
	for {
		select {
		case <-p.done:
			return
		case <-p.pty.more:
		case <-time.After(time.Millisecond): // in case the notice of new output was missed
		case <-limit:
			stacks := make([]byte, 1<<20)
			stacks = stacks[:runtime.Stack(stacks, true)]
			p.t.Fatalf("%s, %v at moment %d %v: does not end:\n%s\n%s", p.habit.name, p.deed, p.at, p.moments, p.shown(0), stacks)
		}
		said := p.shown(seen)
		question := asked.FindString(said)
		if question == "" {
			continue
		}
		seen += len(said)
		if p.question < 0 {
			p.question = seen - len(question)
		}
		p.answer(question, said)
	}
}

// answer types an answer, unless the person does something that ends the
// question.
func (p *person) answer(question, said string) {
	p.said += said
	m := moment{place: atPrompt}
	if strings.HasPrefix(question, "(yes") {
		m.place = atQuestion
	}
	if p.pass(m) && p.deed.anew() {
		p.last = ""
		return
	}
	if p.given > 0 && (strings.Contains(said, "Nothing was sent") || current(question) && p.last == question && strings.Contains(said, "nothing was used")) {
		p.given--
	}
	text, next := p.choose(question)
	if m.place == atPrompt && len(text) > 1 {
		half := len(text) / 2
		p.types(text[:half])
		if p.pass(moment{place: atHalf}) && p.deed.anew() {
			p.last = ""
			return
		}
		text = text[half:]
	}
	if current(question) {
		p.given++
		p.said, p.next = "", next
	}
	if m.place == atQuestion {
		p.reader.mu.Lock()
		p.agreed = p.reader.laid
		p.reader.mu.Unlock()
	}
	text += "\r" + p.behind
	p.last, p.behind = question, ""
	p.types(text)
}

// current reports whether a question asks for a secret that the card already
// has.
func current(question string) bool {
	return !strings.HasPrefix(question, "New") && !strings.HasPrefix(question, "Repeat") && !strings.HasPrefix(question, "(yes")
}

// choose returns the answer of the person. It moves on to the next secret only
// if the previous one was wrong.
func (p *person) choose(question string) (text string, next int) {
	other := p.other.Load()
	if other && !p.knows {
		p.said, p.knows = "", true
	}
	refused := strings.Contains(p.said, "wrong signature password; ") || strings.Contains(p.said, "wrong authentication PIN; ") || strings.Contains(p.said, "the same wrong entry") || strings.Contains(p.said, anyway)
	next = p.next
	switch {
	case strings.HasPrefix(question, "(yes") && strings.HasSuffix(p.said, anyway):
		return "no", next
	case strings.HasPrefix(question, "(yes"):
		return "yes", next
	case !current(question):
		return p.habit.new, next
	case other && refused:
		return "\x03", next
	case other && p.habit.old[0] == markedPIN:
		return markedOtherPIN, next
	case other:
		return markedOther, next
	case refused:
		next++
	}
	if next == len(p.habit.old) {
		return "\x03", next
	}
	return p.habit.old[next], next
}
