package practice

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"slices"
	"strconv"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	idSignedData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	idTSTInfo             = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	idContentType         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	idMessageDigest       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	idSigningCertificate2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	idSHA256              = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
)

// tsaRejection is a bit of PKIFailureInfo (RFC 3161 §2.4.2).
type tsaRejection int

const (
	tsaBadAlgorithm  tsaRejection = 0
	tsaBadFormat     tsaRejection = 5
	tsaOtherPolicy   tsaRejection = 15
	tsaExtension     tsaRejection = 16
	tsaSystemFailure tsaRejection = 25
)

func (r tsaRejection) Error() string {
	return "practice: time-stamp request rejected: " + strconv.Itoa(int(r))
}

// encode returns a TimeStampResp with the status rejection.
func (r tsaRejection) encode() []byte {
	bits := make([]byte, r/8+1)
	bits[r/8] = 0x80 >> (r % 8)
	unused := byte(7 - r%8)
	return tsaEncode(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(2)
				b.AddASN1(cbasn1.BIT_STRING, func(b *cryptobyte.Builder) { b.AddBytes(append([]byte{unused}, bits...)) })
			})
		})
	})
}

// granted returns a TimeStampResp with a token.
func granted(token []byte) []byte {
	return tsaEncode(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(0) })
			b.AddBytes(token)
		})
	})
}

// tsaRequest holds the parts of a TimeStampReq that matter here.
type tsaRequest struct {
	imprint      []byte   // the whole element, which the token repeats
	nonce        *big.Int // nil if there is none
	certificates bool
}

// parseTSARequest parses a TimeStampReq (RFC 3161 §2.4.1). The error is a
// tsaRejection.
func parseTSARequest(der []byte) (*tsaRequest, error) {
	in := cryptobyte.String(der)
	var s, whole, imprint, algorithm, sum cryptobyte.String
	var id asn1.ObjectIdentifier
	var version int
	if !in.ReadASN1(&s, cbasn1.SEQUENCE) || !in.Empty() || !s.ReadASN1Integer(&version) || version != 1 ||
		!s.ReadASN1Element(&whole, cbasn1.SEQUENCE) {
		return nil, tsaBadFormat
	}
	r := &tsaRequest{imprint: whole}
	if !whole.ReadASN1(&imprint, cbasn1.SEQUENCE) || !imprint.ReadASN1(&algorithm, cbasn1.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&id) || !imprint.ReadASN1(&sum, cbasn1.OCTET_STRING) || !imprint.Empty() {
		return nil, tsaBadFormat
	}
	i := slices.IndexFunc(certIDHashes, func(row struct {
		id   asn1.ObjectIdentifier
		hash crypto.Hash
	}) bool {
		return row.id.Equal(id)
	})
	if i < 0 || certIDHashes[i].hash == crypto.SHA1 || certIDHashes[i].hash.Size() != len(sum) {
		return nil, tsaBadAlgorithm
	}
	var policy cryptobyte.String
	var has bool
	if !s.ReadOptionalASN1(&policy, &has, cbasn1.OBJECT_IDENTIFIER) {
		return nil, tsaBadFormat
	}
	if has && !bytes.Equal(tsaEncode(func(b *cryptobyte.Builder) { addPolicy(b, practicePolicy) })[2:], policy) {
		return nil, tsaOtherPolicy
	}
	if s.PeekASN1Tag(cbasn1.INTEGER) {
		r.nonce = new(big.Int)
		if !s.ReadASN1Integer(r.nonce) {
			return nil, tsaBadFormat
		}
	}
	if s.PeekASN1Tag(cbasn1.BOOLEAN) && !s.ReadASN1Boolean(&r.certificates) {
		return nil, tsaBadFormat
	}
	if !s.Empty() {
		return nil, tsaExtension
	}
	return r, nil
}

// token returns a time-stamp token (RFC 3161 §2.4.2): a SignedData over a
// TSTInfo.
func (t tsa) token(asked *tsaRequest, serial *big.Int, now time.Time) ([]byte, error) {
	info := tsaEncode(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(1)
			addPolicy(b, practicePolicy)
			b.AddBytes(asked.imprint)
			b.AddASN1BigInt(serial)
			b.AddASN1GeneralizedTime(now)
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(1) }) // accuracy: a second
			if asked.nonce != nil {
				b.AddASN1BigInt(asked.nonce)
			}
		})
	})
	attributes := t.attributes(info)
	digest := sha256.Sum256(tsaEncode(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(attributes) })
	}))
	signature, err := t.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // ContentInfo
		b.AddASN1ObjectIdentifier(idSignedData)
		constructed(b, 0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // SignedData
				b.AddASN1Int64(3)
				b.AddASN1(cbasn1.SET, addSHA256)
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // EncapsulatedContentInfo
					b.AddASN1ObjectIdentifier(idTSTInfo)
					constructed(b, 0, func(b *cryptobyte.Builder) { b.AddASN1OctetString(info) })
				})
				if asked.certificates {
					constructed(b, 0, func(b *cryptobyte.Builder) { b.AddBytes(t.certificate.Raw) })
				}
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { t.addSigner(b, attributes, signature) })
			})
		})
	})
	return b.Bytes()
}

func (t tsa) addSigner(b *cryptobyte.Builder, attributes, signature []byte) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // SignerInfo
		b.AddASN1Int64(1)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(t.certificate.RawIssuer)
			b.AddASN1BigInt(t.certificate.SerialNumber)
		})
		addSHA256(b)
		constructed(b, 0, func(b *cryptobyte.Builder) { b.AddBytes(attributes) })
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(idECDSAWithSHA256) })
		b.AddASN1OctetString(signature)
	})
}

// attributes returns the signed attributes of a token, in the order of a DER
// SET OF: content type, digest, and signing-certificate-v2 (RFC 5816 §2.2.1).
func (t tsa) attributes(info []byte) []byte {
	digest, certificate := sha256.Sum256(info), sha256.Sum256(t.certificate.Raw)
	var list [][]byte
	for _, a := range []struct {
		id    asn1.ObjectIdentifier
		value cryptobyte.BuilderContinuation
	}{
		{idContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(idTSTInfo) }},
		{idMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest[:]) }},
		{idSigningCertificate2, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // SigningCertificateV2
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1OctetString(certificate[:]) })
				})
			})
		}},
	} {
		list = append(list, tsaEncode(func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(a.id)
				b.AddASN1(cbasn1.SET, a.value)
			})
		}))
	}
	slices.SortFunc(list, bytes.Compare)
	return slices.Concat(list...)
}

func addSHA256(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(idSHA256) })
}

// tsaEncode returns the bytes that add writes. It panics on an encoding error,
// which no request can cause.
func tsaEncode(add cryptobyte.BuilderContinuation) []byte {
	var b cryptobyte.Builder
	add(&b)
	return b.BytesOrPanic()
}
