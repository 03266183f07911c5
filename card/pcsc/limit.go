//go:build cgo || windows

package pcsc

import (
	"context"
	"errors"
	"time"
)

// retryInterval is the time between two attempts to use a busy reader.
const retryInterval = 100 * time.Millisecond

// within runs call and reports whether it returned before limit had passed and
// before ctx had ended. If not, late runs once call returns, however late that
// is, and the caller must not use what call sets.
func within(ctx context.Context, limit time.Duration, call, late func()) bool {
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		call()
		select {
		case done <- struct{}{}:
		case <-gone:
			late()
		}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	close(gone)
	return false
}

// patiently repeats call while it fails with [ErrBusy], until limit has passed
// or ctx ends. A call that does not return in time counts as busy: lost is then
// true, and late runs once the call returns.
func patiently(ctx context.Context, limit time.Duration, call func() error, late func(), busy error) (lost bool, err error) {
	deadline := time.Now().Add(limit)
	for {
		var result error
		if !within(ctx, time.Until(deadline), func() { result = call() }, late) {
			if ctx.Err() != nil {
				return true, context.Cause(ctx)
			}
			return true, busy
		}
		if !errors.Is(result, ErrBusy) || time.Until(deadline) < retryInterval {
			return false, result
		}
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-time.After(retryInterval):
		}
	}
}
