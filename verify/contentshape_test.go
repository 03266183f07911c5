package verify_test

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"

	"natsuin/verify"
)

// The signature over the attributes of a genuine message is presented as one
// over content without attributes (ePrint 2023/1801). Other attributes must not
// hide this. With the attributes in place, the message is valid.
func TestSwappedAttributesOfAnyKind(t *testing.T) {
	w := newWorld(t)
	digest := sha256.Sum256(text)
	for name, extra := range map[string][]byte{
		"the usual ones":            attr(atTime, der(now)),
		"one of more than a MiB":    attr("1.2.840.113583.1.1.8", seq(tlv(0xA0, seq(tlv(0x04, make([]byte, 1<<20)))))),
		"one of a million elements": attr("1.2.840.113583.1.1.8", seq(bytes.Repeat(null, 1<<20))),
		"a high tag number":         attr("1.2.3.4", []byte{0xBF, 0x21, 0x00}),
		"a value of another form":   attr("1.2.3.4", []byte{0x24, 0x80, 0x04, 0x01, 0x00, 0x00, 0x00}),
		"no value":                  attr("1.2.3.4"),
		"broken inside":             attr("1.2.3.4", []byte{0x30, 0x7F}),
	} {
		t.Run(name, func(t *testing.T) {
			list := [][]byte{attr(atContentType, oid(idData)), attr(atDigest, der(digest[:])), extra}
			slices.SortFunc(list, bytes.Compare)
			swapped := by(w.signer, func(s *info) { s.bare = true })
			swapped.content = set(list...)
			for place, r := range map[string]*verify.Report{
				"attached": run(t, swapped.encode(t), nil, w.policy),
				"detached": run(t, func() []byte { d := swapped; d.detached = true; return d.encode(t) }(), swapped.content, w.policy),
			} {
				invalid(verify.CheckAttributes, verify.ReasonContentIsAttributes).hold(t, r)
				if c, _ := r.Signers[0].Check(verify.CheckSignature); c.Result != verify.Passed {
					t.Errorf("%s: the signature itself is %s; the forgery of this test is not one", place, c.Result)
				}
			}
			if name == "no value" || name == "broken inside" || name == "a value of another form" {
				return
			}
			genuine := by(w.signer, func(s *info) {
				s.attrs = func([][]byte) [][]byte { return list }
			})
			valid.hold(t, run(t, genuine.encode(t), nil, w.policy))
		})
	}
	for name, content := range map[string][]byte{
		"text that begins like a set": []byte("1\x08some text"),
		"a set of names":              set(seq(oid("2.5.4.3"), tlv(0x0C, []byte("name")))),
		"attributes and more":         append(setOfAttributes(text), 0),
		"all but the end":             setOfAttributes(text)[:60],
	} {
		m := by(w.signer, func(s *info) { s.bare = true })
		m.content = content
		t.Run(name, func(t *testing.T) { valid.hold(t, run(t, m.encode(t), nil, w.policy)) })
	}
}

// A second content-type attribute, whose identifier has padding that a lenient
// reader ignores, is refused.
func TestPaddedTypeOfAttribute(t *testing.T) {
	w := newWorld(t)
	padded := seq([]byte{6, 10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x80, 0x03}, set(oid("1.2.3")))
	m := by(w.signer, func(s *info) { s.attrs = func(l [][]byte) [][]byte { return append(l, padded) } })
	invalid(verify.CheckStructure, "bad-value").hold(t, run(t, m.encode(t), nil, w.policy))
}
