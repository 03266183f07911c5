package card_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"testing"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/card/virtual"
)

// An act is one use of the card after Open, with at most one VERIFY and one
// CHANGE. It returns a claim about the card.
type act struct {
	name string
	run  func(*card.Card) (claim, error)
	// always is set if the claim must be true even after a fault that cheats.
	always bool
}

// A claim compares what a program has learned with the card's state before and
// after. It returns a description of the difference, or "". A nil claim is
// always true.
type claim func(before, after virtual.State) string

// A fault is a failure at one exchange. If cheats is set, a program need not
// notice the fault: another program has selected a file inside the transaction
// or changed the card, or bits differ from those that the card sent.
type fault struct {
	name   string
	effect func() virtual.Effect
	cheats bool
	unsent bool // the transport reports that it did not send the command
}

func faults() []fault {
	list := []fault{
		{name: "lost on the way", effect: func() virtual.Effect { return virtual.Drop(nil) }},
		{name: "not sent", effect: func() virtual.Effect { return virtual.Drop(apdu.ErrNotSent) }, unsent: true},
		{name: "answer lost", effect: func() virtual.Effect { return virtual.LoseAnswer(nil) }},
		{name: "removed", effect: func() virtual.Effect { return virtual.Remove(nil) }},
		{name: "reset", effect: virtual.ResetBefore},
		{name: "other PIN selected", effect: func() virtual.Effect { return virtual.SelectBefore(0x0018) }, cheats: true},
		{name: "password selected", effect: func() virtual.Effect { return virtual.SelectBefore(0x001B) }, cheats: true},
		{name: "key selected", effect: func() virtual.Effect { return virtual.SelectBefore(0x001A) }, cheats: true},
		{name: "other certificate", effect: func() virtual.Effect {
			return virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Certificate, s.Sign.CA = s.Auth.Certificate, s.Auth.CA })
		}, cheats: true},
		{name: "other key", effect: func() virtual.Effect {
			return virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Key = keys().ca })
		}, cheats: true},
		{name: "certificate gone", effect: func() virtual.Effect {
			return virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Certificate = nil })
		}, cheats: true},
		{name: "key gone", effect: func() virtual.Effect {
			return virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Key = nil })
		}, cheats: true},
		{name: "no status", effect: virtual.WithoutStatus},
		{name: "bit flipped", effect: virtual.Corrupt, cheats: true},
		{name: "hung", effect: func() virtual.Effect { return virtual.Hang(closed()) }},
		{name: "hung after", effect: func() virtual.Effect { return virtual.HangAfter(closed()) }},
	}
	for _, sw := range []uint16{0x6F00, 0x6982, 0x6985, 0x6986, 0x6A82, 0x6A86, 0x6700, 0x6D00, 0x6983, 0x63C0, 0x63C3, 0x6300, 0x6110, 0x6100, 0x6C04, 0x6282, 0x6B00, 0x0000, 0xFFFF} {
		list = append(list, fault{name: fmt.Sprintf("%04X", sw), effect: func() virtual.Effect { return virtual.Answer(sw) }})
	}
	for _, sw := range []uint16{0x6F00, 0x6581, 0x6400, 0x6102, 0x6C02} { // status words that leave the outcome open
		list = append(list, fault{name: fmt.Sprintf("%04X after", sw), effect: func() virtual.Effect { return virtual.AnswerAfter(sw) }})
	}
	for _, n := range []int{0, 1, 2, 3} {
		list = append(list, fault{name: fmt.Sprintf("cut to %d", n), effect: func() virtual.Effect { return virtual.Truncate(n) }})
	}
	for _, n := range []int{1, 4, 100, 256} {
		list = append(list, fault{name: fmt.Sprintf("%d missing", n), effect: func() virtual.Effect { return virtual.CutData(n) }})
	}
	for _, n := range []int{0, 1, 2, 3, 258, 259, 65000} {
		list = append(list, fault{name: fmt.Sprintf("%d of junk", n), effect: func() virtual.Effect { return virtual.Junk(n) }})
	}
	list = append(list, fault{name: "echo", effect: func() virtual.Effect {
		return func(x *virtual.Exchange) ([]byte, error) { return bytes.Clone(x.Command), nil }
	}})
	return list
}

func closed() <-chan struct{} { c := make(chan struct{}); close(c); return c }

