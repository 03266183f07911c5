package access

import (
	"context"
	"fmt"
	"sync/atomic"

	"natsuin/card/apdu"
)

// A Gate decides atomically which comes first: a secret that is about to be
// sent, or a signal that prevents this. After a signal no secret is sent, but
// the answer to a secret that was already sent is waited for.
//
// The zero value is ready for use.
type Gate struct{ state atomic.Int32 }

const (
	gatePending   int32 = iota // no secret is being sent
	gateSent                   // a secret was sent and has no answer yet
	gateEnding                 // like gateSent, but a signal came: no other secret is sent
	gateWithdrawn              // no secret is sent any more
)

// send reports whether a secret may be sent now. If so, the caller must call
// answered afterwards.
func (g *Gate) send() bool { return g.state.CompareAndSwap(gatePending, gateSent) }

// answered records that the card has answered or will never answer.
func (g *Gate) answered() {
	if !g.state.CompareAndSwap(gateSent, gatePending) {
		g.state.CompareAndSwap(gateEnding, gateWithdrawn)
	}
}

// Withdraw prevents every secret that has not been sent yet from being sent.
func (g *Gate) Withdraw() {
	if !g.state.CompareAndSwap(gatePending, gateWithdrawn) {
		g.state.CompareAndSwap(gateSent, gateEnding)
	}
}

// Withdrawn reports whether Withdraw was called and no answer to a secret is
// outstanding.
func (g *Gate) Withdrawn() bool { return g.state.Load() == gateWithdrawn }

// gated transmits the commands of one transaction. It abandons a command
// without a secret as soon as ctx ends. It asks the Gate immediately before it
// sends a secret, and then waits for the answer even if ctx ends.
type gated struct {
	ctx    context.Context
	access *Access
	conn   Connection
}

// Transmit implements [apdu.Transmitter]. The error is [apdu.ErrNotSent] if the
// Gate forbids sending a secret.
func (g gated) Transmit(cmd []byte) ([]byte, error) {
	if !apdu.CarriesSecret(cmd) {
		return g.conn.TransmitContext(g.ctx, cmd)
	}
	if !g.access.Gate.send() {
		return nil, fmt.Errorf("%w: %w", apdu.ErrNotSent, context.Canceled)
	}
	defer g.access.Gate.answered()
	defer context.AfterFunc(g.ctx, func() {
		g.access.Talk(g.access.T("unlock.waiting-answer"))
	})()
	return g.conn.Transmit(cmd)
}
