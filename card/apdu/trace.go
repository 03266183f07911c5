package apdu

import (
	"errors"
	"fmt"
)

// Instructions that cannot carry a secret. Like GET RESPONSE, they are shown
// whole in a trace.
const (
	insSelect     = 0xA4
	insReadBinary = 0xB0
)

// Trace returns a [Transmitter] that also reports each exchange in one line,
// such as "00 B0 86 00 20 > [32 bytes] 9000". It shows commands like [Redact]
// does. Of an answer it shows at most the length and the status word, since a
// certificate may contain a person's address.
func Trace(t Transmitter, report func(line string)) Transmitter { return &tracer{t, report} }

type tracer struct {
	next   Transmitter
	report func(string)
}

func (t *tracer) Transmit(cmd []byte) ([]byte, error) {
	line := Redact(cmd) // before Transmit, which may change the buffer
	resp, err := t.next.Transmit(cmd)
	t.report(line + " > " + answer(resp, err, CarriesSecret(cmd)))
	return resp, err
}

func answer(resp []byte, err error, secret bool) string {
	n := len(resp) - 2
	switch {
	case errors.Is(err, ErrNotSent):
		return "not sent: " + err.Error()
	case err != nil:
		return "no answer: " + err.Error()
	case n != 0 && secret: // an echo would contain the secret
		return "malformed"
	case n < 0:
		return fmt.Sprintf("[%d bytes] no status", len(resp))
	case n == 0:
		return fmt.Sprintf("%X", resp)
	}
	return fmt.Sprintf("[%d bytes] %X", n, resp[n:])
}

// Redact returns a command in a form that may go into a log. It shows the bytes
// after the header only for commands that cannot carry a secret. It does not
// even show their length for VERIFY and CHANGE, and shows only their length for
// any other command.
func Redact(cmd []byte) string {
	if len(cmd) < 4 {
		return fmt.Sprintf("[%d bytes]", len(cmd))
	}
	header, body := fmt.Sprintf("% X", cmd[:4]), cmd[4:]
	switch {
	case CarriesSecret(cmd):
		return header + " [redacted]"
	case len(body) == 0:
		return header
	case cmd[1] == insSelect, cmd[1] == insReadBinary, cmd[1] == insGetResponse:
		return fmt.Sprintf("%s % X", header, body)
	}
	return fmt.Sprintf("%s [%d bytes]", header, len(body))
}

// CarriesSecret reports whether a raw command is a VERIFY or CHANGE REFERENCE
// DATA with any byte after its header. A fifth byte alone counts, because a
// card could take it for the length of the data.
func CarriesSecret(cmd []byte) bool {
	return len(cmd) > 4 && (cmd[1] == insVerify || cmd[1] == insChange)
}
