// Package cms encodes a CMS SignedData in DER, with one signer, who is
// identified by issuer and serial number. The content is of type id-data, of
// any size, detached or attached. It also adds unsigned attributes to an
// existing SignedData, wherever that was made, and changes nothing that is
// signed.
//
// It does not compute or verify signatures. Package sign checks its output with
// independent code.
//
// The standard is RFC 5652, with RFC 5035 for signing-certificate-v2, and RFC
// 3370, RFC 5754 and RFC 5758 for the algorithm identifiers.
package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// A SignedData holds the encoded parts around the content.
type SignedData struct {
	prefix []byte // version, digestAlgorithms
	certs  []byte // certificates
	infos  []byte // the contents of signerInfos
}

// suffix returns what follows the content.
func (sd *SignedData) suffix() []byte {
	return append(sd.certs[:len(sd.certs):len(sd.certs)], wrap(tagSet, sd.infos)...)
}

// A Signer holds the values of a SignerInfo.
type Signer struct {
	Hash        crypto.Hash
	Certificate *x509.Certificate
	Attributes  []byte // the result of Attributes.Marshal
	Signature   []byte
}

// New encodes everything except the content. certs becomes the set of
// certificates, in DER order, and should include the signer's.
//
// Both versions are 1, as for id-data and issuerAndSerialNumber (RFC 5652 §5.1,
// §5.3).
func New(s Signer, certs []*x509.Certificate) (*SignedData, error) {
	prefix, err := build(func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(der.SET, func(b *cryptobyte.Builder) {
			addDigestAlgorithm(b, s.Hash)
		})
	})
	if err != nil {
		return nil, err
	}
	info, err := build(s.add)
	if err != nil {
		return nil, err
	}
	set, err := certificates(certs)
	if err != nil {
		return nil, err
	}
	return &SignedData{prefix: prefix, certs: wrap(tagContext0, set), infos: info}, nil
}

func certificates(certs []*x509.Certificate) ([]byte, error) {
	elements := make([]cryptobyte.BuilderContinuation, len(certs))
	for i, c := range certs {
		elements[i] = func(b *cryptobyte.Builder) { b.AddBytes(c.Raw) }
	}
	return setOf(elements...)
}

func (s Signer) add(b *cryptobyte.Builder) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // issuerAndSerialNumber
			b.AddBytes(s.Certificate.RawIssuer)
			b.AddASN1BigInt(s.Certificate.SerialNumber)
		})
		addDigestAlgorithm(b, s.Hash)
		// The octets that were signed, except that the first is [0] IMPLICIT
		// instead of SET (RFC 5652 §5.4).
		b.AddUint8(tagContext0)
		b.AddBytes(s.Attributes[1:])
		s.addSignatureAlgorithm(b)
		b.AddASN1OctetString(s.Signature)
	})
}

// addSignatureAlgorithm writes rsaEncryption with NULL, which every CMS program
// that supports PKCS #1 v1.5 must support (RFC 3370 §3.2), or ecdsa-with-SHA2
// without parameters (RFC 5758 §3.2).
func (s Signer) addSignatureAlgorithm(b *cryptobyte.Builder) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		switch s.Certificate.PublicKey.(type) {
		case *rsa.PublicKey:
			b.AddASN1ObjectIdentifier(oidRSAEncryption)
			b.AddASN1NULL()
		case *ecdsa.PublicKey:
			b.AddASN1ObjectIdentifier(algorithms[s.Hash].ecdsa)
		default:
			b.SetError(fmt.Errorf("no signature algorithm for a key of type %T", s.Certificate.PublicKey))
		}
	})
}

// Detached returns the ContentInfo without the content.
func (sd *SignedData) Detached() []byte {
	encap := wrap(tagSequence, encodedOID(oidData))
	signed := wrap(tagSequence, sd.prefix, encap, sd.suffix())
	return wrap(tagSequence, encodedOID(oidSignedData), wrap(tagContext0, signed))
}

// Attached returns the octets before and after the content in a ContentInfo, so
// that before, size octets of content, and after make up the whole. All lengths
// are definite. It fails if the total length does not fit into an int64.
func (sd *SignedData) Attached(size int64) (before, after []byte, err error) {
	after = sd.suffix()
	if size < 0 || size > math.MaxInt64-int64(len(sd.prefix)+len(after))-maxOverhead {
		return nil, nil, fmt.Errorf("encode: signed data: content of %d bytes", size)
	}
	// From the innermost header to the outermost: each step prepends a header
	// and counts the octets that the next header must include.
	length := size
	open := func(tag byte, inFront []byte, behind int) {
		before = append(append(inFront[:len(inFront):len(inFront)], header(tag, length)...), before...)
		length += int64(len(inFront) + len(header(tag, length)) + behind)
	}
	oid := encodedOID(oidData)
	open(tagOctetString, nil, 0)
	open(tagContext0, oid, 0)
	open(tagSequence, sd.prefix, len(after))
	open(tagSequence, nil, 0)
	open(tagContext0, encodedOID(oidSignedData), 0)
	before = append(header(tagSequence, length), before...)
	return before, after, nil
}

// maxOverhead is an upper limit for the headers and object identifiers around
// the content: six headers of at most ten octets, and two identifiers.
const maxOverhead = 128

func encodedOID(oid asn1.ObjectIdentifier) []byte {
	var b cryptobyte.Builder
	b.AddASN1ObjectIdentifier(oid)
	return b.BytesOrPanic()
}
