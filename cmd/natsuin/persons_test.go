//go:build linux

package main_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"natsuin/card/pcsc"
	"natsuin/card/pcsc/pcscdtest"
	"natsuin/card/virtual"
)

// A place is a point in a run at the terminal at which a person acts.
type place struct {
	name   string
	prompt int        // the index of the question that is being asked, or -1
	half   bool       // half of the answer is typed
	over   virtual.Op // the command that the card is slow with, after all answers
	busy   bool       // another program uses the reader, after all answers
	empty  bool       // the reader is empty, and the run waits for a card
}

// slow reports whether a call to the card is in progress when the person acts.
func (p place) slow() bool { return p.over != 0 || p.busy }

// A sitter is a run of the program at a terminal under a shell, with the card
// in a reader of the real PC/SC service.
type sitter struct {
	*box
	*screen
	service *pcscdtest.Service
	card    *heldCard
	process *process
	answers [][2]string // pairs of a question and its answer
	place   place
	release func() // lets the slow call return
	gone    bool   // the card is not in the reader
}

var seatedActs = []struct {
	name    string
	args    []string
	answers [][2]string
	done    virtual.Op // the command that changes the card
}{
	{"sign", []string{"sign", "@a"}, [][2]string{{"(yes / no): ", "yes"}, {"Signature password: ", marked}}, virtual.OpSign},
	{"pin change", []string{"pin", "change", "sign"}, [][2]string{
		{"Current signature password: ", marked}, {"New signature password: ", markedNew}, {"Repeat the new signature password: ", markedNew},
	}, virtual.OpChange},
}

// TestAPersonActsInRealTime does each deed at each place that it fits, with the
// built program: at a terminal, under a shell, with the real PC/SC service.
func TestAPersonActsInRealTime(t *testing.T) {
	t.Parallel()
	for _, act := range seatedActs {
		t.Run(act.name, func(t *testing.T) {
			t.Parallel()
			last := len(act.answers) - 1
			places := []place{
				{name: "first question", prompt: 0}, {name: "last question", prompt: last}, {name: "half typed", prompt: last, half: true},
				{name: "busy reader", busy: true}, {name: "waiting for a card", empty: true},
			}
			for _, op := range []virtual.Op{virtual.OpSelectApplication, virtual.OpQuery, virtual.OpVerify, virtual.OpReadBinary, act.done} {
				places = append(places, place{name: "slow " + op.String(), over: op})
			}
			cases := 0
			for _, place := range places {
				for _, deed := range seatedDeeds {
					if deed.fits != nil && !deed.fits(place) {
						continue
					}
					cases++
					t.Run(place.name+", "+deed.name, func(t *testing.T) {
						s := sit(t, place, act.args, act.answers)
						defer s.leave()
						deed.do(s)
					})
				}
			}
			t.Logf("%d cases", cases)
			if cases < 50 {
				t.Errorf("only %d cases", cases)
			}
		})
	}
}

// sit starts the run and brings it to the place.
func sit(t *testing.T, at place, args []string, answers [][2]string) *sitter {
	service := pcscdtest.UseOne(t)
	b := newBox(t).inputs()
	s := &sitter{box: b, screen: newScreen(t), service: service, card: newHeldCard(t, b.store), answers: answers, place: at, release: func() {}}
	if at.empty {
		s.gone = true
	} else {
		service.Insert(s.card.Card)
	}
	shell, err := exec.LookPath("shell")
	b.must(err)
	p := b.command(append(copyOf(args), "--reader", service.Reader(), "--lang", "en")...)
	p.Path, p.Args = shell, append([]string{"shell", b.program}, p.Args[1:]...)
	p.Dir = b.home
	p.Stdin, p.Stdout, p.Stderr = s.slave, s.slave, s.slave
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	b.must(p.Start())
	s.process = p
	switch {
	case at.empty:
		s.await("put the card on the reader")
		time.Sleep(50 * time.Millisecond)
	case at.slow():
		s.reach()
	default:
		s.answer(0, at.prompt)
		s.await(answers[at.prompt][0])
		if at.half {
			s.keys(answers[at.prompt][1][:5])
		}
	}
	return s
}

// reach answers all questions, the last one only after the card has become
// slow.
func (s *sitter) reach() {
	last := len(s.answers) - 1
	s.answer(0, last)
	s.await(s.answers[last][0])
	if s.place.busy {
		let := holdReader(s.box.t, s.service.Reader())
		s.release = let
	} else {
		s.card.thinking(s.place.over)
		s.release = func() { close(s.card.release) }
	}
	s.keys(s.answers[last][1] + "\r")
	if s.place.busy {
		// Ctrl-Z is a signal only once the question has ended.
		for limit := time.Now().Add(patience); time.Now().Before(limit); {
			if t, err := unix.IoctlGetTermios(int(s.slave.Fd()), unix.TCGETS); err != nil || t.Lflag&unix.ISIG != 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond) // it is waiting for the reader by now
		return
	}
	select {
	case <-s.card.reached:
	case <-time.After(patience):
		s.box.t.Fatalf("the card is not reached:\n%s", s.shown())
	}
}

