// Package timestamp reads the TSTInfo that a time-stamp token carries as its
// content, and says whether it speaks of a given signature value.
//
// It asks no time-stamp authority for anything and verifies no signature: the
// token around the TSTInfo is a CMS SignedData, which package verify checks like
// any other, with the rules for time-stamp authorities.
//
// The standard is RFC 3161 §2.4.2, with RFC 5816; where a token stands in a
// signature is RFC 3161 Appendix A.
package timestamp

import (
	"bytes"
	"crypto"
	_ "crypto/sha1"   // named by old tokens; whether it counts is the caller's rule
	_ "crypto/sha256" // registers SHA-256
	_ "crypto/sha512" // registers SHA-384 and SHA-512
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
)

// The object identifiers around a token.
var (
	// OIDContent is id-ct-TSTInfo, the content type of a token.
	OIDContent = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	// OIDAttribute is id-aa-timeStampToken, the unsigned attribute that holds one.
	OIDAttribute = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
)

// hashes are the hash functions of message imprints (RFC 3370, RFC 5754).
var hashes = []struct {
	oid  asn1.ObjectIdentifier
	hash crypto.Hash
}{
	{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, crypto.SHA1},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, crypto.SHA256},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, crypto.SHA384},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, crypto.SHA512},
}

// Info is a TSTInfo. Of its ordering, nonce and authority's name only the form is checked:
// they are for who asked, or repeat what the certificate says.
type Info struct {
	Policy        asn1.ObjectIdentifier // of the authority
	HashAlgorithm asn1.ObjectIdentifier // of the message imprint
	Hash          crypto.Hash           // the same, or 0 when it is none of SHA-1, SHA-256, SHA-384, SHA-512
	HashedMessage []byte
	SerialNumber  *big.Int
	GenTime       time.Time     // UTC
	Accuracy      time.Duration // either way; 0 when the token does not say
}

// Matches reports whether the imprint is the hash of signatureValue, the octets
// of SignerInfo.signature. A hash that is not available never matches.
func (i *Info) Matches(signatureValue []byte) bool {
	if i.Hash == 0 || !i.Hash.Available() {
		return false
	}
	h := i.Hash.New()
	h.Write(signatureValue)
	return bytes.Equal(h.Sum(nil), i.HashedMessage)
}

// SyntaxError says which field of a TSTInfo cannot be read.
type SyntaxError struct{ Field string }

func (e *SyntaxError) Error() string { return fmt.Sprintf("parse: time stamp: %s", e.Field) }
