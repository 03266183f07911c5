package card

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// A Secret is a password or PIN. It is printed and encoded as "[redacted]", and
// [Secret.Wipe] overwrites it. Copies of a Secret share the bytes, and
// [Secret.Clone] copies them. The zero Secret is empty.
type Secret struct{ v *held }

// held keeps the bytes behind two pointers: fmt does not call the methods of a
// value in an unexported field, and follows one pointer for a verb that does
// not fit. Printing a struct that contains a Secret thus shows addresses.
type held struct{ b *[]byte }

// NewSecret returns a Secret that takes ownership of b. The caller must not use
// b again.
func NewSecret(b []byte) Secret { return Secret{&held{&b}} }

// Clone returns a copy of the secret with its own bytes, which must be wiped
// separately.
func (s Secret) Clone() Secret { return NewSecret(bytes.Clone(s.bytes())) }

// Len returns the length in bytes. It is 0 after [Secret.Wipe].
func (s Secret) Len() int { return len(s.bytes()) }

// Equal reports whether two secrets are equal. If their lengths are equal, the
// time it takes does not depend on the bytes.
func (s Secret) Equal(o Secret) bool { return subtle.ConstantTimeCompare(s.bytes(), o.bytes()) == 1 }

// Wipe overwrites the secret with zeros and makes it empty, so that the zeros
// cannot be sent instead.
func (s Secret) Wipe() {
	if s.v != nil {
		clear(*s.v.b)
		*s.v.b = nil
	}
}

// Reveal returns the bytes themselves, not a copy. It is meant for issuing a
// practice card.
func (s Secret) Reveal() []byte { return s.bytes() }

func (s Secret) bytes() []byte {
	if s.v == nil {
		return nil
	}
	return *s.v.b
}

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return redacted }

// Format implements [fmt.Formatter], so that no verb shows the bytes.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText implements encoding.TextMarshaler, for XML and the like.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON implements json.Marshaler.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
