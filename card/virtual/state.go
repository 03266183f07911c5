package virtual

import (
	"crypto"
	"slices"
)

// A Credential is one of the two secrets of the card, with its key and
// certificate.
type Credential int

const (
	// Sign is the signature key with its password (署名用電子証明書).
	Sign Credential = iota
	// Auth is the authentication key with its PIN (利用者証明用電子証明書).
	Auth
)

// None is the credential of log entries that concern no secret or key.
const None Credential = -1

func (c Credential) valid() bool { return c == Sign || c == Auth }

// String returns "sign", "auth" or "none".
func (c Credential) String() string {
	switch c {
	case Sign:
		return "sign"
	case Auth:
		return "auth"
	}
	return "none"
}

// State is the content of a card: what was written when it was issued, and its
// counters.
type State struct {
	// Label is the token label, at most 32 bytes (docs/card.md §1).
	Label string
	// Sign and Auth hold the key, the certificates and the secret of each
	// credential.
	Sign, Auth Slot
	// AuthCertificateNeedsPIN makes EF 000A readable only after the PIN, as on
	// a phone.
	AuthCertificateNeedsPIN bool
	// Hint is EF 0008. nil means that it follows from the certificates.
	Hint []byte
}

// A Slot is a key with its certificates and its secret.
type Slot struct {
	Key         crypto.Signer // *rsa.PrivateKey or *ecdsa.PrivateKey; nil: no key file
	Certificate []byte        // DER; nil: none on this card
	CA          []byte        // DER of the issuer's; nil: none on this card
	Secret      []byte        // ASCII, as VERIFY sends it
	Tries       int           // left, at most 15
	MaxTries    int           // 0: no such secret; its file is missing
}

// Slot returns a pointer to the slot of cred. The caller may change the slot
// through it.
func (s *State) Slot(cred Credential) *Slot {
	if cred == Auth {
		return &s.Auth
	}
	return &s.Sign
}

func (s State) clone() State {
	s.Sign.Secret = slices.Clone(s.Sign.Secret)
	s.Auth.Secret = slices.Clone(s.Auth.Secret)
	s.Hint = slices.Clone(s.Hint)
	return s
}
