package cli

import (
	"context"
	"errors"
	"time"

	"natsuin/card/apdu"
	"natsuin/card/pcsc"
	"natsuin/card/practice"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/text"
)

// Readers is the PC/SC service, as far as the commands need it.
type Readers interface {
	List(ctx context.Context) ([]pcsc.Reader, error)
	// Wait blocks until readers or cards differ from known, or ctx ends.
	Wait(ctx context.Context, known []pcsc.Reader) error
	Connect(ctx context.Context, reader string) (Connection, error)
}

// A Connection is a card in a reader, or the practice card.
type Connection interface {
	apdu.Transmitter
	// TransmitContext is Transmit whose answer is given up when ctx ends; then
	// the connection is of no further use.
	TransmitContext(ctx context.Context, cmd []byte) ([]byte, error)
	Begin(ctx context.Context) error // starts a transaction: the card is ours alone
	End(reset bool) error            // ends it, leaving the card as it is or reset
	Close() error                    // leaves the card reset
	Leave() error                    // closes, leaving the card as it is
	Reader() string
}

// pcscReaders is the service of this machine.
type pcscReaders struct{ system pcsc.System }

func (r pcscReaders) List(ctx context.Context) ([]pcsc.Reader, error) {
	return r.system.Readers(ctx)
}

func (r pcscReaders) Wait(ctx context.Context, known []pcsc.Reader) error {
	return r.system.Wait(ctx, known)
}

func (r pcscReaders) Connect(ctx context.Context, reader string) (Connection, error) {
	return r.system.Connect(ctx, reader)
}

// practiceReader is the one name that reaches the practice card (docs/cli.md, "Which reader").
const practiceReader = "practice"

// connect finds the card and returns it inside a transaction, with the JPKI
// application selected. It waits for a reader and a card as long as --wait allows.
func (a *app) connect(ctx context.Context) (*session, error) {
	if a.flags.reader == practiceReader {
		return a.connectPractice(ctx)
	}
	return a.await(ctx, a.flags.reader, func(readers []pcsc.Reader) (*session, error) { return a.pick(ctx, readers) })
}

// reconnect does so with the reader of that very name, whatever lies in any other.
func (a *app) reconnect(ctx context.Context, reader string) (*session, error) {
	if a.flags.reader == practiceReader {
		return a.connectPractice(ctx)
	}
	return a.await(ctx, reader, func(readers []pcsc.Reader) (*session, error) {
		for _, r := range readers {
			if r.Name == reader {
				return a.try(ctx, r)
			}
		}
		return nil, unknownReader(readers, reader)
	})
}

// await waits until take gets a card; wanted is the reader that is named, if any.
func (a *app) await(ctx context.Context, wanted string, take func([]pcsc.Reader) (*session, error)) (*session, error) {
	limit, err := a.flags.waitLimit(a.interactive())
	if err != nil {
		return nil, err
	}
	// Only waiting is limited: a card that is there is reached, and a person who is
	// asked which one may think, however short --wait is.
	waiting := ctx
	if limit >= 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeoutCause(ctx, limit, errWaited)
		defer cancel()
	}
	var said string
	for {
		readers, err := a.env.Readers.List(ctx)
		if err != nil {
			return nil, err
		}
		s, why := take(readers)
		if why == nil {
			return s, nil
		}
		code := outcome.CodeOf(why)
		bounced := code == outcome.CodeCardRemoved // it was lifted while it was looked for, and may be back by now
		if limit == 0 || code != outcome.CodeNoReader && code != outcome.CodeNoCard && !bounced {
			return nil, why
		}
		if line := a.waitingFor(code, wanted, readers); line != said {
			a.say(line)
			said = line
		}
		if bounced {
			select {
			case <-time.After(bounceTime):
				continue
			case <-waiting.Done():
			}
		}
		if err := a.env.Readers.Wait(waiting, readers); err != nil {
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

// bounceTime is what a card that is laid down is given to lie still.
const bounceTime = 250 * time.Millisecond

var errWaited = errors.New("the time to wait is over")

func (a *app) waitingFor(code outcome.Code, wanted string, readers []pcsc.Reader) string {
	if code == outcome.CodeNoReader {
		if wanted != "" {
			return a.t("wait.reader.named", "Value", text.Escape(wanted))
		}
		return a.t("wait.reader")
	}
	for _, r := range readers {
		if !r.Virtual || wanted != "" {
			return a.t("wait.card", "Reader", text.Escape(r.Name))
		}
	}
	return a.t("wait.card.any")
}

func (a *app) connectPractice(ctx context.Context) (*session, error) {
	store := a.practiceStore()
	conn, err := store.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return a.start(ctx, conn)
}

func (a *app) practiceStore() *practice.Store { return practice.Open(a.practiceOptions()) }

func (a *app) practiceOptions() practice.Options {
	return practice.Options{
		Dir:    a.env.dataDir("practice"),
		Now:    a.env.Now,
		Making: func() { a.say(a.t("practice.making")) },
	}
}
