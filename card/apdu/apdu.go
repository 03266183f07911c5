// Package apdu encodes commands to a smart card, decodes its answers, and keeps the
// rules of one exchange: what may be followed up, and what must never be sent twice.
//
// It knows no application, no file and no secret, except that it tells by its type
// which command carries one: VERIFY and CHANGE REFERENCE DATA are sent once and never
// again for any reason, and their data is not to be read in a trace.
//
// The standard is ISO/IEC 7816-4 (short APDUs, case 1 to 4); docs/card.md §2 and §3 say
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
	Le               int    // length of the answer that is wanted, 0 for none, at most 256
}

// Bytes encodes the command into a buffer of its own. It is nil when Data or Le do not
// fit the short form, and Exchange sends nothing then.
func (c Command) Bytes() []byte {
	if len(c.Data) > 255 || c.Le < 0 || c.Le > maxData {
		return nil
	}
	// Of full capacity from the start: append must not leave copies of a secret behind.
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

// once tells the commands that are sent once and followed by nothing. Each
// repetition of a VERIFY may cost a try. The empty one is no exception: with an Le
// byte behind it a card could read it as one that carries a secret.
func (c Command) once() bool { return c.INS == insVerify || c.INS == insChange }

// ErrNotSent is found by errors.Is in the error of a [Transmitter] that
// certainly did not send the command, and so in the *TransmitError of Exchange.
var ErrNotSent = errors.New("command not sent")

// ErrTooLong is a command that does not fit the short form. It matches
// ErrNotSent.
var ErrTooLong = fmt.Errorf("apdu: %w: too long for the short form", ErrNotSent)

// MalformedError is an answer that no card may give.
type MalformedError struct {
	Op     string
	Length int // of the answer in bytes; 0 after a command with a secret, which an echo has in it
	Reason string
}

// Error implements error.
func (e *MalformedError) Error() string {
	if e.Length == 0 {
		return fmt.Sprintf("%s: answer: %s", e.Op, e.Reason)
	}
	return fmt.Sprintf("%s: answer of %d bytes: %s", e.Op, e.Length, e.Reason)
}

// TransmitError is an exchange that the transport did not complete. Whether the
// card saw the command is not known, unless the error matches ErrNotSent.
type TransmitError struct {
	Op  string
	Err error
}

// Error implements error.
func (e *TransmitError) Error() string { return fmt.Sprintf("%s: %v", e.Op, e.Err) }

// Unwrap returns the transport's error.
func (e *TransmitError) Unwrap() error { return e.Err }

// Bounds of an answer. A signature is the longest thing that comes in pieces, and a
// card that goes on and on is not honest.
const (
	maxData   = 256     // bytes of data in one answer
	maxAnswer = 4 << 10 // bytes of data in all pieces
	maxPieces = 32
)

// Exchange sends a command and returns the answer's data and status word. It follows
// 61xx by GET RESPONSE and 6Cxx by the same command with the length that the card
// named, once. After VERIFY and CHANGE REFERENCE DATA it sends nothing at all: their
// first answer is the answer, and the buffer that carried them is wiped.
//
// Errors are *TransmitError, *MalformedError, and ErrTooLong before anything was sent;
// any status word is no error here.
func Exchange(t Transmitter, c Command) ([]byte, Status, error) {
	data, status, err := transmit(t, c)
	if err != nil || c.once() {
		return data, status, err
	}
	if status>>8 == 0x6C {
		c.Le = lengthOf(byte(status))
		if data, status, err = transmit(t, c); err != nil {
			return nil, 0, err
		}
	}
	for pieces := 1; status>>8 == 0x61; pieces++ {
		if pieces == maxPieces || len(data) > maxAnswer {
			return nil, 0, &MalformedError{Op: c.Op, Length: len(data), Reason: "answers without end"}
		}
		// CLA without the bits of an application: GET RESPONSE is everyone's.
		next := Command{Op: "GET RESPONSE", CLA: c.CLA & 0x7F, INS: insGetResponse, Le: lengthOf(byte(status))}
		var more []byte
		if more, status, err = transmit(t, next); err != nil {
			return nil, 0, err
		}
		data = append(data, more...)
	}
	return data, status, nil
}

// lengthOf reads the second byte of 61xx and 6Cxx, where 00 means 256.
func lengthOf(b byte) int {
	if b == 0 {
		return maxData
	}
	return int(b)
}

// transmit is one command and its one answer.
func transmit(t Transmitter, c Command) ([]byte, Status, error) {
	raw := c.Bytes()
	if raw == nil {
		return nil, 0, ErrTooLong
	}
	if c.once() {
		defer clear(raw)
	}
	answer, err := t.Transmit(raw)
	if err != nil {
		return nil, 0, &TransmitError{Op: c.Op, Err: err}
	}
	n := len(answer) - 2
	reason := ""
	switch {
	case n < 0:
		reason = "no status word"
	case n > maxData:
		reason = "longer than a short answer can be"
	case n > 0 && c.once():
		reason = "data where none can be"
	case c.Le > 0 && n > c.Le:
		reason = "more data than was asked for"
	default:
		return answer[:n:n], Status(answer[n])<<8 | Status(answer[n+1]), nil
	}
	malformed := &MalformedError{Op: c.Op, Length: len(answer), Reason: reason}
	if c.once() {
		malformed.Length = 0
	}
	return nil, 0, malformed
}
