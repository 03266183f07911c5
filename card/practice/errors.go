package practice

import (
	"errors"
	"fmt"
	"time"

	"natsuin/card/virtual"
)

var (
	// ErrNoFolder means that Options.Dir is not set.
	ErrNoFolder = errors.New("practice: no folder")
	// ErrNoCard means that no card was issued in the folder yet.
	ErrNoCard = errors.New("practice: no card yet")
	// ErrBusy means that another process, or another Conn, holds the card in a
	// transaction.
	ErrBusy = errors.New("practice: the card is in use by another process")
	// ErrReplaced means that another card was issued since the first
	// transaction of the connection.
	ErrReplaced = errors.New("practice: another card was issued")
	// ErrNoCertificate means that the card has no certificate to revoke.
	ErrNoCertificate = errors.New("practice: no such certificate on this card")
	// ErrClosed means that the connection was closed.
	ErrClosed = errors.New("practice: connection closed")
)

// A DamagedError means that the content of the store is invalid. The store is
// never replaced automatically, because this could unlock a locked card.
// [Store.Reset] replaces it.
type DamagedError struct {
	Path   string
	Reason string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("practice: damaged store %s: %s", e.Path, e.Reason)
}

// A LinkError means that the folder of the store, or a file in it, is a
// symbolic link. Links are not followed, because their target may belong to
// anybody.
type LinkError struct{ Path string }

func (e *LinkError) Error() string { return "practice: is a symbolic link: " + e.Path }

// An InvalidError means that an option, or the reason of a revocation, has an
// invalid value.
type InvalidError struct {
	Field  string // "kind", "name", "address", "birth", "sex", "sign", "auth" or "reason"
	Reason string
}

func (e *InvalidError) Error() string { return fmt.Sprintf("practice: %s: %s", e.Field, e.Reason) }

// A NoSecretError means that the card has no such secret. A 住民基本台帳カード,
// for example, has no authentication PIN.
type NoSecretError struct{ Credential virtual.Credential }

func (e *NoSecretError) Error() string {
	return fmt.Sprintf("practice: the card has no %s secret", e.Credential)
}

// A RevokedError means that the certificate was revoked before.
type RevokedError struct{ At time.Time }

func (e *RevokedError) Error() string {
	return "practice: revoked already at " + e.At.Format(time.RFC3339)
}
