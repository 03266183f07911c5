// Package apdu encodes commands to a smart card, decodes its answers, and keeps the
// rules of one exchange: what may be followed up, and what must never be sent twice.
//
// It knows no application, no file and no secret, except that it tells by its type
// which command carries one: VERIFY and CHANGE REFERENCE DATA are sent once and never
// again for any reason, and their data is not to be read in a trace.
//
// The standard is ISO/IEC 7816-4 (short APDUs, case 1 to 4); CARD.md §2 and §3 say
// what is known of the card's own use of it.
package apdu

import (
	"errors"
	"fmt"
)

// A Transmitter sends one command APDU and returns the answer with its status word.
// *scard.Card is one.
type Transmitter interface {
	Transmit(cmd []byte) (resp []byte, err error)
}

// Instruction bytes with rules of their own.
const (
	insVerify      = 0x20
	insChange      = 0x24
	insGetResponse = 0xC0
)

// A Command is a command APDU in the short form.
type Command struct {
	Op               string // what errors call it: "SELECT", "VERIFY"
	CLA, INS, P1, P2 byte
	Data             []byte // at most 255 bytes
	Le               int    // expected length of the answer, 0 for none, at most 256
}

// Bytes encodes the command. It panics when Data or Le do not fit the short form,
// which is a bug of the caller.
func (c Command) Bytes() []byte {
	if len(c.Data) > 255 || c.Le < 0 || c.Le > 256 {
		panic("apdu: command does not fit the short form")
	}
	b := make([]byte, 0, 6+len(c.Data))
	b = append(b, c.CLA, c.INS, c.P1, c.P2)
	if len(c.Data) > 0 {
		b = append(b, byte(len(c.Data)))
		b = append(b, c.Data...)
	}
	if c.Le > 0 {
		b = append(b, byte(c.Le)) // 256 is 00
	}
	return b
}

// sensitive tells the commands that carry a secret: an empty VERIFY carries none.
func (c Command) sensitive() bool {
	return c.INS == insVerify && len(c.Data) > 0 || c.INS == insChange
}

// MalformedError is an answer that no card may give.
type MalformedError struct {
	Op     string
	Length int // of the answer in bytes
	Reason string
}

// Error implements error.
func (e *MalformedError) Error() string {
	return fmt.Sprintf("%s: answer of %d bytes: %s", e.Op, e.Length, e.Reason)
}

// TransmitError is an exchange that the transport did not complete: whether the card
// saw the command is not known.
type TransmitError struct {
	Op  string
	Err error
}

// Error implements error.
func (e *TransmitError) Error() string { return fmt.Sprintf("%s: %v", e.Op, e.Err) }

// Unwrap returns the transport's error.
func (e *TransmitError) Unwrap() error { return e.Err }

// maxAnswer is the longest data that one command's answers may add up to: the
// longest certificate file that could be asked for in one go.
const maxAnswer = 1 << 15

// Exchange sends a command and returns the answer's data and status word. It follows
// 61xx by GET RESPONSE and 6Cxx by the same command with the length that the card
// named, once. After a command that carries a secret it sends nothing at all: its
// first answer is the answer. The buffer of such a command is wiped.
//
// Errors are *TransmitError and *MalformedError; any status word is no error here.
func Exchange(t Transmitter, c Command) ([]byte, Status, error) {
	data, status, err := once(t, c)
	if err != nil || c.sensitive() {
		return data, status, err
	}
	if status>>8 == 0x6C && c.INS != insVerify {
		c.Le = lengthOf(byte(status))
		if data, status, err = once(t, c); err != nil {
			return nil, 0, err
		}
	}
	for status>>8 == 0x61 {
		more, next, err := once(t, Command{Op: "GET RESPONSE", CLA: c.CLA & 0x7F, INS: insGetResponse, Le: lengthOf(byte(status))})
		if err != nil {
			return nil, 0, err
		}
		if len(more) == 0 && next>>8 == 0x61 || len(data)+len(more) > maxAnswer {
			return nil, 0, &MalformedError{Op: c.Op, Length: len(data) + len(more), Reason: "answers without end"}
		}
		data, status = append(data, more...), next
	}
	return data, status, nil
}

// lengthOf reads the second byte of 61xx and 6Cxx, where 00 means 256.
func lengthOf(b byte) int {
	if b == 0 {
		return 256
	}
	return int(b)
}

func once(t Transmitter, c Command) ([]byte, Status, error) {
	raw := c.Bytes()
	if c.sensitive() {
		defer clear(raw)
	}
	answer, err := t.Transmit(raw)
	switch {
	case err != nil:
		return nil, 0, &TransmitError{Op: c.Op, Err: err}
	case len(answer) < 2:
		return nil, 0, &MalformedError{Op: c.Op, Length: len(answer), Reason: "no status word"}
	case len(answer) > 258:
		return nil, 0, &MalformedError{Op: c.Op, Length: len(answer), Reason: "longer than a short answer can be"}
	}
	n := len(answer) - 2
	return answer[:n:n], Status(answer[n])<<8 | Status(answer[n+1]), nil
}

// Sent tells whether the card may have seen the command that failed with err.
func Sent(err error) bool {
	return errors.As(err, new(*TransmitError)) || errors.As(err, new(*MalformedError))
}
