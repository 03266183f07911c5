package verify_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"io"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"natsuin/verify"
)

// expect is what a message must be judged as: the verdict, its reason, and the check that gives it.
type expect struct {
	verdict verify.Verdict
	reason  string
	check   verify.CheckID
}

var valid = expect{verdict: verify.Valid}

func invalid(check verify.CheckID, reason string) expect {
	return expect{verify.Invalid, reason, check}
}
func open(check verify.CheckID, reason string) expect {
	return expect{verify.Indeterminate, reason, check}
}

func run(t testing.TB, sig, content []byte, p verify.Policy) *verify.Report {
	t.Helper()
	var r io.Reader
	if content != nil {
		r = bytes.NewReader(content)
	}
	report, err := verify.Detached(context.Background(), sig, r, p)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func (e expect) hold(t testing.TB, r *verify.Report) {
	t.Helper()
	if r.Verdict != e.verdict || r.Reason != e.reason {
		t.Errorf("judged %v (%q), want %v (%q); checks %+v %+v", r.Verdict, r.Reason, e.verdict, e.reason, r.Checks, signerChecks(r))
		return
	}
	if e.check == "" {
		return
	}
	found, ok := r.Check(e.check)
	for i := 0; i < len(r.Signers) && (!ok || found.Detail != e.reason); i++ {
		found, ok = r.Signers[i].Check(e.check)
	}
	if !ok || found.Detail != e.reason || found.Best != e.verdict {
		t.Errorf("check %s says %+v, want %q", e.check, found, e.reason)
	}
}

func signerChecks(r *verify.Report) [][]verify.Check {
	var all [][]verify.Check
	for _, s := range r.Signers {
		all = append(all, s.Checks)
	}
	return all
}

// TestRulesForOneSigner goes through the rules of docs/verify.md that a message with one signer can break.
func TestRulesForOneSigner(t *testing.T) {
	w := newWorld(t)
	other := issue(t, "other", w.signer.key, w.root, nil) // same key
	double := func(list [][]byte, id string) [][]byte {
		for _, a := range list {
			if bytes.HasPrefix(a[2:], oid(id)) {
				return append(list, a)
			}
		}
		panic("no such attribute")
	}
	add := func(a []byte) func(*info) {
		return func(s *info) { s.attrs = func(l [][]byte) [][]byte { return append(l, a) } }
	}
	replace := func(id string, a ...[]byte) func(*info) {
		return func(s *info) {
			s.attrs = func(l [][]byte) [][]byte {
				l = slices.DeleteFunc(l, func(b []byte) bool { return bytes.HasPrefix(b[2:], oid(id)) })
				return append(l, a...)
			}
		}
	}
	repeat := func(id string) func(*info) {
		return func(s *info) { s.attrs = func(l [][]byte) [][]byte { return double(l, id) } }
	}
	reverse := func(l [][]byte) [][]byte { l = slices.Clone(l); slices.Reverse(l); return l }
	digest := sha256.Sum256(text)
	oldReference := func(c *x509.Certificate) []byte {
		h := crypto.SHA1.New()
		h.Write(c.Raw)
		return attr(atSigningCert, seq(seq(seq(der(h.Sum(nil))))))
	}
	protection := func(digest, signature []byte) []byte {
		return attr(atProtection, seq(digest, append([]byte{0xA1}, signature[1:]...)))
	}
	for name, c := range map[string]struct {
		edit func(*info)
		want expect
	}{
		"right":                  {nil, valid},
		"without attributes":     {func(s *info) { s.bare = true }, valid},
		"signature spoiled":      {func(s *info) { s.flip = true }, invalid(verify.CheckSignature, verify.ReasonSignatureWrong)},
		"bare signature spoiled": {func(s *info) { s.bare, s.flip = true, true }, invalid(verify.CheckSignature, verify.ReasonSignatureWrong)},

		"content-type missing": {replace(atContentType), invalid(verify.CheckContentType, verify.ReasonMissing)},
		"content-type of something else": {replace(atContentType, attr(atContentType, oid(idTSTInfo))),
			invalid(verify.CheckContentType, verify.ReasonDiffers)},
		"content-type twice": {repeat(atContentType), invalid(verify.CheckAttributes, verify.ReasonAttributeRepeated)},
		"content-type with two values": {replace(atContentType, attr(atContentType, oid(idData), oid(idData))),
			invalid(verify.CheckAttributes, verify.ReasonAttributeValues)},
		"content-type no identifier": {replace(atContentType, attr(atContentType, null)),
			invalid(verify.CheckContentType, verify.ReasonAttributeMalformed)},
		"message-digest missing": {replace(atDigest), invalid(verify.CheckMessageDigest, verify.ReasonMissing)},
		"message-digest wrong": {replace(atDigest, attr(atDigest, der(make([]byte, 32)))),
			invalid(verify.CheckMessageDigest, verify.ReasonDiffers)},
		"message-digest cut short": {replace(atDigest, attr(atDigest, der(digest[:31]))),
			invalid(verify.CheckMessageDigest, verify.ReasonDiffers)},
		"message-digest twice": {repeat(atDigest), invalid(verify.CheckAttributes, verify.ReasonAttributeRepeated)},
		"message-digest with a wrong second value": {replace(atDigest, attr(atDigest, der(digest[:]), der(make([]byte, 32)))),
			invalid(verify.CheckAttributes, verify.ReasonAttributeValues)},
		"signing time twice": {repeat(atTime), invalid(verify.CheckAttributes, verify.ReasonAttributeRepeated)},
		"signing time without a value": {replace(atTime, attr(atTime)),
			invalid(verify.CheckAttributes, verify.ReasonAttributeValues)},
		"signing time no time": {replace(atTime, attr(atTime, null)),
			invalid(verify.CheckAttributes, verify.ReasonAttributeMalformed)},

		"signing-certificate right":          {add(reference(w.signer.cert)), valid},
		"signing-certificate by SHA-1":       {add(oldReference(w.signer.cert)), valid},
		"signing-certificate by SHA-1 wrong": {add(oldReference(other.cert)), invalid(verify.CheckSigningCertificate, verify.ReasonOtherCertificate)},
		"signing-certificate of another with the same key": {add(reference(other.cert)),
			invalid(verify.CheckSigningCertificate, verify.ReasonOtherCertificate)},
		"signing-certificate twice": {func(s *info) {
			s.attrs = func(l [][]byte) [][]byte { return append(l, reference(w.signer.cert), reference(w.signer.cert)) }
		}, invalid(verify.CheckAttributes, verify.ReasonAttributeRepeated)},
		"signing-certificate in both versions, one wrong": {func(s *info) {
			s.attrs = func(l [][]byte) [][]byte { return append(l, reference(w.signer.cert), oldReference(other.cert)) }
		}, invalid(verify.CheckSigningCertificate, verify.ReasonOtherCertificate)},
		"signing-certificate malformed": {add(attr(atSigningCer2, seq())),
			invalid(verify.CheckSigningCertificate, verify.ReasonAttributeMalformed)},

		"algorithm protection right": {add(protection(algorithm(idSHA256), algorithm(idECDSA256))), valid},
		"algorithm protection of another digest": {add(protection(algorithm(idSHA384), algorithm(idECDSA256))),
			invalid(verify.CheckAlgorithms, verify.ReasonAlgorithmProtection)},
		"algorithm protection of another signature": {add(protection(algorithm(idSHA256), algorithm(idECDSA384))),
			invalid(verify.CheckAlgorithms, verify.ReasonAlgorithmProtection)},
		"algorithm protection malformed": {add(attr(atProtection, null)),
			invalid(verify.CheckAlgorithms, verify.ReasonAlgorithmProtection)},

		"attributes sent unsorted":            {func(s *info) { s.sent = reverse }, valid},
		"attributes signed as sent, unsorted": {func(s *info) { s.sent, s.overSent = reverse, true }, invalid(verify.CheckSignature, verify.ReasonSignedUnsorted)},
		"attribute removed after signing": {func(s *info) {
			s.attrs = func(l [][]byte) [][]byte { return append(l, attr("1.2.3.4", null)) }
			s.sent = func(l [][]byte) [][]byte {
				return slices.DeleteFunc(slices.Clone(l), func(b []byte) bool { return bytes.HasPrefix(b[2:], oid("1.2.3.4")) })
			}
		},
			invalid(verify.CheckSignature, verify.ReasonSignatureWrong)},

		"digest and signature disagree": {func(s *info) { s.alg = algorithm(idECDSA384) },
			invalid(verify.CheckAlgorithms, verify.ReasonAlgorithmsDisagree)},
		"digest unknown": {func(s *info) { s.digest = algorithm("2.16.840.1.101.3.4.2.8") },
			invalid(verify.CheckAlgorithms, verify.ReasonDigestForbidden)},
		"digest with parameters": {func(s *info) { s.digest = algorithm(idSHA256, der(1)) },
			invalid(verify.CheckAlgorithms, verify.ReasonBadParameters)},
		"signature unknown": {func(s *info) { s.alg = algorithm("1.2.840.10045.2.1") },
			invalid(verify.CheckAlgorithms, verify.ReasonSignatureForbidden)},
		"signature for another key": {func(s *info) { s.alg = algorithm(idRSA, null) },
			invalid(verify.CheckAlgorithms, verify.ReasonKeyMismatch)},
		"SHA-1": {func(s *info) { s.hash = crypto.SHA1 }, invalid(verify.CheckAlgorithms, verify.ReasonSHA1Forbidden)},
	} {
		t.Run(name, func(t *testing.T) {
			c.want.hold(t, run(t, by(w.signer, c.edit).encode(t), nil, w.policy))
		})
	}
}

func TestRulesForMessages(t *testing.T) {
	w := newWorld(t)
	right := by(w.signer, nil)
	detached := right
	detached.detached = true
	bare := by(w.signer, func(s *info) { s.bare = true })
	swapped := bare
	swapped.content = setOfAttributes([]byte("what was really signed"))
	token := bare
	token.contentType = idTSTInfo
	empty := right
	empty.signers = nil
	bundle := empty
	bundle.detached = true
	for name, c := range map[string]struct {
		message []byte
		content []byte
		want    expect
	}{
		"attached":                       {right.encode(t), nil, valid},
		"attached, and the same given":   {right.encode(t), text, valid},
		"attached, and another given":    {right.encode(t), []byte("x"), invalid(verify.CheckContent, verify.ReasonContentDiffers)},
		"attached, and more given":       {right.encode(t), append(bytes.Clone(text), 0), invalid(verify.CheckContent, verify.ReasonContentDiffers)},
		"attached, and less given":       {right.encode(t), text[:5], invalid(verify.CheckContent, verify.ReasonContentDiffers)},
		"attached, and nothing given":    {right.encode(t), []byte{}, invalid(verify.CheckContent, verify.ReasonContentDiffers)},
		"detached":                       {detached.encode(t), text, valid},
		"detached, another given":        {detached.encode(t), []byte("x"), invalid(verify.CheckMessageDigest, verify.ReasonDiffers)},
		"detached, none given":           {detached.encode(t), nil, open(verify.CheckContent, verify.ReasonNoContent)},
		"content that is attributes":     {swapped.encode(t), nil, invalid(verify.CheckAttributes, verify.ReasonContentIsAttributes)},
		"typed content, no attributes":   {token.encode(t), nil, invalid(verify.CheckAttributes, verify.ReasonAttributesMissing)},
		"no signer":                      {empty.encode(t), nil, invalid(verify.CheckStructure, verify.ReasonNoSigners)},
		"certificates only":              {bundle.encode(t), nil, invalid(verify.CheckStructure, verify.ReasonCertificatesOnly)},
		"bytes after it":                 {append(right.encode(t), 0), nil, invalid(verify.CheckStructure, "trailing-data")},
		"another message after it":       {append(right.encode(t), right.encode(t)...), nil, invalid(verify.CheckStructure, "trailing-data")},
		"nothing":                        {nil, nil, invalid(verify.CheckStructure, "not-signed-data")},
		"a certificate":                  {w.root.cert.Raw, nil, invalid(verify.CheckStructure, "unexpected-element")},
		"no certificate of the signer":   {message{content: text, signers: right.signers}.encode(t), nil, open(verify.CheckSignature, verify.ReasonNoCertificate)},
		"another certificate in its bag": {message{content: text, certs: [][]byte{w.root.cert.Raw}, signers: right.signers}.encode(t), nil, open(verify.CheckSignature, verify.ReasonNoCertificate)},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, c.message, c.content, w.policy)
			c.want.hold(t, r)
			for i, s := range r.Signers {
				if s.Verdict > r.Verdict || (s.Reason == "") != (s.Verdict == verify.Valid) {
					t.Errorf("signer %d is %v (%q) in a message that is %v", i, s.Verdict, s.Reason, r.Verdict)
				}
			}
		})
	}
}

