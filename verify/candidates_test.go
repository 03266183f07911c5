package verify_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"natsuin/verify"
)

// forger returns a CA with the name and the key identifier of ca, but another
// key.
func forger(t testing.TB, ca *identity) *identity {
	t.Helper()
	return issue(t, ca.cert.Subject.CommonName, ecKey(t), nil, func(c *x509.Certificate) {
		authority(c)
		c.SubjectKeyId = ca.cert.SubjectKeyId
	})
}

// forged returns a copy of a certificate, with the same issuer, serial number
// and key, that its issuer did not sign.
func forged(t testing.TB, ca, id *identity) []byte {
	t.Helper()
	return issue(t, id.cert.Subject.CommonName, id.key, forger(t, ca), func(c *x509.Certificate) {
		c.SerialNumber, c.SubjectKeyId = id.cert.SerialNumber, id.cert.SubjectKeyId
	}).cert.Raw
}

// Anyone can add to a message certificates that the signer identifier also
// names.
func TestCertificatesThatAnyoneCanAdd(t *testing.T) {
	w := newWorldFor(t, ecKey(t), func(c *x509.Certificate) { c.SubjectKeyId = []byte{1, 2, 3} })
	right := w.signer.cert.Raw
	var copies, decoys [][]byte
	for range 40 {
		copies = append(copies, forged(t, w.root, w.signer))
		decoys = append(decoys, issue(t, "decoy", ecKey(t), w.root, func(c *x509.Certificate) {
			c.SerialNumber, c.SubjectKeyId = w.signer.cert.SerialNumber, w.signer.cert.SubjectKeyId
		}).cert.Raw)
	}
	encipher := issue(t, "not for signing", w.signer.key, w.root, func(c *x509.Certificate) {
		c.SubjectKeyId, c.KeyUsage = w.signer.cert.SubjectKeyId, x509.KeyUsageKeyEncipherment
	}).cert.Raw
	last := func(before ...[]byte) [][]byte { return append(slices.Clip(before), right) }
	wrong := func(v func(verify.CheckID, verify.Reason) expect) expect {
		return v(verify.CheckChain, verify.ReasonChainSignature)
	}
	for name, c := range map[string]struct {
		certs [][]byte
		edit  func(*info)
		want  expect
	}{
		"a copy before it":                     {last(copies[0]), nil, valid},
		"a copy after it":                      {[][]byte{right, copies[0]}, nil, valid},
		"forty copies":                         {last(copies...), nil, valid},
		"forty copies, named by key":           {last(copies...), func(s *info) { s.keyID = true }, valid},
		"forty other keys":                     {last(decoys...), nil, valid},
		"forty other keys, named by key":       {last(decoys...), func(s *info) { s.keyID = true }, valid},
		"forty of each, and the hash decides":  {last(append(copies, decoys...)...), func(s *info) { s.attrs = func(l [][]byte) [][]byte { return append(l, reference(w.signer.cert)) } }, valid},
		"the same key, not for signing":        {last(encipher), func(s *info) { s.keyID = true }, valid},
		"only that one":                        {[][]byte{encipher}, func(s *info) { s.keyID = true }, invalid(verify.CheckKeyUsage, verify.ReasonKeyUsage)},
		"a copy instead of it":                 {copies[:1], nil, wrong(open)},
		"two copies instead of it":             {copies[:2], nil, wrong(open)},
		"the one that the hash names, a copy":  {copies[:2], func(s *info) { s.attrs = func(l [][]byte) [][]byte { return append(l, referenceTo(copies[1])) } }, wrong(invalid)},
		"a copy, and the hash names the right": {copies[:1], func(s *info) { s.attrs = func(l [][]byte) [][]byte { return append(l, reference(w.signer.cert)) } }, open(verify.CheckSigningCertificate, verify.ReasonOtherCertificate)},
	} {
		t.Run(name, func(t *testing.T) {
			m := by(w.signer, c.edit)
			m.certs = c.certs
			r := run(t, m.encode(t), nil, w.policy)
			c.want.hold(t, r)
			if r.Verdict == verify.Valid && !r.Signers[0].Certificate.Equal(w.signer.cert) {
				t.Errorf("signer is %v", r.Signers[0].Certificate.Subject)
			}
		})
	}
}

func referenceTo(raw []byte) []byte {
	h := sha256.Sum256(raw)
	return attr(atSigningCer2, seq(seq(seq(der(h[:])))))
}

// Anyone can add to a message the certificate of a CA that has the name of the
// issuer, but did not sign the signer's certificate.
func TestIssuersThatAnyoneCanAdd(t *testing.T) {
	w := newWorld(t)
	ca := issue(t, "ca", ecKey(t), w.root, authority)
	signer := issue(t, "signer", ecKey(t), ca, nil)
	m := by(signer, nil)
	m.certs = [][]byte{signer.cert.Raw, forger(t, ca).cert.Raw}
	open(verify.CheckChain, verify.ReasonChainSignature).hold(t, run(t, m.encode(t), nil, w.policy))
	m.certs = append(m.certs, ca.cert.Raw)
	valid.hold(t, run(t, m.encode(t), nil, w.policy))
	w.policy.Anchors = nil
	open(verify.CheckChain, verify.ReasonNoAnchor).hold(t, run(t, m.encode(t), nil, w.policy))
}

