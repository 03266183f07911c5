package virtual

import (
	"encoding/binary"
	"errors"
	"slices"
)

// ErrContactLost is the default error of effects that return no answer.
var ErrContactLost = errors.New("contact lost")

// A Fault replaces what happens at one exchange, or at several.
type Fault struct {
	// At is the index of the exchange, counted from 0 since [New] or
	// [Card.ClearLog].
	At int
	// When, if not nil, is called instead of comparing At. It reports whether
	// the fault applies.
	When func(index int, command []byte) bool
	// Repeat keeps the fault after its first use.
	Repeat bool
	// Effect is what happens instead of the exchange.
	Effect Effect
}

// An Effect produces the answer to a command. It may let the card execute the
// command, or not.
type Effect func(*Exchange) ([]byte, error)

// An Exchange is one command that an [Effect] handles.
type Exchange struct {
	Index   int
	Command []byte

	card *Card
	ran  bool
}

// Run executes the command on the card and returns its answer.
func (x *Exchange) Run() []byte {
	x.ran = true
	return x.card.run(x)
}

// Card returns the card to which the command was sent.
func (x *Exchange) Card() *Card { return x.card }

// Inject adds faults. The first that matches an exchange applies.
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

// takeFault returns the fault of an exchange, or nil. The lock is held.
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

// On returns a [Fault] condition (When) that matches an operation.
func On(op Op) func(int, []byte) bool {
	return func(_ int, command []byte) bool { return operation(command) == op }
}

func lost(err error) error {
	if err == nil {
		return ErrContactLost
	}
	return err
}

// Drop returns an Effect that loses the command before it reaches the card. The
// exchange fails with err, or with [ErrContactLost] if err is nil.
func Drop(err error) Effect {
	return func(*Exchange) ([]byte, error) { return nil, lost(err) }
}

// LoseAnswer returns an Effect that executes the command and loses the answer.
// The exchange fails as with [Drop].
func LoseAnswer(err error) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.Run()
		return nil, lost(err)
	}
}

// Remove returns an Effect that turns the card's power off. The exchange fails
// as with [Drop], and all later ones fail with [ErrNoPower] until
// [Card.PowerUp].
func Remove(err error) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.card.PowerDown()
		return nil, lost(err)
	}
}

// Answer returns an Effect that answers sw without executing the command.
func Answer(sw uint16) Effect {
	return func(*Exchange) ([]byte, error) { return binary.BigEndian.AppendUint16(nil, sw), nil }
}

// AnswerAfter returns an Effect that executes the command and answers sw
// instead.
func AnswerAfter(sw uint16) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.Run()
		return binary.BigEndian.AppendUint16(nil, sw), nil
	}
}

// ResetBefore returns an Effect that resets the card before the command, as
// another program would.
func ResetBefore() Effect {
	return func(x *Exchange) ([]byte, error) {
		x.card.Reset()
		return x.Run(), nil
	}
}

// SelectBefore returns an Effect that selects another file before the command,
// as another program would. If that is a PIN file, a careless VERIFY goes to
// the wrong secret.
func SelectBefore(file uint16) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.card.mu.Lock()
		x.card.session.file = file
		x.card.mu.Unlock()
		return x.Run(), nil
	}
}

// ReplaceBefore returns an Effect that changes the content of the card before
// the command, such as a certificate or a key.
func ReplaceBefore(change func(*State)) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.card.Replace(change)
		return x.Run(), nil
	}
}

// Truncate returns an Effect that executes the command and answers with only
// the first n bytes. If the whole answer is longer, what remains of it does not
// end in the status word.
func Truncate(n int) Effect {
	return func(x *Exchange) ([]byte, error) {
		answer := x.Run()
		return answer[:min(max(n, 0), len(answer))], nil
	}
}

// CutData returns an Effect that executes the command and removes the last n
// bytes of data from the answer.
func CutData(n int) Effect {
	return func(x *Exchange) ([]byte, error) {
		answer := x.Run()
		end := len(answer) - 2
		return append(answer[:max(end-n, 0)], answer[end:]...), nil
	}
}

// WithoutStatus returns an Effect that executes the command and removes the
// status word from the answer.
func WithoutStatus() Effect {
	return func(x *Exchange) ([]byte, error) {
		answer := x.Run()
		return answer[:len(answer)-2], nil
	}
}

// Junk returns an Effect that answers n meaningless bytes without executing the
// command.
func Junk(n int) Effect {
	return func(*Exchange) ([]byte, error) {
		junk := make([]byte, max(n, 0))
		for i := range junk {
			junk[i] = byte(i*31 + i>>8)
		}
		return junk, nil
	}
}

// Corrupt returns an Effect that executes the command and flips a bit in the
// middle of the data of the answer, if there is any.
func Corrupt() Effect {
	return func(x *Exchange) ([]byte, error) {
		answer := x.Run()
		if n := len(answer) - 2; n > 0 {
			answer[n/2] ^= 0x01
		}
		return answer, nil
	}
}

// Hang returns an Effect that blocks until the channel is closed, and then
// fails without executing the command.
func Hang(until <-chan struct{}) Effect {
	return func(*Exchange) ([]byte, error) {
		<-until
		return nil, ErrContactLost
	}
}

// HangAfter returns an Effect that executes the command and then does the same
// as [Hang].
func HangAfter(until <-chan struct{}) Effect {
	return func(x *Exchange) ([]byte, error) {
		x.Run()
		<-until
		return nil, ErrContactLost
	}
}