// TestSwappedAttributesWouldVerify shows that the refusal is not for another reason: the same signature is right for the
// original message.
func TestSwappedAttributesWouldVerify(t *testing.T) {
	w := newWorld(t)
	content := []byte("what was really signed")
	attributes := setOfAttributes(content)
	forged := message{content: attributes, certs: [][]byte{w.signer.cert.Raw}, signers: []info{{id: w.signer, bare: true}}}
	r := run(t, forged.encode(t), nil, w.policy)
	invalid(verify.CheckAttributes, verify.ReasonContentIsAttributes).hold(t, r)
	if c, _ := r.Signers[0].Check(verify.CheckSignature); c.Result != verify.Passed {
		t.Errorf("the signature itself is %s; the forgery of this test is not one", c.Result)
	}
}

func TestSeveralSignersMustAllPass(t *testing.T) {
	w := newWorld(t)
	second := issue(t, "second", ecKey(t), w.root, nil)
	stranger := issue(t, "stranger", ecKey(t), nil, nil)
	m := func(last info) []byte {
		return message{content: text, certs: [][]byte{w.signer.cert.Raw, second.cert.Raw, stranger.cert.Raw},
			signers: []info{{id: w.signer}, last}}.encode(t)
	}
	for name, c := range map[string]struct {
		last info
		want expect
		each []verify.Verdict
	}{
		"both right": {info{id: second}, valid, []verify.Verdict{verify.Valid, verify.Valid}},
		"second broken": {info{id: second, flip: true}, invalid(verify.CheckSignature, verify.ReasonSignatureWrong),
			[]verify.Verdict{verify.Valid, verify.Invalid}},
		"second a stranger": {info{id: stranger}, open(verify.CheckChain, verify.ReasonNoAnchor),
			[]verify.Verdict{verify.Valid, verify.Indeterminate}},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, m(c.last), nil, w.policy)
			c.want.hold(t, r)
			for i, v := range c.each {
				if r.Signers[i].Verdict != v {
					t.Errorf("signer %d is %v, want %v", i, r.Signers[i].Verdict, v)
				}
			}
		})
	}
}

