package card_test

import (
	"errors"
	"testing"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/card/virtual"
)

func TestTriesCostNothingAndTakeTwoExchanges(t *testing.T) {
	onEachReading(t, func(t *testing.T, reading func(*virtual.Options)) {
		for _, cred := range both {
			for left := 0; left <= cred.MaxTries(); left++ {
				v := newVirtual(reading, func(o *virtual.Options) { o.State.Slot(half(cred)).Tries = left })
				c := open(t, v)
				v.ClearLog()
				got, err := c.Tries(cred)
				if want := (card.Tries{Left: left, Max: cred.MaxTries(), Known: true}); err != nil || got != want || got.Blocked() != (left == 0) {
					t.Errorf("%s with %d: %+v, %v", cred, left, got, err)
				}
				if n := v.Tally(); n.Exchanges != 2 || n.Queries != 1 {
					t.Errorf("%s: %+v", cred, n)
				}
				if s := v.State(); s.Slot(half(cred)).Tries != left {
					t.Errorf("%s: %d tries became %d", cred, left, s.Slot(half(cred)).Tries)
				}
			}
		}
	})
}

func TestTriesByStatusWord(t *testing.T) {
	known := func(n int) card.Tries { return card.Tries{Left: n, Max: 5, Known: true} }
	for status, want := range map[uint16]card.Tries{
		0x63C5: known(5), 0x63C1: known(1), 0x63C0: known(0), 0x6983: known(0), 0x6984: known(0),
		0x9000: {Max: 5, Verified: true},
		0x6300: {Max: 5},
		0x6700: {Max: 5}, // and the query is not sent in another form
	} {
		v := newVirtual()
		c := open(t, v)
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpQuery), Effect: virtual.Answer(status)})
		if got, err := c.Tries(card.SignPassword); err != nil || got != want {
			t.Errorf("%04X: %+v, %v", status, got, err)
		}
		if n := v.Tally().Exchanges; n != 3 {
			t.Errorf("%04X: %d exchanges: something was sent after the query", status, n)
		}
	}
	// None of these has a count, whatever its low nibble is.
	for _, status := range []uint16{0x6984 | 0x10, 0x6985, 0x6982, 0x6F00, 0x63D4, 0x6204, 0x6C04, 0x6104, 0x6A84, 0x0004} {
		v := newVirtual()
		c := open(t, v)
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpQuery), Effect: virtual.Answer(status)})
		got, err := c.Tries(card.SignPassword)
		var refused *apdu.StatusError
		if !errors.As(err, &refused) || refused.Status != apdu.Status(status) || got.Known {
			t.Errorf("%04X: %+v, %v", status, got, err)
		}
	}
}

// Another program has verified the secret and not reset the card. The answer to
// the query then depends on the card. After a reset it is the count.
func TestTriesOfACardOnWhichAnotherProgramIsLoggedIn(t *testing.T) {
	onEachReading(t, func(t *testing.T, reading func(*virtual.Options)) {
		var o virtual.Options
		if reading != nil {
			reading(&o)
		}
		counted, hidden := card.Tries{Left: 3, Max: 3, Known: true}, card.Tries{Max: 3, Verified: true}
		want := func(isHidden bool) card.Tries {
			if isHidden {
				return hidden
			}
			return counted
		}
		v := newVirtual(reading)
		if got, err := verified(t, v, card.AuthPIN).Tries(card.AuthPIN); err != nil || got != want(o.QueryAfterVerify) || got.Blocked() {
			t.Errorf("in the same transaction: %+v, %v", got, err)
		}
		if got, err := open(t, v).Tries(card.AuthPIN); err != nil || got != want(o.QueryAfterVerify && o.KeepVerified) {
			t.Errorf("selected anew: %+v, %v", got, err)
		}
		v.Reset()
		if got, err := open(t, v).Tries(card.AuthPIN); err != nil || got != counted {
			t.Errorf("reset: %+v, %v", got, err)
		}
		if n := v.Tally(); n.Right != 1 || n.Wrong != 0 {
			t.Errorf("asking took %+v", n)
		}
	})
}

func TestCardWithoutTheSecret(t *testing.T) {
	v := newVirtual(func(o *virtual.Options) { o.State.Auth = virtual.Slot{} })
	c := open(t, v)
	if _, err := c.Tries(card.AuthPIN); !errors.Is(err, card.ErrNoCredential) {
		t.Error(err)
	}
	if err := c.Verify(card.AuthPIN, right(card.AuthPIN)); !errors.Is(err, card.ErrNoCredential) {
		t.Error(err)
	}
	if _, err := c.Tries(card.Credential(7)); !errors.Is(err, card.ErrNoCredential) {
		t.Error(err)
	}
}

