package cms_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"natsuin/verify/internal/cms"
)

// The limits of package cms, stated a second time.
const (
	depth      = 32
	nodes      = 1 << 16
	small      = 64 << 10
	bag        = 12 << 20
	signers    = 64
	many       = 1024
	identifier = 64
)

// nested returns an element inside n elements with that tag.
func nested(w wrap, tag byte, n int) []byte {
	var b []byte
	for range n {
		b = w(tag, b)
	}
	return b
}

// sized returns an element of n octets in total. n must be at least 6.
func sized(tag byte, n int) []byte {
	return append([]byte{tag, 0x84, byte((n - 6) >> 24), byte((n - 6) >> 16), byte((n - 6) >> 8), byte(n - 6)}, make([]byte, n-6)...)
}

// arcs returns the contents of an object identifier of n octets.
func arcs(n int) []byte { return append([]byte{0x2a}, make([]byte, n-1)...) }

// TestLimits checks that each limit is accepted, and that one more is not.
func TestLimits(t *testing.T) {
	octets := tlv(0xA0, tlv(0x04, []byte("x")))
	// with returns a SignedData with these parts after its content.
	with := func(parts ...[]byte) []byte {
		body := [][]byte{one, tlv(0x31), tlv(0x30, data, octets)}
		return tlv(0x30, signedData, tlv(0xA0, tlv(0x30, append(append(body, parts...), tlv(0x31))...)))
	}
	signed := func(attributes ...[]byte) []byte { return message(tlv, octets, signerInfo(tlv(0xA0, attributes...))) }
	unsigned := func(attributes ...[]byte) []byte {
		return message(tlv, octets, tlv(0x30, one, tlv(0x30, name, one), sha256ID, sha256ID, tlv(0x04), tlv(0xA1, attributes...)))
	}
	for title, c := range map[string]struct {
		most   int
		make   func(n int) []byte
		reason cms.Reason
	}{
		// The content is five levels deep, and a certificate four. A signer's
		// attributes are counted separately, with three levels above their
		// values.
		"depth of content":             {depth - 5, func(n int) []byte { return message(tlv, tlv(0xA0, nested(tlv, 0x24, n)), signerInfo(nil)) }, cms.TooDeep},
		"depth of content, indefinite": {depth - 5, func(n int) []byte { return message(loose, loose(0xA0, nested(loose, 0x24, n)), signerInfo(nil)) }, cms.TooDeep},
		"depth of a certificate":       {depth - 4, func(n int) []byte { return with(tlv(0xA0, nested(loose, 0x30, n))) }, cms.TooDeep},
		"depth of a value":             {depth - 3, func(n int) []byte { return signed(attribute("\x2a", nested(tlv, 0x30, n))) }, cms.TooDeep},
		"depth of a value, indefinite": {depth - 3, func(n int) []byte { return signed(attribute("\x2a", nested(loose, 0x30, n))) }, cms.TooDeep},
		"elements brought into DER": {nodes - 5, func(n int) []byte {
			return signed(attribute("\x2a", loose(0x30, bytes.Repeat([]byte{5, 0}, n))))
		}, cms.TooMany},
		"signers": {signers, func(n int) []byte { return message(tlv, octets, bytes.Repeat(signerInfo(nil), n)) }, cms.TooMany},
		"digest algorithms": {signers, func(n int) []byte {
			return tlv(0x30, signedData, tlv(0xA0, tlv(0x30, one, tlv(0x31, bytes.Repeat(sha256ID, n)), tlv(0x30, data), tlv(0x31))))
		}, cms.TooMany},
		"certificates":             {many, func(n int) []byte { return with(tlv(0xA0, bytes.Repeat(tlv(0x30), n))) }, cms.TooMany},
		"lists":                    {many, func(n int) []byte { return with(tlv(0xA1, bytes.Repeat(tlv(0x30), n))) }, cms.TooMany},
		"signed attributes":        {many, func(n int) []byte { return signed(bytes.Repeat(attribute("\x2a", one), n)) }, cms.TooMany},
		"signed values":            {many, func(n int) []byte { return signed(attribute("\x2a", bytes.Repeat(one, n))) }, cms.TooMany},
		"other attributes":         {many, func(n int) []byte { return unsigned(bytes.Repeat(attribute("\x2a", one), n)) }, cms.TooMany},
		"other values":             {many, func(n int) []byte { return unsigned(attribute("\x2a", bytes.Repeat(one, n))) }, cms.TooMany},
		"size of a certificate":    {bag, func(n int) []byte { return with(tlv(0xA0, sized(0x30, n))) }, cms.TooLarge},
		"size of two certificates": {bag, func(n int) []byte { return with(tlv(0xA0, sized(0x30, 1000), sized(0x30, n-1000))) }, cms.TooLarge},
		"size of a list":           {bag, func(n int) []byte { return with(tlv(0xA1, sized(0x30, n))) }, cms.TooLarge},
		"size of two lists":        {bag, func(n int) []byte { return with(tlv(0xA1, sized(0x30, 1000), sized(0x30, n-1000))) }, cms.TooLarge},
		"size of a response": {bag, func(n int) []byte {
			before := 1000 + 6 + len(ocspResponses) // 6 is the header around the response
			return with(tlv(0xA1, sized(0x30, 1000), tlv(0xA1, ocspResponses, sized(0x30, n-before))))
		}, cms.TooLarge},
		"size of two signers": {bag, func(n int) []byte {
			second := n - len(signerInfo(nil))
			large := func(value int) []byte {
				return tlv(0x30, one, tlv(0x30, name, one), sha256ID, sha256ID, tlv(0x04), tlv(0xA1, attribute("\x2a", sized(0x04, value))))
			}
			return message(tlv, octets, signerInfo(nil), large(second-len(large(1000))+1000))
		}, cms.TooLarge},
		"size of a signature value": {small, func(n int) []byte {
			return message(tlv, octets, tlv(0x30, one, tlv(0x30, name, one), sha256ID, sha256ID, sized(0x04, n)))
		}, cms.TooLarge},
		"type of content": {identifier, func(n int) []byte {
			return tlv(0x30, signedData, tlv(0xA0, tlv(0x30, one, tlv(0x31), tlv(0x30, tlv(0x06, arcs(n))), tlv(0x31))))
		}, cms.TooLarge},
		"type of an attribute": {identifier, func(n int) []byte { return signed(attribute(string(arcs(n)), one)) }, cms.BadValue},
		"version": {5, func(n int) []byte {
			return tlv(0x30, signedData, tlv(0xA0, tlv(0x30, tlv(0x02, []byte{byte(n)}), tlv(0x31), tlv(0x30, data), tlv(0x31))))
		}, cms.BadValue},
		"version of a signer": {5, func(n int) []byte {
			return message(tlv, octets, tlv(0x30, tlv(0x02, []byte{byte(n)}), tlv(0x30, name, one), sha256ID, sha256ID, tlv(0x04)))
		}, cms.BadValue},
		"version, downwards": {0, func(n int) []byte {
			return tlv(0x30, signedData, tlv(0xA0, tlv(0x30, tlv(0x02, []byte{byte(-n)}), tlv(0x31), tlv(0x30, data), tlv(0x31))))
		}, cms.BadValue},
	} {
		t.Run(title, func(t *testing.T) {
			if _, err := parse(c.make(c.most)); err != nil {
				t.Errorf("%d: %v", c.most, err)
			}
			_, err := parse(c.make(c.most + 1))
			var broken *cms.SyntaxError
			if !errors.As(err, &broken) || broken.Reason != c.reason {
				t.Errorf("%d: %v, want %s", c.most+1, err, c.reason)
			}
		})
	}
}

