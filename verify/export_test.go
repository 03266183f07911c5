package verify

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"io"

	"natsuin/verify/internal/cms"
	"natsuin/verify/trust"
)

// DetachedPinned is Detached with pinned roots of the test, since no test has
// the keys of the published ones.
func DetachedPinned(sig []byte, p Policy, pinned func(*x509.Certificate) (trust.Root, bool)) (*Report, error) {
	return verify(context.Background(), Input{Signature: bytes.NewReader(sig), Size: int64(len(sig))}, p, pinned)
}

// WithoutTrust returns the verdict on structure and signature alone, as if the
// signer's certificate were trusted. It is for test vectors without an anchor.
func (r *Report) WithoutTrust() (Verdict, Reason) {
	verdict, reason := judge(r.Checks)
	for _, s := range r.Signers {
		for _, id := range []CheckID{CheckAlgorithms, CheckAttributes, CheckContentType, CheckMessageDigest, CheckSignature,
			CheckSigningCertificate} {
			c, ok := s.Check(id)
			if !ok {
				return Invalid, Reason("check missing: " + id)
			}
			if c.Best < verdict {
				verdict, reason = c.Best, c.Detail
			}
		}
	}
	return verdict, reason
}

// VerifyPSS, VerifyPKCS1 and VerifyECDSA verify a signature value as a suite
// does.
func VerifyPSS(key any, h crypto.Hash, salt int, digest, signature []byte) bool {
	return suite{h, pss, salt, h}.verify(key, digest, signature)
}

func VerifyPKCS1(key any, h crypto.Hash, digest, signature []byte) bool {
	return suite{digest: h, scheme: pkcs1}.verify(key, digest, signature)
}

func VerifyECDSA(key any, h crypto.Hash, digest, signature []byte) bool {
	return suite{digest: h, scheme: ecdsaScheme}.verify(key, digest, signature)
}

// PublicKey returns the key of a certificate for RSASSA-PSS with that hash and
// salt.
func PublicKey(c *x509.Certificate, h crypto.Hash, salt int) any {
	return publicKey(c, suite{h, pss, salt, h})
}

// Protected returns the content, the signed attributes as sent and the
// signature values of a message. In a message in BER, each of them may be split
// into pieces.
func Protected(raw []byte) [][]byte {
	m, err := cms.Parse(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil
	}
	content, err := io.ReadAll(m.Content())
	if err != nil {
		return nil
	}
	parts := [][]byte{content}
	for _, s := range m.Signers {
		if s.Signed != nil {
			parts = append(parts, s.Signed.AsSent[1:]) // without the tag, which is [0] in the message
		}
		parts = append(parts, s.Signature)
	}
	return parts
}
