package access

import (
	"context"
	"errors"
	"time"

	"natsuin/card/pcsc"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// Connect waits for a reader and a card, as long as --wait allows, and starts a
// transaction with the JPKI application selected.
func (a *Access) Connect(ctx context.Context) (*Session, error) {
	if a.Reader == PracticeReader {
		return a.ConnectPractice(ctx)
	}
	return a.await(ctx, a.Reader, func(readers []pcsc.Reader) (*Session, error) { return a.pick(ctx, readers) })
}

// reconnect is like Connect, but accepts only the reader with exactly this
// name. It also waits for the PC/SC service, as awaitService does.
func (a *Access) reconnect(ctx context.Context, reader string) (*Session, error) {
	if a.Reader == PracticeReader {
		return a.ConnectPractice(ctx)
	}
	if err := a.awaitService(ctx); err != nil {
		return nil, err
	}
	return a.await(ctx, reader, func(readers []pcsc.Reader) (*Session, error) {
		for _, r := range readers {
			if r.Name == reader {
				return a.Try(ctx, r)
			}
		}
		return nil, unknownReader(readers, reader)
	})
}

// await calls take with the current readers until it returns a session, or
// until waiting is over or cannot help. wanted is the name of the reader that
// was asked for, or empty.
func (a *Access) await(ctx context.Context, wanted string, take func([]pcsc.Reader) (*Session, error)) (*Session, error) {
	limit, err := a.waitLimit(a.Interactive())
	if err != nil {
		return nil, err
	}
	// --wait limits the waiting alone. It does not limit the connection to a
	// card that is present, or the question which of several cards to use.
	waiting := ctx
	if limit >= 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeoutCause(ctx, limit, errWaited)
		defer cancel()
	}
	var said string
	for {
		readers, err := a.Readers.List(ctx)
		if err != nil {
			return nil, err
		}
		s, why := take(readers)
		if why == nil {
			return s, nil
		}
		code := outcome.CodeOf(why)
		// The card was removed during the search, and may be back by now.
		bounced := code == outcome.CodeCardRemoved
		// Without --wait, a person decides whether to wait for another program.
		busy := code == outcome.CodeBusy && a.Wait != ""
		if limit == 0 || code != outcome.CodeNoReader && code != outcome.CodeNoCard && !bounced && !busy {
			return nil, why
		}
		line := a.waitingFor(code, wanted, readers)
		if busy {
			line = a.T("wait.busy")
		}
		if line != said {
			a.HideTyping()
			a.Say(line)
			said = line
		}
		if bounced || busy { // the service does not report when another program lets go
			select {
			case <-time.After(bounceTime):
				continue
			case <-waiting.Done():
			}
			if busy && ctx.Err() == nil {
				return nil, &outcome.Error{Code: outcome.CodeTimeout, ID: "err.wait.busy", Err: why}
			}
		}
		if err := a.Readers.Wait(waiting, readers); err != nil {
			if ctx.Err() != nil {
				return nil, context.Canceled
			}
			if waiting.Err() != nil {
				return nil, &outcome.Error{Code: outcome.CodeTimeout, ID: "err.wait", Err: why}
			}
			return nil, err
		}
	}
}

// CheckService returns the error with which every use of a reader would end: in
// a build without readers, or if there is no PC/SC service. It is for verbs that
// ask for something before they use the card.
func (a *Access) CheckService(ctx context.Context) error {
	if a.Reader == PracticeReader {
		return nil
	}
	_, err := a.Readers.List(ctx)
	return err
}

// awaitService waits for the PC/SC service if it has ended during this run, but
// only at a terminal and without --wait. If the run ended instead, the person
// might type the next secret into the shell.
func (a *Access) awaitService(ctx context.Context) error {
	for told := false; ; told = true {
		_, err := a.Readers.List(ctx)
		// pcsc-lite reports ErrPermission for the socket that a killed service
		// leaves behind.
		down := errors.Is(err, pcsc.ErrNoService) || errors.Is(err, pcsc.ErrPermission)
		if !down || !a.Interactive() || a.Wait != "" {
			return err
		}
		if !told {
			a.Prompt(a.T("wait.service"))
		}
		select {
		case <-time.After(bounceTime):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// bounceTime is how long to wait before looking again for a card that was just
// removed, a reader that another program uses, or a service that has ended.
const bounceTime = 250 * time.Millisecond

var errWaited = errors.New("the time to wait is over")

func (a *Access) waitingFor(code outcome.Code, wanted string, readers []pcsc.Reader) string {
	if code == outcome.CodeNoReader {
		if wanted != "" {
			return a.T("wait.reader.named", "Value", text.Escape(wanted))
		}
		return a.T("wait.reader")
	}
	for _, r := range readers {
		if !r.Virtual || wanted != "" {
			return a.T("wait.card", "Reader", text.Escape(r.Name))
		}
	}
	return a.T("wait.card.any")
}
