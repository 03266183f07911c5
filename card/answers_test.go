package card_test

import (
	"errors"
	"testing"

	"natsuin/card"
)

// FuzzAnswers feeds arbitrary answers to a run that signs and to a run that
// changes a secret. No answer may make the package panic, send more than 2000
// commands or more than one VERIFY, or send anything after CHANGE.
func FuzzAnswers(f *testing.F) {
	v := newVirtual(nil)
	var honest []byte
	c, err := card.Open(transmitter(func(cmd []byte) ([]byte, error) {
		a, err := v.Transmit(cmd)
		honest = append(append(honest, byte(len(a)>>8), byte(len(a))), a...)
		return a, err
	}))
	if err != nil {
		f.Fatal(err)
	}
	if _, err := signThree(c); err != nil {
		f.Fatal(err)
	}
	f.Add(honest, false)
	f.Add([]byte{0, 2, 0x90, 0, 0, 2, 0x90, 0, 0, 2, 0x63, 0xC5, 0, 2, 0x90, 0, 0, 2, 0x90, 0}, true)
	f.Add([]byte{0, 2, 0x90, 0, 0, 2, 0x61, 0x10, 0, 2, 0x6C, 0x10}, true)
	f.Fuzz(func(t *testing.T, tape []byte, change bool) {
		sent, verifies, changes := 0, 0, 0
		c, err := card.Open(transmitter(func(cmd []byte) ([]byte, error) {
			sent++
			if changes > 0 {
				t.Error("a command after CHANGE")
			}
			switch {
			case cmd[1] == 0x24:
				changes++
			case cmd[1] == 0x20 && len(cmd) > 4:
				verifies++
			}
			if len(tape) < 2 {
				return nil, errors.New("end of tape")
			}
			n := min(int(tape[0])<<8|int(tape[1]), len(tape)-2)
			answer := tape[2 : 2+n : 2+n]
			tape = tape[2+n:]
			return answer, nil
		}))
		switch {
		case err != nil:
		case change:
			_, err = replace(c, card.SignPassword, right(card.SignPassword), func() error {
				_, err := c.Certificate(card.SignCert)
				return err
			})
		default:
			_, err = signThree(c)
		}
		if err != nil && !typedError(err) {
			t.Errorf("an error without a type: %v", err)
		}
		if verifies > 1 || changes > verifies || sent > 2000 {
			t.Errorf("%d VERIFYs, %d CHANGEs, %d commands", verifies, changes, sent)
		}
	})
}
