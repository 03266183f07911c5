package cli_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"natsuin/card/virtual"
	"natsuin/cmd/internal/cli"
)

// child makes a card without a signature certificate, like that of a holder
// under 15.
func child(o *virtual.Options) {
	o.State.Sign.Certificate, o.State.Sign.Key, o.State.Sign.CA = nil, nil, nil
}

func hinting(hint ...byte) func(*virtual.Options) {
	return func(o *virtual.Options) { o.State.Hint = hint }
}

var absentWords = map[string]struct{ seems, ask, prompt, sign, no, yes string }{
	"ja": {"署名用電子証明書がないようです", "それでも入力しますか", "署名用パスワード: ", "署名しますか", "いいえ", "はい"},
	"en": {"this card seems to have no signature certificate", "Go on anyway?", "Signature password: ", "Sign ", "no", "yes"},
}

func toSign(t *testing.T) string {
	t.Helper()
	name := t.TempDir() + "/a.txt"
	if err := os.WriteFile(name, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// On a card without a signature certificate, a wrong password would use a try
// for nothing. So the person is asked before the first prompt, whatever the
// verb.
func TestACardThatSeemsToHaveNoCertificateIsToldBeforeTheFirstPrompt(t *testing.T) {
	eachLanguage(t, func(t *testing.T, lang string) {
		w := absentWords[lang]
		for _, line := range lines(asks) {
			args := arguments(line, toSign(t), "")
			for _, tries := range []int{5, 4} {
				d := newFakeService()
				card := laidCard(t, child, left(tries))
				d.plug("ACME 00", card)
				s := d.atTerminal(t, lang, args...)
				s.expect(w.seems).expect(w.ask).send(w.no)
				s.end(8)
				if tally := card.Tally(); tally.Wrong+tally.Right != 0 || strings.Contains(s.screen()[s.seen:], w.prompt) {
					t.Errorf("%v: the card saw %+v; the screen shows:\n%s", args, tally, s.screen())
				}
			}
		}
	})
}

func TestACardThatSeemsToHaveNoAuthenticationCertificateIsToldBeforeThePIN(t *testing.T) {
	d := newFakeService()
	card := laidCard(t, hinting(0x8F, 0, 0))
	d.plug("ACME 00", card)
	s := d.atTerminal(t, "en", "pin", "change", "auth")
	s.expect("this card seems to have no authentication certificate").expect("Go on anyway?").send("no")
	s.end(8)
	if tally := card.Tally(); tally.Wrong+tally.Right != 0 {
		t.Errorf("the card saw %+v", tally)
	}
}

// A script gets the warning, and goes on if the count is full, as always.
func TestAScriptIsToldThatThereSeemsToBeNoCertificate(t *testing.T) {
	for tries, exit := range map[int]int{5: 6, 4: 8} {
		d := newFakeService()
		card := laidCard(t, child, left(tries))
		d.plug("ACME 00", card)
		var out, errs bytes.Buffer
		args := []string{"--lang", "en", "sign", "--yes", "--pin-from", secretFile(t, "WRONG123"), toSign(t)}
		if got := cli.Main(d.env(t, &out, &errs, args)); got != exit || !strings.Contains(errs.String(), absentWords["en"].seems) {
			t.Errorf("with %d tries: exit code %d, want %d: %s", tries, got, exit, errs.String())
		}
	}
}

// The hint proves nothing: a card signs even if its hint is wrong, and there is
// no warning if the card does not maintain the hint.
func TestTheHintRefusesNoGoodCard(t *testing.T) {
	w := absentWords["en"]
	t.Run("wrong", func(t *testing.T) {
		d := newFakeService()
		card := laidCard(t, left(4), hinting(0, 0x8F, 0))
		d.plug("ACME 00", card)
		s := d.atTerminal(t, "en", "sign", "--yes", toSign(t))
		begin := s.seen
		s.expect(w.seems).expect(w.ask).send(w.yes).expect(w.prompt).send("WRONG123").expect(w.prompt).send(signPassword)
		s.end(0)
		if n := strings.Count(s.screen()[begin:], w.seems); n != 1 {
			t.Errorf("said %d times", n)
		}
	})
	for name, hint := range map[string][]byte{"not kept": {0, 0, 0}, "in other words": {1, 1, 0}, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			d := newFakeService()
			d.plug("ACME 00", laidCard(t, left(4), hinting(hint...)))
			var out, errs bytes.Buffer
			args := []string{"--lang", "en", "sign", "--yes", "--min-tries", "1", "--pin-from", secretFile(t, signPassword), toSign(t)}
			if exit := cli.Main(d.env(t, &out, &errs, args)); exit != 0 || strings.Contains(errs.String(), w.seems) {
				t.Errorf("exit code %d: %s", exit, errs.String())
			}
		})
	}
	t.Run("in a script", func(t *testing.T) {
		d := newFakeService()
		d.plug("ACME 00", laidCard(t, left(4), hinting(0, 0x8F, 0)))
		var out, errs bytes.Buffer
		args := []string{"--lang", "en", "sign", "--yes", "--min-tries", "1", "--pin-from", secretFile(t, signPassword), toSign(t)}
		if exit := cli.Main(d.env(t, &out, &errs, args)); exit != 0 || !strings.Contains(errs.String(), w.seems) {
			t.Errorf("exit code %d: %s", exit, errs.String())
		}
	})
}

func TestARehearsalTellsThatThereSeemsToBeNoCertificate(t *testing.T) {
	d := newFakeService()
	card := laidCard(t, child)
	d.plug("ACME 00", card)
	var out, errs bytes.Buffer
	if exit := cli.Main(d.env(t, &out, &errs, []string{"--lang", "en", "sign", "--dry-run", toSign(t)})); exit != 0 || !strings.Contains(errs.String(), absentWords["en"].seems) {
		t.Errorf("exit code %d: %s", exit, errs.String())
	}
}

// The authentication certificate can be read without a secret, so its absence
// is found before the PIN is sent.
func TestTheMissingAuthenticationCertificateIsFoundBeforeThePIN(t *testing.T) {
	d := newFakeService()
	card := laidCard(t, func(o *virtual.Options) { o.State.Auth.Certificate = nil })
	d.plug("ACME 00", card)
	o := d.script(t, 5, "sign", "--yes", "--key", "auth", "--pin-from", secretFile(t, "9999"), toSign(t))
	if tally := card.Tally(); o["code"] != "no-certificate" || tally.Wrong+tally.Right != 0 {
		t.Errorf("%v; the card saw %+v", o["code"], tally)
	}
}