// TestSignerIsTheCertificateThatVerified puts certificates in front of the right one that the identifier names as well.
func TestSignerIsTheCertificateThatVerified(t *testing.T) {
	w := newWorld(t)
	decoy := issue(t, "decoy", ecKey(t), w.root, func(c *x509.Certificate) { c.SerialNumber = w.signer.cert.SerialNumber })
	twin := issue(t, "twin", w.signer.key, w.root, func(c *x509.Certificate) { c.SerialNumber = w.signer.cert.SerialNumber })
	for name, c := range map[string]struct {
		certs [][]byte
		edit  func(*info)
		want  *x509.Certificate
	}{
		"another key, same number":   {[][]byte{decoy.cert.Raw, w.signer.cert.Raw}, nil, w.signer.cert},
		"same key: the hash decides": {[][]byte{twin.cert.Raw, w.signer.cert.Raw}, func(s *info) { s.attrs = func(l [][]byte) [][]byte { return append(l, reference(w.signer.cert)) } }, w.signer.cert},
	} {
		t.Run(name, func(t *testing.T) {
			m := by(w.signer, c.edit)
			m.certs = c.certs
			r := run(t, m.encode(t), nil, w.policy)
			valid.hold(t, r)
			if !r.Signers[0].Certificate.Equal(c.want) {
				t.Errorf("signer is %v, want %v", r.Signers[0].Certificate.Subject, c.want.Subject)
			}
		})
	}
}