// answer answers the questions with index from to to-1.
func (s *sitter) answer(from, to int) {
	for _, a := range s.answers[from:to] {
		s.await(a[0])
		s.keys(a[1] + "\r")
	}
}

func (s *sitter) keys(text string) {
	_, err := s.master.WriteString(text)
	s.must(err)
}

// finish lets the run continue from the place to its end.
func (s *sitter) finish() {
	switch {
	case s.place.empty:
		s.service.Insert(s.card.Card)
		s.gone = false
		s.answer(0, len(s.answers))
	case s.place.slow():
		s.let()
	default:
		rest := s.answers[s.place.prompt][1]
		if s.place.half {
			rest = rest[5:]
		}
		s.keys(rest + "\r")
		s.answer(s.place.prompt+1, len(s.answers))
	}
}

func (s *sitter) let() {
	s.release()
	s.release = func() {}
}

func (s *sitter) pid() int {
	text, err := os.ReadFile(filepath.Join(s.home, "pid"))
	s.must(err)
	pid, err := strconv.Atoi(string(text))
	s.must(err)
	return pid
}

// ends waits until the shell reports the end of the run. The terminal must have
// its settings from before and no input left.
func (s *sitter) ends(exit int) {
	s.await("[exit ")
	s.await("\n")
	shown := s.shown()
	if want := fmt.Sprintf("[exit %d, terminal as before, 0 bytes left]", exit); !strings.Contains(shown, want) {
		s.box.t.Errorf("want %s:\n%s", want, shown)
	}
	for _, secret := range []string{marked, markedNew, aheadPassword} {
		if strings.Contains(shown, secret[:5]) {
			s.box.t.Errorf("the screen shows %s:\n%s", secret[:5], shown)
		}
	}
	_ = s.process.Wait() // the shell exits with the exit code of the job
}

// saw checks how many VERIFYs and CHANGEs the card got, and its state.
func (s *sitter) saw(verifies, changes int) {
	s.box.t.Helper()
	tally, state := s.card.Tally(), s.card.State()
	if tally.Right != verifies || tally.Wrong != 0 || tally.Changes != changes || state.Sign.Tries != 5 {
		s.box.t.Errorf("the card saw %+v; want %d VERIFYs and %d CHANGEs", tally, verifies, changes)
	}
	// If another program uses the card when the run ends, the run does not
	// reset it.
	if s.card.Verified(virtual.Sign) || !s.gone && !s.place.busy && s.card.PINSelected() {
		s.box.t.Error("the card is not reset")
	}
	if signed := s.signed("a"); signed && tally.Signatures != 1 {
		s.box.t.Errorf("signed, and the card saw %+v", tally)
	}
	s.only("a", "b", "c", "a.p7s")
}

func (s *sitter) leave() {
	s.let()
	s.service.Remove()
}

// done checks that everything was done once.
func (s *sitter) done() {
	s.ends(0)
	if len(s.answers) == 3 {
		s.saw(1, 1)
		return
	}
	s.saw(1, 0)
	if !s.signed("a") {
		s.box.t.Error("there is no signature")
	}
}

// signalled checks a run that gets a signal, or the key that sends one.
func signalled(send func(*sitter)) func(*sitter) {
	return func(s *sitter) {
		send(s)
		sent := time.Now()
		over := s.place.over
		secret := over == virtual.OpVerify || over == virtual.OpChange
		if secret {
			s.await("Waiting for the card to respond.")
			s.let()
		}
		if over == virtual.OpChange {
			s.done()
			return
		}
		s.ends(130)
		if took := time.Since(sent); took > soon {
			s.box.t.Errorf("it takes %v to end", took)
		}
		s.let()
		if s.place.slow() && !secret {
			time.Sleep(300 * time.Millisecond) // long enough for a command to arrive that should not be sent
		}
		verifies := 0
		if secret || over == virtual.OpReadBinary || over == virtual.OpSign {
			verifies = 1
		}
		s.saw(verifies, 0)
		if s.signed("a") {
			s.box.t.Error("there is a signature")
		}
	}
}

func killed(sig unix.Signal) func(*sitter) {
	return func(s *sitter) { s.must(unix.Kill(s.pid(), sig)) }
}

func pressed(keys string) func(*sitter) { return func(s *sitter) { s.keys(keys) } }

// stopped checks a run that gets a stop signal, or the key that sends one: it
// stops only after the transaction, and asks the question again.
func stopped(send func(*sitter)) func(*sitter) {
	return func(s *sitter) {
		send(s)
		if s.place.slow() {
			time.Sleep(100 * time.Millisecond)
			if s.isStopped() {
				s.box.t.Error("stopped while it holds the card")
			}
			s.let()
		}
		s.await("[stopped by SIGTSTP, terminal as before]")
		if !s.gone {
			holdReader(s.box.t, s.service.Reader())() // checks that the reader is free
		}
		if s.card.Verified(virtual.Sign) {
			s.box.t.Error("stopped with the card unlocked")
		}
		s.keys("fg\r")
		if !s.place.slow() && !s.place.empty {
			s.await(s.answers[s.place.prompt][0])
			s.place.half = false
		}
		if !s.place.slow() {
			s.finish()
		}
		s.done()
	}
}

