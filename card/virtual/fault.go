package virtual

import (
	"encoding/binary"
	"errors"
	"slices"
)

// ErrContactLost is the error of the faults that bring no answer.
var ErrContactLost = errors.New("contact lost")

// A Fault is something that goes wrong at one exchange, or at several.
type Fault struct {
	// At is the index of the exchange, from 0 since the card was made or ClearLog.
	At int
	// When, if not nil, is asked instead of At.
	When func(index int, command []byte) bool
	// Repeat keeps the fault after it has struck once.
	Repeat bool
	// Effect is what happens instead.
	Effect Effect
}

// An Effect stands between a command and the card's answer. It may let the card
// execute the command, or not.
type Effect func(*Exchange) ([]byte, error)

// An Exchange is one command in the hands of an Effect.
type Exchange struct {
	Index   int
	Command []byte

	card *Card
	ran  bool
}

// Run lets the card execute the command and returns its answer.
func (x *Exchange) Run() []byte {
	x.ran = true
	return x.card.run(x)
}

// Card is the card that the command was meant for.
func (x *Exchange) Card() *Card { return x.card }

// Inject adds faults. The first that fits an exchange strikes.
func (c *Card) Inject(faults ...Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range faults {
		c.faults = append(c.faults, &f)
	}
}

// ClearFaults removes all faults.
func (c *Card) ClearFaults() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = nil
}

// takeFault finds the fault of an exchange. The lock is held.
func (c *Card) takeFault(x *Exchange) *Fault {
	i := slices.IndexFunc(c.faults, func(f *Fault) bool {
		if f.When != nil {
			return f.When(x.Index, slices.Clone(x.Command))
		}
		return f.At == x.Index
	})
	if i < 0 {
		return nil
	}
	f := c.faults[i]
	if !f.Repeat {
		c.faults = slices.Delete(c.faults, i, i+1)
	}
	return f
}

// On makes a When of an operation.
func On(op Op) func(int, []byte) bool {
	return func(_ int, command []byte) bool { return operation(command) == op }
}

func lost(err error) error {
	if err == nil {
		return ErrContactLost
	}
	return err
}

// Drop loses the command on its way to the card: err, or ErrContactLost if nil.
func Drop(err error) Effect {
	return func(*Exchange) ([]byte, error) { return nil, lost(err) }
}

// LoseAnswer lets the card execute the command, and loses the answer.
func LoseAnswer(err error) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.Run()
		return nil, lost(err)
	}
}

// Remove takes the card away: the command is lost, and all that follow until PowerUp.
func Remove(err error) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.card.PowerDown()
		return nil, lost(err)
	}
}

// Answer answers a status word; the card does not see the command.
func Answer(sw uint16) Effect {
	return func(*Exchange) ([]byte, error) { return binary.BigEndian.AppendUint16(nil, sw), nil }
}

// AnswerAfter answers a status word after the card has executed the command.
func AnswerAfter(sw uint16) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.Run()
		return binary.BigEndian.AppendUint16(nil, sw), nil
	}
}

// ResetBefore resets the card, as another program would, before the command.
func ResetBefore() Effect {
	return func(x *Exchange) ([]byte, error) {
		x.card.Reset()
		return x.Run(), nil
	}
}

// SelectBefore selects another file, as another program would, before the command.
// With a PIN file it leads a careless VERIFY to the wrong secret.
func SelectBefore(file uint16) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.card.mu.Lock()
		x.card.session.file = file
		x.card.mu.Unlock()
		return x.Run(), nil
	}
}

// ReplaceBefore changes what the card holds before the command: another
// certificate, another key.
func ReplaceBefore(change func(*State)) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.card.Replace(change)
		return x.Run(), nil
	}
}

// Truncate keeps the first n bytes of the answer, so that the status is lost or
// stands where data did.
func Truncate(n int) Effect {
	return func(x *Exchange) ([]byte, error) {
		answer := x.Run()
		return answer[:min(max(n, 0), len(answer))], nil
	}
}

// CutData takes the last n bytes of data out of the answer and leaves the status.
func CutData(n int) Effect {
	return func(x *Exchange) ([]byte, error) {
		answer := x.Run()
		end := len(answer) - 2
		return append(answer[:max(end-n, 0)], answer[end:]...), nil
	}
}

// WithoutStatus takes the status word off the answer.
func WithoutStatus() Effect {
	return func(x *Exchange) ([]byte, error) {
		answer := x.Run()
		return answer[:len(answer)-2], nil
	}
}

// Junk answers n bytes of nonsense; the card does not see the command.
func Junk(n int) Effect {
	return func(*Exchange) ([]byte, error) {
		junk := make([]byte, max(n, 0))
		for i := range junk {
			junk[i] = byte(i*31 + i>>8)
		}
		return junk, nil
	}
}

// Corrupt flips a bit in the middle of the answer's data, if it has any.
func Corrupt() Effect {
	return func(x *Exchange) ([]byte, error) {
		answer := x.Run()
		if n := len(answer) - 2; n > 0 {
			answer[n/2] ^= 0x01
		}
		return answer, nil
	}
}

// Hang gives no answer until the channel is closed, and then none either; the card
// does not see the command.
func Hang(until <-chan struct{}) Effect {
	return func(*Exchange) ([]byte, error) {
		<-until
		return nil, ErrContactLost
	}
}

// HangAfter is Hang after the card has executed the command.
func HangAfter(until <-chan struct{}) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.Run()
		<-until
		return nil, ErrContactLost
	}
}
