package verify_test

import (
	"crypto/sha256"
	"math/big"
	"testing"

	"natsuin/verify"
)

// Variations of the fields of signing-certificate-v2 other than the hash.
func TestReferenceToTheSignersCertificate(t *testing.T) {
	w := newWorld(t)
	cert := w.signer.cert
	digest := sha256.Sum256(cert.Raw)
	hash := der(digest[:])
	directory := func(name []byte) []byte { return tlv(0xA4, name) }
	id := func(names ...[]byte) []byte { return seq(hash, seq(seq(names...), der(cert.SerialNumber))) }
	other := seq(set(seq(oid("2.5.4.3"), tlv(0x0C, []byte("somebody else")))))
	policy := seq(oid("1.2.3"))
	differs := invalid(verify.CheckSigningCertificate, verify.ReasonOtherCertificate)
	malformed := invalid(verify.CheckSigningCertificate, verify.ReasonAttributeMalformed)
	for name, c := range map[string]struct {
		value []byte
		want  expect
	}{
		"hash alone":                    {seq(seq(seq(hash))), valid},
		"issuer and number":             {seq(seq(id(directory(cert.RawIssuer)))), valid},
		"issuer in other letters":       {seq(seq(id(directory(seq(set(seq(oid("2.5.4.3"), tlv(0x0C, []byte("  ROOT "))))))))), valid},
		"another issuer":                {seq(seq(id(directory(other)))), differs},
		"another number":                {seq(seq(seq(hash, seq(seq(directory(cert.RawIssuer)), der(big.NewInt(1)))))), differs},
		"no name":                       {seq(seq(id())), malformed},
		"two names":                     {seq(seq(id(directory(cert.RawIssuer), directory(other)))), malformed},
		"a name of another kind":        {seq(seq(id(tlv(0x82, []byte("root"))))), malformed},
		"more after the number":         {seq(seq(seq(hash, seq(seq(directory(cert.RawIssuer)), der(cert.SerialNumber), null)))), malformed},
		"more after the reference":      {seq(seq(seq(hash, seq(seq(directory(cert.RawIssuer)), der(cert.SerialNumber)), null))), malformed},
		"policies":                      {seq(seq(seq(hash)), seq(policy, seq(oid("1.2.4"), seq()))), valid},
		"policies that are none":        {seq(seq(seq(hash)), seq(null)), malformed},
		"more after the policies":       {seq(seq(seq(hash)), seq(policy), null), malformed},
		"something in place of them":    {seq(seq(seq(hash)), null), malformed},
		"the chain's certificates too":  {seq(seq(seq(hash), seq(der(make([]byte, 32))))), valid},
		"one of theirs by another hash": {seq(seq(seq(hash), seq(algorithm("1.2.3.4"), der(make([]byte, 8))))), valid},
		"one of theirs malformed":       {seq(seq(seq(hash), seq(null))), malformed},
		"none":                          {seq(seq()), malformed},
	} {
		t.Run(name, func(t *testing.T) {
			m := by(w.signer, func(s *info) {
				s.attrs = func(l [][]byte) [][]byte { return append(l, attr(atSigningCer2, c.value)) }
			})
			c.want.hold(t, run(t, m.encode(t), nil, w.policy))
		})
	}
}
