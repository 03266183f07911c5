package cli_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"natsuin/card/virtual"
)

const (
	markedOther    = "OTHER5MARK31B" // of another card
	markedOtherPIN = "3618"
	markedAhead    = "AHEAD3MARK20C" // typed without a question
)

// personsActs lists the acts during which the person does something.
var personsActs = []struct {
	habit
	readings []string
	noCard   bool // at first
}{
	{habit: habit{act{name: "sign", args: []string{"sign"}, files: 1}, []string{marked}, ""}, readings: []string{"drops, counts", "drops, 9000", "keeps, counts", "keeps, 9000"}},
	{habit: habit{act{name: "sign 3 files", args: []string{"sign"}, files: 3}, []string{marked}, ""}},
	{habit: habit{act{name: "sign --attached", args: []string{"sign", "--attached"}, files: 1}, []string{marked}, ""}},
	{habit: habit{act{name: "sign --pdf", args: []string{"sign", "--pdf"}, files: 1, pdf: true}, []string{marked}, ""}},
	{habit: habit{act{name: "sign, no card at first", args: []string{"sign"}, files: 1}, []string{marked}, ""}, noCard: true},
	{habit: habit{act{name: "sign, wrong then right", args: []string{"sign"}, files: 1}, []string{markedWrong, marked}, ""}, readings: []string{"drops, counts", "keeps, 9000"}},
	{habit: habit{act{name: "sign, the same wrong twice", args: []string{"sign"}, files: 1}, []string{markedWrong, markedWrong, marked}, ""}},
	{habit: habit{act{name: "pin change sign", args: []string{"pin", "change", "sign"}}, []string{marked}, markedNew}, readings: []string{"drops, counts", "keeps, 9000"}},
	{habit: habit{act{name: "pin change sign, wrong then right", args: []string{"pin", "change", "sign"}}, []string{markedWrong, marked}, markedNew}},
	{habit: habit{act{name: "pin change auth", args: []string{"pin", "change", "auth"}}, []string{markedPIN}, "5807"}},
	{habit: habit{act{name: "cert show sign", args: []string{"cert", "show", "sign"}}, []string{marked}, ""}},
}

// A deed is one thing that a person or another program does during a run.
type deed struct {
	name  string
	fits  func(moment) bool
	do    func(*person, moment)
	ends  bool // it ends the run
	stops bool // it stops the process, which is then continued
	turn  int  // in a transaction, 1 and 2 alternate between moments; 0 is done at each
}

// odd holds the readings that no source describes. In a transaction, only deeds
// that end the run are done with them.
var odd = map[string]bool{"drops, 9000": true, "keeps, counts": true}

// anew reports whether the deed ends a question that is being asked.
func (d *deed) anew() bool { return d.ends || d.stops }

func anywhere(m moment) bool { return m.place != atAnswer }

func everywhere(moment) bool { return true }

func betweenKeys(m moment) bool { return anywhere(m) && m.place != atHalf }

// beside reports whether other programs can use the card at this moment.
func beside(m moment) bool {
	return !m.held() && m.place != atWait && m.place != atClose && m.place != atHalf
}

func signalled(sig unix.Signal) func(*person, moment) {
	return func(p *person, _ moment) { _ = unix.Kill(os.Getpid(), sig) }
}

func typing(text string) func(*person, moment) {
	return func(p *person, m moment) {
		if m.place == atPrompt || m.place == atQuestion {
			p.behind = text // like a paste of several lines
			return
		}
		p.types(text)
	}
}

