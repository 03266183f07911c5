package verify_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"io"
	"slices"
	"testing"
	"time"

	"natsuin/verify"
)

// expect is the expected judgement: the verdict, its reason, and the check with
// that reason.
type expect struct {
	verdict verify.Verdict
	reason  verify.Reason
	check   verify.CheckID
}

var valid = expect{verdict: verify.Valid}

func invalid(check verify.CheckID, reason verify.Reason) expect {
	return expect{verify.Invalid, reason, check}
}

func open(check verify.CheckID, reason verify.Reason) expect {
	return expect{verify.Indeterminate, reason, check}
}

// run judges a message, and checks that a cache does not change the report.
func run(t testing.TB, sig, content []byte, p verify.Policy) *verify.Report {
	t.Helper()
	judge := func(p verify.Policy) (*verify.Report, error) {
		var r io.Reader
		if content != nil {
			r = bytes.NewReader(content)
		}
		return verify.Detached(context.Background(), sig, r, p)
	}
	if p.Now.IsZero() {
		p.Now = time.Now()
	}
	report, err := judge(p)
	if err != nil {
		t.Fatal(err)
	}
	sameWithCache(t, report, judge, p)
	return report
}

func (e expect) hold(t testing.TB, r *verify.Report) {
	t.Helper()
	inOrder(t, r.Checks)
	for _, checks := range signerChecks(r) {
		inOrder(t, checks)
	}
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

// order is the order of the checks in the table of docs/verify.md.
var order = []verify.CheckID{
	verify.CheckStructure, verify.CheckContent, verify.CheckPDF, verify.CheckSigner,
	verify.CheckByteRange, verify.CheckContents, verify.CheckRevision, verify.CheckDictionary, verify.CheckChanges, verify.CheckPermissions,
	verify.CheckAlgorithms, verify.CheckAttributes, verify.CheckContentType, verify.CheckMessageDigest, verify.CheckSignature,
	verify.CheckSigningCertificate, verify.CheckKeyUsage, verify.CheckTimestamp, verify.CheckPractice, verify.CheckDates,
	verify.CheckChain, verify.CheckPolicy, verify.CheckRevocation,
}

// inOrder checks that the checks are in the order of the table, each at most
// once.
func inOrder(t testing.TB, checks []verify.Check) {
	t.Helper()
	last := -1
	for _, c := range checks {
		at := slices.Index(order, c.ID)
		if at <= last {
			t.Errorf("check %s is out of order in %+v", c.ID, checks)
		}
		last = at
	}
}

func signerChecks(r *verify.Report) [][]verify.Check {
	var all [][]verify.Check
	for _, s := range r.Signers {
		all = append(all, s.Checks)
	}
	return all
}

// TestRulesForOneSigner breaks rules of docs/verify.md, mostly one at a time,
// in a message with one signer.
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
		"signing time no time": {replace(atTime, attr(atTime, null)), valid},

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
		"digest unknown": {func(s *info) { s.digest = algorithm("1.2.643.7.1.1.2.2") },
			open(verify.CheckAlgorithms, verify.ReasonDigestForbidden)},
		"digest with parameters": {func(s *info) { s.digest = algorithm(idSHA256, der(1)) },
			invalid(verify.CheckAlgorithms, verify.ReasonBadParameters)},
		"signature unknown": {func(s *info) { s.alg = algorithm("1.2.840.10045.2.1") },
			open(verify.CheckAlgorithms, verify.ReasonSignatureForbidden)},
		"signature for another key": {func(s *info) { s.alg = algorithm(idRSA, null) },
			invalid(verify.CheckAlgorithms, verify.ReasonKeyMismatch)},
		"SHA-1": {func(s *info) { s.hash = crypto.SHA1 }, open(verify.CheckAlgorithms, verify.ReasonSHA1Forbidden)},
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
		"bytes after it":                 {append(right.encode(t), 1), nil, invalid(verify.CheckStructure, "trailing-data")},
		"zeros after it":                 {append(right.encode(t), 0), nil, invalid(verify.CheckStructure, "trailing-zeros")},
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

// The signature is valid for the original message, so the forged one is refused
// only because of the shape of its content.
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

func TestRemarkOnUnsortedAttributes(t *testing.T) {
	w := newWorld(t)
	m := by(w.signer, func(s *info) { s.sent = func(l [][]byte) [][]byte { l = slices.Clone(l); slices.Reverse(l); return l } })
	c, _ := run(t, m.encode(t), nil, w.policy).Signers[0].Check(verify.CheckAttributes)
	if c.Result != verify.Passed || c.Detail != verify.RemarkUnsorted {
		t.Errorf("got %+v", c)
	}
}
