package access

import (
	"context"

	"natsuin/card/apdu"
	"natsuin/card/pcsc"
	"natsuin/card/practice"
)

// Readers is the part of the PC/SC service that the commands need.
type Readers interface {
	List(ctx context.Context) ([]pcsc.Reader, error)
	// Wait blocks until readers or cards differ from known, or ctx ends.
	Wait(ctx context.Context, known []pcsc.Reader) error
	Connect(ctx context.Context, reader string) (Connection, error)
}

// A Connection is a card in a reader, or the practice card.
type Connection interface {
	apdu.Transmitter
	// TransmitContext is Transmit, but abandons the answer when ctx ends. The
	// connection is then no longer usable.
	TransmitContext(ctx context.Context, cmd []byte) ([]byte, error)
	Begin(ctx context.Context) error // starts a transaction, with exclusive use of the card
	End(reset bool) error            // ends it, leaving the card as it is or reset
	Close() error                    // leaves the card reset
	Leave() error                    // closes, leaving the card as it is
	Reader() string
}

// System returns the PC/SC service of this machine.
func System() Readers { return pcscReaders{} }

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

// PracticeReader is the only name that selects the practice card (docs/cli.md,
// "Which reader").
const PracticeReader = "practice"

// ConnectPractice returns a session with the practice card.
func (a *Access) ConnectPractice(ctx context.Context) (*Session, error) {
	conn, err := a.Practice().Connect(ctx)
	if err != nil {
		return nil, err
	}
	return a.start(ctx, conn)
}

// Practice returns the store of the practice card.
func (a *Access) Practice() *practice.Store { return practice.Open(a.PracticeOptions()) }

// PracticeOptions returns the options of the practice card's store.
func (a *Access) PracticeOptions() practice.Options {
	return practice.Options{
		Dir:    a.Folder,
		Now:    a.Now,
		Making: func() { a.Say(a.T("practice.making")) },
	}
}
