package virtual

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"
)

// command is a short command APDU (ISO/IEC 7816-4 §5.1), cases 1 to 4.
type command struct {
	class, ins, p1, p2 byte
	data               []byte
	le                 int // 1 to 256, or 0 without an Le field
}

// parse decodes a command of at least four bytes. ok is false for extended
// lengths and for a length that does not fit. The answer is 6700 in both cases.
func parse(b []byte) (command, bool) {
	c := command{class: b[0], ins: b[1], p1: b[2], p2: b[3]}
	body := b[4:]
	if len(body) == 0 {
		return c, true
	}
	if len(body) > 1 {
		lc := int(body[0])
		if lc == 0 || len(body) < 1+lc || len(body) > 2+lc {
			return c, false
		}
		c.data, body = body[1:1+lc], body[1+lc:]
	}
	if len(body) == 1 {
		c.le = int(body[0])
		if c.le == 0 {
			c.le = 256
		}
	}
	return c, true
}

// run executes one command under the lock and returns its answer with the
// status word.
func (c *Card) run(x *Exchange) []byte {
	if c.opts.APDUTime > 0 {
		time.Sleep(c.opts.APDUTime)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session.touched = true
	e := Entry{Index: x.Index, Op: operation(x.Command), Credential: None, Command: redact(x.Command)}
	data, sw := c.execute(x.Command, &e)
	e.Status = sw
	c.record(e)
	return binary.BigEndian.AppendUint16(data, sw)
}

// execute returns the data and the status word, and records the outcome in e.
func (c *Card) execute(raw []byte, e *Entry) ([]byte, uint16) {
	if len(raw) < 4 {
		return nil, statusLength
	}
	class, known := map[byte]byte{
		insVerify: classISO, insChange: classISO, insSelect: classISO,
		insReadBinary: classISO, insGetResponse: classISO, insSign: classOwn,
	}[raw[1]]
	switch {
	case raw[0] != classISO && raw[0] != classOwn:
		return nil, statusClass
	case !known:
		return nil, statusInstruction
	case raw[0] != class:
		return nil, statusClass
	}
	cmd, wellFormed := parse(raw)
	pending := c.session.pending
	c.session.pending = nil
	switch cmd.ins {
	case insSelect:
		return nil, c.selectFile(cmd, wellFormed)
	case insReadBinary:
		return c.readBinary(cmd, wellFormed)
	case insVerify:
		return nil, c.verify(cmd, wellFormed, e)
	case insChange:
		return nil, c.change(cmd, wellFormed, e)
	case insSign:
		return c.sign(cmd, wellFormed, e)
	}
	return c.getResponse(cmd, wellFormed, pending)
}

func (c *Card) selectFile(cmd command, wellFormed bool) uint16 {
	switch {
	case cmd.p2 != 0x0C || (cmd.p1 != 0x04 && cmd.p1 != 0x02):
		return statusParameters
	case !wellFormed || cmd.le != 0 || len(cmd.data) == 0:
		return statusLength
	}
	if cmd.p1 == 0x04 {
		if !bytes.Equal(cmd.data, applicationID) {
			return statusNotFound
		}
		next := session{application: true, touched: true, pin: c.session.pin}
		if c.opts.KeepVerified {
			next.verified = c.session.verified
		}
		c.session = next
		return statusOK
	}
	if len(cmd.data) != 2 {
		return statusLength
	}
	id := binary.BigEndian.Uint16(cmd.data)
	if !c.session.application || !c.exists(id) {
		return statusNotFound
	}
	c.session.file = id
	if _, ok := secretFile[id]; ok {
		c.session.pin = true
	}
	return statusOK
}

func (c *Card) getResponse(cmd command, wellFormed bool, pending []byte) ([]byte, uint16) {
	switch {
	case cmd.p1 != 0 || cmd.p2 != 0:
		return nil, statusParameters
	case !wellFormed || len(cmd.data) != 0 || cmd.le == 0:
		return nil, statusLength
	case len(pending) == 0:
		return nil, statusConditions
	}
	n := min(cmd.le, len(pending))
	rest := pending[n:]
	if len(rest) == 0 {
		return slices.Clone(pending[:n]), statusOK
	}
	c.session.pending = rest
	return slices.Clone(pending[:n]), more(len(rest))
}

// more returns 61xx. Its low byte is 00 if n is 256 or more.
func more(n int) uint16 {
	if n > 255 {
		n = 0
	}
	return statusMore | uint16(n)
}
