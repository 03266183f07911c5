package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mozilla.org/pkcs7"
	"golang.org/x/sys/unix"

	"natsuin/card/virtual"
	"natsuin/cmd/internal/outcome"
)

// atOnce is how long a run may last after it was told to end.
const atOnce = 1500 * time.Millisecond

// judge compares the output of the run with the state of the card, the disk and
// the terminal, and returns the run's code.
func (p *person) judge(r *run) string {
	ended := time.Now()
	r.invalid = append(p.takeInvalid(), p.checkTerminal()...)
	r.invalid = append(r.invalid, p.reader.owes()...)
	var o object
	if err := json.Unmarshal([]byte(r.out), &o); err != nil {
		r.wrong("stdout is not one JSON object: %q", r.out)
	}
	if o.Exit != r.exit || outcome.Code(o.Code).Exit() != r.exit || r.exit == 70 {
		r.wrong("exit %d, with code %q and exit %d in JSON", r.exit, o.Code, o.Exit)
	}
	screen := p.shown(0)
	p.checkScreen(r, screen)
	p.checkSent(r, o, screen)
	p.checkEnd(r, o, ended)
	r.checkWords(o.Message)
	if last := p.lastCard(); last != nil {
		r.card = last
		r.before = newCard(p.t).State()
		if bytes.HasPrefix(last.State().Sign.Secret, []byte(markedOther)) || p.other.Load() && last == p.reader.cards[len(p.reader.cards)-1] {
			r.before.Sign.Secret, r.before.Auth.Secret = []byte(markedOther), []byte(markedOtherPIN)
		}
		r.checkChange(o)
		p.checkFiles(r, o)
	}
	return o.Code
}

func (p *person) takeInvalid() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.invalid)
}

// lastCard returns the card that the run used last.
func (p *person) lastCard() *virtual.Card {
	if n := len(p.reader.log); n > 0 {
		return p.reader.log[n-1].card
	}
	return nil
}

// checkTerminal checks that the settings of the terminal are restored and that
// no input is left for the shell. When it returns, the screen has all output of
// the run.
func (p *person) checkTerminal() (invalid []string) {
	now, err := unix.IoctlGetTermios(3, unix.TCGETS)
	if err != nil || *now != p.terminal {
		invalid = append(invalid, "the terminal is not set as it was")
	}
	byKey := p.terminal // to read input that is not a whole line
	byKey.Lflag &^= unix.ICANON | unix.ECHO
	if err := unix.IoctlSetTermios(3, unix.TCSETS, &byKey); err != nil {
		p.t.Fatal(err)
	}
	if left, err := unix.IoctlGetInt(3, unix.TIOCINQ); err != nil || left != 0 {
		invalid = append(invalid, fmt.Sprintf("%d bytes are left for the shell", left))
	}
	if err := unix.IoctlSetInt(3, unix.TCFLSH, unix.TCIFLUSH); err != nil {
		p.t.Fatal(err)
	}
	if err := unix.IoctlSetTermios(3, unix.TCSETS, &p.terminal); err != nil {
		p.t.Fatal(err)
	}
	const end = "that was all\n"
	if _, err := unix.Write(3, []byte(end)); err != nil {
		p.t.Fatal(err)
	}
	for !strings.HasSuffix(p.shown(0), "that was all\r\n") {
		time.Sleep(50 * time.Microsecond)
	}
	return invalid
}

// echoed matches a line or a key that the terminal itself has echoed.
var echoed = regexp.MustCompile(`(?m)^yes\r?$|\^[CZ]`)

// checkScreen checks that from the first question on no input is shown, except
// the answers to questions that show them.
func (p *person) checkScreen(r *run, screen string) {
	if p.question < 0 {
		return
	}
	shown := p.shown(p.question)
	for _, secret := range []string{marked, markedNew, markedWrong, markedOther, markedAhead, markedPIN, "5807", markedOtherPIN} {
		half := secret[:(len(secret)+1)/2]
		if len(secret) == 4 {
			half = secret
		}
		if strings.Contains(shown, half) || strings.Contains(r.err, half) {
			r.wrong("the screen shows %q", half)
		}
	}
	if found := echoed.FindString(shown); found != "" {
		r.wrong("the screen shows %q, which was typed", found)
	}
}

