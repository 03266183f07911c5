package cli_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"natsuin/card/pcsc"
	"natsuin/card/virtual"
)

var words = map[string]struct {
	left4, left3, sign, changed, wait, plug, choose, interrupted, consent string
}{
	"ja": {
		"残り 4 回", "残り 3 回", "今の署名用パスワード", "別のカードかもしれないため", "カードをリーダーに置いてください（Ctrl-C で中止）",
		"カードリーダーをつないでください", "番号（1〜2）: ", "中止しました", "それでも入力しますか",
	},
	"en": {
		"4 tries left", "3 tries left", "Current signature password", "may be a different", "Please put the card on the reader (Ctrl-C to stop)",
		"Please connect a card reader", "Number (1-2): ", "interrupted", "Go on anyway?",
	},
}

func eachLanguage(t *testing.T, test func(t *testing.T, lang string)) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) { test(t, lang) })
	}
}

func TestAScriptFindsTheOnlyCard(t *testing.T) {
	d := newFakeService()
	d.plug("Empty", nil)
	slot := d.plug("ACME 00", laidCard(t, left(3)))
	status := d.script(t, 0, "pin", "status")
	if reader := status["card"].(map[string]any)["reader"]; reader != "ACME 00" {
		t.Errorf("reader %v", reader)
	}
	if n := status["pins"].([]any)[0].(map[string]any)["tries_left"]; n != 3.0 {
		t.Errorf("tries %v", n)
	}
	if d.waits != 0 {
		t.Error("a script waited")
	}
	if !slot.card.Fresh() || slot.open != 0 {
		t.Error("the card was not left reset")
	}
}

func TestWhichReader(t *testing.T) {
	tests := []struct {
		name    string
		readers []string // each with a card
		flag    string
		want    string // the reader used, or the code
		exit    int
	}{
		{"virtual is never chosen by itself", []string{"Virtual PCD 00 00"}, "", "no-reader", 5},
		{"virtual beside a real one", []string{"Virtual PCD 00 00", "ACME 00"}, "", "ACME 00", 0},
		{"virtual by name", []string{"Virtual PCD 00 00", "ACME 00"}, "virtual", "Virtual PCD 00 00", 0},
		{"several", []string{"ACME 00", "ACME 01"}, "", "several-readers", 8},
		{"unique part in any case", []string{"ACME 00", "Other 00"}, "oTHER", "Other 00", 0},
		{"part of several", []string{"ACME 00", "ACME 01"}, "acme", "several-readers", 8},
		{"exact name wins over a part", []string{"ACME 00", "ACME 00 01"}, "ACME 00", "ACME 00", 0},
		{"none of that name", []string{"ACME 00"}, "nothing", "no-reader", 5},
		{"no reader", nil, "", "no-reader", 5},
		{"practice is a word, not a part", []string{"practice reader"}, "practice", "practice", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newFakeService()
			for _, name := range test.readers {
				d.plug(name, laidCard(t))
			}
			args := []string{"pin", "status"}
			if test.flag != "" {
				args = append(args, "--reader", test.flag)
			}
			got := d.script(t, test.exit, args...)
			if test.exit != 0 {
				if got["code"] != test.want {
					t.Errorf("code %v, want %s", got["code"], test.want)
				}
				return
			}
			if reader := got["card"].(map[string]any)["reader"]; reader != test.want {
				t.Errorf("reader %v, want %s", reader, test.want)
			}
		})
	}
}

func TestSeveralReadersAreListedAsTheFlagTakesThem(t *testing.T) {
	d := newFakeService()
	d.plug("ACME [CCID] 00", laidCard(t))
	d.plug("ACME [CCID] 01", laidCard(t))
	d.plug("Virtual PCD 00 00", laidCard(t))
	hint := d.script(t, 8, "pin", "status")["hint"].(string)
	for _, want := range []string{"--reader 'ACME [CCID] 00'", "--reader 'ACME [CCID] 01'"} {
		if !strings.Contains(hint, want) {
			t.Errorf("%q is not in %q", want, hint)
		}
	}
	if strings.Contains(hint, "Virtual") || strings.Contains(hint, "practice") {
		t.Errorf("offers what is never chosen: %q", hint)
	}
}