func acts() []act {
	var list []act
	for _, cred := range both {
		list = append(list,
			act{name: "tries " + cred.String(), run: func(c *card.Card) (claim, error) { return tell(c, cred) }},
			act{name: "verify right " + cred.String(), run: func(c *card.Card) (claim, error) {
				return nil, present(c, cred, right(cred))
			}},
			act{name: "verify wrong " + cred.String(), always: true, run: func(c *card.Card) (claim, error) {
				err := present(c, cred, wrong(cred))
				return func(_, _ virtual.State) string {
					if err == nil {
						return "a wrong secret was accepted"
					}
					return ""
				}, err
			}},
			act{name: "change " + cred.String(), always: true, run: func(c *card.Card) (claim, error) {
				return replace(c, cred, right(cred), nil)
			}},
			act{name: "change checked " + cred.String(), always: true, run: func(c *card.Card) (claim, error) {
				return replace(c, cred, right(cred), func() error { _, err := c.Certificate(card.SignCA); return err })
			}},
			act{name: "change wrong " + cred.String(), always: true, run: func(c *card.Card) (claim, error) {
				return replace(c, cred, wrong(cred), nil)
			}},
		)
	}
	return append(list,
		act{name: "token", run: func(c *card.Card) (claim, error) { _, err := c.Token(); return nil, err }},
		act{name: "certificate", run: fetch},
		act{name: "sign", run: signThree},
	)
}

// tell queries the tries. The result must not exceed the real count.
func tell(c *card.Card, cred card.Credential) (claim, error) {
	got, err := c.Tries(cred)
	return func(_, after virtual.State) string {
		if left := after.Slot(half(cred)).Tries; got.Known && got.Left > left || err != nil && got != (card.Tries{}) {
			return fmt.Sprintf("%+v told, %d left", got, left)
		}
		return ""
	}, err
}

func present(c *card.Card, cred card.Credential, s card.Secret) error {
	if _, err := c.Tries(cred); err != nil {
		return err
	}
	return c.Verify(cred, s)
}

// replace changes a secret. The result must agree with the state of the card.
func replace(c *card.Card, cred card.Credential, old card.Secret, check func() error) (claim, error) {
	if _, err := c.Tries(cred); err != nil {
		return nil, err
	}
	err := exchangeSecret(c, cred, old, check)
	return func(before, after virtual.State) string {
		changed := !bytes.Equal(before.Slot(half(cred)).Secret, after.Slot(half(cred)).Secret)
		var unknown *card.OutcomeUnknownError
		switch {
		case err == nil && !changed:
			return "told as changed, which it is not"
		case errors.As(err, &unknown):
			if unknown.Op == card.OpVerify && changed {
				return "changed, though VERIFY was not answered"
			}
		case err != nil && changed:
			return "told as not changed, which it is"
		}
		return ""
	}, err
}

func fetch(c *card.Card) (claim, error) {
	cert, err := c.Certificate(card.AuthCert)
	return func(before, _ virtual.State) string {
		if err == nil && !bytes.Equal(cert.Raw, before.Auth.Certificate) {
			return "another certificate"
		}
		return ""
	}, err
}

// signThree makes three signatures, like a run with three files, and stops at
// the first error. The signatures that it made must be valid.
func signThree(c *card.Card) (claim, error) {
	if err := present(c, card.SignPassword, right(card.SignPassword)); err != nil {
		return nil, err
	}
	cert, err := c.Certificate(card.SignCert)
	if err != nil {
		return nil, err
	}
	key, err := c.Signer(card.SignCert, cert, card.SignerOptions{})
	if err != nil {
		return nil, err
	}
	digest, bad := digests[crypto.SHA256], ""
	for range 3 {
		var value []byte
		if value, err = key.Sign(rand.Reader, digest, crypto.SHA256); err != nil {
			break
		}
		if rsa.VerifyPKCS1v15(cert.PublicKey.(*rsa.PublicKey), crypto.SHA256, digest, value) != nil {
			bad = "a signature that does not verify"
		}
	}
	return func(_, _ virtual.State) string { return bad }, err
}

// typedError reports whether a program can learn what happened from the types
// in err, without its text.
func typedError(err error) bool {
	return errors.As(err, new(*card.PINError)) || errors.As(err, new(*card.OutcomeUnknownError)) ||
		errors.As(err, new(*card.NotChangedError)) || errors.As(err, new(*card.NoCertificateError)) ||
		errors.As(err, new(*card.BadCertificateError)) || errors.As(err, new(*card.WeakKeyError)) ||
		errors.As(err, new(*card.UnsupportedError)) || errors.As(err, new(*apdu.StatusError)) ||
		errors.As(err, new(*apdu.TransmitError)) || errors.As(err, new(*apdu.MalformedError)) ||
		errors.Is(err, card.ErrBadSignature)
}