// isStopped reports whether the state in /proc/PID/stat is T.
func (s *sitter) isStopped() bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid()))
	s.must(err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest[0] == 'T'
}

const aheadPassword = "AHEAD3MARK20C"

// typedAhead checks that text typed without a question is not taken as an
// answer.
func typedAhead(text string) func(*sitter) {
	return func(s *sitter) {
		if s.place.slow() {
			s.keys(text)
			time.Sleep(50 * time.Millisecond)
		} else { // together with the answer
			answer := s.answers[s.place.prompt][1]
			s.keys(answer + "\r" + text)
			if s.place.prompt < len(s.answers)-1 {
				s.again(text)
			}
			s.done()
			return
		}
		s.finish()
		s.done()
	}
}

// again answers the question that follows the text typed ahead.
func (s *sitter) again(text string) {
	next := s.answers[s.place.prompt+1]
	s.await(next[0])
	s.keys(next[1] + "\r")
	if !strings.HasSuffix(text, "\r") { // text is the beginning of a line
		s.await("nothing was used")
		s.await(next[0])
		s.keys(next[1] + "\r")
	}
	s.answer(s.place.prompt+2, len(s.answers))
}

// lifted removes the card during a question, which is then answered.
func lifted(then func(*sitter)) func(*sitter) {
	return func(s *sitter) {
		s.service.Remove()
		s.gone = true
		s.keys(s.answers[s.place.prompt][1] + "\r")
		s.await("put the card on the reader")
		then(s)
	}
}

// logsIn has another program log in and stay.
func logsIn(s *sitter) {
	conn, err := pcsc.System{}.Connect(context.Background(), s.service.Reader())
	s.must(err)
	s.must(conn.Begin(context.Background()))
	for _, command := range []string{
		"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01", "\x00\xA4\x02\x0C\x02\x00\x1B",
		"\x00\x20\x00\x80" + string(rune(len(marked))) + marked,
	} {
		answer, err := conn.Transmit([]byte(command))
		s.must(err)
		if answer[0] != 0x90 {
			s.box.t.Errorf("another program: %X", answer)
		}
	}
	s.must(conn.End(false))
	s.must(conn.Leave())
	s.card.ClearLog()
}

func atLastQuestion(p place) bool { return p.prompt > 0 && !p.half }

// seatedDeeds lists what a person or another program does during a run.
var seatedDeeds = []struct {
	name string
	fits func(place) bool // nil means anywhere
	do   func(*sitter)
}{
	{"Ctrl-C", nil, signalled(pressed("\x03"))},
	{"SIGTERM", place.slow, signalled(killed(unix.SIGTERM))},
	{"SIGHUP", place.slow, signalled(killed(unix.SIGHUP))},
	{"SIGQUIT", func(p place) bool { return !p.slow() }, signalled(killed(unix.SIGQUIT))},
	{"Ctrl-Z, continued", func(p place) bool { return p.over != virtual.OpReadBinary && p.over != virtual.OpSign }, stopped(pressed("\x1a"))},
	{"SIGTSTP, continued", func(p place) bool { return p.over != virtual.OpSelectApplication && p.over != virtual.OpQuery }, stopped(killed(unix.SIGTSTP))},
	{"types the password ahead", func(p place) bool { return !p.half && !p.empty }, typedAhead(aheadPassword + "\r")},
	{"types half a password ahead", func(p place) bool { return !p.half && !p.empty && !p.busy && p.over != virtual.OpQuery }, typedAhead(aheadPassword[:6])},
	{"types yes ahead", func(p place) bool { return p.over == virtual.OpVerify || atLastQuestion(p) }, typedAhead("yes\r")},
	{"lifts the card", atLastQuestion, lifted(func(s *sitter) {
		s.keys("\x03")
		s.ends(130)
		s.saw(0, 0)
	})},
	{"lifts it, and lays it back when asked", atLastQuestion, lifted(func(s *sitter) {
		s.service.Insert(s.card.Card)
		s.gone = false
		s.answer(0, len(s.answers))
		s.done()
	})},
	{"lays another card", atLastQuestion, lifted(func(s *sitter) {
		first := s.card
		s.card = newHeldCard(s.box.t, s.store)
		s.service.Insert(s.card.Card)
		s.gone = false
		s.answer(0, len(s.answers))
		s.done()
		if tally := first.Tally(); tally.Right+tally.Wrong+tally.Changes != 0 {
			s.box.t.Errorf("the first card saw %+v", tally)
		}
	})},
	{"another program logs in", atLastQuestion, func(s *sitter) {
		logsIn(s)
		s.finish()
		s.done()
	}},
	{"another program spends a try", atLastQuestion, func(s *sitter) {
		s.card.Replace(func(state *virtual.State) { state.Sign.Tries-- })
		s.finish()
		s.await("The card has changed since it was shown. Nothing was sent.")
		s.await("4 tries left")
		s.await("assword: ")
		s.keys(marked + "\r")
		if len(s.answers) == 3 {
			s.ends(0)
			s.saw(1, 1)
			return
		}
		s.done()
	}},
}