func TestSeveralReadersAreANumberedChoiceAtATerminal(t *testing.T) {
	eachLanguage(t, func(t *testing.T, lang string) {
		d := newFakeService()
		first := d.plug("ACME 00", laidCard(t, left(4)))
		second := d.plug("ACME 01", laidCard(t, left(3)))
		s := d.atTerminal(t, lang, "--wait", "1ms", "pin", "status") // the question may stay open for longer than --wait
		s.expect("1) ACME 00").expect("2) ACME 01").expect(words[lang].choose)
		if first.open != 0 {
			t.Error("a transaction was open while the person was asked")
		}
		s.send("3").expect(words[lang].choose).send("2")
		s.end(0)
		if !strings.Contains(s.out.String(), words[lang].left3) {
			t.Errorf("read another card: %s", s.out.String())
		}
		if first.card.Tally().Resets != 0 {
			t.Error("the card that was not chosen was reset: other programs may use it")
		}
		if !second.card.Fresh() {
			t.Error("the card that was asked was not left reset")
		}
	})
}

func TestNoCard(t *testing.T) {
	d := newFakeService()
	d.plug("ACME 00", nil)
	if code := d.script(t, 5, "pin", "status")["code"]; code != "no-card" {
		t.Errorf("code %v", code)
	}
	if d.waits != 0 {
		t.Error("a script waited without --wait")
	}
	if code := d.script(t, 8, "pin", "status", "--wait", "20ms")["code"]; code != "timeout" {
		t.Errorf("code %v", code)
	}
	if d.waits == 0 {
		t.Error("--wait did not wait")
	}
}

func TestWaitsForReaderAndCard(t *testing.T) {
	eachLanguage(t, func(t *testing.T, lang string) {
		d := newFakeService()
		s := d.atTerminal(t, lang, "pin", "status")
		s.waitsFor(words[lang].plug)
		slot := d.plug("ACME 00", nil)
		s.waitsFor(words[lang].wait)
		d.lay(slot, laidCard(t, left(4)))
		s.end(0)
		if !strings.Contains(s.out.String(), words[lang].left4) {
			t.Errorf("shown: %s", s.out.String())
		}
	})
}

func TestInterruptedWhileWaiting(t *testing.T) {
	d := newFakeService()
	s := d.atTerminal(t, "en", "pin", "status")
	s.waitsFor(words["en"].plug)
	d.signals <- os.Interrupt
	s.end(130)
}

func TestCardLiftedBeforeThePINMayComeBack(t *testing.T) {
	eachLanguage(t, func(t *testing.T, lang string) {
		d := newFakeService()
		slot := d.plug("ACME 00", laidCard(t, left(4)))
		s := d.atTerminal(t, lang, "cert", "show", "sign")
		prompt := map[string]string{"ja": "署名用パスワード: ", "en": "Signature password: "}[lang]
		s.expect(words[lang].left4).expect(prompt)
		if slot.open != 0 {
			t.Error("a transaction was open while the person was asked")
		}
		card := d.lift(slot)
		s.send("WRONG123").expect(words[lang].changed)
		s.waitsFor(words[lang].wait)
		d.lay(slot, card)
		s.expect(words[lang].left4).expect(prompt).send(signPassword)
		s.end(0)
		if tally := card.Tally(); tally.Wrong != 0 || tally.Right != 1 {
			t.Errorf("the card saw %+v", tally)
		}
		if !card.Fresh() {
			t.Error("the card was not left reset")
		}
	})
}

// After the card was removed, the run waits for it in the same reader, even if
// other readers hold cards.
func TestTheLiftedCardIsWaitedForInItsReader(t *testing.T) {
	for name, flags := range map[string][]string{"without --reader": nil, "a part of several names": {"--reader", "acme"}} {
		t.Run(name, func(t *testing.T) {
			d := newFakeService()
			slot := d.plug("ACME 00", laidCard(t, left(4)))
			beside := d.plug("ACME 01", nil)
			s := d.atTerminal(t, "en", append(flags, "cert", "show", "sign")...)
			s.expect("ACME 00").expect("Signature password: ")
			card := d.lift(slot)
			if flags == nil {
				d.lay(beside, laidCard(t, left(3)))
			}
			s.send("WRONG123").expect(words["en"].changed)
			s.waitsFor(words["en"].wait)
			d.lay(slot, card)
			s.expect("ACME 00").expect(words["en"].left4).expect("Signature password: ").send(signPassword)
			s.end(0)
			if tally := card.Tally(); tally.Wrong != 0 || tally.Right != 1 {
				t.Errorf("the card saw %+v", tally)
			}
			if beside.card != nil && beside.card.Tally().Right+beside.card.Tally().Wrong != 0 {
				t.Errorf("the card beside it saw %+v", beside.card.Tally())
			}
		})
	}
}