func TestSignerNamedByKeyIdentifier(t *testing.T) {
	w := newWorldFor(t, ecKey(t), func(c *x509.Certificate) { c.SubjectKeyId = []byte{1, 2, 3, 4} })
	valid.hold(t, run(t, by(w.signer, func(s *info) { s.keyID = true }).encode(t), nil, w.policy))
	wrong := *w.signer.cert
	wrong.SubjectKeyId = []byte{9}
	m := by(w.signer, func(s *info) { s.keyID, s.id = true, &identity{&wrong, w.signer.key} })
	open(verify.CheckSignature, verify.ReasonNoCertificate).hold(t, run(t, m.encode(t), nil, w.policy))
}

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
		"extended, server": {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, valid},
		"extended, server, critical": {func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, criticalUsage("1.3.6.1.5.5.7.3.1"))
		}, invalid(verify.CheckKeyUsage, verify.ReasonExtendedKeyUsage)},
		"extended, documents, critical": {func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, criticalUsage("1.3.6.1.5.5.7.3.36"))
		}, valid},
		"extended, time stamps, critical": {func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, criticalUsage("1.3.6.1.5.5.7.3.8"))
		}, invalid(verify.CheckKeyUsage, verify.ReasonExtendedKeyUsage)},
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
		"PSS, other mask":              {func(s *info) { s.pss, s.alg = salted(32), params(idSHA256, idSHA1, 32, 1) }, invalid(verify.CheckAlgorithms, verify.ReasonAlgorithmsDisagree)},
		"PSS, other hash":              {func(s *info) { s.pss, s.alg = salted(32), params(idSHA384, idSHA384, 32, 1) }, invalid(verify.CheckAlgorithms, verify.ReasonAlgorithmsDisagree)},
		"PSS, trailer 2":               {func(s *info) { s.pss, s.alg = salted(32), params(idSHA256, idSHA256, 32, 2) }, invalid(verify.CheckAlgorithms, verify.ReasonBadParameters)},
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

