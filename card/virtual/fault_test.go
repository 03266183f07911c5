package virtual_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"natsuin/card/virtual"
)

var errRemoved = errors.New("removed")

// TestFaults injects one fault at a wrong VERIFY, which is the third exchange,
// and checks the answer and the state of the card.
func TestFaults(t *testing.T) {
	closed := make(chan struct{})
	close(closed)
	for _, c := range []struct {
		name   string
		effect virtual.Effect
		answer string
		err    error
		tries  int
	}{
		{"drop", virtual.Drop(errRemoved), "", errRemoved, 5},
		{"drop without an error", virtual.Drop(nil), "", virtual.ErrContactLost, 5},
		{"answer lost", virtual.LoseAnswer(errRemoved), "", errRemoved, 4},
		{"removed", virtual.Remove(nil), "", virtual.ErrContactLost, 5},
		{"status instead", virtual.Answer(0x6F00), "6f00", nil, 5},
		{"status afterwards", virtual.AnswerAfter(0x6F00), "6f00", nil, 4},
		{"reset by another program", virtual.ResetBefore(), "6986", nil, 5},
		{"other file selected", virtual.SelectBefore(0x0018), "63c2", nil, 5},
		{"truncated", virtual.Truncate(1), "63", nil, 4},
		{"without status", virtual.WithoutStatus(), "", nil, 4},
		{"junk", virtual.Junk(3), "001f3e", nil, 5},
		{"hang", virtual.Hang(closed), "", virtual.ErrContactLost, 5},
		{"hang afterwards", virtual.HangAfter(closed), "", virtual.ErrContactLost, 4},
		{"other password", virtual.ReplaceBefore(func(s *virtual.State) { s.Sign.Secret = []byte("RENSHU124") }), "9000", nil, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := newClient(t, nil)
			cl.card.Inject(virtual.Fault{At: 2, Effect: c.effect})
			cl.ok(application, signPIN)
			raw, err := hex.DecodeString(strings.ReplaceAll(wrongSign, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			answer, err := cl.card.Transmit(raw)
			if hex.EncodeToString(answer) != c.answer || !errors.Is(err, c.err) {
				t.Errorf("answered %x, %v", answer, err)
			}
			if got := cl.card.State().Sign.Tries; got != c.tries {
				t.Errorf("%d tries left, want %d", got, c.tries)
			}
			if last := cl.card.Log()[2]; last.Lost != (c.err != nil && c.tries == 5 || c.answer == "6f00" && c.tries == 5 || c.name == "junk") {
				t.Errorf("logged as %+v", last)
			}
			if strings.HasPrefix(c.name, "removed") {
				if _, err := cl.card.Transmit(raw); !errors.Is(err, virtual.ErrNoPower) {
					t.Errorf("a removed card answers: %v", err)
				}
				cl.card.PowerUp()
			}
			cl.ok(application)
		})
	}
}

func TestFaultByPredicateRepeats(t *testing.T) {
	cl := newClient(t, nil)
	cl.card.Inject(virtual.Fault{When: virtual.On(virtual.OpReadBinary), Repeat: true, Effect: virtual.Corrupt()})
	cl.ok(application, authCert)
	want := der('A', 900)[:256]
	for range 2 {
		if got := cl.want(read, "9000"); bytes.Equal(got, want) {
			t.Error("the answer was not corrupted")
		}
	}
	cl.card.ClearFaults()
	if got := cl.want(read, "9000"); !bytes.Equal(got, want) {
		t.Error("the fault outlived its removal")
	}
	cl.card.Inject(virtual.Fault{When: virtual.On(virtual.OpReadBinary), Effect: virtual.CutData(6)})
	if got := cl.want(read, "9000"); len(got) != 250 {
		t.Errorf("%d bytes, want 250", len(got))
	}
}

func TestFreshTellsWhetherTheCardWasLeftReset(t *testing.T) {
	cl := newClient(t, nil)
	if !cl.card.Fresh() {
		t.Error("a new card is not fresh")
	}
	cl.ok(application)
	if cl.card.Fresh() {
		t.Error("a card with a selection counts as reset")
	}
	cl.card.Reset()
	if !cl.card.Fresh() {
		t.Error("a reset card is not fresh")
	}
}