// A card may bounce while it is put on the reader, and so be removed before it
// is read. A run that waits for a card goes on waiting then.
func TestCardLiftedAsItIsFoundMayComeBack(t *testing.T) {
	for _, args := range [][]string{{"pin", "status"}, {"cert", "show", "sign"}} {
		d := newFakeService()
		card := laidCard(t, left(4))
		card.Inject(virtual.Fault{At: 0, Effect: virtual.Remove(lost(0x80100069, pcsc.ErrRemoved))})
		slot := d.plug("ACME 00", card)
		s := d.atTerminal(t, "en", append([]string{"--reader", "ACME 00"}, args...)...)
		s.waitsFor(words["en"].wait)
		d.lay(slot, d.lift(slot)) // between two lists of the readers, so that neither shows it
		if args[0] == "cert" {
			s.expect(words["en"].left4).expect("Signature password: ").send(signPassword)
		}
		s.end(0)
	}
	d := newFakeService()
	card := laidCard(t)
	card.Inject(virtual.Fault{At: 0, Effect: virtual.Remove(lost(0x80100069, pcsc.ErrRemoved))})
	d.plug("ACME 00", card)
	if got := d.script(t, 5, "pin", "status"); got["code"] != "card-removed" { // pin status does not wait
		t.Errorf("code %v", got["code"])
	}
}

// If another card is in the reader after a wrong entry, the person must agree
// to the notice again.
func TestAnotherCardAfterAWrongEntryIsAgreedToAnew(t *testing.T) {
	d, card := newFakeService(), laidCard(t)
	slot := d.plug("ACME 00", card)
	card.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: func(x *virtual.Exchange) ([]byte, error) {
		answer := x.Run()
		d.lift(slot)
		return answer, nil
	}})
	s := d.atTerminal(t, "en", "sign", toSign(t))
	s.expect("Sign this file").send("y").expect("Signature password: ").send("WRONG123").expect("4 tries left")
	s.waitsFor(words["en"].wait)
	other := laidCard(t, func(o *virtual.Options) { o.State.Auth.Certificate = nil })
	d.lay(slot, other)
	s.expect("name, address, date of birth and sex")
	from := s.seen
	s.expect("Sign this file").send("no")
	s.end(8)
	if strings.Contains(s.screen()[from:], "authentication certificate expires") {
		t.Error("the date of the card before is told of this one")
	}
	if tally := other.Tally(); tally.Wrong+tally.Right != 0 {
		t.Errorf("the other card saw %+v", tally)
	}
}

func TestInterruptedWhileTheCardIsLifted(t *testing.T) {
	d := newFakeService()
	slot := d.plug("ACME 00", laidCard(t))
	s := d.atTerminal(t, "en", "cert", "show", "sign")
	s.expect("Signature password: ")
	d.lift(slot)
	s.send("WRONG123")
	s.waitsFor(words["en"].wait)
	d.signals <- os.Interrupt
	s.end(130)
}

func TestCounterChangedBetweenShownAndSent(t *testing.T) {
	for name, reading := range readings {
		t.Run(name, func(t *testing.T) { counterChanged(t, laidCard(t, reading)) })
	}
}

func counterChanged(t *testing.T, card *virtual.Card) {
	queries := 0
	card.Inject(virtual.Fault{
		When: func(_ int, command []byte) bool {
			if len(command) == 4 && command[1] == 0x20 {
				queries++
			}
			return queries == 2
		},
		Effect: virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Tries = 4 }),
	})
	d := newFakeService()
	d.plug("ACME 00", card)
	got := d.script(t, 5, "cert", "show", "sign", "--pin-from", secretFile(t, signPassword))
	if got["code"] != "card-removed" {
		t.Errorf("code %v", got["code"])
	}
	if tally := card.Tally(); tally.Right+tally.Wrong != 0 || tally.Queries < 2 {
		t.Errorf("the card saw %+v", tally)
	}
}

// loggedIn is a card on which another program has verified the password, so
// that it answers 9000 to an empty VERIFY.
func loggedIn(t *testing.T) *virtual.Card {
	card := laidCard(t)
	card.Inject(virtual.Fault{When: virtual.On(virtual.OpQuery), Repeat: true, Effect: virtual.Answer(0x9000)})
	return card
}

