// Package pcsc reaches cards through the PC/SC service of the machine: it lists
// readers, waits for a card, and holds a connection with short transactions that
// leave the card reset.
//
// It knows nothing of what a card holds, sends no command of its own, and never
// sends one twice. It is no way around another program: access is shared, a busy
// reader is waited for a little and then reported. Built without cgo on anything but
// Windows it is a stub, in which every call fails with ErrNoSupport.
//
// The standard is PC/SC part 5 (ICC Resource Manager), as Windows' WinSCard and
// pcsc-lite give it. What of it matters here, and why, is in docs/card.md §4 of the project.
package pcsc

import (
	"context"
	"slices"
	"strings"
	"time"
)

// A System is the PC/SC service of this machine. The zero value is ready for use, and
// may be used by several goroutines.
type System struct {
	// Patience is how long a reader that another program holds is tried again, by
	// Connect and by Conn.Begin. Zero means three seconds.
	Patience time.Duration
	// AnswerLimit is how long Conn.Transmit waits for the card's answer, and Readers
	// for that of the service. Zero means one minute.
	AnswerLimit time.Duration
}

const (
	defaultPatience    = 3 * time.Second
	defaultAnswerLimit = time.Minute
)

func (s System) patience() time.Duration {
	if s.Patience > 0 {
		return s.Patience
	}
	return defaultPatience
}

func (s System) answerLimit() time.Duration {
	if s.AnswerLimit > 0 {
		return s.AnswerLimit
	}
	return defaultAnswerLimit
}

// A Reader is a slot that takes a card, as it was when it was looked at.
type Reader struct {
	// Name is the service's name for the slot, as it came: a display must escape it.
	Name string
	// CardPresent is whether a card is in it, of whatever sort.
	CardPresent bool
	// InUse is whether another program holds the card for itself alone.
	InUse bool
	// ATR is the card's answer to reset. Contactless readers make one up: it does not
	// say what the card is (docs/card.md §4).
	ATR []byte
	// Virtual is whether the reader is vpcd's, which has no hardware.
	Virtual bool
}

// Available is whether this build can reach readers. It is false in the stub.
func Available() bool { return available }

// Readers lists the readers, in the order of the service. No reader is an empty list
// and no error. Errors are of type *Error: ErrNoSupport, ErrNoService, ErrPermission,
// ErrTimeout when the service hangs. If ctx ends first its cause is returned.
func (s System) Readers(ctx context.Context) ([]Reader, error) {
	var w watch
	defer func() { w.close() }()
	return w.look(ctx, s.answerLimit())
}

// pollInterval is the time between two looks at the readers. A person who puts a
// card down does not notice a quarter of a second.
const pollInterval = 250 * time.Millisecond

// Wait returns nil as soon as the readers, or the presence of a card in one of them,
// differ from known. It returns the cause of ctx when that ends, and else the errors
// of Readers.
//
// It looks four times a second rather than block in SCardGetStatusChange: macOS cannot
// report a new reader there, Windows reports them unreliably, and the binding does not
// keep the readers' names in memory for as long as such a call would last.
func (s System) Wait(ctx context.Context, known []Reader) error {
	var w watch
	defer func() { w.close() }()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		now, err := w.look(ctx, s.answerLimit())
		if err != nil && !w.lost { // a service that was restarted wants a new context
			w.close()
			w = watch{}
			now, err = w.look(ctx, s.answerLimit())
		}
		if err != nil {
			return err
		}
		if !same(now, known) {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// same is whether two looks show the same readers with and without cards.
func same(a, b []Reader) bool {
	return slices.EqualFunc(a, b, func(a, b Reader) bool {
		return a.Name == b.Name && a.CardPresent == b.CardPresent
	})
}

// isVirtual is whether a reader's name is one that vpcd gives.
func isVirtual(name string) bool {
	return strings.Contains(strings.ToLower(name), "virtual pcd")
}

// Connect opens a shared connection to the card in a reader, which is left as it is.
// The name must be one that Readers gave. A busy reader is tried again for
// System.Patience or until ctx ends, whose cause is then returned.
//
// Other errors are of type *Error: those of Readers, ErrNoReader, ErrNoCard, ErrBusy,
// ErrRemoved, ErrUnresponsive.
func (s System) Connect(ctx context.Context, reader string) (*Conn, error) {
	return connect(ctx, s, reader)
}
