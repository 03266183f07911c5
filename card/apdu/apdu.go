// Package apdu encodes commands to a smart card, decodes its answers, and
// enforces the rules of one exchange: which answers are followed up, and which
// commands are never sent twice.
//
// It does not depend on an application, file or secret. It recognises by the
// instruction byte which commands carry a secret: it sends VERIFY and CHANGE
// REFERENCE DATA only once, whatever the answer, and hides their data in a
// trace.
//
// The standard is ISO/IEC 7816-4 (short APDUs, cases 1 to 4). docs/card.md §2
// and §3 describe how the card uses it.
package apdu

import (
	"errors"
	"fmt"
)

// A Transmitter sends one command APDU, once, and returns the answer with its
// status word. *pcsc.Conn, *scard.Card and *virtual.Card implement it.
type Transmitter interface {
	Transmit(cmd []byte) (resp []byte, err error)
}

// Instruction bytes that have special rules.
const (
	insVerify      = 0x20
	insChange      = 0x24
	insGetResponse = 0xC0
)

// A Command is a command APDU in the short form.
type Command struct {
	Op               string // the name in errors: "SELECT", "VERIFY"
	CLA, INS, P1, P2 byte
	Data             []byte // at most 255 bytes
	Le               int    // expected length of the answer, 1 to 256, or 0 for none
}

// Bytes returns the encoded command in a new buffer. It returns nil if Data or
// Le does not fit the short form; [Exchange] then sends nothing.
func (c Command) Bytes() []byte {
	if len(c.Data) > 255 || c.Le < 0 || c.Le > maxData {
		return nil
	}
	// With the full capacity from the start, append leaves no copy of a secret
	// behind.
	b := make([]byte, 0, 6+len(c.Data))
	b = append(b, c.CLA, c.INS, c.P1, c.P2)
	if len(c.Data) > 0 {
		b = append(b, byte(len(c.Data)))
		b = append(b, c.Data...)
	}
	if c.Le > 0 {
		b = append(b, byte(c.Le)) // 256 is encoded as 00
	}
	return b
}

// once reports whether the command is sent once and never followed up, because
// each repetition of a VERIFY may cost a try. This includes the empty VERIFY:
// if an Le byte followed it, a card could take it for a VERIFY with a secret.
func (c Command) once() bool { return c.INS == insVerify || c.INS == insChange }

// ErrNotSent is found by [errors.Is] in the error of a [Transmitter] that
// certainly did not send the command, and so in the [*TransmitError] from
// [Exchange].
var ErrNotSent = errors.New("command not sent")

// ErrTooLong means that a command does not fit the short form. It matches
// [ErrNotSent].
var ErrTooLong = fmt.Errorf("apdu: %w: too long for the short form", ErrNotSent)

// A MalformedError means that an answer breaks the standard, or that it exceeds
// a limit of this package.
type MalformedError struct {
	Op string
	// Length is the length of the answer in bytes, or 0 after VERIFY and
	// CHANGE, because the length of an echo would reveal that of the secret.
	Length int
	Reason string
}

// Error implements error.
func (e *MalformedError) Error() string {
	if e.Length == 0 {
		return fmt.Sprintf("%s: answer: %s", e.Op, e.Reason)
	}
	return fmt.Sprintf("%s: answer of %d bytes: %s", e.Op, e.Length, e.Reason)
}

// A TransmitError means that the transport did not complete an exchange. It is
// unknown whether the card received the command, unless the error matches
// [ErrNotSent].
type TransmitError struct {
	Op  string
	Err error
}

// Error implements error.
func (e *TransmitError) Error() string { return fmt.Sprintf("%s: %v", e.Op, e.Err) }

// Unwrap returns the transport's error.
func (e *TransmitError) Unwrap() error { return e.Err }

// Limits of an answer.
const (
	maxData   = 256     // bytes of data in one answer
	maxAnswer = 4 << 10 // bytes of data after which no further piece is fetched
	maxPieces = 32
)

// Exchange sends a command and returns the data and the status word of the
// answer. It follows up 61xx with GET RESPONSE, and 6Cxx, once, with the same
// command and the length that the card named. It does not follow up the answer
// to VERIFY or CHANGE REFERENCE DATA, and wipes the buffer of such a command.
//
// The error is [ErrTooLong] before anything is sent, and otherwise a
// [*TransmitError] or a [*MalformedError]. A status word is never an error
// here.
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
		// The CLA has no proprietary bit, because GET RESPONSE is an
		// interindustry command.
		next := Command{Op: "GET RESPONSE", CLA: c.CLA & 0x7F, INS: insGetResponse, Le: lengthOf(byte(status))}
		var more []byte
		if more, status, err = transmit(t, next); err != nil {
			return nil, 0, err
		}
		data = append(data, more...)
	}
	return data, status, nil
}

// lengthOf returns the length in the second byte of 61xx and 6Cxx, where 00
// means 256.
func lengthOf(b byte) int {
	if b == 0 {
		return maxData
	}
	return int(b)
}

// transmit sends one command and returns its answer, without following it up.
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
