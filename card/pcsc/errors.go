package pcsc

import (
	"errors"
	"fmt"

	"natsuin/card/apdu"
)

// The causes of a failure. [errors.Is] finds them in the errors of this
// package.
var (
	ErrNoSupport    = errors.New("no reader support in this build")
	ErrNoService    = errors.New("no smart card service")
	ErrPermission   = errors.New("no permission to use the smart card service")
	ErrNoReader     = errors.New("no such reader")
	ErrNoCard       = errors.New("no card in the reader")
	ErrBusy         = errors.New("reader in use by another program")
	ErrRemoved      = errors.New("card removed, or contact lost")
	ErrReset        = errors.New("card reset by another program")
	ErrUnresponsive = errors.New("card does not respond")
	ErrTimeout      = errors.New("time-out in the smart card service")
	// ErrNotInstalled is the [ErrNoService] of a machine without libpcsclite.
	// Only programs of a release can return it; others need the library to
	// start.
	ErrNotInstalled = fmt.Errorf("%w: libpcsclite.so.1 is not installed", ErrNoService)
	// ErrNoAnswer means that the card did not answer in time. It may or may not
	// have carried out the command. The connection cannot be used any more.
	ErrNoAnswer = errors.New("no answer from the card")
	// ErrNoTransaction means that a command outside a transaction was not sent.
	// The error of [Conn.Transmit] also matches [apdu.ErrNotSent].
	ErrNoTransaction = errors.New("no transaction begun")
	// ErrClosed means that the connection was used after [Conn.Close] or
	// [Conn.Leave].
	ErrClosed = errors.New("connection closed")
)

// An Error means that a call failed, in the PC/SC service or in this package.
type Error struct {
	Op     string // readers, connect, begin, transmit, end, close
	Reader string // the name of the reader, unescaped, or ""
	Code   Code   // the return value of the service, or 0 if the failure is in this package
	Err    error  // is or wraps one of the Err… values; nil for an unknown code
}

// Error implements error. The reader's name is quoted, with control characters
// escaped.
func (e *Error) Error() string {
	s := "pcsc: " + e.Op
	if e.Reader != "" {
		s += fmt.Sprintf(" %+q", e.Reader)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Code != 0 {
		s += " (" + e.Code.String() + ")"
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// A Code is a return value of the PC/SC service (pcsclite.h, winerror.h).
type Code uint32

// String returns the code as PC/SC documents print it, such as 0x8010000B.
func (c Code) String() string { return fmt.Sprintf("0x%08X", uint32(c)) }

// The return values that this package handles specially.
const (
	codeInsufficientBuffer Code = 0x80100008
	codeUnknownReader      Code = 0x80100009
	codeNoReaders          Code = 0x8010002E
	codeReset              Code = 0x80100068
)

// kinds maps return values to the causes of [Error].
var kinds = map[Code]error{
	codeUnknownReader: ErrNoReader,
	codeNoReaders:     ErrNoReader,
	codeReset:         ErrReset,

	0x8010000A: ErrTimeout,      // E_TIMEOUT
	0x8010000B: ErrBusy,         // E_SHARING_VIOLATION
	0x8010000C: ErrNoCard,       // E_NO_SMARTCARD
	0x80100010: ErrUnresponsive, // E_NOT_READY
	0x80100013: ErrUnresponsive, // F_COMM_ERROR
	0x80100016: ErrUnresponsive, // E_NOT_TRANSACTED
	0x80100017: ErrNoReader,     // E_READER_UNAVAILABLE
	0x80100018: ErrNoService,    // P_SHUTDOWN
	0x8010001D: ErrNoService,    // E_NO_SERVICE
	0x8010001E: ErrNoService,    // E_SERVICE_STOPPED
	0x80100024: ErrNotInstalled, // E_FILE_NOT_FOUND: only .ci/release/pcsclite/pcsclite.c returns it
	0x80100027: ErrPermission,   // E_NO_ACCESS
	0x8010002F: ErrUnresponsive, // E_COMM_DATA_LOST
	0x80100031: ErrBusy,         // E_SERVER_TOO_BUSY
	0x80100065: ErrUnresponsive, // W_UNSUPPORTED_CARD: the ATR is not understood
	0x80100066: ErrUnresponsive, // W_UNRESPONSIVE_CARD
	0x80100067: ErrUnresponsive, // W_UNPOWERED_CARD
	0x80100069: ErrRemoved,      // W_REMOVED_CARD
	0x8010006A: ErrPermission,   // W_SECURITY_VIOLATION: refused by polkit
	0x00000005: ErrPermission,   // Windows: ERROR_ACCESS_DENIED
	0x000006BA: ErrNoService,    // Windows: RPC_S_SERVER_UNAVAILABLE
	0x0000045D: ErrUnresponsive, // Windows: ERROR_IO_DEVICE
}

// unsent returns the error for a command that was not sent. It matches
// [apdu.ErrNotSent].
func unsent(reader string, why error) error {
	return &Error{Op: "transmit", Reader: reader, Err: fmt.Errorf("%w: %w", why, apdu.ErrNotSent)}
}

// fail returns the error for a service call that returned code.
func fail(op, reader string, code Code) error {
	return &Error{Op: op, Reader: reader, Code: code, Err: kinds[code]}
}