func TestRemarkOnUnsortedAttributes(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, func(s *info) { s.sent = func(l [][]byte) [][]byte { l = slices.Clone(l); slices.Reverse(l); return l } })
	c, _ := run(t, m.encode(t), nil, w.policy).Signers[0].Check(verify.CheckAttributes)
	if c.Result != verify.Passed || c.Detail != verify.RemarkUnsorted {
		t.Errorf("got %+v", c)
	}
}

func TestDates(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, nil).encode(t)
	after, before := now.AddDate(2, 0, 0), now.AddDate(-2, 0, 0)
	for name, c := range map[string]struct {
		now, at time.Time
		want    expect
	}{
		"expired since, the claimed time proves nothing": {after, time.Time{}, open(verify.CheckDates, verify.ReasonExpired)},
		"expired since, the person vouches for the time": {after, now, valid},
		"asked for a time after it expired":              {now, after, open(verify.CheckDates, verify.ReasonExpired)},
		"asked for a time before it began":               {now, before, open(verify.CheckDates, verify.ReasonNotYetValid)},
		"first second":                                   {now, w.signer.cert.NotBefore, valid},
		"last second":                                    {now, w.signer.cert.NotAfter, valid},
		"last second and a bit":                          {now, w.signer.cert.NotAfter.Add(time.Second / 2), valid},
		"a second too late":                              {now, w.signer.cert.NotAfter.Add(time.Second), open(verify.CheckDates, verify.ReasonExpired)},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.policy
			p.Now, p.At = c.now, c.at
			r := run(t, m, nil, p)
			c.want.hold(t, r)
			if st := r.Signers[0].SigningTime; st == nil || !st.Equal(now) {
				t.Errorf("claimed signing time %v, want %v", st, now)
			}
		})
	}
}

