package access

import (
	"context"

	"natsuin/card"
	"natsuin/card/apdu"
	"natsuin/card/pcsc"
	"natsuin/card/practice"
)

// Readers is the part of the PC/SC service that the verbs need.
type Readers interface {
	List(ctx context.Context) ([]pcsc.Reader, error)
	// Wait blocks until the readers or their cards differ from known, or ctx
	// ends.
	Wait(ctx context.Context, known []pcsc.Reader) error
	Connect(ctx context.Context, reader string) (Connection, error)
}

// A Connection is a connection to a card in a reader, or to the practice card.
type Connection interface {
	apdu.Transmitter
	// TransmitContext is like Transmit, but abandons the answer when ctx ends.
	// After that the connection cannot be used any more.
	TransmitContext(ctx context.Context, cmd []byte) ([]byte, error)
	Begin(ctx context.Context) error // starts a transaction, with exclusive use of the card
	End(reset bool) error            // ends the transaction, and resets the card if reset is set
	Close() error                    // ends the connection and resets the card
	Leave() error                    // ends the connection without a reset
	Reader() string
}

// System returns the PC/SC service of this machine.
func System() Readers { return pcscReaders{} }

// pcscReaders is the PC/SC service of this machine.
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

// PracticeReader is the value of --reader that selects the practice card
// (docs/cli.md, "Which reader"). It must match in full.
const PracticeReader = "practice"

// ConnectPractice returns a session with the practice card, inside a
// transaction.
func (a *Access) ConnectPractice(ctx context.Context) (*Session, error) {
	conn, err := a.Practice().Connect(ctx)
	if err != nil {
		return nil, err
	}
	return a.start(ctx, conn)
}

// Practice returns the store of the practice card.
func (a *Access) Practice() *practice.Store { return practice.Open(a.PracticeOptions()) }

// introducePractice prints, before the prompt, that the secret asked for is
// that of the practice card, and its value if nobody has chosen another. For
// other cards it prints nothing.
func (a *Access) introducePractice(conn Connection, c card.Credential) {
	if _, ok := conn.(*practice.Conn); !ok {
		return
	}
	info, err := a.Practice().Show()
	if err != nil {
		return // the next transaction reports it
	}
	slot := info.Sign
	if c == card.AuthPIN {
		slot = info.Auth
	}
	name := a.T("secret.name." + c.String())
	if slot.BuiltIn {
		a.Talk(a.T("practice.prompt.built-in", "Secret", name, "Value", slot.Secret))
		return
	}
	a.Talk(a.T("practice.prompt.chosen", "Secret", name))
}

// PracticeOptions returns the options of the practice card's store.
func (a *Access) PracticeOptions() practice.Options {
	return practice.Options{
		Dir:    a.Folder,
		Now:    a.Now,
		Making: func() { a.Say(a.T("practice.making")) },
	}
}
