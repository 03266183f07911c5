package virtual

import (
	"fmt"
	"slices"
)

// An Op is the operation that a command requests.
type Op int

// The operations of docs/card.md §2. OpOther is any other command.
const (
	OpOther Op = iota
	OpSelectApplication
	OpSelectFile
	OpReadBinary
	OpQuery // an empty VERIFY
	OpVerify
	OpChange
	OpSign
	OpGetResponse
)

// String returns the operation's name, for test messages.
func (o Op) String() string {
	names := [...]string{"other", "select application", "select file", "read", "query", "verify", "change", "sign", "get response"}
	if o < 0 || int(o) >= len(names) {
		return fmt.Sprintf("Op(%d)", int(o))
	}
	return names[o]
}

// An Outcome is the effect of a command on a secret or a key.
type Outcome int

// The outcomes. Nothing means that a command was refused or had no such effect.
const (
	Nothing Outcome = iota
	Query           // the count was queried
	Right           // the secret was right
	Wrong           // the secret was wrong and cost a try
	Blocked         // no try was left; nothing was compared
	Changed         // the secret was replaced
	Signed          // a signature was made
)

// String returns the outcome's name, for test messages.
func (o Outcome) String() string {
	names := [...]string{"nothing", "query", "right", "wrong", "blocked", "changed", "signed"}
	if o < 0 || int(o) >= len(names) {
		return fmt.Sprintf("Outcome(%d)", int(o))
	}
	return names[o]
}

// An Entry is one command in the card's log.
type Entry struct {
	Index      int // of the exchange, from 0
	Op         Op
	Credential Credential // None if the command concerns no secret or key; meaningless if Lost
	Outcome    Outcome
	Status     uint16 // the card's own answer, before a Fault has changed it
	Command    string // in hexadecimal, without the data of VERIFY and CHANGE
	Lost       bool   // a Fault kept the command from reaching the card
}

// logLimit is the largest number of entries that the log keeps.
const logLimit = 1 << 16

// A Tally holds counts since [New] or [Card.ClearLog].
type Tally struct {
	Exchanges, Resets                  int
	Queries, Right, Wrong, Blocked     int // VERIFYs by outcome, of both secrets
	Changes, Signatures, Reads, Select int
}

// Log returns the commands that were sent to the card, oldest first. If there
// were more than 65,536, the oldest are missing.
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

// ClearLog empties the log and the counts, and restarts the index at 0.
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

// operation returns the operation that the bytes of a command request.
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

// redact returns a command in hexadecimal. Of a VERIFY or CHANGE, of whatever
// class and length, it keeps only the header and the number of bytes after it.
func redact(b []byte) string {
	if len(b) > 4 && (b[1] == insVerify || b[1] == insChange) {
		return fmt.Sprintf("%X [%d bytes]", b[:4], len(b)-4)
	}
	return fmt.Sprintf("%X", b)
}