func TestDemandedSigner(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, nil).encode(t)
	right, wrong := sha256.Sum256(w.signer.cert.Raw), sha256.Sum256(w.root.cert.Raw)
	for name, c := range map[string]struct {
		want  [32]byte
		hence expect
	}{
		"this one": {right, valid},
		"another":  {wrong, invalid(verify.CheckSigner, verify.ReasonOtherSigner)},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.policy
			p.SignerSHA256 = &c.want
			c.hence.hold(t, run(t, m, nil, p))
		})
	}
}

func TestNoCertificateOfTheMessageIsAnAnchor(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, nil)
	m.certs = append(m.certs, w.root.cert.Raw)
	p := w.policy
	p.Anchors = nil
	open(verify.CheckChain, verify.ReasonNoAnchor).hold(t, run(t, m.encode(t), nil, p))
	p.Certificates = []*x509.Certificate{w.root.cert}
	open(verify.CheckChain, verify.ReasonNoAnchor).hold(t, run(t, m.encode(t), nil, p))
}

func TestAnchorThatIsTheSignerItself(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, nil).encode(t)
	p := w.policy
	p.Anchors = []verify.Anchor{{Certificate: w.signer.cert, Kind: verify.AnchorFile, Name: "signer.pem"}}
	r := run(t, m, nil, p)
	valid.hold(t, r)
	if a := r.Signers[0].Anchor; a == nil || a.Kind != verify.AnchorFile || a.Name != "signer.pem" {
		t.Errorf("anchor %+v", a)
	}
	p.At = now.AddDate(3, 0, 0)
	open(verify.CheckDates, verify.ReasonExpired).hold(t, run(t, m, nil, p))
}

func TestPractice(t *testing.T) {
	practice := func(c *x509.Certificate) {
		o, err := x509.ParseOID("2.25.184374126194146455454303695688590931723")
		if err != nil {
			t.Fatal(err)
		}
		c.Policies = append(c.Policies, o)
	}
	w := newWorldFor(t, ecKey(t), practice)
	m := by(w.signer, nil).encode(t)
	for kind, want := range map[verify.AnchorKind]expect{
		verify.AnchorFile:       open(verify.CheckPractice, verify.ReasonPractice),
		verify.AnchorRegistered: open(verify.CheckPractice, verify.ReasonPractice),
		verify.AnchorPinned:     open(verify.CheckPractice, verify.ReasonPractice),
		verify.AnchorPractice:   valid,
	} {
		t.Run(string(kind), func(t *testing.T) {
			w.policy.Anchors[0].Kind = kind
			r := run(t, m, nil, w.policy)
			want.hold(t, r)
			if !r.Practice || !r.Signers[0].Practice {
				t.Error("not called practice")
			}
		})
	}
	root := w.policy.Anchors[0].Certificate
	w.policy.Anchors = []verify.Anchor{{Certificate: root, Kind: verify.AnchorFile}, {Certificate: root, Kind: verify.AnchorPractice}}
	valid.hold(t, run(t, m, nil, w.policy))
	w.policy.Anchors = nil
	open(verify.CheckPractice, verify.ReasonPractice).hold(t, run(t, m, nil, w.policy))
}

func TestContentLeavesOnlyWhatWasSigned(t *testing.T) {
	w := newWorld(t)
	var out bytes.Buffer
	sig := by(w.signer, nil).encode(t)
	r, err := verify.Verify(context.Background(), verify.Input{Signature: bytes.NewReader(sig), Size: int64(len(sig)), Out: &out}, w.policy)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if !bytes.Equal(out.Bytes(), text) || !bytes.Equal(r.ContentSHA256, sum[:]) || r.ContentSize != int64(len(text)) || !r.Attached {
		t.Errorf("content %q, report %x, %d bytes, attached %v", out.Bytes(), r.ContentSHA256, r.ContentSize, r.Attached)
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error)          { return 0, b.err }
func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.err }

