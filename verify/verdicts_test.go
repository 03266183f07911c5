package verify_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	_ "crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"

	"natsuin/verify"
)

func p224Key(t testing.TB) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// With algorithms that are not accepted, the verdict is INDETERMINATE, whether
// the signature is right or cannot be computed. Changed content, and a computed
// signature that is wrong, are INVALID even with these algorithms.
func TestAlgorithmsThatAreNotTaken(t *testing.T) {
	const idMD5 = "1.2.840.113549.2.5"
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, _ := ed25519.GenerateKey(rand.Reader)
	long := &rsa.PublicKey{N: rsaKey().N, E: 1<<32 + 1}
	for name, c := range map[string]struct {
		key    crypto.Signer
		edit   func(*info)
		reason verify.Reason
		result verify.Result
	}{
		"SHA-1":              {ecKey(t), func(s *info) { s.hash = crypto.SHA1 }, verify.ReasonSHA1Forbidden, verify.Passed},
		"MD5":                {rsaKey(), func(s *info) { s.hash, s.digest = crypto.MD5, algorithm(idMD5, null) }, verify.ReasonWeakDigest, verify.Passed},
		"SHA-224":            {rsaKey(), func(s *info) { s.hash, s.digest = crypto.SHA224, algorithm("2.16.840.1.101.3.4.2.4") }, verify.ReasonDigestForbidden, verify.Passed},
		"SHA3-256":           {rsaKey(), func(s *info) { s.hash, s.digest = crypto.SHA3_256, algorithm("2.16.840.1.101.3.4.2.8") }, verify.ReasonDigestForbidden, verify.Passed},
		"RSA with 1024 bits": {short, nil, verify.ReasonWeakKey, verify.Passed},
		"P-224":              {p224Key(t), nil, verify.ReasonKeyForbidden, verify.Passed},
		"PSS, trailer 2": {rsaKey(), func(s *info) {
			s.alg = algorithm(idPSS, seq(tlv(0xA0, algorithm(idSHA256)), tlv(0xA1, algorithm(idMGF1, algorithm(idSHA256))), tlv(0xA3, der(2))))
		}, verify.ReasonParametersForbidden, verify.Unclear},
		"Ed25519":             {edwards, func(s *info) { s.alg, s.forge = algorithm("1.3.101.112"), true }, verify.ReasonSignatureForbidden, verify.Unclear},
		"exponent of 33 bits": {withPublic{rsaKey(), long}, nil, verify.ReasonKeyForbidden, verify.Unclear},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldFor(t, c.key, nil)
			m := by(w.signer, c.edit)
			m.detached = true
			raw := m.encode(t)
			r := run(t, raw, text, w.policy)
			open(verify.CheckAlgorithms, c.reason).hold(t, r)
			signature, _ := r.Signers[0].Check(verify.CheckSignature)
			if signature.Result != c.result || signature.Detail == verify.ReasonSignatureWrong {
				t.Errorf("signature %s (%s), want %s", signature.Result, signature.Detail, c.result)
			}
			invalid(verify.CheckMessageDigest, verify.ReasonDiffers).hold(t, run(t, raw, []byte("changed"), w.policy))
			if c.result == verify.Passed {
				m.signers[0].flip = true
				invalid(verify.CheckSignature, verify.ReasonSignatureWrong).hold(t, run(t, m.encode(t), text, w.policy))
			}
		})
	}
}

// withPublic is a key that reports a public key other than its own.
type withPublic struct {
	crypto.Signer
	public crypto.PublicKey
}

func (k withPublic) Public() crypto.PublicKey { return k.public }

// The message has a copy of the signer's certificate with another key, which
// the CA did not sign. If the right certificate is also there, the copy does no
// harm. Otherwise it proves nothing.
func TestForgedCopyOfTheSigner(t *testing.T) {
	w := newWorld(t)
	mallory := &identity{key: ecKey(t)}
	copyOf := func(name string) []byte {
		ca := forger(t, w.root)
		return issue(t, name, mallory.key, ca, func(c *x509.Certificate) { c.SerialNumber = w.signer.cert.SerialNumber }).cert.Raw
	}
	named := func(s *info) { s.attrs = func(l [][]byte) [][]byte { return append(l, reference(w.signer.cert)) } }
	for name, edit := range map[string]func(*info){"without the attribute": nil, "with it": named} {
		t.Run(name, func(t *testing.T) {
			m := by(w.signer, edit)
			m.certs = [][]byte{copyOf("signer"), w.signer.cert.Raw}
			valid.hold(t, run(t, m.encode(t), nil, w.policy))
			m.certs = m.certs[:1]
			raw := m.encode(t)
			if r := run(t, raw, nil, w.policy); r.Verdict != verify.Indeterminate {
				t.Errorf("without the right one: %v (%s)", r.Verdict, r.Reason)
			}
			p := w.policy
			p.Certificates = []*x509.Certificate{w.signer.cert}
			valid.hold(t, run(t, raw, nil, p))
		})
	}
	t.Run("who signed it cannot hide behind one", func(t *testing.T) {
		m := by(w.signer, named)
		m.certs = [][]byte{w.signer.cert.Raw, copyOf("signer")}
		m.signers[0].id = &identity{w.signer.cert, mallory.key}
		if r := run(t, m.encode(t), nil, w.policy); r.Verdict != verify.Invalid {
			t.Errorf("%v (%s), want INVALID", r.Verdict, r.Reason)
		}
		m.signers[0].attrs = nil
		if r := run(t, m.encode(t), nil, w.policy); r.Verdict == verify.Valid {
			t.Errorf("%v (%s)", r.Verdict, r.Reason)
		}
	})
	t.Run("its key usage says nothing", func(t *testing.T) {
		m := by(w.signer, nil)
		m.certs = [][]byte{issue(t, "signer", w.signer.key, forger(t, w.root), func(c *x509.Certificate) {
			c.SerialNumber, c.KeyUsage = w.signer.cert.SerialNumber, x509.KeyUsageKeyEncipherment
		}).cert.Raw}
		if r := run(t, m.encode(t), nil, w.policy); r.Verdict != verify.Indeterminate {
			t.Errorf("%v (%s), want INDETERMINATE", r.Verdict, r.Reason)
		}
	})
}

