package access

import (
	"context"
	"fmt"
	"sync/atomic"

	"natsuin/card/apdu"
)

// A Gate orders, in one atomic step, a secret that is about to be sent and a
// signal that withdraws it. After a signal no secret is sent; the answer to a
// secret already sent is waited for.
//
// Its zero value is ready for use.
type Gate struct{ state atomic.Int32 }

const (
	gatePending   int32 = iota // no secret is at the card
	gateSent                   // a secret is at the card
	gateEnding                 // likewise, and a signal came: nothing follows
	gateWithdrawn              // no secret is sent any more
)

// send reports whether a secret may be sent now. If so, answered must follow.
func (g *Gate) send() bool { return g.state.CompareAndSwap(gatePending, gateSent) }

// answered records that the card has answered, or never will.
func (g *Gate) answered() {
	if !g.state.CompareAndSwap(gateSent, gatePending) {
		g.state.CompareAndSwap(gateEnding, gateWithdrawn)
	}
}

// Withdraw prevents every secret that was not sent yet from being sent.
func (g *Gate) Withdraw() {
	if !g.state.CompareAndSwap(gatePending, gateWithdrawn) {
		g.state.CompareAndSwap(gateSent, gateEnding)
	}
}

// Withdrawn reports whether no secret is at the card, and none will be sent.
func (g *Gate) Withdrawn() bool { return g.state.Load() == gateWithdrawn }

// gated transmits the commands of one transaction. A command without a secret
// is abandoned as soon as ctx ends; one with a secret passes the gate
// immediately before it is sent, and its answer is waited for.
type gated struct {
	ctx    context.Context
	access *Access
	conn   Connection
}

// Transmit implements apdu.Transmitter. The error for a secret that the gate
// holds back is an apdu.ErrNotSent.
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