func TestWhatCannotBeReadIsAnErrorAndNoVerdict(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, nil)
	m.detached = true
	sig := m.encode(t)
	if r, err := verify.Detached(context.Background(), sig, broken{io.ErrUnexpectedEOF}, w.policy); err == nil || r != nil {
		t.Errorf("content: %v, %v", r, err)
	}
	if r, err := verify.Verify(context.Background(), verify.Input{Signature: broken{io.ErrClosedPipe}, Size: 100}, w.policy); err == nil || r != nil {
		t.Errorf("signature: %v, %v", r, err)
	}
	if r, err := verify.Verify(context.Background(), verify.Input{Signature: bytes.NewReader(sig), Size: int64(len(sig)) + 1}, w.policy); err == nil || r != nil {
		t.Errorf("shorter than said: %v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := verify.Detached(ctx, sig, strings.NewReader(string(text)), w.policy); err == nil || r != nil {
		t.Errorf("cancelled: %v, %v", r, err)
	}
}

func TestZeroVerdictIsNotValid(t *testing.T) {
	var v verify.Verdict
	if v == verify.Valid || v.String() != "INVALID" {
		t.Errorf("zero verdict is %v", v)
	}
}

func TestNamesOfTheSignerAreComparedAsNames(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, func(s *info) {
		other := *s.id.cert
		other.RawIssuer = seq(set(seq(oid("2.5.4.3"), tlv(0x0C, []byte("  ROOT ")))))
		s.id = &identity{&other, s.id.key}
	})
	valid.hold(t, run(t, m.encode(t), nil, w.policy))
}

func TestWeakKeysAreToleratedAloud(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldFor(t, short, nil)
	m := by(w.signer, nil).encode(t)
	invalid(verify.CheckAlgorithms, verify.ReasonWeakKey).hold(t, run(t, m, nil, w.policy))
	w.policy.AllowWeak = true
	r := run(t, m, nil, w.policy)
	valid.hold(t, r)
	if c, _ := r.Signers[0].Check(verify.CheckAlgorithms); c.Detail != verify.RemarkWeak {
		t.Errorf("remark %q, want %q", c.Detail, verify.RemarkWeak)
	}
}

// TestWeakChainsAreToleratedAloud lets only an issuer be weak, which path validation accepts without a word.
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
	invalid(verify.CheckChain, verify.ReasonChainWeak).hold(t, run(t, m.encode(t), nil, w.policy))
	w.policy.AllowWeak = true
	r := run(t, m.encode(t), nil, w.policy)
	valid.hold(t, r)
	if c, _ := r.Signers[0].Check(verify.CheckAlgorithms); c.Detail != verify.RemarkWeak {
		t.Errorf("remark %q, want %q", c.Detail, verify.RemarkWeak)
	}
}

// TestHintsInUnsignedAttributes finds an issuer and a list where CAdES signers put them.
func TestHintsInUnsignedAttributes(t *testing.T) {
	w := newWorld(t)
	ca := issue(t, "ca", ecKey(t), w.root, authority)
	signer := issue(t, "signer", ecKey(t), ca, nil)
	revocations := [][]byte{list(t, world{root: w.root, signer: signer}, time.Time{}, 0), list(t, world{root: ca, signer: signer}, time.Time{}, 0)}
	m := by(signer, func(s *info) {
		s.unsigned = func([]byte) [][]byte {
			return [][]byte{attr("1.2.840.113549.1.9.16.2.23", seq(ca.cert.Raw)),
				attr("1.2.840.113549.1.9.16.2.24", seq(tlv(0xA0, seq(revocations...))))}
		}
	})
	r := run(t, m.encode(t), nil, w.policy)
	valid.hold(t, r)
	if got := r.Signers[0].Revocation.State; got != verify.Good {
		t.Errorf("revocation %s, want good", got)
	}
	open(verify.CheckChain, verify.ReasonNoAnchor).hold(t, run(t, by(signer, nil).encode(t), nil, w.policy))
}

// TestSignatureValueIsBelowTheModulus adds the modulus to a right signature, which is the same number to the mathematics.
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
