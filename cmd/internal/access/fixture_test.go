package access

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"natsuin/card/pcsc"
	"natsuin/cmd/internal/console"
	"natsuin/cmd/internal/i18n"
	"natsuin/cmd/internal/outcome"
	"natsuin/cmd/internal/terminal"
)

// newAccess returns the access of a run in English without a terminal, and what
// the run writes to standard error.
func newAccess(t *testing.T, flags Flags, stdin string) (*Access, *bytes.Buffer) {
	t.Helper()
	said := new(bytes.Buffer)
	c := console.New(&console.Streams{
		In: strings.NewReader(stdin), Out: new(bytes.Buffer), Err: said,
		Terminal: func() (*terminal.Terminal, error) { return nil, terminal.ErrNoTerminal },
	}, nil, func() {})
	p, err := i18n.New("en")
	if err != nil {
		t.Fatal(err)
	}
	c.Printer = p
	return &Access{Console: c, Flags: flags, Readers: noService{}, Gate: new(Gate), Folder: t.TempDir(), Now: time.Now}, said
}

// noService is a machine without a PC/SC service.
type noService struct{ Readers }

func (noService) List(context.Context) ([]pcsc.Reader, error) {
	return nil, &pcsc.Error{Op: "list readers", Err: pcsc.ErrNoService}
}

// idOf returns the id of the message of an error, or "" for none.
func idOf(err error) string {
	if err == nil {
		return ""
	}
	return outcome.Of(err).ID
}

func wantID(t *testing.T, what any, err error, id string) {
	t.Helper()
	if got := idOf(err); got != id {
		t.Errorf("%v: %q (%v), want %q", what, got, err, id)
	}
}

var errBroken = errors.New("broken")
