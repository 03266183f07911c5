// Package vpcd inserts a virtual card into a PC/SC reader. It implements the
// protocol of the virtual reader driver of vsmartcard (vpcd), so that any PC/SC
// program can use the card.
//
// It is not a reader driver, and it is not for networks: it authenticates
// nobody, and every program that reaches the port can use the card. It listens
// on loopback addresses only.
//
// The protocol is that of vpcd 0.9 (https://frankmorgner.github.io/vsmartcard):
// frames of a 2-byte big-endian length and that many bytes. A frame of one byte
// is a control message: 0 off, 1 on, 2 reset, 4 ATR. Any other frame is a
// command APDU.
package vpcd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
)

// A Card is a card as a reader uses it.
type Card interface {
	ATR() []byte
	PowerUp()
	PowerDown()
	Reset()
	Transmit(command []byte) (answer []byte, err error)
}

// The control messages.
const (
	controlOff   = 0
	controlOn    = 1
	controlReset = 2
	controlATR   = 4
)

// maxFrame is the longest frame that the length field allows, in bytes.
const maxFrame = 1<<16 - 1

// A FrameError means that a frame breaks the protocol.
type FrameError struct{ Reason string }

func (e *FrameError) Error() string { return "vpcd: frame: " + e.Reason }

// Serve answers the reader at the other end of conn until ctx ends, the reader
// closes the connection or breaks the protocol, or the card does not answer. It
// then closes conn, which the reader takes for the removal of the card, and
// turns the card's power off. The error is nil if the reader closed the
// connection between frames or reset it, and ctx.Err() if ctx ended.
func Serve(ctx context.Context, conn net.Conn, card Card) error {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	defer card.PowerDown()
	err := serve(prompt(conn), card)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == io.EOF || errors.Is(err, syscall.ECONNRESET):
		return nil
	}
	return err
}

func serve(conn io.ReadWriter, card Card) error {
	for {
		frame, err := ReadFrame(conn)
		if err != nil {
			return err
		}
		var answer []byte
		if len(frame) == 1 {
			if answer, err = control(frame[0], card); err != nil {
				return err
			}
			if answer == nil {
				continue
			}
		} else if answer, err = card.Transmit(frame); err != nil {
			return fmt.Errorf("vpcd: transmit: %w", err)
		}
		if err := WriteFrame(conn, answer); err != nil {
			return err
		}
	}
}

// control executes a control message. Only the request for the ATR has an
// answer.
func control(message byte, card Card) ([]byte, error) {
	switch message {
	case controlOff:
		card.PowerDown()
	case controlOn:
		card.PowerUp()
	case controlReset:
		card.Reset()
	case controlATR:
		return card.ATR(), nil
	default:
		return nil, &FrameError{Reason: fmt.Sprintf("unknown control message %d", message)}
	}
	return nil, nil
}

// ReadFrame reads one frame. The error is [io.EOF] if r ends between frames.
func ReadFrame(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, truncated(err)
	}
	n := binary.BigEndian.Uint16(length[:])
	if n == 0 {
		return nil, &FrameError{Reason: "empty"}
	}
	frame := make([]byte, n)
	if _, err := io.ReadFull(r, frame); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, truncated(err)
	}
	return frame, nil
}

func truncated(err error) error {
	if err == io.ErrUnexpectedEOF {
		return &FrameError{Reason: "truncated"}
	}
	return err
}

// WriteFrame writes one frame with a single Write.
func WriteFrame(w io.Writer, frame []byte) error {
	if len(frame) > maxFrame {
		return &FrameError{Reason: fmt.Sprintf("%d bytes do not fit", len(frame))}
	}
	_, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(frame))), frame...))
	return err
}