// TestTextLimits checks the limits of text forms.
func TestTextLimits(t *testing.T) {
	der := message(tlv, tlv(0xA0, tlv(0x04, []byte("x"))), signerInfo(nil))
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: der}))
	label, _, _ := strings.Cut(text, "\n")
	mail := func(boundary int) string {
		b := strings.Repeat("b", boundary)
		return "Content-Type: multipart/signed; boundary=" + b + "\n\n--" + b + "\na\n--" + b +
			"\nContent-Type: application/pkcs7-signature\n\n" + string(der) + "\n--" + b + "--\n"
	}
	before := 64<<10 - len(label) - 2 // two line ends
	for text, want := range map[string]cms.Reason{
		"AAAA": "", "AAA=": "", "AA==": "", "A===": cms.BadText, "AAAA====": cms.BadText,
		"AAA": cms.BadText, "AA=": cms.BadText, "AAA==": cms.BadText, "AAAAA": cms.BadText,
		mail(70): "", mail(71): cms.BadText,
		strings.Repeat("x", before) + "\n" + text: "", strings.Repeat("x", before+1) + "\n" + text: cms.BadText,
	} {
		_, err := cms.Open(strings.NewReader(text), int64(len(text)))
		var broken *cms.SyntaxError
		errors.As(err, &broken)
		if want == "" && err != nil || want != "" && (broken == nil || broken.Reason != want) {
			t.Errorf("%d bytes, %.20q…: %v, want %q", len(text), text, err, want)
		}
	}
}