func TestAnUnknownCountIsTreatedAsOne(t *testing.T) {
	d := newFakeService()
	slot := d.plug("ACME 00", loggedIn(t))
	got := d.script(t, 8, "cert", "show", "sign", "--pin-from", secretFile(t, signPassword))
	if got["code"] != "too-few-tries" {
		t.Errorf("code %v", got["code"])
	}
	if tally := slot.card.Tally(); tally.Right+tally.Wrong != 0 {
		t.Errorf("the card saw %+v", tally)
	}
	pins := d.script(t, 0, "pin", "status")["pins"].([]any)
	if first := pins[0].(map[string]any); first["tries_left"] != nil || first["locked"] != nil {
		t.Errorf("status %v", first)
	}
	eachLanguage(t, func(t *testing.T, lang string) {
		s := d.atTerminal(t, lang, "cert", "show", "sign")
		s.expect(words[lang].consent).send("no")
		s.end(8)
		s = d.atTerminal(t, lang, "cert", "show", "sign")
		s.expect(words[lang].consent).send("はい")
		s.expect(map[string]string{"ja": "署名用パスワード: ", "en": "Signature password: "}[lang]).send(signPassword) // the answer 9000 never makes the prompt unnecessary
		s.end(0)
	})
}

func TestContactLostDuringVerify(t *testing.T) {
	for _, effect := range []struct {
		name string
		virtual.Effect
	}{{"before the card saw it", virtual.Remove(nil)}, {"after", virtual.LoseAnswer(nil)}} {
		t.Run(effect.name, func(t *testing.T) {
			card := laidCard(t)
			card.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: effect.Effect})
			d := newFakeService()
			d.plug("ACME 00", card)
			got := d.script(t, 9, "pin", "change", "auth", "--pin-from", secretFile(t, "9999", "8052"))
			if got["code"] != "unknown-outcome" || got["outcome"] != "not-changed" || got["tries_left"] != nil {
				t.Errorf("got %v", got)
			}
			verifies := 0
			for _, e := range card.Log() {
				if e.Op == virtual.OpVerify {
					verifies++
				}
			}
			if verifies != 1 {
				t.Errorf("%d VERIFYs were sent", verifies)
			}
		})
	}
}

func TestContactLostDuringVerifyAtATerminal(t *testing.T) {
	card := laidCard(t)
	card.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: virtual.LoseAnswer(nil)})
	d := newFakeService()
	d.plug("ACME 00", card)
	s := d.atTerminal(t, "en", "cert", "show", "sign")
	s.expect("Signature password: ").send("WRONG123")
	s.end(9)
	if !strings.Contains(s.err.String(), "natsuin pin status") {
		t.Errorf("no next step: %s", s.err.String())
	}
	if tally := card.Tally(); tally.Wrong != 1 {
		t.Errorf("the card saw %+v", tally)
	}
}

func TestAnotherSortOfCard(t *testing.T) {
	card := laidCard(t)
	card.Inject(virtual.Fault{When: virtual.On(virtual.OpSelectApplication), Repeat: true, Effect: virtual.Answer(0x6A82)})
	d := newFakeService()
	d.plug("ACME 00", card)
	if code := d.script(t, 5, "pin", "status")["code"]; code != "not-jpki" {
		t.Errorf("code %v", code)
	}
	d.plug("ACME 01", laidCard(t))
	if reader := d.script(t, 0, "pin", "status")["card"].(map[string]any)["reader"]; reader != "ACME 01" {
		t.Errorf("reader %v", reader)
	}
}

func TestABusyReaderIsNamed(t *testing.T) {
	d := newFakeService()
	d.plug("ACME 00", laidCard(t)).busy = true
	got := d.script(t, 5, "pin", "status")
	if got["code"] != "busy" || !strings.Contains(got["message"].(string)+got["hint"].(string), "ACME 00") {
		t.Errorf("got %v", got)
	}
}

// Cards report a blocked password by different status words (docs/card.md §3).
// All of them mean locked, exit code 7.
func TestEveryWordForLocked(t *testing.T) {
	for _, change := range []func(*virtual.Options){
		func(o *virtual.Options) { o.BlockedStatus, o.QueryBlocked = 0x6983, true },
		func(o *virtual.Options) { o.BlockedStatus, o.QueryBlocked = 0x6984, true },
		func(o *virtual.Options) { o.QueryBlocked = false },
	} {
		for name, reading := range readings {
			card := laidCard(t, left(0), change, reading)
			d := newFakeService()
			d.plug("ACME 00", card)
			got := d.script(t, 7, "cert", "show", "sign", "--min-tries", "1", "--pin-from", secretFile(t, signPassword))
			if got["code"] != "locked" {
				t.Errorf("%s: code %v", name, got["code"])
			}
			if tally := card.Tally(); tally.Blocked+tally.Right+tally.Wrong != 0 {
				t.Errorf("%s: something was sent: %+v", name, tally)
			}
		}
	}
}

