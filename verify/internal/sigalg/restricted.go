package sigalg

import (
	"crypto/rsa"
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const idRSASSAPSS = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a" // 1.2.840.113549.1.1.10

// PublicKey returns the key of a certificate: that of crypto/x509, or an RSA
// key that is restricted to RSASSA-PSS, which crypto/x509 does not read (RFC
// 4055 §1.2). In that case params is the DER of the RSASSA-PSS-params to which
// the key is restricted, or nil if there are none.
func PublicKey(c *x509.Certificate) (key any, params []byte, restricted bool) {
	if c.PublicKey != nil {
		return c.PublicKey, nil, false
	}
	info := cryptobyte.String(c.RawSubjectPublicKeyInfo)
	var seq, algorithm, oid, body cryptobyte.String
	var bits []byte
	if !info.ReadASN1(&seq, asn1.SEQUENCE) || !info.Empty() || !seq.ReadASN1(&algorithm, asn1.SEQUENCE) ||
		!seq.ReadASN1BitStringAsBytes(&bits) || !seq.Empty() ||
		!algorithm.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) || string(oid) != idRSASSAPSS {
		return nil, nil, false
	}
	if !algorithm.Empty() {
		var one cryptobyte.String
		if !algorithm.ReadASN1Element(&one, asn1.SEQUENCE) || !algorithm.Empty() {
			return nil, nil, false
		}
		params = one
	}
	public := &rsa.PublicKey{N: new(big.Int)}
	rest := cryptobyte.String(bits)
	if !rest.ReadASN1(&body, asn1.SEQUENCE) || !rest.Empty() || !body.ReadASN1Integer(public.N) ||
		!body.ReadASN1Integer(&public.E) || !body.Empty() || public.N.Sign() <= 0 {
		return nil, nil, false
	}
	return public, params, true
}
