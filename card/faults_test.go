package card_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"testing"

	"natsuin/card"
	"natsuin/card/virtual"
)

// effects are the faults of one exchange. after tells those in which the card has
// executed the command all the same.
var effects = map[string]virtual.Effect{
	"removed":               virtual.Remove(nil),
	"command lost":          virtual.Drop(nil),
	"answer lost":           virtual.LoseAnswer(nil),
	"reset by another":      virtual.ResetBefore(),
	"sign PIN selected":     virtual.SelectBefore(0x001B),
	"auth PIN selected":     virtual.SelectBefore(0x0018),
	"certificate selected":  virtual.SelectBefore(0x0002),
	"6F00":                  virtual.Answer(0x6F00),
	"6F00 after":            virtual.AnswerAfter(0x6F00),
	"6982":                  virtual.Answer(0x6982),
	"6985":                  virtual.Answer(0x6985),
	"6983":                  virtual.Answer(0x6983),
	"63C3":                  virtual.Answer(0x63C3),
	"6300":                  virtual.Answer(0x6300),
	"6C10":                  virtual.Answer(0x6C10),
	"6110":                  virtual.Answer(0x6110),
	"6110 after":            virtual.AnswerAfter(0x6110),
	"truncated to 1":        virtual.Truncate(1),
	"truncated to 0":        virtual.Truncate(0),
	"data cut":              virtual.CutData(7),
	"no status":             virtual.WithoutStatus(),
	"65000 bytes":           virtual.Junk(65000),
	"junk":                  virtual.Junk(40),
	"corrupted":             virtual.Corrupt(),
	"certificate exchanged": virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Certificate = s.Auth.Certificate }),
	"certificate gone":      virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Certificate = nil }),
	"key gone":              virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Key = nil }),
}

// A use of the card, as a verb would make it. It returns how many secrets it typed.
type use struct {
	name string
	run  func(c *card.Card) (result, error)
}

type result struct{ signature []byte }

func signing(password card.Secret) func(c *card.Card) (result, error) {
	return func(c *card.Card) (result, error) {
		if _, err := c.Token(); err != nil {
			return result{}, err
		}
		if _, err := c.Tries(card.SignPassword); err != nil {
			return result{}, err
		}
		if err := c.Verify(card.SignPassword, password); err != nil {
			return result{}, err
		}
		cert, err := c.Certificate(card.SignCert)
		if err != nil {
			return result{}, err
		}
		if _, err := c.Certificate(card.SignCA); err != nil {
			return result{}, err
		}
		s, err := c.Signer(card.SignCert, cert, card.SignerOptions{})
		if err != nil {
			return result{}, err
		}
		signature, err := s.Sign(rand.Reader, digests[crypto.SHA256], crypto.SHA256)
		return result{signature}, err
	}
}

func changing(old card.Secret, check bool) func(c *card.Card) (result, error) {
	return func(c *card.Card) (result, error) {
		if _, err := c.Tries(card.SignPassword); err != nil {
			return result{}, err
		}
		var look func() error
		if check {
			look = func() error { _, err := c.Certificate(card.SignCert); return err }
		}
		return result{}, c.Change(card.SignPassword, old, newSecret(card.SignPassword), look)
	}
}

// TestEveryFaultAtEveryExchange is the invariant of this program: whatever breaks and
// wherever, no more wrong VERIFYs reach the card than were typed, and what is said of a
// change is what became of it.
func TestEveryFaultAtEveryExchange(t *testing.T) {
	uses := []use{
		{"sign", signing(right(card.SignPassword))},
		{"sign with a wrong password", signing(wrong(card.SignPassword))},
		{"change", changing(right(card.SignPassword), false)},
		{"change with a check", changing(right(card.SignPassword), true)},
		{"change with a wrong password", changing(wrong(card.SignPassword), true)},
	}
	cases := 0
	for _, u := range uses {
		for at := 0; ; at++ {
			reached := false
			for name, effect := range effects {
				cases++
				v := newVirtual(nil)
				v.Inject(virtual.Fault{At: at, Effect: func(x *virtual.Exchange) ([]byte, error) {
					reached = true
					return effect(x)
				}})
				c, err := card.Open(v)
				var r result
				if err == nil {
					r, err = u.run(c)
				}
				what := fmt.Sprintf("%s, %s at %d", u.name, name, at)
				checkInvariants(t, what, v, r, err)
			}
			if !reached {
				break
			}
		}
	}
	t.Logf("%d cases", cases)
}