var deeds = []deed{
	{name: "Ctrl-C", fits: everywhere, do: func(p *person, _ moment) { p.types("\x03") }, ends: true},
	{name: "SIGTERM", fits: everywhere, do: signalled(unix.SIGTERM), ends: true},
	{name: "SIGHUP", fits: anywhere, do: signalled(unix.SIGHUP), ends: true, turn: 1},
	{name: "SIGQUIT", fits: anywhere, do: signalled(unix.SIGQUIT), ends: true, turn: 2},
	{name: "Ctrl-Z, continued", fits: anywhere, do: func(p *person, m moment) { p.stop(m, func() { p.types("\x1a") }) }, stops: true, turn: 1},
	{name: "SIGTSTP, continued", fits: anywhere, do: func(p *person, m moment) {
		p.stop(m, func() { _ = unix.Kill(os.Getpid(), unix.SIGTSTP) })
	}, stops: true, turn: 2},
	{name: "lifts the card", fits: everywhere, do: func(p *person, _ moment) { p.reader.lift(); p.leaves.Store(true) }},
	{name: "lifts it, and lays it back at once", fits: anywhere, do: func(p *person, _ moment) {
		if card := p.reader.lift(); card != nil {
			p.reader.lay(card)
		}
	}, turn: 1},
	{name: "lifts it, and lays it back when asked", fits: anywhere, do: func(p *person, _ moment) { p.reader.lift() }, turn: 2},
	{name: "lays another card", fits: anywhere, do: func(p *person, _ moment) {
		p.reader.lift()
		card := newCard(p.t)
		card.Replace(func(s *virtual.State) { s.Sign.Secret, s.Auth.Secret = []byte(markedOther), []byte(markedOtherPIN) })
		p.other.Store(true)
		p.reader.lay(card)
	}},
	{name: "types the password ahead", fits: betweenKeys, do: typing(markedAhead + "\r")},
	{name: "types half a password ahead", fits: betweenKeys, do: typing(markedAhead[:6]), turn: 1},
	{name: "types yes ahead", fits: betweenKeys, do: typing("yes\r"), turn: 2},
	{name: "another program spends a try", fits: beside, do: func(p *person, _ moment) {
		if card := p.reader.now(); card != nil {
			card.Replace(func(s *virtual.State) { s.Sign.Tries--; s.Auth.Tries-- })
		}
	}},
	{name: "another program logs in", fits: beside, do: func(p *person, _ moment) { logIn(p.t, p.reader.now()) }},
	{name: "another program logs in, and resets", fits: beside, do: func(p *person, _ moment) {
		logIn(p.t, p.reader.now())
		p.reader.mu.Lock()
		defer p.reader.mu.Unlock()
		if p.reader.card != nil {
			p.reader.card.Reset()
			p.reader.reset = true
		}
	}},
	{name: "another program holds the reader", fits: func(m moment) bool { return m.place == atBegin }, do: func(p *person, _ moment) {
		p.reader.mu.Lock()
		p.reader.taken = true
		p.reader.mu.Unlock()
	}},
}

// logIn verifies both secrets, as another program would.
func logIn(t *testing.T, card *virtual.Card) {
	if card == nil {
		return
	}
	state := card.State()
	for _, command := range [][]byte{
		append([]byte{0x00, 0xA4, 0x04, 0x0C, 0x0A}, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01),
		{0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x18},
		append([]byte{0x00, 0x20, 0x00, 0x80, byte(len(state.Auth.Secret))}, state.Auth.Secret...),
		{0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x1B},
		append([]byte{0x00, 0x20, 0x00, 0x80, byte(len(state.Sign.Secret))}, state.Sign.Secret...),
	} {
		if answer, err := card.Transmit(command); err != nil || answer[0] != 0x90 {
			t.Errorf("another program: %X %v", answer, err)
		}
	}
}

// TestAPersonActsAtAnyMoment does every deed at every moment of every act at
// which it makes sense. `go test -v -run TestAPersonActsAtAnyMoment
// ./cmd/internal/cli` prints the tables of docs/reliability.md.
func TestAPersonActsAtAnyMoment(t *testing.T) {
	listen(t)
	sampling := newSampling(t)
	byAct, byDeed := ledger{}, ledger{}
	for _, a := range personsActs {
		dir := inputs(t, a.act)
		if a.readings == nil {
			a.readings = []string{"drops, counts"}
		}
		for _, reading := range a.readings {
			sit := func(d *deed, at int) (*person, *run) {
				clean(t, dir, a.act)
				os.Remove(dir + "/file0.p7m")
				p := newPerson(t, a.habit)
				p.deed, p.at = d, at
				if !a.noCard {
					p.reader.lay(newCard(t, readings[reading]))
				}
				return p, p.run(dir)
			}
			calm, r := sit(nil, -1)
			if code := calm.judge(r); code != "ok" || r.invalid != nil {
				t.Fatalf("%s, undisturbed: %s, %s\n%s%s", a.name, code, strings.Join(r.invalid, "; "), r.out, calm.shown(0))
			}
			for at, m := range calm.moments {
				for i := range deeds {
					d := &deeds[i]
					if !d.fits(m) || m.held() && d.turn != 0 && d.turn != 1+at/2%2 || odd[reading] && m.held() && !d.ends {
						continue
					}
					if !sampling.next() {
						continue
					}
					p, r := sit(d, at)
					code := p.judge(r)
					if r.invalid != nil {
						t.Errorf("%s (%s), %s at moment %d, %v: %s\n%s%s", a.name, reading, d.name, at, m, strings.Join(r.invalid, "; "), r.out, p.shown(0))
					}
					byAct.enter(a.name, code)
					byDeed.enter(d.name, code)
				}
			}
		}
	}
	t.Logf("by act:\n%s\nby deed:\n%s", byAct, byDeed)
	if total := byAct.total(); total < 3000 && !testing.Short() && !t.Failed() {
		t.Errorf("only %d cases", total)
	}
}