func TestVerifyCountsDownToTheLock(t *testing.T) {
	onEachReading(t, func(t *testing.T, reading func(*virtual.Options)) {
		for _, cred := range both {
			for _, blocked := range []uint16{0x6983, 0x6984} {
				countDown(t, cred, newVirtual(reading, func(o *virtual.Options) { o.BlockedStatus = blocked }))
			}
		}
	})
}

func countDown(t *testing.T, cred card.Credential, v *virtual.Card) {
	t.Helper()
	for left := cred.MaxTries() - 1; left >= 0; left-- {
		err := open(t, v).Verify(cred, wrong(cred))
		var pin *card.PINError
		if !errors.As(err, &pin) || pin.Credential != cred || pin.Tries != (card.Tries{Left: left, Max: cred.MaxTries(), Known: true}) {
			t.Fatalf("%s: %v", cred, err)
		}
		if !errors.Is(err, card.ErrWrongPIN) || errors.Is(err, card.ErrBlocked) != (left == 0) {
			t.Errorf("%s with %d left: wrong %v, blocked %v", cred, left, errors.Is(err, card.ErrWrongPIN), errors.Is(err, card.ErrBlocked))
		}
	}
	err := open(t, v).Verify(cred, right(cred))
	if !errors.Is(err, card.ErrBlocked) || errors.Is(err, card.ErrWrongPIN) {
		t.Errorf("%s locked, the right secret: %v", cred, err)
	}
}

func TestRightSecretResetsTheCount(t *testing.T) {
	onEachReading(t, func(t *testing.T, reading func(*virtual.Options)) {
		v := newVirtual(reading, func(o *virtual.Options) { o.State.Sign.Tries = 1 })
		verified(t, v, card.SignPassword)
		if s := v.State(); s.Sign.Tries != 5 || !v.Verified(virtual.Sign) || v.Verified(virtual.Auth) {
			t.Errorf("%d tries", s.Sign.Tries)
		}
	})
}

func TestVerifyIsOneExchangeAfterTries(t *testing.T) {
	v := newVirtual()
	c := open(t, v)
	if _, err := c.Tries(card.SignPassword); err != nil {
		t.Fatal(err)
	}
	v.ClearLog()
	if err := c.Verify(card.SignPassword, right(card.SignPassword)); err != nil || v.Tally().Exchanges != 1 {
		t.Errorf("%v, %d exchanges", err, v.Tally().Exchanges)
	}
	// Verify selects the file of the other secret, which Tries has not
	// selected.
	if err := c.Verify(card.AuthPIN, right(card.AuthPIN)); err != nil {
		t.Error(err)
	}
}

// After a VERIFY with a secret, any status word but those for right, wrong and
// blocked leaves open whether a try was used, even if cards use it to refuse
// commands.
func TestVerifyTellsEachAnswer(t *testing.T) {
	table := map[uint16]bool{} // true if the status word shows the outcome
	for _, s := range []uint16{0x63C4, 0x63C1, 0x63C0, 0x6300, 0x6983, 0x6984} {
		table[s] = true
	}
	for _, s := range []uint16{
		0x6700, 0x6981, 0x6982, 0x6985, 0x6986, 0x6A80, 0x6A81, 0x6A82, 0x6A83, 0x6A86, 0x6A87, 0x6A88, 0x6B00, 0x6D00, 0x6E00,
		0x6F00, 0x6581, 0x6400, 0x6282, 0x6102, 0x6C04, 0x63D3, 0x63B3, 0x9001, 0x0000, 0xFFFF,
	} {
		table[s] = false
	}
	for status, definite := range table {
		v := newVirtual()
		c := open(t, v)
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: virtual.Answer(status)})
		err := c.Verify(card.SignPassword, right(card.SignPassword))
		var p *card.PINError
		var u *card.OutcomeUnknownError
		var s *apdu.StatusError
		if errors.As(err, &p) != definite || errors.As(err, &u) == definite || u != nil && u.Op != card.OpVerify {
			t.Errorf("%04X: %v", status, err)
			continue
		}
		if !definite {
			if !errors.As(err, &s) || s.Status != apdu.Status(status) {
				t.Errorf("%04X: %v", status, err)
			}
			continue
		}
		if wrong := status>>4 == 0x63C || status == 0x6300; errors.Is(err, card.ErrWrongPIN) != wrong {
			t.Errorf("%04X: wrong is not %v", status, wrong)
		}
		if left, ok := apdu.Status(status).Tries(); p.Tries.Known != (ok || status != 0x6300) || p.Tries.Left != left {
			t.Errorf("%04X: %+v", status, p.Tries)
		}
	}
}

