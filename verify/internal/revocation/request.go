package revocation

import (
	"crypto"
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// nonceSize is the length of our nonces in bytes (RFC 9654 §2.1).
const nonceSize = 32

// NewRequest returns a DER OCSPRequest about cert, issued by issuer, with the
// nonce. It identifies the certificate with SHA-1, as RFC 5019 §2.1.1 requires
// of clients. The hash only names the issuer.
func NewRequest(cert, issuer *x509.Certificate, nonce []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // OCSPRequest
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // TBSRequest
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // requestList
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // Request
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { // CertID
						b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
							addOID(b, oidSHA1)
							b.AddASN1NULL()
						})
						b.AddASN1OctetString(digest(crypto.SHA1, cert.RawIssuer))
						b.AddASN1OctetString(digest(crypto.SHA1, publicKeyBits(issuer)))
						b.AddASN1BigInt(cert.SerialNumber)
					})
				})
			})
			b.AddASN1(cbasn1.Tag(2).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						addOID(b, oidNonce)
						b.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) {
							b.AddASN1OctetString(nonce)
						})
					})
				})
			})
		})
	})
	return b.Bytes()
}

func addOID(b *cryptobyte.Builder, oid string) {
	b.AddASN1(cbasn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes([]byte(oid)) })
}
