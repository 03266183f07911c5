// Package timestamp parses the TSTInfo that a time-stamp token carries as its
// content, and reports whether it is about a given signature value.
//
// It sends no request to an authority and verifies no signature: the token
// around the TSTInfo is a CMS SignedData, which package verify judges, with the
// rules for time-stamp authorities.
//
// The standard is RFC 3161 §2.4.2 with RFC 5816; RFC 3161 Appendix A says where
// a token is in a signature.
package timestamp

import (
	"bytes"
	"crypto"
	_ "crypto/sha1"   // for old tokens; the caller decides whether they count
	_ "crypto/sha256" // registers SHA-256
	_ "crypto/sha512" // registers SHA-384 and SHA-512
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
)

// The object identifiers of a token.
var (
	// OIDContent is id-ct-TSTInfo, the content type of a token.
	OIDContent = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	// OIDAttribute is id-aa-timeStampToken, the unsigned attribute with a
	// token.
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

// Info is a TSTInfo. Ordering, nonce and the name of the authority are checked
// for their form and not kept: they matter to the requester, or repeat the
// certificate.
type Info struct {
	Policy        asn1.ObjectIdentifier // of the authority
	HashAlgorithm asn1.ObjectIdentifier // of the message imprint
	Hash          crypto.Hash           // SHA-1, SHA-256, SHA-384, SHA-512, or 0 for another
	HashedMessage []byte
	SerialNumber  *big.Int
	GenTime       time.Time     // UTC
	Accuracy      time.Duration // either way; 0 if the token does not say
}

// Matches reports whether the imprint is the hash of signatureValue, the octets
// of SignerInfo.signature. An imprint by an unknown hash never matches.
func (i *Info) Matches(signatureValue []byte) bool {
	if i.Hash == 0 || !i.Hash.Available() {
		return false
	}
	h := i.Hash.New()
	h.Write(signatureValue)
	return bytes.Equal(h.Sum(nil), i.HashedMessage)
}

// SyntaxError names the field of a TSTInfo that cannot be parsed.
type SyntaxError struct{ Field string }

func (e *SyntaxError) Error() string { return fmt.Sprintf("parse: time stamp: %s", e.Field) }
