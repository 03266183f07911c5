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

// Bounds on what the service may say.
const (
	maxReaders    = 256
	maxReaderName = 1024 // bytes
	maxLooks      = 4    // at a list that changes while it is read
)

// codeOf is the return value in an error of the binding, or 0.
func codeOf(err error) Code {
	var e scard.Error
	if errors.As(err, &e) {
		return Code(e)
	}
	return 0
}

// validName is whether a reader's name can be handed to the service unchanged: the
// binding ends it at the first NUL, which would make it another name.
func validName(name string) bool {
	return name != "" && len(name) <= maxReaderName && !strings.Contains(name, "\x00")
}

// A watch looks at readers, in a PC/SC context that it makes at the first look and
// keeps for the next.
type watch struct {
	ctx  *scard.Context // nil: none yet, or a service that does not run for want of a reader
	lost bool           // a look was given up, and closes the context when it comes back
}

// establish makes a context. Windows starts its service with the first reader and
// stops it with the last: there nil, without error, means no reader.
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
		w.ctx.Release() // nothing can be done about a failure
		w.ctx = nil
	}
}

// look lists the readers and what is in them, unless ctx ends or limit passes before
// the service has answered.
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
		case codeInsufficientBuffer: // a reader came between the two calls
			continue
		}
		break
	}
	return nil, fail("readers", "", codeOf(err))
}

// looking is held while the binding asks for a reader's state: it keeps the name that
// it hands to C in a map, so that a second call for the same reader, at the same
// time, would let the first one's name be freed.
var looking sync.Mutex

// state looks at one reader; ok is false when it is gone. One at a time, since
// Windows takes ten at most and one reader that is gone fails all others.
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
		if !errors.Is(e, ErrTimeout) { // nothing to tell: shown as empty
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

// events is how many cards were put into a reader and taken out of it since the service
// knows it, or 0 when that is not told. pcsc-lite and Windows count in the upper half of
// the state. 0 is also the count of a card that was there before the service: who starts
// with it knows nothing. macOS is not known to count.
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
