package verify_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"testing"

	"natsuin/verify"
)

func TestKeyUsage(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*x509.Certificate)
		want expect
	}{
		"neither":             {func(c *x509.Certificate) { c.KeyUsage = 0 }, valid},
		"only signature":      {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }, valid},
		"only nonRepudiation": {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment }, valid},
		"encipherment": {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment },
			invalid(verify.CheckKeyUsage, verify.ReasonKeyUsage)},
		"extended, mail":   {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }, valid},
		"extended, server": {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, open(verify.CheckKeyUsage, verify.ReasonExtendedKeyUsage)},
		"extended, client": {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, open(verify.CheckKeyUsage, verify.ReasonExtendedKeyUsage)},
		"extended, server and mail": {func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageEmailProtection}
		}, valid},
		"extended, server, critical": {func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, criticalUsage("1.3.6.1.5.5.7.3.1"))
		}, open(verify.CheckKeyUsage, verify.ReasonExtendedKeyUsage)},
		"extended, documents, critical": {func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, criticalUsage("1.3.6.1.5.5.7.3.36"))
		}, valid},
		"extended, time stamps, critical": {func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, criticalUsage("1.3.6.1.5.5.7.3.8"))
		}, open(verify.CheckKeyUsage, verify.ReasonExtendedKeyUsage)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldFor(t, ecKey(t), c.edit)
			c.want.hold(t, run(t, by(w.signer, nil).encode(t), nil, w.policy))
		})
	}
}

func TestRSA(t *testing.T) {
	w := newWorldFor(t, rsaKey(), nil)
	params := func(hash, maskHash string, salt, trailer int) []byte {
		return algorithm(idPSS, seq(tlv(0xA0, algorithm(hash, null)), tlv(0xA1, algorithm(idMGF1, algorithm(maskHash, null))),
			tlv(0xA2, der(salt)), tlv(0xA3, der(trailer))))
	}
	salted := func(n int) *rsa.PSSOptions { return &rsa.PSSOptions{SaltLength: n, Hash: crypto.SHA256} }
	for name, c := range map[string]struct {
		edit func(*info)
		want expect
	}{
		"PKCS #1":                      {nil, valid},
		"PKCS #1 by its long name":     {func(s *info) { s.alg = algorithm("1.2.840.113549.1.1.11", null) }, valid},
		"PKCS #1 with another hash":    {func(s *info) { s.alg = algorithm("1.2.840.113549.1.1.12", null) }, invalid(verify.CheckAlgorithms, verify.ReasonAlgorithmsDisagree)},
		"PKCS #1 with parameters":      {func(s *info) { s.alg = algorithm(idRSA, der(1)) }, invalid(verify.CheckAlgorithms, verify.ReasonBadParameters)},
		"PSS":                          {func(s *info) { s.pss, s.alg = salted(32), params(idSHA256, idSHA256, 32, 1) }, valid},
		"PSS, salt 20":                 {func(s *info) { s.pss, s.alg = salted(20), params(idSHA256, idSHA256, 20, 1) }, valid},
		"PSS, salt longer than said":   {func(s *info) { s.pss, s.alg = salted(32), params(idSHA256, idSHA256, 20, 1) }, invalid(verify.CheckSignature, verify.ReasonSignatureWrong)},
		"PSS, salt said to be nothing": {func(s *info) { s.pss, s.alg = salted(32), params(idSHA256, idSHA256, 0, 1) }, invalid(verify.CheckSignature, verify.ReasonSignatureWrong)},
		"PSS, other mask":              {func(s *info) { s.pss, s.alg = salted(32), params(idSHA256, idSHA1, 32, 1) }, invalid(verify.CheckSignature, verify.ReasonSignatureWrong)},
		"PSS, other hash":              {func(s *info) { s.pss, s.alg = salted(32), params(idSHA384, idSHA384, 32, 1) }, invalid(verify.CheckAlgorithms, verify.ReasonAlgorithmsDisagree)},
		"PSS, trailer 2":               {func(s *info) { s.pss, s.alg = salted(32), params(idSHA256, idSHA256, 32, 2) }, open(verify.CheckAlgorithms, verify.ReasonParametersForbidden)},
		"PSS, no parameters":           {func(s *info) { s.pss, s.alg = salted(32), algorithm(idPSS) }, invalid(verify.CheckAlgorithms, verify.ReasonBadParameters)},
		"PSS, negative salt":           {func(s *info) { s.pss, s.alg = salted(32), params(idSHA256, idSHA256, -1, 1) }, invalid(verify.CheckAlgorithms, verify.ReasonBadParameters)},
	} {
		t.Run(name, func(t *testing.T) {
			c.want.hold(t, run(t, by(w.signer, c.edit).encode(t), nil, w.policy))
		})
	}
}

func TestSHA1IsToleratedAloud(t *testing.T) {
	w := newWorld(t)
	w.policy.AllowSHA1 = true
	r := run(t, by(w.signer, func(s *info) { s.hash = crypto.SHA1 }).encode(t), nil, w.policy)
	valid.hold(t, r)
	if c, _ := r.Signers[0].Check(verify.CheckAlgorithms); c.Detail != verify.RemarkSHA1 {
		t.Errorf("remark %q, want %q", c.Detail, verify.RemarkSHA1)
	}
}

