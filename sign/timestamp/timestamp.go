// Package timestamp asks time-stamp authorities for tokens: [Client] sends the
// hash of a signature value or of a document through a [Transport], such as
// [HTTP], and accepts only the answer to that request. The package also parses
// the TSTInfo in a token, and reports whether it is about a given imprint.
//
// It does not verify signatures, and has no list of trusted authorities. A
// token is a CMS SignedData, which package verify checks by the rules for
// time-stamp authorities. A token that [Client.Stamp] returned proves nothing
// before that.
//
// The standard is RFC 3161 with RFC 5816; RFC 3161 §3.4 describes the transport
// over HTTP, and Appendix A says where a token is in a signature.
package timestamp

import (
	"bytes"
	"crypto"
	_ "crypto/sha1"   // for old tokens; the caller decides whether they count
	_ "crypto/sha256" // registers SHA-256
	_ "crypto/sha512" // registers SHA-384 and SHA-512
	"crypto/x509"
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

// Info is a TSTInfo. Ordering and the name of the authority are checked for
// their form and not kept: nothing here depends on the ordering, and the name
// repeats that in the certificate.
type Info struct {
	Policy        x509.OID              // of the authority
	HashAlgorithm asn1.ObjectIdentifier // of the message imprint
	Hash          crypto.Hash           // SHA-1, SHA-256, SHA-384, SHA-512, or 0 for another
	HashedMessage []byte
	SerialNumber  *big.Int
	GenTime       time.Time     // UTC
	Accuracy      time.Duration // either way; 0 if the token does not say
	Nonce         *big.Int      // of the request; nil if there is none

	critical bool // some extension is critical
}

// An Imprint is the hash for which a token is asked: that of the octets of
// SignerInfo.signature, or of the ranges that a document time stamp covers.
type Imprint struct {
	Hash crypto.Hash // SHA-256, SHA-384 or SHA-512
	Sum  []byte
}

// ImprintOf returns the imprint of data by h, which must be available.
func ImprintOf(h crypto.Hash, data []byte) Imprint {
	sum := h.New()
	sum.Write(data)
	return Imprint{h, sum.Sum(nil)}
}

// Has reports whether the token is about exactly this imprint.
func (i *Info) Has(imprint Imprint) bool {
	return i.Hash != 0 && i.Hash == imprint.Hash && bytes.Equal(i.HashedMessage, imprint.Sum)
}

// Matches reports whether the imprint is the hash of signatureValue, the octets
// of SignerInfo.signature. An imprint by an unknown hash never matches.
func (i *Info) Matches(signatureValue []byte) bool {
	if i.Hash == 0 || !i.Hash.Available() {
		return false
	}
	return i.Has(ImprintOf(i.Hash, signatureValue))
}

// SyntaxError names the field of a TSTInfo that cannot be parsed.
type SyntaxError struct{ Field string }

func (e *SyntaxError) Error() string { return fmt.Sprintf("parse: time stamp: %s", e.Field) }
