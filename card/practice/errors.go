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
	// ErrNoCard means that nothing was made in the folder yet.
	ErrNoCard = errors.New("practice: no card yet")
	// ErrBusy means that another process holds the card: one that serves it, or one
	// in the middle of a transaction.
	ErrBusy = errors.New("practice: the card is in use by another process")
	// ErrReplaced means that another card was issued since the connection began.
	ErrReplaced = errors.New("practice: another card was issued")
	// ErrNoCertificate means that the card has no certificate that could be revoked.
	ErrNoCertificate = errors.New("practice: no such certificate on this card")
	// ErrClosed means that the connection was closed.
	ErrClosed = errors.New("practice: connection closed")
)

// DamagedError is a store that cannot be read as what it should be. It is never
// replaced by itself, since that would unlock a locked card: Reset does so.
type DamagedError struct {
	Path   string
	Reason string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("practice: damaged store %s: %s", e.Path, e.Reason)
}

// LinkError is a symbolic link in the place of the store's folder or of a file in it.
// None is followed: what it points to may be anybody's.
type LinkError struct{ Path string }

func (e *LinkError) Error() string { return "practice: is a symbolic link: " + e.Path }

// InvalidError is an option that the town hall does not accept.
type InvalidError struct {
	Field  string // "kind", "name", "address", "birth", "sex", "sign", "auth" or "reason"
	Reason string
}

func (e *InvalidError) Error() string { return fmt.Sprintf("practice: %s: %s", e.Field, e.Reason) }

// NoSecretError means that the card has no such secret, as the 住民基本台帳カード has no
// authentication PIN.
type NoSecretError struct{ Credential virtual.Credential }

func (e *NoSecretError) Error() string {
	return fmt.Sprintf("practice: the card has no %s secret", e.Credential)
}

// RevokedError means that the certificate was revoked before.
type RevokedError struct{ At time.Time }

func (e *RevokedError) Error() string {
	return "practice: revoked already at " + e.At.Format(time.RFC3339)
}