// The CA certificate is not accepted until another certificate of the same CA,
// which is accepted, is added to the message.
func TestIntermediatesThatAnotherCopyWouldMend(t *testing.T) {
	w := newWorld(t)
	key := ecKey(t)
	emptySAN := func(c *x509.Certificate) {
		authority(c)
		c.ExtraExtensions = append(c.ExtraExtensions, extensionOf(asn1.ObjectIdentifier{2, 5, 29, 17}, seq()))
	}
	sha1 := func(c *x509.Certificate) { authority(c) }
	good := issue(t, "ca", key, w.root, authority)
	signer := issue(t, "signer", ecKey(t), good, nil)
	for name, c := range map[string]struct {
		ca     []byte
		reason verify.Reason
	}{
		"malformed": {issue(t, "ca", key, w.root, emptySAN).cert.Raw, verify.ReasonChainMalformed},
		"SHA-1":     {bySHA1(t, issue(t, "ca", key, w.root, sha1).cert, w.root), verify.ReasonChainWeak},
	} {
		t.Run(name, func(t *testing.T) {
			m := by(signer, nil)
			m.certs = [][]byte{signer.cert.Raw, c.ca}
			open(verify.CheckChain, c.reason).hold(t, run(t, m.encode(t), nil, w.policy))
			m.certs = append(m.certs, good.cert.Raw)
			valid.hold(t, run(t, m.encode(t), nil, w.policy))
		})
	}
	t.Run("malformed, and itself the anchor", func(t *testing.T) {
		ca := issue(t, "ca", key, w.root, emptySAN)
		p := verify.Policy{Now: now, Anchors: []verify.Anchor{{Certificate: ca.cert, Kind: verify.AnchorFile}}}
		valid.hold(t, run(t, by(signer, nil).encode(t), nil, p))
	})
	t.Run("an anchor whose constraints cannot be read", func(t *testing.T) {
		ca := issue(t, "ca", key, w.root, func(c *x509.Certificate) {
			authority(c)
			c.ExtraExtensions = append(c.ExtraExtensions, extensionOf(asn1.ObjectIdentifier{2, 5, 29, 30},
				seq(tlv(0xA0, seq(tlv(0x80, []byte{1}))))))
		})
		p := verify.Policy{Now: now, Anchors: []verify.Anchor{{Certificate: ca.cert, Kind: verify.AnchorFile}}}
		if r := run(t, by(signer, nil).encode(t), nil, p); r.Verdict == verify.Valid {
			t.Error("VALID under an anchor whose constraints are not known")
		}
	})
}

// bySHA1 returns the certificate with a signature of ca that uses SHA-1.
func bySHA1(t testing.TB, c *x509.Certificate, ca *identity) []byte {
	t.Helper()
	alg := algorithm("1.2.840.10045.4.1")
	var body asn1.RawValue
	if _, err := asn1.Unmarshal(c.RawTBSCertificate, &body); err != nil {
		t.Fatal(err)
	}
	tbs := seq(bytes.Replace(body.Bytes, algorithm(idECDSA256), alg, 1))
	h := crypto.SHA1.New()
	h.Write(tbs)
	signature, err := ca.key.Sign(rand.Reader, h.Sum(nil), crypto.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	return seq(tbs, alg, der(asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}))
}

// A signing time that cannot be read is ignored, because nothing depends on it.
func TestSigningTimeThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	for name, value := range map[string][]byte{"a fraction": tlv(0x18, []byte("20260601120000.5Z")), "no time": null} {
		t.Run(name, func(t *testing.T) {
			m := by(w.signer, func(s *info) {
				s.attrs = func(l [][]byte) [][]byte { return append(l[:2:2], attr(atTime, value)) }
			})
			r := run(t, m.encode(t), nil, w.policy)
			valid.hold(t, r)
			c, _ := r.Signers[0].Check(verify.CheckAttributes)
			if c.Detail != verify.RemarkTimeUnreadable || r.Signers[0].SigningTime != nil {
				t.Errorf("remark %q, signing time %v", c.Detail, r.Signers[0].SigningTime)
			}
		})
	}
}

// extensionOf returns an extension that is not critical.
func extensionOf(id asn1.ObjectIdentifier, value []byte) pkix.Extension {
	return pkix.Extension{Id: id, Value: value}
}
