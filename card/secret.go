package card

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// A Secret is a password or PIN. It shows as "[redacted]" however it is printed or
// encoded, and Wipe overwrites it. Copies of the value share the bytes; Clone does not.
type Secret struct{ b []byte }

// NewSecret takes over the bytes, which the caller must not use again.
func NewSecret(b []byte) Secret { return Secret{b} }

// Clone returns a secret of its own, to be wiped by itself.
func (s Secret) Clone() Secret { return Secret{bytes.Clone(s.b)} }

// Len is the length in bytes.
func (s Secret) Len() int { return len(s.b) }

// Equal compares in constant time for secrets of one length.
func (s Secret) Equal(o Secret) bool { return subtle.ConstantTimeCompare(s.b, o.b) == 1 }

// Wipe overwrites the secret with zeros.
func (s Secret) Wipe() { clear(s.b) }

// Reveal returns the bytes themselves. Only what makes a practice card needs them.
func (s Secret) Reveal() []byte { return s.b }

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// Format implements fmt.Formatter, so that no verb shows the bytes.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText implements encoding.TextMarshaler, for JSON and the like.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
