// Package pcsc connects to cards through the PC/SC service of the machine. It
// lists readers, waits for a card, and opens connections with transactions.
// [Conn.Close] resets a card that got commands.
//
// It does not depend on what a card contains, sends no command of its own, and
// sends none twice. It does not work around other programs: access is shared,
// and a busy reader is retried for a few seconds and then reported. Without
// cgo, on any system but Windows, it is a stub in which every call fails with
// [ErrNoSupport].
//
// The standard is PC/SC part 5 (ICC Resource Manager), as implemented by
// WinSCard of Windows and by pcsc-lite. docs/card.md §4 describes how readers
// behave.
package pcsc

import (
	"context"
	"slices"
	"strings"
	"time"
)

// A System is the PC/SC service of this machine. The zero value is ready for
// use. It is safe for concurrent use.
type System struct {
	// Patience is how long [System.Connect], [Conn.Begin] and [Conn.Close] wait
	// for a reader that another program holds. Zero means three seconds.
	Patience time.Duration
	// AnswerLimit is how long [Conn.Transmit] and [Conn.End] wait for the card,
	// and [System.Readers] and [System.Wait] for each answer of the service.
	// Zero means one minute.
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

// A Reader is the state of a slot for a card at the time of the call.
type Reader struct {
	// Name is the service's name for the slot, unchanged; escape it before
	// display.
	Name string
	// CardPresent reports whether a card of any kind is in the slot.
	CardPresent bool
	// InUse reports whether another program holds the card exclusively.
	InUse bool
	// ATR is the card's answer to reset. A contactless reader makes one up, so
	// it does not identify the card (docs/card.md §4).
	ATR []byte
	// Virtual reports whether the reader is a virtual one of vpcd.
	Virtual bool
}

// Available reports whether this build supports readers. It is false in the
// stub.
func Available() bool { return available }

// Readers returns the readers, in the order of the service. If there are none,
// the list is empty and the error nil. Errors are of type [*Error]:
// [ErrNoSupport], [ErrNoService], [ErrPermission], and [ErrTimeout] if the
// service hangs. If ctx ends first, Readers returns its cause.
func (s System) Readers(ctx context.Context) ([]Reader, error) {
	var w watch
	defer func() { w.close() }()
	return w.look(ctx, s.answerLimit())
}

// pollInterval is the time between two queries of the readers. A quarter of a
// second is not noticeable when a person puts a card down.
const pollInterval = 250 * time.Millisecond

// Wait returns nil once the readers, or the presence of a card in one of them,
// differ from known. If ctx ends first, it returns the cause of ctx. Other
// errors are those of [System.Readers].
//
// It polls four times a second instead of blocking in SCardGetStatusChange:
// macOS cannot report a new reader there, Windows does so unreliably, and the
// binding does not keep the readers' names in memory for as long as such a call
// would last.
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
		if err != nil && !w.lost { // after a restart of the service, a new context is needed
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

// same reports whether a and b list the same readers with the same cards
// present.
func same(a, b []Reader) bool {
	return slices.EqualFunc(a, b, func(a, b Reader) bool {
		return a.Name == b.Name && a.CardPresent == b.CardPresent
	})
}

// isVirtual reports whether the name is that of a vpcd reader.
func isVirtual(name string) bool {
	return strings.Contains(strings.ToLower(name), "virtual pcd")
}

// Connect opens a shared connection to the card in a reader, and leaves the
// card as it is. The name must be one that [System.Readers] has returned. If
// the reader is busy, Connect retries for System.Patience. If ctx ends first,
// Connect returns its cause.
//
// Other errors are of type [*Error]: those of Readers, [ErrNoReader],
// [ErrNoCard], [ErrBusy], [ErrRemoved], [ErrUnresponsive].
func (s System) Connect(ctx context.Context, reader string) (*Conn, error) {
	return connect(ctx, s, reader)
}