// A card that is put back cannot be told from another one. So a secret that was
// refused before is not refused again by the program: the person is asked
// whether to send it, and y is not enough.
func TestWhatAnotherCardRefusedIsAskedAboutAndNotRefused(t *testing.T) {
	ask := map[string]string{"ja": "それでも送りますか", "en": "Send it anyway?"}
	eachLanguage(t, func(t *testing.T, lang string) {
		prompt := absentWords[lang].prompt
		d, first := newFakeService(), laidCard(t)
		slot := d.plug("ACME 00", first)
		second := laidCard(t, func(o *virtual.Options) { o.State.Sign.Secret = []byte("OTHER4567") })
		s := d.atTerminal(t, lang, "sign", "--yes", toSign(t))
		s.expect(prompt).send("OTHER4567").expect(words[lang].left4).expect(prompt)
		d.lift(slot)
		d.lay(slot, second)
		s.send("OTHER4567").expect(words[lang].changed).expect(prompt)
		s.send("OTHER4567").expect(ask[lang]).send("y").expect(ask[lang]).send(absentWords[lang].no)
		s.expect(prompt).send("OTHER4567").expect(ask[lang]).send(absentWords[lang].yes)
		s.end(0)
		if one, two := first.Tally(), second.Tally(); one.Wrong != 1 || two.Wrong != 0 || two.Right != 1 {
			t.Errorf("the first card saw %+v, the second %+v", one, two)
		}
	})
}

// A secret that this card itself has refused is not sent again, even if another
// program used a try meanwhile.
func TestWhatThisCardRefusedStaysRefused(t *testing.T) {
	d, card := newFakeService(), laidCard(t)
	d.plug("ACME 00", card)
	s := d.atTerminal(t, "en", "sign", "--yes", toSign(t))
	s.expect("Signature password: ").send("WRONG123").expect("4 tries left").expect("Signature password: ")
	card.Replace(func(state *virtual.State) { state.Sign.Tries = 3 })
	s.send("WRONG456").expect("has changed since it was shown").expect("3 tries left").expect("Signature password: ")
	s.send("WRONG123").expect("was not sent").expect("Signature password: ").send(signPassword)
	s.end(0)
	if tally := card.Tally(); tally.Wrong != 1 || tally.Right != 1 {
		t.Errorf("the card saw %+v", tally)
	}
}

// A reader that another program uses exclusively is tried only if no other
// reader holds a card.
func TestAReaderInUseIsSkipped(t *testing.T) {
	d := newFakeService()
	used := d.plug("ACME 00", laidCard(t, left(4)))
	d.change(func() { used.inUse = true })
	d.plug("ACME 01", laidCard(t, left(3)))
	status := d.script(t, 0, "pin", "status")
	if n := status["pins"].([]any)[0].(map[string]any)["tries_left"]; n != 3.0 {
		t.Errorf("%v tries", n)
	}
	if tally := used.card.Tally(); tally.Exchanges+tally.Resets != 0 {
		t.Errorf("the card that another program uses saw %+v", tally)
	}
}

// If there are several virtual readers, the hint names one that holds a card.
func TestTheHintNamesTheVirtualReaderThatHoldsACard(t *testing.T) {
	d := newFakeService()
	d.plug("Virtual PCD 00 00", laidCard(t))
	d.plug("Virtual PCD 00 01", nil)
	for _, args := range [][]string{{"pin", "status"}, {"doctor"}} {
		o := d.script(t, 5, args...)
		if hint := fmt.Sprint(o["hint"], o["probes"]); !strings.Contains(hint, "Virtual PCD 00 00") || strings.Contains(hint, "Virtual PCD 00 01") {
			t.Errorf("%v: %s", args, hint)
		}
	}
	d.plug("Empty", nil) // a real one
	o := d.script(t, 5, "pin", "status")
	if hint := fmt.Sprint(o["hint"]); o["code"] != "no-card" || !strings.Contains(hint, "--reader 'Virtual PCD 00 00'") {
		t.Errorf("%v: %s", o["code"], hint)
	}
}
