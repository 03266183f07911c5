package virtual

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"
)

// command is a short command APDU (ISO/IEC 7816-4:2005 §5.1), cases 1 to 4.
type command struct {
	class, ins, p1, p2 byte
	data               []byte
	le                 int // 1 to 256, or 0 without an Le field
}

// parse decodes a command of at least four bytes, and reports whether it could.
// It refuses an extended length and a length that does not fit. The answer to
// either is 6700.
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
		insReadBinary: classISO, insGetResponse: classISO, insGetData: classISO,
		insSign: classOwn,
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
		if cmd.p1 == 0x04 {
			return c.selectApplication(cmd, wellFormed)
		}
		return nil, c.selectFile(cmd, wellFormed)
	case insReadBinary:
		return c.readBinary(cmd, wellFormed)
	case insVerify:
		return nil, c.verify(cmd, wellFormed, e)
	case insChange:
		return nil, c.change(cmd, wellFormed, e)
	case insSign:
		return c.sign(cmd, wellFormed, e)
	case insGetData:
		return c.getData(cmd, wellFormed)
	}
	return c.getResponse(cmd, wellFormed, pending)
}

// selectApplication executes SELECT by name. P2 is 0C for no answer, or 00 for
// the file control information (FCI), which is returned if there is an Le field
// (docs/card.md §12).
func (c *Card) selectApplication(cmd command, wellFormed bool) ([]byte, uint16) {
	information := cmd.p2 == 0x00
	switch {
	case cmd.p2 != 0x0C && !information:
		return nil, statusParameters
	case !wellFormed || len(cmd.data) == 0 || (cmd.le != 0 && !information):
		return nil, statusLength
	}
	selected := c.applicationNamed(cmd.data)
	if selected == noApplication {
		return nil, statusNotFound
	}
	next := session{application: selected, touched: true, pin: c.session.pin}
	if c.opts.KeepVerified && selected == c.session.application {
		next.verified = c.session.verified
	}
	c.session = next
	if cmd.le == 0 {
		return nil, statusOK
	}
	return controlInformation(cmd.data, cmd.le)
}

func (c *Card) applicationNamed(name []byte) application {
	for a, known := range applicationName {
		if bytes.Equal(name, known) && (a == jpkiApplication || !c.opts.OnlyJPKI) {
			return a
		}
	}
	return noApplication
}

// controlInformation returns the FCI template (ISO/IEC 7816-4:2005 §5.3.3) with
// the name of an application.
func controlInformation(name []byte, le int) ([]byte, uint16) {
	content := append([]byte{0x84, byte(len(name))}, name...)
	return whole(append([]byte{0x6F, byte(len(content))}, content...), le)
}

// whole returns an answer that is never cut: if it is longer than Le, the
// status word is 6700.
func whole(answer []byte, le int) ([]byte, uint16) {
	if len(answer) > le {
		return nil, statusLength
	}
	return answer, statusOK
}

func (c *Card) selectFile(cmd command, wellFormed bool) uint16 {
	switch {
	case cmd.p1 != 0x02 || cmd.p2 != 0x0C:
		return statusParameters
	case !wellFormed || cmd.le != 0 || len(cmd.data) != 2:
		return statusLength
	}
	return c.enter(binary.BigEndian.Uint16(cmd.data))
}

// enter makes a file of the selected application the selected one.
func (c *Card) enter(id uint16) uint16 {
	if !c.exists(id) {
		return statusNotFound
	}
	c.session.file = id
	if _, ok := secretFile[id]; ok {
		c.session.pin = true
	}
	return statusOK
}

// refersToFile reports whether P2 of VERIFY or of the signature command names a
// file: 80 the selected one, 81 to 9E one by its short identifier (docs/card.md
// §12).
func (c *Card) refersToFile(p2 byte) bool {
	return p2 == 0x80 || (!c.opts.RefuseShortID && p2 > 0x80 && p2 < 0x9F)
}

// enterReferred selects the file to which P2 refers.
func (c *Card) enterReferred(p2 byte) uint16 {
	if id := uint16(p2 & 0x1F); id != 0 {
		return c.enter(id)
	}
	if c.session.file == 0 {
		return statusNoFile
	}
	return statusOK
}

// getData executes GET DATA (ISO/IEC 7816-4:2005 §7.4.2). The one object is the
// ATR of the contact interface.
func (c *Card) getData(cmd command, wellFormed bool) ([]byte, uint16) {
	switch {
	case !wellFormed || len(cmd.data) != 0 || cmd.le == 0:
		return nil, statusLength
	case int(cmd.p1)<<8|int(cmd.p2) != tagATR:
		return nil, statusNoObject
	}
	return whole(slices.Clone(answerToReset[1:]), cmd.le)
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