func checkInvariants(t *testing.T, what string, v *virtual.Card, r result, err error) {
	t.Helper()
	n := v.Tally()
	sent := 0 // VERIFYs and CHANGEs with data that left this program, lost ones included
	changes := 0
	for _, e := range v.Log() {
		switch {
		case e.Op == virtual.OpVerify:
			sent++
		case e.Op == virtual.OpChange:
			changes++
		case sent > 0 && changes > 0:
			t.Errorf("%s: %v after CHANGE", what, e.Op)
		}
	}
	if sent > 1 || n.Wrong > 1 || changes > 1 {
		t.Errorf("%s: %d VERIFYs, %d wrong, %d CHANGEs", what, sent, n.Wrong, changes)
	}
	var pin *card.PINError
	var unknown *card.OutcomeUnknownError
	var not *card.NotChangedError
	changed := string(v.State().Sign.Secret) == string(newSecret(card.SignPassword).Reveal())
	switch {
	case errors.As(err, &unknown):
		if sent == 0 {
			t.Errorf("%s: unknown, and nothing was sent: %v", what, err)
		}
	case err == nil && r.signature == nil:
		if !changed {
			t.Errorf("%s: said to be changed, and is not", what)
		}
	case err != nil:
		if changed {
			t.Errorf("%s: changed, and said not to be: %v", what, err)
		}
		if n.Wrong > 0 && !errors.As(err, &pin) {
			t.Errorf("%s: a try is gone and nobody says so: %v", what, err)
		}
	}
	if errors.As(err, &not) && sent == 0 {
		t.Errorf("%s: nothing was sent for %v", what, err)
	}
	if r.signature != nil && err == nil && len(r.signature) != keys().holder.Size() {
		t.Errorf("%s: a signature of %d bytes", what, len(r.signature))
	}
}

// A signature that comes back wrong is not this package's to find, but a right one
// must be right.
func TestFaultlessUseOfTheFaultTest(t *testing.T) {
	v := newVirtual(nil)
	r, err := signing(right(card.SignPassword))(open(t, v))
	if err != nil || rsa.VerifyPKCS1v15(&keys().holder.PublicKey, crypto.SHA256, digests[crypto.SHA256], r.signature) != nil {
		t.Error(err)
	}
	if _, err := changing(right(card.SignPassword), true)(open(t, newVirtual(nil))); err != nil {
		t.Error(err)
	}
}

// FuzzAnswers plays a tape of answers to the whole of the package. No answer may make
// it panic, run on, or send a secret twice.
func FuzzAnswers(f *testing.F) {
	v := newVirtual(nil)
	var honest []byte
	recorder := transmitter(func(cmd []byte) ([]byte, error) {
		a, err := v.Transmit(cmd)
		honest = append(append(honest, byte(len(a)-2)), a...)
		return a, err
	})
	if c, err := card.Open(recorder); err == nil {
		_, _ = signing(right(card.SignPassword))(c)
	}
	f.Add(honest, false)
	f.Add([]byte{0, 0x90, 0, 0, 0x90, 0, 0, 0x63, 0xC5, 0, 0x90, 0, 0, 0x90, 0}, true)
	f.Add([]byte{0, 0x90, 0, 0, 0x61, 0x10, 0, 0x6C, 0x10}, true)
	f.Fuzz(func(t *testing.T, tape []byte, change bool) {
		sent, secrets, afterChange := 0, 0, -1
		c, err := card.Open(transmitter(func(cmd []byte) ([]byte, error) {
			sent++
			if afterChange == 0 {
				t.Error("a command after CHANGE")
			}
			switch {
			case cmd[1] == 0x24:
				secrets += 100
				afterChange = 0
			case cmd[1] == 0x20 && len(cmd) > 4:
				secrets++
			}
			if len(tape) == 0 {
				return nil, errors.New("end of tape")
			}
			n := min(int(tape[0])+2, len(tape)-1)
			answer := tape[1 : 1+n]
			tape = tape[1+n:]
			return append([]byte{}, answer...), nil
		}))
		if err == nil {
			if change {
				_, err = changing(right(card.SignPassword), true)(c)
			} else {
				var r result
				r, err = signing(right(card.SignPassword))(c)
				if (err == nil) != (r.signature != nil) {
					t.Error("neither signature nor error, or both")
				}
			}
		}
		if secrets%100 > 1 || secrets/100 > 1 || secrets/100 > secrets%100 {
			t.Errorf("secrets sent: %d", secrets)
		}
		if sent > 2000 {
			t.Errorf("%d commands", sent)
		}
	})
}
