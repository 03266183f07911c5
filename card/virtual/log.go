package virtual

import (
	"fmt"
	"slices"
)

// An Op is what a command asked for.
type Op int

// The operations of docs/card.md §2, and the rest.
const (
	OpOther Op = iota
	OpSelectApplication
	OpSelectFile
	OpReadBinary
	OpQuery // the empty VERIFY
	OpVerify
	OpChange
	OpSign
	OpGetResponse
)

// String is the operation's name, for messages of tests.
func (o Op) String() string {
	names := [...]string{"other", "select application", "select file", "read", "query", "verify", "change", "sign", "get response"}
	if o < 0 || int(o) >= len(names) {
		return fmt.Sprintf("Op(%d)", int(o))
	}
	return names[o]
}

// An Outcome is what a command did to a secret or with a key.
type Outcome int

// Outcomes. Nothing is that of every refusal and of commands without one.
const (
	Nothing Outcome = iota
	Query           // the count was asked for
	Right           // the secret was right
	Wrong           // the secret was wrong and cost a try
	Blocked         // no try was left, nothing was compared
	Changed         // the secret was replaced
	Signed          // a signature was made
)

// String is the outcome's name, for messages of tests.
func (o Outcome) String() string {
	names := [...]string{"nothing", "query", "right", "wrong", "blocked", "changed", "signed"}
	if o < 0 || int(o) >= len(names) {
		return fmt.Sprintf("Outcome(%d)", int(o))
	}
	return names[o]
}

// An Entry is one command in the card's own log.
type Entry struct {
	Index      int // of the exchange, from 0
	Op         Op
	Credential Credential // None where no secret or key was concerned
	Outcome    Outcome
	Status     uint16 // what the card answered, whatever a Fault made of it
	Command    string // in hexadecimal, with the data of VERIFY and CHANGE left out
	Lost       bool   // a Fault kept the command from the card
}

// logLimit bounds the log of a card that is served for days.
const logLimit = 1 << 16

// Tally counts since the card was made, or since ClearLog.
type Tally struct {
	Exchanges, Resets                  int
	Queries, Right, Wrong, Blocked     int // VERIFYs by outcome, of both secrets
	Changes, Signatures, Reads, Select int
}

// Log returns the commands that came, oldest first; the oldest of more than 65,536
// are dropped.
func (c *Card) Log() []Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

// Tally returns the counts.
func (c *Card) Tally() Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tally
}

// ClearLog empties the log and the counts, and starts the index at 0 again.
func (c *Card) ClearLog() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log, c.tally, c.exchange = nil, Tally{}, 0
}

// record appends to the log. The lock is held.
func (c *Card) record(e Entry) {
	if len(c.log) >= logLimit {
		c.log = slices.Delete(c.log, 0, logLimit/2)
	}
	c.log = append(c.log, e)
	if e.Lost {
		return
	}
	switch e.Outcome {
	case Query:
		c.tally.Queries++
	case Right:
		c.tally.Right++
	case Wrong:
		c.tally.Wrong++
	case Blocked:
		c.tally.Blocked++
	case Changed:
		c.tally.Changes++
	case Signed:
		c.tally.Signatures++
	}
	switch e.Op {
	case OpReadBinary:
		c.tally.Reads++
	case OpSelectApplication, OpSelectFile:
		c.tally.Select++
	}
}

// operation names a command by its bytes alone.
func operation(b []byte) Op {
	if len(b) < 4 {
		return OpOther
	}
	switch b[1] {
	case insSelect:
		if b[2] == 0x04 {
			return OpSelectApplication
		}
		return OpSelectFile
	case insReadBinary:
		return OpReadBinary
	case insVerify:
		if len(b) == 4 {
			return OpQuery
		}
		return OpVerify
	case insChange:
		return OpChange
	case insSign:
		return OpSign
	case insGetResponse:
		return OpGetResponse
	}
	return OpOther
}

// redact writes a command without what a VERIFY or CHANGE carries, whatever its
// class and length: only the header and how many bytes followed.
func redact(b []byte) string {
	if len(b) > 4 && (b[1] == insVerify || b[1] == insChange) {
		return fmt.Sprintf("%X [%d bytes]", b[:4], len(b)-4)
	}
	return fmt.Sprintf("%X", b)
}
