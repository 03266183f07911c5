//go:build cgo || windows

package pcsc

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/ebfe/scard"
)

const available = true

// Limits of the service's answers.
const (
	maxReaders    = 256
	maxReaderName = 1024 // bytes
	maxLooks      = 4    // how many times to read a list that keeps changing
)

// codeOf returns the return value in an error of the binding, or 0.
func codeOf(err error) Code {
	var e scard.Error
	if errors.As(err, &e) {
		return Code(e)
	}
	return 0
}

// validName reports whether the name of a reader reaches the service unchanged.
// The binding cuts it at the first NUL, which would make it another name.
func validName(name string) bool {
	return name != "" && len(name) <= maxReaderName && !strings.Contains(name, "\x00")
}

// A watch queries the readers. It establishes a PC/SC context at the first
// query and keeps it for later ones.
type watch struct {
	ctx  *scard.Context // nil if not yet established, or on Windows while there is no reader
	lost bool           // a query was abandoned; it releases the context when it returns
}

// establish returns a new context. Windows runs its service only while there is
// a reader. A nil context with a nil error means that there is none.
func establish(op, reader string) (*scard.Context, error) {
	ctx, err := scard.EstablishContext()
	if err == nil {
		return ctx, nil
	}
	e := fail(op, reader, codeOf(err))
	if runtime.GOOS == "windows" && errors.Is(e, ErrNoService) {
		return nil, nil
	}
	return nil, e
}

func (w *watch) close() {
	if !w.lost {
		w.release()
	}
}

func (w *watch) release() {
	if w.ctx != nil {
		w.ctx.Release() // an error cannot be handled
		w.ctx = nil
	}
}

// look returns the readers and their states. It fails if ctx ends or limit
// passes before the service has answered.
func (w *watch) look(ctx context.Context, limit time.Duration) ([]Reader, error) {
	var readers []Reader
	var err error
	if within(ctx, limit, func() { readers, err = w.list() }, w.release) {
		return readers, err
	}
	w.lost = true
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, &Error{Op: "readers", Err: ErrTimeout}
}

func (w *watch) list() ([]Reader, error) {
	if w.ctx == nil {
		var err error
		if w.ctx, err = establish("readers", ""); err != nil || w.ctx == nil {
			return nil, err
		}
	}
	names, err := w.names()
	if err != nil {
		return nil, err
	}
	var readers []Reader
	for _, name := range names {
		state, ok, err := w.state(name)
		if err != nil {
			return nil, err
		}
		if ok {
			readers = append(readers, state)
		}
	}
	return readers, nil
}

func (w *watch) names() ([]string, error) {
	var err error
	for range maxLooks {
		var names []string
		names, err = w.ctx.ListReaders()
		switch codeOf(err) {
		case 0:
			if err != nil {
				return nil, &Error{Op: "readers", Err: err}
			}
			var usable []string
			for _, name := range names {
				if validName(name) && len(usable) < maxReaders {
					usable = append(usable, name)
				}
			}
			return usable, nil
		case codeNoReaders:
			return nil, nil
		case codeInsufficientBuffer: // a reader was added between the binding's two calls
			continue
		}
		break
	}
	return nil, fail("readers", "", codeOf(err))
}

// looking is held while the binding queries a reader's state. The binding keeps
// the name that it passes to C in a map, and a second call for the same reader
// at the same time would free the name of the first.
var looking sync.Mutex

// state returns the state of one reader. ok is false if the reader is gone.
// Readers are queried one at a time, because Windows takes ten at most, and
// because the whole call fails if one reader is gone.
func (w *watch) state(name string) (r Reader, ok bool, err error) {
	states := []scard.ReaderState{{Reader: name, CurrentState: scard.StateUnaware}}
	looking.Lock()
	err = w.ctx.GetStatusChange(states, 0)
	looking.Unlock()
	if err != nil {
		e := fail("readers", name, codeOf(err))
		if errors.Is(e, ErrNoReader) {
			return Reader{}, false, nil
		}
		if !errors.Is(e, ErrTimeout) { // the state is unknown, so the reader is listed as empty
			return Reader{}, false, e
		}
	}
	s := states[0]
	if s.EventState&(scard.StateUnknown|scard.StateIgnore) != 0 {
		return Reader{}, false, nil
	}
	r = Reader{
		Name:        name,
		CardPresent: s.EventState&scard.StatePresent != 0,
		InUse:       s.EventState&scard.StateExclusive != 0,
		Virtual:     isVirtual(name),
	}
	if r.CardPresent {
		r.ATR = bytes.Clone(s.Atr)
	}
	return r, true, nil
}

// events returns how many times a card was inserted into or removed from a
// reader since the service found the reader, or 0 if this is unknown. pcsc-lite
// and Windows count in the upper half of the state. macOS is not known to
// count. The count is also 0 for a card that was there before the service, so 0
// proves nothing.
func events(ctx *scard.Context, reader string) uint16 {
	if runtime.GOOS == "darwin" {
		return 0
	}
	states := []scard.ReaderState{{Reader: reader, CurrentState: scard.StateUnaware}}
	looking.Lock()
	defer looking.Unlock()
	if err := ctx.GetStatusChange(states, 0); err != nil {
		return 0
	}
	return uint16(states[0].EventState >> 16)
}
