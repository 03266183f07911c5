package card_test

import (
	"errors"
	"testing"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/card/virtual"
)

func TestTriesCostNothingAndTakeTwoExchanges(t *testing.T) {
	for _, cred := range both {
		for left := 0; left <= cred.MaxTries(); left++ {
			v := newVirtual(func(o *virtual.Options) { o.State.Slot(half(cred)).Tries = left })
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
}

func TestTriesByStatusWord(t *testing.T) {
	known := func(n int) card.Tries { return card.Tries{Left: n, Max: 5, Known: true} }
	for status, want := range map[uint16]card.Tries{
		0x63C5: known(5), 0x63C1: known(1), 0x63C0: known(0), 0x6983: known(0), 0x6984: known(0),
		0x9000: {Max: 5}, // verified: the count is not known
		0x6300: {Max: 5},
	} {
		v := newVirtual(nil)
		c := open(t, v)
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpQuery), Effect: virtual.Answer(status)})
		if got, err := c.Tries(card.SignPassword); err != nil || got != want {
			t.Errorf("%04X: %+v, %v", status, got, err)
		}
	}
	// Not one of these carries a count, whatever its low nibble looks like.
	for _, status := range []uint16{0x6984 | 0x10, 0x6985, 0x6982, 0x6F00, 0x63D4, 0x6204, 0x6C04, 0x6104, 0x6A84, 0x0004} {
		v := newVirtual(nil)
		c := open(t, v)
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpQuery), Effect: virtual.Answer(status)})
		got, err := c.Tries(card.SignPassword)
		var refused *apdu.StatusError
		if !errors.As(err, &refused) || refused.Status != apdu.Status(status) || got.Known {
			t.Errorf("%04X: %+v, %v", status, got, err)
		}
	}
}

func TestTriesAfterVerifyAreUnknownOnACardThatSaysSo(t *testing.T) {
	v := newVirtual(func(o *virtual.Options) { o.QueryAfterVerify = true })
	if got, err := verified(t, v, card.AuthPIN).Tries(card.AuthPIN); err != nil || got.Known || got.Blocked() {
		t.Errorf("%+v, %v", got, err)
	}
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
	for _, cred := range both {
		for _, blocked := range []uint16{0x6983, 0x6984} {
			v := newVirtual(func(o *virtual.Options) { o.BlockedStatus = blocked })
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
	}
}

func TestRightSecretResetsTheCount(t *testing.T) {
	v := newVirtual(func(o *virtual.Options) { o.State.Sign.Tries = 1 })
	verified(t, v, card.SignPassword)
	if s := v.State(); s.Sign.Tries != 5 || !v.Verified(virtual.Sign) || v.Verified(virtual.Auth) {
		t.Errorf("%d tries", s.Sign.Tries)
	}
}

func TestVerifyIsOneExchangeAfterTries(t *testing.T) {
	v := newVirtual(nil)
	c := open(t, v)
	if _, err := c.Tries(card.SignPassword); err != nil {
		t.Fatal(err)
	}
	v.ClearLog()
	if err := c.Verify(card.SignPassword, right(card.SignPassword)); err != nil || v.Tally().Exchanges != 1 {
		t.Errorf("%v, %d exchanges", err, v.Tally().Exchanges)
	}
	// The other secret is in another file.
	if err := c.Verify(card.AuthPIN, right(card.AuthPIN)); err != nil {
		t.Error(err)
	}
}

func TestVerifyTellsEachAnswer(t *testing.T) {
	type kind int
	const (
		pin kind = iota
		refused
		unknown
	)
	table := map[uint16]kind{}
	for _, s := range []uint16{0x63C4, 0x63C1, 0x63C0, 0x6300, 0x6983, 0x6984} {
		table[s] = pin
	}
	for _, s := range []uint16{0x6700, 0x6981, 0x6982, 0x6985, 0x6986, 0x6A80, 0x6A81, 0x6A82, 0x6A83, 0x6A86, 0x6A87, 0x6A88, 0x6B00, 0x6D00, 0x6E00} {
		table[s] = refused
	}
	for _, s := range []uint16{0x6F00, 0x6581, 0x6400, 0x6282, 0x6102, 0x6C04, 0x63D3, 0x63B3, 0x9001, 0x0000, 0xFFFF} {
		table[s] = unknown
	}
	for status, want := range table {
		v := newVirtual(nil)
		c := open(t, v)
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: virtual.Answer(status)})
		err := c.Verify(card.SignPassword, right(card.SignPassword))
		var p *card.PINError
		var u *card.OutcomeUnknownError
		var s *apdu.StatusError
		got := refused
		switch {
		case errors.As(err, &u):
			got = unknown
		case errors.As(err, &p):
			got = pin
		}
		if got != want || got != pin && (!errors.As(err, &s) || s.Status != apdu.Status(status)) {
			t.Errorf("%04X: %v", status, err)
		}
		if wrong := status>>4 == 0x63C || status == 0x6300; got == pin && errors.Is(err, card.ErrWrongPIN) != wrong {
			t.Errorf("%04X: wrong is not %v", status, wrong)
		}
		if left, ok := apdu.Status(status).Tries(); got == pin && (p.Tries.Known != (ok || status != 0x6300) || p.Tries.Left != left) {
			t.Errorf("%04X: %+v", status, p.Tries)
		}
	}
}

func TestMalformedSecretsAreNeverSent(t *testing.T) {
	for _, cred := range both {
		for _, s := range []string{"", " ", "abc123", "ABC12", "ABCDEFGH123456789", "12345", "123", "12 4", "１２３４", "\x00\x00\x00\x00", "ABC123\n", "ABC-123"} {
			v := newVirtual(nil)
			c := open(t, v)
			err := c.Verify(cred, secret(s))
			if !errors.As(err, new(*card.FormError)) {
				t.Errorf("verify %s %q: %v", cred, s, err)
			}
			if err := c.Change(cred, right(cred), secret(s), nil); !errors.As(err, new(*card.FormError)) {
				t.Errorf("change %s to %q: %v", cred, s, err)
			}
			if err := c.Change(cred, secret(s), right(cred), nil); !errors.As(err, new(*card.FormError)) {
				t.Errorf("change %s from %q: %v", cred, s, err)
			}
			if n := v.Tally(); n.Right+n.Wrong+n.Blocked+n.Queries+n.Changes != 0 {
				t.Errorf("%s %q reached the card: %+v", cred, s, n)
			}
		}
	}
	v := newVirtual(nil)
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
	v := newVirtual(nil)
	c := open(t, v)
	v.Inject(virtual.Fault{When: virtual.On(virtual.OpVerify), Effect: virtual.LoseAnswer(nil)})
	first := c.Verify(card.SignPassword, wrong(card.SignPassword))
	v.ClearLog()
	for _, err := range []error{
		c.Verify(card.SignPassword, right(card.SignPassword)), c.Verify(card.AuthPIN, right(card.AuthPIN)),
		c.Change(card.AuthPIN, right(card.AuthPIN), secret("9753"), nil),
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