// longKey returns a certificate with an invalid signature, for an RSA key of
// the given length with the longest exponent.
func longKey(t testing.TB, bits int, serial int64) *x509.Certificate {
	t.Helper()
	n := make([]byte, bits/8)
	rand.Read(n)
	n[0] |= 0x80
	n[len(n)-1] |= 1
	key := seq(der(new(big.Int).SetBytes(n)), der(1<<31-1))
	return unsigned(t, "X", seq(algorithm(idRSA, null), der(asn1.BitString{Bytes: key, BitLength: 8 * len(key)})), serial)
}

// unsigned returns a certificate that names X as its issuer, with an RSA
// signature that X did not make.
func unsigned(t testing.TB, subject string, key []byte, serial int64) *x509.Certificate {
	t.Helper()
	name := func(s string) []byte { return seq(set(seq(oid("2.5.4.3"), tlv(0x0C, []byte(s))))) }
	alg := algorithm("1.2.840.113549.1.1.11", null)
	cert, err := x509.ParseCertificate(seq(
		seq(tlv(0xA0, der(2)), der(serial), alg, name("X"), seq(der(now.AddDate(-1, 0, 0)), der(now.AddDate(1, 0, 0))), name(subject), key),
		alg, der(asn1.BitString{Bytes: make([]byte, 256), BitLength: 8 * 256})))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// longMessage returns a message with that many signers, whose identifiers all
// name each of the certificates, which have long keys.
func longMessage(t testing.TB, bits, signers, certs int) []byte {
	m := message{content: text}
	first := longKey(t, bits, 7)
	for i := range certs {
		m.certs = append(m.certs, first.Raw)
		if i > 0 {
			m.certs[i] = longKey(t, bits, 7).Raw
		}
	}
	raw := seq(oid(idSignedData), tlv(0xA0, seq(der(1), set(algorithm(idSHA256)), seq(oid(idData), tlv(0xA0, tlv(0x04, text))),
		tlv(0xA0, m.certs...), set(longSigners(t, first, bits, signers)...))))
	return raw
}

func longSigners(t testing.TB, cert *x509.Certificate, bits, n int) [][]byte {
	t.Helper()
	digest := sha256.Sum256(text)
	var list [][]byte
	for range n {
		signature := make([]byte, bits/8)
		rand.Read(signature[1:])
		list = append(list, seq(der(1), seq(cert.RawIssuer, der(cert.SerialNumber)), algorithm(idSHA256),
			tlv(0xA0, attr(atContentType, oid(idData)), attr(atDigest, der(digest[:]))), algorithm(idRSA, null), der(signature)))
	}
	return list
}

func TestKeysThatAreTooLong(t *testing.T) {
	for bits, want := range map[int]expect{
		16384:  invalid(verify.CheckSignature, verify.ReasonSignatureWrong),
		16392:  open(verify.CheckAlgorithms, verify.ReasonKeyForbidden),
		500000: open(verify.CheckAlgorithms, verify.ReasonKeyForbidden),
	} {
		t.Run(fmt.Sprint(bits), func(t *testing.T) {
			want.hold(t, run(t, longMessage(t, bits, 1, 1), nil, verify.Policy{Now: now}))
		})
	}
}

// If a message has too many signatures, not all of them are tried.
func TestSignaturesOfAMessageAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("verifies hundreds of signatures by long keys")
	}
	raw := longMessage(t, 16384, 8, 20)
	r := run(t, raw, nil, verify.Policy{Now: now})
	if last := r.Signers[7]; last.Verdict != verify.Indeterminate || last.Reason != verify.ReasonTooManySignatures {
		t.Errorf("the last signer is %v (%s), want INDETERMINATE for too many signatures", last.Verdict, last.Reason)
	}
	if first := r.Signers[0]; first.Reason != verify.ReasonSignatureWrong {
		t.Errorf("the first signer: %s", first.Reason)
	}
	// The judgement ends soon after the context has ended.
	ctx := &countdown{Context: context.Background(), left: 30}
	if _, err := verify.Verify(ctx, verify.Input{Signature: bytes.NewReader(raw), Size: int64(len(raw))}, verify.Policy{Now: now}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
	if ctx.left < -40 {
		t.Errorf("asked %d times after it had ended", -ctx.left)
	}
}

// The message has twenty signers, and twenty possible issuers for each of them.
func TestPathsOfAMessageAreBounded(t *testing.T) {
	key := ecKey(t)
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	m := message{content: text}
	for i := range int64(20) {
		leaf := unsigned(t, "leaf", public, i+1)
		m.certs = append(m.certs, leaf.Raw, longKey(t, 8192, 100+i).Raw)
		m.signers = append(m.signers, info{id: &identity{leaf, key}})
	}
	r := run(t, m.encode(t), nil, verify.Policy{Now: now})
	if s := r.Signers[0]; s.Reason != verify.ReasonNoAnchor {
		t.Errorf("the first signer: %s", s.Reason)
	}
	if s := r.Signers[19]; s.Verdict != verify.Indeterminate || s.Reason != verify.ReasonChainTooComplex {
		t.Errorf("the last signer is %v (%s), want INDETERMINATE for a path that is too complex", s.Verdict, s.Reason)
	}
}

// countdown is a context that ends when Err has been called left times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}
