package card_test

import (
	"errors"
	"testing"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/card/virtual"
)

func newSecret(cred card.Credential) card.Secret {
	if cred == card.AuthPIN {
		return secret("9753")
	}
	return secret("NEWPASS42")
}

// exchangeSecret verifies the old secret, calls check if it is not nil, and
// sets a new secret.
func exchangeSecret(c *card.Card, cred card.Credential, old card.Secret, check func() error) error {
	if err := c.Verify(cred, old); err != nil {
		return err
	}
	if check != nil {
		if err := check(); err != nil {
			return err
		}
	}
	return c.Change(cred, newSecret(cred))
}

func TestChangeReplacesTheSecret(t *testing.T) {
	for _, cred := range both {
		v := newVirtual()
		c := open(t, v)
		if _, err := c.Tries(cred); err != nil {
			t.Fatal(err)
		}
		v.ClearLog()
		if err := exchangeSecret(c, cred, right(cred), nil); err != nil {
			t.Fatal(err)
		}
		if n := v.Tally(); n.Exchanges != 2 || n.Right != 1 || n.Changes != 1 {
			t.Errorf("%s: %+v", cred, n)
		}
		s := v.State()
		if string(s.Slot(half(cred)).Secret) != string(newSecret(cred).Reveal()) {
			t.Errorf("%s: not changed", cred)
		}
	}
}

func TestChangeWithAWrongOldSecretCostsOneTryAndChangesNothing(t *testing.T) {
	for _, cred := range both {
		v := newVirtual()
		called := false
		err := exchangeSecret(open(t, v), cred, wrong(cred), func() error { called = true; return nil })
		var pin *card.PINError
		if !errors.As(err, &pin) || pin.Tries.Left != cred.MaxTries()-1 || called {
			t.Errorf("%s: %v, check called: %v", cred, err, called)
		}
		if n := v.Tally(); n.Wrong != 1 || n.Changes != 0 {
			t.Errorf("%s: %+v", cred, n)
		}
	}
}

func TestChangeAfterAReadThatOnlyTheSecretOpens(t *testing.T) {
	v := newVirtual()
	c := open(t, v)
	err := exchangeSecret(c, card.SignPassword, right(card.SignPassword), func() error {
		_, err := c.Certificate(card.SignCert) // selects a file other than the PIN file
		return err
	})
	if n := v.Tally(); err != nil || n.Changes != 1 || n.Right != 1 || n.Wrong != 0 {
		t.Errorf("%v, %+v", err, n)
	}
}

// Unless the last VERIFY of the same secret on the same Card was answered with
// 9000, nothing is sent, even if another program has verified the secret.
func TestChangeIsRefusedUnsentWithoutVerify(t *testing.T) {
	onEachReading(t, func(t *testing.T, reading func(*virtual.Options)) {
		for name, before := range map[string]func(*card.Card) error{
			"nothing":          func(*card.Card) error { return nil },
			"the other secret": func(c *card.Card) error { return c.Verify(card.SignPassword, right(card.SignPassword)) },
			"a wrong one":      func(c *card.Card) error { _ = c.Verify(card.AuthPIN, wrong(card.AuthPIN)); return nil },
			"a right one, then a wrong one": func(c *card.Card) error {
				err := c.Verify(card.AuthPIN, right(card.AuthPIN))
				_ = c.Verify(card.AuthPIN, wrong(card.AuthPIN))
				return err
			},
		} {
			v := newVirtual(reading)
			verified(t, v, card.AuthPIN) // like another program
			c := open(t, v)
			if err := before(c); err != nil {
				t.Fatal(err)
			}
			v.ClearLog()
			err := c.Change(card.AuthPIN, newSecret(card.AuthPIN))
			var not *card.NotChangedError
			if !errors.As(err, &not) || not.Credential != card.AuthPIN || !errors.Is(err, card.ErrNotVerified) {
				t.Errorf("%s: %v", name, err)
			}
			if n := v.Tally().Exchanges; n != 0 {
				t.Errorf("%s: %d exchanges", name, n)
			}
		}
	})
}

func TestChangeThatWasNotSentHasNotChanged(t *testing.T) {
	v := newVirtual()
	c := verified(t, v, card.AuthPIN)
	v.Inject(virtual.Fault{When: virtual.On(virtual.OpChange), Effect: virtual.Drop(apdu.ErrNotSent)})
	err := c.Change(card.AuthPIN, newSecret(card.AuthPIN))
	if !errors.As(err, new(*card.NotChangedError)) || !errors.Is(err, apdu.ErrNotSent) || errors.As(err, new(*card.OutcomeUnknownError)) {
		t.Errorf("%v", err)
	}
	if err := c.Change(card.AuthPIN, newSecret(card.AuthPIN)); err != nil { // the Card can still be used
		t.Error(err)
	}
}

func TestChangeTellsEachAnswer(t *testing.T) {
	for status, definite := range map[uint16]bool{
		0x63C2: true, 0x63C0: true, 0x6983: true, 0x6984: true, 0x6700: true, 0x6981: true, 0x6982: true, 0x6985: true, 0x6986: true,
		0x6A80: true, 0x6A81: true, 0x6A82: true, 0x6A83: true, 0x6A86: true, 0x6A87: true, 0x6A88: true, 0x6B00: true, 0x6D00: true, 0x6E00: true,
		0x6F00: false, 0x6581: false, 0x6400: false, 0x6282: false, 0x6300: false, 0x6110: false, 0x6C10: false, 0x9001: false, 0x0000: false,
	} {
		v := newVirtual()
		c := open(t, v)
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpChange), Effect: virtual.Answer(status)})
		err := exchangeSecret(c, card.SignPassword, right(card.SignPassword), nil)
		var not *card.NotChangedError
		var unknown *card.OutcomeUnknownError
		var word *apdu.StatusError
		if errors.As(err, &not) != definite || errors.As(err, &unknown) == definite || !errors.As(err, &word) || word.Status != apdu.Status(status) {
			t.Errorf("%04X: %v", status, err)
		}
		if unknown != nil && unknown.Op != card.OpChange {
			t.Errorf("%04X: %s", status, unknown.Op)
		}
		if n := v.Tally(); n.Exchanges != 4 {
			t.Errorf("%04X: %d exchanges: something was sent after CHANGE", status, n.Exchanges)
		}
	}
}

func TestLostAnswerToChangeIsUnknownWhateverTheCardDid(t *testing.T) {
	for name, effect := range map[string]virtual.Effect{
		"lost before": virtual.Drop(nil), "lost after": virtual.LoseAnswer(nil), "removed": virtual.Remove(nil),
		"no status": virtual.WithoutStatus(), "junk": virtual.Junk(65000), "half a status": virtual.Truncate(1),
	} {
		v := newVirtual()
		c := open(t, v)
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpChange), Effect: effect})
		err := exchangeSecret(c, card.AuthPIN, right(card.AuthPIN), nil)
		var unknown *card.OutcomeUnknownError
		if !errors.As(err, &unknown) || unknown.Op != card.OpChange {
			t.Errorf("%s: %v", name, err)
		}
	}
}