// secretsSent counts the commands with a secret that were sent, including those
// that were lost.
func secretsSent(log []virtual.Entry) (verifies, changes int) {
	for _, e := range log {
		switch e.Op {
		case virtual.OpVerify:
			verifies++
		case virtual.OpChange:
			changes++
		}
	}
	return verifies, changes
}

// withoutResult reports whether a VERIFY was sent whose secret the card did not
// compare.
func withoutResult(log []virtual.Entry) bool {
	return slices.ContainsFunc(log, func(e virtual.Entry) bool {
		return e.Op == virtual.OpVerify && (e.Lost || e.Outcome == virtual.Nothing)
	})
}

// TestEveryFaultAtEveryExchange runs every act with every fault at every
// exchange (with -short, a sample of these), on every reading of the card,
// after another program has verified both secrets. There must be at most one
// VERIFY and one CHANGE, no secret after an unknown outcome, and no result that
// the state of the card contradicts.
func TestEveryFaultAtEveryExchange(t *testing.T) {
	onEachReading(t, everyFault)
}

func everyFault(t *testing.T, reading func(*virtual.Options)) {
	step := 1
	if testing.Short() {
		step = 7 // a sample
	}
	cases := 0
	for _, a := range acts() {
		exchanges := func(f fault, at int) int {
			v := newVirtual(reading)
			other := open(t, v)
			for _, cred := range both {
				if err := other.Verify(cred, right(cred)); err != nil {
					t.Fatal(err)
				}
			}
			v.ClearLog()
			if at >= 0 {
				v.Inject(virtual.Fault{At: at, Effect: f.effect()})
			}
			if problem := play(v, a, f); problem != "" {
				t.Errorf("%s, %s at exchange %d: %s", a.name, f.name, at, problem)
			}
			return v.Tally().Exchanges
		}
		n := exchanges(fault{name: "nothing"}, -1)
		for _, f := range faults() {
			for at := range n {
				if cases++; cases%step == 0 {
					exchanges(f, at)
				}
			}
		}
	}
	t.Logf("%d cases", cases)
	if cases < 1000 {
		t.Errorf("only %d cases", cases)
	}
}

// play runs one act on a new card and returns a description of what is wrong,
// or "".
func play(v *virtual.Card, a act, f fault) string {
	before := v.State()
	var told claim
	c, err := card.Open(v)
	if err == nil {
		told, err = a.run(c)
	}
	after, log, n := v.State(), v.Log(), v.Tally()
	verifies, changes := secretsSent(log)
	switch unknown := errors.As(err, new(*card.OutcomeUnknownError)); {
	case verifies > 1 || changes > 1 || n.Wrong > verifies:
		return fmt.Sprintf("%d VERIFYs, %d CHANGEs, %d wrong", verifies, changes, n.Wrong)
	case changes == 1 && log[len(log)-1].Op != virtual.OpChange:
		return fmt.Sprintf("%v after CHANGE", log[len(log)-1].Op)
	case f.unsent && unknown:
		return fmt.Sprintf("nothing left, and the outcome is not known: %v", err)
	case !f.unsent && !unknown && !errors.As(err, new(*card.PINError)) && withoutResult(log):
		return fmt.Sprintf("nobody knows what became of a VERIFY that was sent: %v", err)
	case n.Wrong > 0 && !errors.As(err, new(*card.PINError)) && !unknown:
		return fmt.Sprintf("a try is gone and nobody says so: %v", err)
	case errors.As(err, new(*card.NotChangedError)) && verifies == 0, unknown && verifies == 0:
		return fmt.Sprintf("nothing was sent: %v", err)
	case err != nil && !typedError(err):
		return fmt.Sprintf("an error without a type: %v", err)
	case unknown && log[len(log)-1].Op != virtual.OpVerify && log[len(log)-1].Op != virtual.OpChange:
		return fmt.Sprintf("%v after an unknown outcome", log[len(log)-1].Op)
	case unknown: // the Card refuses to send the secret again
		_ = c.Verify(card.SignPassword, right(card.SignPassword))
		_ = c.Change(card.AuthPIN, newSecret(card.AuthPIN))
		if v.Tally().Exchanges != n.Exchanges {
			return "another command with a secret after an unknown outcome"
		}
	}
	if told == nil || f.cheats && !a.always {
		return ""
	}
	return told(before, after)
}