func TestWeakKeysAreToleratedAloud(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldFor(t, short, nil)
	m := by(w.signer, nil).encode(t)
	open(verify.CheckAlgorithms, verify.ReasonWeakKey).hold(t, run(t, m, nil, w.policy))
	w.policy.AllowWeak = true
	r := run(t, m, nil, w.policy)
	valid.hold(t, r)
	if c, _ := r.Signers[0].Check(verify.CheckAlgorithms); c.Detail != verify.RemarkWeak {
		t.Errorf("remark %q, want %q", c.Detail, verify.RemarkWeak)
	}
}

// Path validation tolerates a weak issuer without a remark, so the check must
// add one.
func TestWeakChainsAreToleratedAloud(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	ca := issue(t, "ca", short, w.root, authority)
	signer := issue(t, "signer", ecKey(t), ca, nil)
	m := by(signer, nil)
	m.certs = append(m.certs, ca.cert.Raw)
	open(verify.CheckChain, verify.ReasonChainWeak).hold(t, run(t, m.encode(t), nil, w.policy))
	w.policy.AllowWeak = true
	r := run(t, m.encode(t), nil, w.policy)
	valid.hold(t, r)
	if c, _ := r.Signers[0].Check(verify.CheckAlgorithms); c.Detail != verify.RemarkWeak {
		t.Errorf("remark %q, want %q", c.Detail, verify.RemarkWeak)
	}
}

// A valid signature plus the modulus is another number, but gives the same
// result in the computation. It is refused.
func TestSignatureValueIsBelowTheModulus(t *testing.T) {
	key := rsaKey()
	digest := sha256.Sum256(text)
	for range 500 {
		signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: 32})
		if err != nil {
			t.Fatal(err)
		}
		if !verify.VerifyPSS(&key.PublicKey, crypto.SHA256, 32, digest[:], signature) {
			t.Fatal("right signature refused")
		}
		larger := new(big.Int).SetBytes(signature)
		if larger.Add(larger, key.N); larger.BitLen() > 2048 {
			continue
		}
		if verify.VerifyPSS(&key.PublicKey, crypto.SHA256, 32, digest[:], larger.FillBytes(make([]byte, 256))) {
			t.Error("signature value over the modulus accepted")
		}
		return
	}
	t.Skip("this modulus leaves no room for a second value")
}

// restricted issues a certificate for an RSA key that may be used with
// RSASSA-PSS only, and only with the given parameters if there are any.
func restricted(t testing.TB, key *rsa.PrivateKey, ca *identity, params ...[]byte) *identity {
	t.Helper()
	template := issue(t, "restricted", key, ca, nil).cert
	var fields []asn1.RawValue
	if _, err := asn1.Unmarshal(template.RawTBSCertificate, &fields); err != nil {
		t.Fatal(err)
	}
	var tbs [][]byte
	for _, f := range fields {
		if bytes.Equal(f.FullBytes, template.RawSubjectPublicKeyInfo) {
			bits := x509.MarshalPKCS1PublicKey(&key.PublicKey)
			f.FullBytes = seq(algorithm(idPSS, params...), der(asn1.BitString{Bytes: bits, BitLength: 8 * len(bits)}))
		}
		tbs = append(tbs, f.FullBytes)
	}
	body := seq(tbs...)
	digest := sha256.Sum256(body)
	signature, err := ca.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(seq(body, algorithm(idECDSA256), der(asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)})))
	if err != nil || cert.PublicKey != nil {
		t.Fatal("not restricted", err)
	}
	return &identity{cert, key}
}

func TestKeysForRSASSAPSSAlone(t *testing.T) {
	w := newWorld(t)
	params := func(hash string, salt int) []byte {
		return seq(tlv(0xA0, algorithm(hash, null)), tlv(0xA1, algorithm(idMGF1, algorithm(hash, null))), tlv(0xA2, der(salt)))
	}
	forbidden := open(verify.CheckAlgorithms, verify.ReasonKeyForbidden)
	for name, c := range map[string]struct {
		key  [][]byte
		pss  bool
		want expect
	}{
		"any parameters":     {nil, true, valid},
		"these parameters":   {[][]byte{params(idSHA256, 32)}, true, valid},
		"a shorter salt":     {[][]byte{params(idSHA256, 20)}, true, valid},
		"a longer salt":      {[][]byte{params(idSHA256, 48)}, true, forbidden},
		"another hash":       {[][]byte{params(idSHA384, 32)}, true, forbidden},
		"PKCS #1 with it":    {nil, false, forbidden},
		"parameters of none": {[][]byte{null}, true, forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			id := restricted(t, rsaKey(), w.root, c.key...)
			m := by(id, func(s *info) {
				if c.pss {
					s.pss, s.alg = &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}, algorithm(idPSS, params(idSHA256, 32))
				}
			})
			c.want.hold(t, run(t, m.encode(t), nil, w.policy))
		})
	}
}