// A command that was not sent has no unknown outcome: the error says so, and
// another VERIFY may follow.
func TestVerifyThatWasNotSentIsNotUnknown(t *testing.T) {
	v := newVirtual()
	c := open(t, v)
	withdrawn := errors.New("withdrawn")
	v.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: virtual.Drop(errors.Join(apdu.ErrNotSent, withdrawn))})
	err := c.Verify(card.SignPassword, right(card.SignPassword))
	if !errors.Is(err, apdu.ErrNotSent) || !errors.Is(err, withdrawn) || errors.As(err, new(*card.OutcomeUnknownError)) {
		t.Errorf("%v", err)
	}
	if err := c.Change(card.SignPassword, newSecret(card.SignPassword)); !errors.As(err, new(*card.NotChangedError)) {
		t.Errorf("change after a VERIFY that was not sent: %v", err)
	}
	if err := c.Verify(card.SignPassword, right(card.SignPassword)); err != nil {
		t.Error(err)
	}
	if n := v.Tally(); n.Right != 1 || n.Wrong != 0 || n.Changes != 0 {
		t.Errorf("%+v", n)
	}
}

func TestPINSelectedSaysWhichCardMustBeLeftReset(t *testing.T) {
	for name, use := range map[string]struct {
		run  func(*card.Card)
		want bool
	}{
		"nothing":              {func(*card.Card) {}, false},
		"token and hint":       {func(c *card.Card) { c.Token(); c.Presence() }, false},
		"certificates":         {func(c *card.Card) { c.Certificate(card.AuthCert); c.Expiry(card.SignCert) }, false},
		"tries":                {func(c *card.Card) { c.Tries(card.AuthPIN) }, true},
		"tries, then a read":   {func(c *card.Card) { c.Tries(card.AuthPIN); c.Token() }, true},
		"verify":               {func(c *card.Card) { c.Verify(card.SignPassword, right(card.SignPassword)) }, true},
		"malformed secret":     {func(c *card.Card) { c.Verify(card.SignPassword, secret("1")) }, false},
		"change before verify": {func(c *card.Card) { c.Change(card.AuthPIN, secret("9753")) }, false},
	} {
		v := newVirtual()
		c := open(t, v)
		if use.run(c); c.PINSelected() != use.want {
			t.Errorf("%s: %v", name, c.PINSelected())
		}
		if open(t, v).PINSelected() {
			t.Errorf("%s: selected anew, and still", name)
		}
	}
	v := newVirtual()
	c := open(t, v)
	v.Inject(virtual.Fault{When: virtual.On(virtual.OpSelectFile), Effect: virtual.LoseAnswer(nil)})
	if _, err := c.Tries(card.SignPassword); err == nil || !c.PINSelected() {
		t.Errorf("the answer to the selection was lost (%v), and it counts as not sent", err)
	}
}

func TestMalformedSecretsAreNeverSent(t *testing.T) {
	for _, cred := range both {
		for _, s := range []string{"", " ", "abc123", "ABC12", "ABCDEFGH123456789", "12345", "123", "12 4", "１２３４", "\x00\x00\x00\x00", "ABC123\n", "ABC-123"} {
			v := newVirtual()
			c := open(t, v)
			err := c.Verify(cred, secret(s))
			if !errors.As(err, new(*card.FormError)) {
				t.Errorf("verify %s %q: %v", cred, s, err)
			}
			if err := c.Change(cred, secret(s)); !errors.As(err, new(*card.FormError)) {
				t.Errorf("change %s to %q: %v", cred, s, err)
			}
			if err := card.CheckForm(cred, secret(s)); !errors.As(err, new(*card.FormError)) {
				t.Errorf("form of %s %q: %v", cred, s, err)
			}
			if n := v.Tally(); n.Right+n.Wrong+n.Blocked+n.Queries+n.Changes != 0 {
				t.Errorf("%s %q reached the card: %+v", cred, s, n)
			}
		}
	}
	v := newVirtual()
	c := open(t, v)
	wiped := right(card.SignPassword)
	wiped.Wipe()
	for _, s := range []card.Secret{wiped, {}} {
		var form *card.FormError
		if err := c.Verify(card.SignPassword, s); !errors.As(err, &form) || form.Reason != card.FormEmpty {
			t.Errorf("empty secret: %v", err)
		}
	}
}

func TestNothingIsSentAfterAnUnknownOutcome(t *testing.T) {
	v := newVirtual()
	c := open(t, v)
	v.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: virtual.LoseAnswer(nil)})
	first := c.Verify(card.SignPassword, wrong(card.SignPassword))
	v.ClearLog()
	for _, err := range []error{
		c.Verify(card.SignPassword, right(card.SignPassword)), c.Verify(card.AuthPIN, right(card.AuthPIN)),
		c.Change(card.AuthPIN, secret("9753")),
	} {
		if !errors.As(err, new(*card.OutcomeUnknownError)) || err != first || !errors.Is(err, virtual.ErrContactLost) {
			t.Error(err)
		}
	}
	if n := v.Tally().Exchanges; n != 0 {
		t.Errorf("%d exchanges", n)
	}
	if got, err := c.Tries(card.SignPassword); err != nil || got.Left != 4 {
		t.Errorf("the count may be asked for: %+v, %v", got, err)
	}
}
