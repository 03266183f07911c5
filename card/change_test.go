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

func TestChangeReplacesTheSecret(t *testing.T) {
	for _, cred := range both {
		v := newVirtual(nil)
		c := open(t, v)
		if _, err := c.Tries(cred); err != nil {
			t.Fatal(err)
		}
		v.ClearLog()
		if err := c.Change(cred, right(cred), newSecret(cred), nil); err != nil {
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
		v := newVirtual(nil)
		called := false
		err := open(t, v).Change(cred, wrong(cred), newSecret(cred), func() error { called = true; return nil })
		var pin *card.PINError
		if !errors.As(err, &pin) || pin.Tries.Left != cred.MaxTries()-1 || called {
			t.Errorf("%s: %v, check called: %v", cred, err, called)
		}
		if n := v.Tally(); n.Wrong != 1 || n.Changes != 0 {
			t.Errorf("%s: %+v", cred, n)
		}
	}
}

func TestCheckReadsWhatOnlyTheSecretOpensAndMayRefuse(t *testing.T) {
	born := errors.New("birth date")
	for _, refusal := range []error{nil, born} {
		v := newVirtual(nil)
		c := open(t, v)
		err := c.Change(card.SignPassword, right(card.SignPassword), newSecret(card.SignPassword), func() error {
			cert, err := c.Certificate(card.SignCert) // moves the selection away from the PIN file
			if err != nil || cert == nil {
				t.Error(err)
			}
			return refusal
		})
		var not *card.NotChangedError
		if refusal == nil && err != nil || refusal != nil && (!errors.As(err, &not) || !errors.Is(err, born)) {
			t.Errorf("check %v: %v", refusal, err)
		}
		if n, want := v.Tally(), map[bool]int{true: 1, false: 0}[refusal == nil]; n.Changes != want || n.Right != 1 || n.Wrong != 0 {
			t.Errorf("check %v: %+v", refusal, n)
		}
	}
}

func TestChangeTellsEachAnswer(t *testing.T) {
	for status, definite := range map[uint16]bool{
		0x63C2: true, 0x63C0: true, 0x6983: true, 0x6984: true, 0x6700: true, 0x6981: true, 0x6982: true, 0x6985: true, 0x6986: true,
		0x6A80: true, 0x6A81: true, 0x6A82: true, 0x6A83: true, 0x6A86: true, 0x6A87: true, 0x6A88: true, 0x6B00: true, 0x6D00: true, 0x6E00: true,
		0x6F00: false, 0x6581: false, 0x6400: false, 0x6282: false, 0x6300: false, 0x6110: false, 0x6C10: false, 0x9001: false, 0x0000: false,
	} {
		v := newVirtual(nil)
		c := open(t, v)
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpChange), Effect: virtual.Answer(status)})
		err := c.Change(card.SignPassword, right(card.SignPassword), newSecret(card.SignPassword), nil)
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
		v := newVirtual(nil)
		c := open(t, v)
		v.Inject(virtual.Fault{When: virtual.On(virtual.OpChange), Effect: effect})
		err := c.Change(card.AuthPIN, right(card.AuthPIN), newSecret(card.AuthPIN), nil)
		var unknown *card.OutcomeUnknownError
		if !errors.As(err, &unknown) || unknown.Op != card.OpChange {
			t.Errorf("%s: %v", name, err)
		}
	}
}
