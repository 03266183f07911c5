package card_test

import (
	"crypto"
	"errors"
	"testing"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/card/virtual"
)

func TestOpenTakesOneExchange(t *testing.T) {
	onEachReading(t, func(t *testing.T, reading func(*virtual.Options)) {
		v := newVirtual(reading)
		verified(t, v, card.SignPassword)
		v.ClearLog()
		open(t, v)
		if n := v.Tally().Exchanges; n != 1 {
			t.Errorf("%d exchanges", n)
		}
	})
}

func TestOpenTellsWhatIsNoJPKICard(t *testing.T) {
	for status, missing := range map[uint16]bool{
		0x6A82: true, 0x6A86: true, 0x6A81: true, 0x6A80: true, 0x6A87: true, 0x6700: true, 0x6D00: true, 0x6E00: true,
		0x6F00: false, 0x6985: false, 0x6982: false, 0x6283: false, 0x63C0: false,
	} {
		v := newVirtual(nil)
		v.Inject(virtual.Fault{Effect: virtual.Answer(status)})
		_, err := card.Open(v)
		var refused *apdu.StatusError
		if !errors.As(err, &refused) || refused.Status != apdu.Status(status) || !errors.Is(err, card.ErrNotJPKI) || errors.Is(err, card.ErrNotSelected) == missing {
			t.Errorf("%04X: %v", status, err)
		}
	}
	for name, effect := range map[string]virtual.Effect{
		"no status": virtual.WithoutStatus(), "junk": virtual.Junk(65000), "half a status": virtual.Truncate(1),
	} {
		v := newVirtual()
		v.Inject(virtual.Fault{Effect: effect})
		_, err := card.Open(v)
		if !errors.As(err, new(*apdu.MalformedError)) || !errors.Is(err, card.ErrNotSelected) {
			t.Errorf("%s: %v", name, err)
		}
	}
	v := newVirtual()
	v.Inject(virtual.Fault{Effect: virtual.Drop(nil)})
	if _, err := card.Open(v); err == nil || errors.Is(err, card.ErrNotJPKI) {
		t.Errorf("no answer at all: %v", err)
	}
}

func TestTokenNamesTheKind(t *testing.T) {
	for label, want := range map[string]card.Token{
		"JPKIAPICCTOKEN2":     {Label: "JPKIAPICCTOKEN2", Kind: card.KindMyNumber},
		"JPKIAPICCTOKEN":      {Label: "JPKIAPICCTOKEN", Kind: card.KindJuki},
		"JPKIAPGPSETOKEN":     {Label: "JPKIAPGPSETOKEN", Kind: card.KindAndroid},
		"JPKIAPIOSTOKEN":      {Label: "JPKIAPIOSTOKEN", Kind: card.KindIPhone},
		"JPKIAPICCTOKEN3":     {Label: "JPKIAPICCTOKEN3"},
		"":                    {},
		"JPKIAPICCTOKEN2\x00": {Label: "JPKIAPICCTOKEN2", Kind: card.KindMyNumber},
		"\x1b[2J":             {Label: "\x1b[2J"},
		"\xff\xfe":            {Label: "\uFFFD"},
	} {
		v := newVirtual(func(o *virtual.Options) { o.State.Label = label })
		c := open(t, v)
		v.ClearLog()
		if got, err := c.Token(); err != nil || got != want {
			t.Errorf("%q: %+v, %v", label, got, err)
		}
		if n := v.Tally().Exchanges; n != 1 {
			t.Errorf("%q: %d exchanges", label, n)
		}
	}
}

// A file is hashed before the card is unlocked, so each hash that the key may
// need must be known by then. On a card of unknown kind, the key may need
// SHA-384.
func TestAKindMayWantTheNextCardsHashUnlessItsKeysAreRSA(t *testing.T) {
	for kind, want := range map[card.Kind]crypto.Hash{
		card.KindMyNumber: 0, card.KindJuki: 0, card.KindAndroid: 0, card.KindIPhone: 0,
		card.KindUnknown: crypto.SHA384, card.KindIPhone + 1: crypto.SHA384,
	} {
		if got := kind.Hash(); got != want {
			t.Errorf("%s (%d): %v, want %v", kind, kind, got, want)
		}
	}
}

func TestTokenAndPresenceOfACardWithoutShortIdentifiers(t *testing.T) {
	v := newVirtual(func(o *virtual.Options) { o.RefuseShortID = true })
	c := open(t, v)
	if got, err := c.Token(); err != nil || got.Kind != card.KindMyNumber {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.Presence(); err != nil || got != (card.Presence{Known: true, Sign: true, Auth: true}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPresenceIsAHint(t *testing.T) {
	for _, c := range []struct {
		hint []byte
		want card.Presence
	}{
		{[]byte{0x8F, 0x8F, 0}, card.Presence{Known: true, Sign: true, Auth: true}},
		{[]byte{0x00, 0x8F, 0}, card.Presence{Known: true, Auth: true}},
		{[]byte{0x8F, 0x0F, 0}, card.Presence{Known: true, Sign: true}},
		{[]byte{0x8F}, card.Presence{}},
		{[]byte{}, card.Presence{}},
	} {
		v := newVirtual(func(o *virtual.Options) { o.State.Hint = c.hint })
		if got, err := open(t, v).Presence(); err != nil || got != c.want {
			t.Errorf("%X: %+v, %v", c.hint, got, err)
		}
	}
}

func TestCardWithoutTokenFileIsOfUnknownKind(t *testing.T) {
	v := newVirtual(nil)
	c := open(t, v)
	v.Inject(virtual.Fault{Repeat: true, When: func(int, []byte) bool { return true }, Effect: virtual.Answer(0x6A82)})
	if got, err := c.Token(); err != nil || got != (card.Token{}) {
		t.Errorf("token %+v, %v", got, err)
	}
	if got, err := c.Presence(); err != nil || got != (card.Presence{}) {
		t.Errorf("presence %+v, %v", got, err)
	}
}

// Reading by short identifier may change the selected file. A VERIFY after it
// must not apply to the wrong secret.
func TestVerifyAfterAReadSelectsThePINFileAgain(t *testing.T) {
	v := newVirtual(nil)
	c := open(t, v)
	if _, err := c.Tries(card.SignPassword); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Token(); err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(card.SignPassword, right(card.SignPassword)); err != nil {
		t.Error(err)
	}
}

func TestWordsOfUnknownNumbers(t *testing.T) {
	for _, got := range []string{
		card.Credential(9).String(), card.CertID(9).String(), card.Kind(99).String(),
		card.FormReason(99).String(), card.WeakReason(99).String(),
	} {
		if got != "unknown" {
			t.Errorf("%q", got)
		}
	}
	if s := card.Sex(9).String() + card.Era(9).String(); s != "unknownunknown" {
		t.Error(s)
	}
}