// checkSent checks that there were no more VERIFYs than secrets given and not
// withdrawn, at most one CHANGE, and only after a right VERIFY, and no command
// after a signal. Every lost try must have been reported, with the right count.
func (p *person) checkSent(r *run, o object, screen string) {
	var verifies, right, changes int
	wrong := map[*virtual.Card]int{}
	lost := false
	told := -1
	for _, e := range p.reader.log {
		count := e.status >= 0x63C0 && e.status <= 0x63CF
		switch {
		case e.op == virtual.OpVerify:
			verifies++
			told = -1
		case e.op == virtual.OpChange:
			changes++
		}
		switch {
		case e.lost:
			lost = lost || e.op == virtual.OpVerify || e.op == virtual.OpChange
		case e.op == virtual.OpVerify && count, e.op == virtual.OpQuery && count:
			told = int(e.status & 0xF)
			if e.op == virtual.OpVerify {
				wrong[e.card]++
			}
		case e.op == virtual.OpVerify && e.status == 0x9000:
			right++
		}
		if e.late && p.deed.ends && e.op != virtual.OpOther {
			r.wrong("%v is sent after %s", e.op, p.deed.name)
		}
	}
	if verifies > p.given || changes > 1 || changes > right {
		r.wrong("%d VERIFYs and %d CHANGEs, with %d secrets given", verifies, changes, p.given)
	}
	allWrong := 0
	for card, n := range wrong {
		allWrong += n
		if n > len(distinct(p.habit.old))-1 && card == p.reader.cards[0] {
			r.wrong("%d tries are gone, with %q typed", n, p.habit.old)
		}
	}
	if p.other.Load() && len(wrong) > 1 {
		r.wrong("the tries of two cards are gone")
	}
	said := (strings.Count(screen, "wrong signature password; ") + strings.Count(screen, "wrong authentication PIN; "))
	if r.exit == 6 || r.exit == 7 || r.exit == 9 {
		said++
	}
	if allWrong > said {
		r.wrong("%d tries are gone, and the person was told of %d", allWrong, said)
	}
	if lost != (r.exit == 9) {
		r.wrong("an answer to a secret was lost: %t, and the exit code is %d", lost, r.exit)
	}
	if n, ok := number(o.Tries); ok && n != told {
		r.wrong("%d tries left, it says; the card said %d", n, told)
	}
}

func distinct(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// number returns the count in a value of tries_left.
func number(tries json.RawMessage) (int, bool) {
	found := regexp.MustCompile(`\d+`).Find(tries)
	n, err := strconv.Atoi(string(found))
	return n, err == nil
}

// checkEnd checks that the exit code is right for what the person did.
func (p *person) checkEnd(r *run, o object, ended time.Time) {
	done := p.complete(r, o)
	if (r.exit == 0) != done {
		r.wrong("exit %d; all is done: %t", r.exit, done)
	}
	switch d := p.deed; {
	case d == nil:
	case d.ends:
		if !done && r.exit != 130 {
			r.wrong("exit %d after %s", r.exit, d.name)
		}
		if took := ended.Sub(p.when); took > atOnce {
			r.wrong("it takes %v to end", took)
		}
	case d.stops:
		select {
		case <-p.stopped:
			settled()
		case <-time.After(patience / 10):
			r.wrong("it was never stopped")
		}
		fallthrough
	case strings.HasPrefix(d.name, "types"):
		if r.exit != 0 {
			r.wrong("exit %d after %s", r.exit, d.name)
		}
	case strings.HasPrefix(d.name, "another program holds"):
		if r.exit != 5 {
			r.wrong("exit %d after %s", r.exit, d.name)
		}
	case strings.HasPrefix(d.name, "another program"):
		if r.exit != 0 {
			r.wrong("exit %d after %s", r.exit, d.name)
		}
	default: // the card was removed
		if !slices.Contains([]int{0, 5, 9, 130}, r.exit) || r.exit == 130 && !p.leaves.Load() && !p.other.Load() {
			r.wrong("exit %d after %s", r.exit, d.name)
		}
	}
}

// complete reports whether the run did everything that it was asked to do.
func (p *person) complete(r *run, o object) bool {
	switch p.habit.args[0] {
	case "sign":
		return len(o.Files) == p.habit.files && !slices.ContainsFunc(o.Files, func(f file) bool { return !f.OK })
	case "pin":
		return o.Outcome == "changed"
	}
	return strings.Contains(r.out, `"sha256"`)
}

// checkFiles is like run.checkFiles, but knows attached signatures too.
func (p *person) checkFiles(r *run, o object) {
	if !slices.Contains(p.habit.args, "--attached") {
		r.checkFiles(o)
		return
	}
	der, err := os.ReadFile(r.dir + "/file0.p7m")
	made := err == nil
	if made != o.Files[0].OK || made != (r.exit == 0) {
		r.wrong("ok is %t, exit %d, and the file exists: %t", o.Files[0].OK, r.exit, made)
	}
	entries, err := os.ReadDir(r.dir)
	if err != nil || len(entries) > 1 && !made || len(entries) > 2 {
		r.wrong("left behind: %v, %v", entries, err)
	}
	if !made {
		return
	}
	content, err := os.ReadFile(r.dir + "/file0")
	if err != nil {
		r.wrong("%v", err)
	}
	message, err := pkcs7.Parse(der)
	if err != nil || message.Verify() != nil || !bytes.Equal(message.Content, content) {
		r.wrong("file0.p7m does not verify: %v", err)
	}
}
