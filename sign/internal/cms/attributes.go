package cms

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// Attributes holds the values of the signed attributes.
type Attributes struct {
	Hash        crypto.Hash       // of the content, and of the certificate in signing-certificate-v2
	Digest      []byte            // of the content
	SigningTime time.Time         // to the second, without fractions; zero to omit it
	Signer      *x509.Certificate // whose hash, issuer and serial number are in signing-certificate-v2; nil to omit it
}

// Marshal returns the DER SET OF Attribute: contentType, messageDigest and,
// unless omitted, signingTime (RFC 5652 §11) and signing-certificate-v2 (RFC
// 5035 §3), sorted as DER requires. Its digest is what the key signs (RFC 5652
// §5.4).
func (a Attributes) Marshal() ([]byte, error) {
	attributes := []cryptobyte.BuilderContinuation{
		attribute(oidContentType, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidData)
		}),
		attribute(oidMessageDigest, func(b *cryptobyte.Builder) {
			b.AddASN1OctetString(a.Digest)
		}),
	}
	if !a.SigningTime.IsZero() {
		attributes = append(attributes, attribute(oidSigningTime, func(b *cryptobyte.Builder) {
			addTime(b, a.SigningTime)
		}))
	}
	if a.Signer != nil {
		attributes = append(attributes, attribute(oidSigningCertificateV2, a.addSigningCertificate))
	}
	set, err := setOf(attributes...)
	if err != nil {
		return nil, err
	}
	return append(header(tagSet, int64(len(set))), set...), nil
}

// addSigningCertificate writes SigningCertificateV2 with one ESSCertIDv2. It
// omits the hash algorithm if that is SHA-256, the DEFAULT, as DER requires.
func (a Attributes) addSigningCertificate(b *cryptobyte.Builder) {
	h := a.Hash.New()
	h.Write(a.Signer.Raw)
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // SigningCertificateV2
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // certs
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // ESSCertIDv2
				if a.Hash != crypto.SHA256 {
					addDigestAlgorithm(b, a.Hash)
				}
				b.AddASN1OctetString(h.Sum(nil))
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // IssuerSerial
					b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { // GeneralNames
						b.AddASN1(der.Tag(4).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
							b.AddBytes(a.Signer.RawIssuer)
						})
					})
					b.AddASN1BigInt(a.Signer.SerialNumber)
				})
			})
		})
	})
}

func attribute(oid asn1.ObjectIdentifier, value cryptobyte.BuilderContinuation) cryptobyte.BuilderContinuation {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1(der.SET, value)
		})
	}
}

// addTime writes a Time (RFC 5652 §11.3): UTCTime from 1950 to 2049 and
// otherwise GeneralizedTime, in UTC, with seconds and without fractions.
func addTime(b *cryptobyte.Builder, t time.Time) {
	t = t.UTC()
	if y := t.Year(); 1950 <= y && y < 2050 {
		b.AddASN1UTCTime(t)
	} else {
		b.AddASN1GeneralizedTime(t)
	}
}

// addDigestAlgorithm writes the AlgorithmIdentifier of a SHA-2 hash, with the
// parameters absent, as RFC 5754 §2 recommends and OpenSSL does.
func addDigestAlgorithm(b *cryptobyte.Builder, h crypto.Hash) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(algorithms[h].digest)
	})
}
