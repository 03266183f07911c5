// Package fingerprint computes, parses, formats and compares the fingerprints
// of certificates: SHA-256 and SHA-1 over the whole DER certificate, as
// authorities publish them on paper and on the web.
//
// It does not decide what to trust: package verify/trust has the published
// values. It compares only whole values, because a partial match can be forged.
//
// The hashes are those of FIPS 180-4. The base64 form is that of OpenSSH (RFC
// 4648 §4 without padding).
package fingerprint

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"
)

// An Algorithm is the hash of a fingerprint. The zero value is no algorithm.
type Algorithm uint8

// The hashes of published fingerprints. A match of SHA-1 alone is weaker,
// because two certificates with the same SHA-1 value can be made on purpose.
const (
	SHA256 Algorithm = iota + 1
	SHA1
)

// String returns the name for JSON and messages, "sha256" or "sha1".
func (a Algorithm) String() string {
	switch a {
	case SHA256:
		return "sha256"
	case SHA1:
		return "sha1"
	default:
		return "unknown"
	}
}

// Size returns the length of a value in bytes, or 0 for no algorithm.
func (a Algorithm) Size() int {
	switch a {
	case SHA256:
		return sha256.Size
	case SHA1:
		return sha1.Size
	default:
		return 0
	}
}

// A Fingerprint is one fingerprint. The zero value equals nothing.
type Fingerprint struct {
	Algorithm Algorithm
	Sum       []byte // Algorithm.Size() bytes
}

// Fingerprints holds both fingerprints of one certificate.
type Fingerprints struct {
	SHA256, SHA1 Fingerprint
}

// Of returns the fingerprints of a certificate, over its DER. They are zero
// values if cert is nil or has no DER.
func Of(cert *x509.Certificate) Fingerprints {
	if cert == nil || len(cert.Raw) == 0 {
		return Fingerprints{}
	}
	long, short := sha256.Sum256(cert.Raw), sha1.Sum(cert.Raw)
	return Fingerprints{SHA256: Fingerprint{SHA256, long[:]}, SHA1: Fingerprint{SHA1, short[:]}}
}

// Select returns the fingerprint with this algorithm, to compare it with a
// typed value.
func (p Fingerprints) Select(a Algorithm) Fingerprint {
	switch a {
	case SHA256:
		return p.SHA256
	case SHA1:
		return p.SHA1
	default:
		return Fingerprint{}
	}
}

func (p Fingerprint) whole() bool { return p.Algorithm.Size() > 0 && len(p.Sum) == p.Algorithm.Size() }

// Equal reports whether both are whole fingerprints with the same algorithm and
// value.
func (p Fingerprint) Equal(q Fingerprint) bool {
	return p.whole() && p.Algorithm == q.Algorithm && bytes.Equal(p.Sum, q.Sum)
}

// String returns upper-case hexadecimal without separators.
func (p Fingerprint) String() string { return strings.ToUpper(hex.EncodeToString(p.Sum)) }

// Groups returns String split into groups of four digits, which people read and
// compare: 16 groups for SHA-256, 10 for SHA-1.
func (p Fingerprint) Groups() []string {
	groups := make([]string, 0, len(p.Sum)/2)
	for pair := range slices.Chunk(p.Sum, 2) {
		groups = append(groups, strings.ToUpper(hex.EncodeToString(pair)))
	}
	return groups
}

// Diff reports whether a and b are equal, and otherwise returns the number,
// counted from 1, of the first group of four digits in which they differ. The
// number is 0 for equal values, and for values that cannot be compared because
// their algorithms differ or one is not whole.
func Diff(a, b Fingerprint) (group int, same bool) {
	if a.Equal(b) {
		return 0, true
	}
	if !a.whole() || !b.whole() || a.Algorithm != b.Algorithm {
		return 0, false
	}
	i := 0
	for a.Sum[i] == b.Sum[i] {
		i++
	}
	return i/2 + 1, false
}
