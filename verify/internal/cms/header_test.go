package cms_test

import (
	"bytes"
	"errors"
	"testing"

	"natsuin/verify/internal/cms"
)

// withValue returns a message with a signed attribute that has this value,
// unchanged, followed by another attribute.
func withValue(value []byte) []byte {
	return message(tlv, tlv(0xA0, tlv(0x04, []byte("x"))), signerInfo(tlv(0xA0, attribute("\x2a\x03", value), attribute("\x2a\x04"))))
}

// failsAt checks the reason of an error and, unless it is -1, the offset.
func failsAt(t *testing.T, name string, err error, reason cms.Reason, offset int) {
	t.Helper()
	var broken *cms.SyntaxError
	if !errors.As(err, &broken) || broken.Reason != reason || offset >= 0 && broken.Offset != int64(offset) {
		t.Errorf("%s: got %v, want %s at byte %d", name, err, reason, offset)
	}
}

func TestHeadersOfElements(t *testing.T) {
	for name, c := range map[string]struct {
		value  []byte
		reason cms.Reason // empty if the message is accepted
	}{
		"tag number in two octets":             {[]byte{0x9F, 0x21, 0}, ""},
		"tag number in five octets":            {[]byte{0x9F, 0x81, 0x81, 0x81, 0x01, 0}, ""},
		"tag number in six octets":             {[]byte{0x9F, 0x81, 0x81, 0x81, 0x81, 0x01, 0}, cms.BadHeader},
		"tag number with a zero inside":        {[]byte{0x9F, 0x81, 0x80, 0x01, 0}, ""},
		"padded tag number":                    {[]byte{0x9F, 0x80, 0x01, 0}, cms.BadHeader},
		"unended tag number":                   {[]byte{0x9F, 0x81}, cms.Truncated},
		"length of 0 in two octets":            {[]byte{0x04, 0x81, 0}, ""},
		"length in eight octets":               {[]byte{0x04, 0x88, 0, 0, 0, 0, 0, 0, 0, 1, 9}, ""},
		"length in nine octets":                {[]byte{0x04, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9}, cms.BadHeader},
		"length just under 2^62":               {[]byte{0x04, 0x88, 0x3F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, cms.OutsideParent},
		"length of 2^62":                       {[]byte{0x04, 0x88, 0x40, 0, 0, 0, 0, 0, 0, 0}, cms.BadHeader},
		"unended length":                       {[]byte{0x04, 0x82, 0}, cms.Truncated},
		"no length":                            {[]byte{0x04}, cms.Truncated},
		"no length before an indefinite one":   {[]byte{0x30, 0x02, 0x02, 0x00, 0x30}, cms.Truncated},
		"as long as its parent":                {[]byte{0x30, 0x03, 0x04, 0x01, 9}, ""},
		"a byte longer than its parent":        {[]byte{0x30, 0x03, 0x04, 0x02, 9}, cms.OutsideParent},
		"one of no length in indefinite":       {[]byte{0x30, 0x80, 0x05, 0x00, 0, 0}, ""},
		"one with an indefinite one inside":    {[]byte{0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0}, ""},
		"end-of-contents in definite":          {[]byte{0x30, 0x02, 0, 0}, cms.BadHeader},
		"end-of-contents with a long length":   {[]byte{0x30, 0x80, 0, 0x81, 0}, cms.BadHeader},
		"end-of-contents with contents":        {[]byte{0x30, 0x80, 0, 1, 9, 0, 0}, cms.BadHeader},
		"primitive SEQUENCE":                   {[]byte{0x10, 0}, cms.BadHeader},
		"constructed NULL":                     {[]byte{0x25, 0}, cms.BadHeader},
		"octets of an integer":                 {[]byte{0x24, 3, 0x02, 1, 1}, cms.UnexpectedTag},
		"octets of octets":                     {[]byte{0x24, 3, 0x04, 1, 1}, ""},
		"octets of octets in pieces":           {[]byte{0x24, 5, 0x24, 3, 0x04, 1, 1}, ""},
		"octets of octets, indefinite":         {[]byte{0x24, 0x80, 0x24, 0x80, 0x04, 1, 1, 0, 0, 0, 0}, ""},
		"octets of octets with an integer too": {[]byte{0x24, 8, 0x24, 6, 0x04, 1, 1, 0x02, 1, 1}, cms.UnexpectedTag},
	} {
		_, err := parse(withValue(c.value))
		if c.reason == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		failsAt(t, name, err, c.reason, -1)
	}
}

func TestValuesAreBroughtIntoDER(t *testing.T) {
	long := func(n int, length ...byte) []byte {
		return append(append([]byte{0x04}, length...), bytes.Repeat([]byte{9}, n)...)
	}
	for name, c := range map[string]struct{ sent, want []byte }{
		"127 bytes":                  {long(127, 0x81, 127), long(127, 127)},
		"128 bytes":                  {long(128, 0x82, 0, 128), long(128, 0x81, 128)},
		"255 bytes":                  {long(255, 0x82, 0, 255), long(255, 0x81, 255)},
		"256 bytes":                  {long(256, 0x83, 0, 1, 0), long(256, 0x82, 1, 0)},
		"127 bytes as they are":      {long(127, 127), long(127, 127)},
		"128 bytes as they are":      {long(128, 0x81, 128), long(128, 0x81, 128)},
		"tag number, long length":    {[]byte{0x9F, 0x81, 0x80, 0x01, 0x81, 1, 9}, []byte{0x9F, 0x81, 0x80, 0x01, 1, 9}},
		"tag number, indefinite":     {[]byte{0xBF, 0x81, 0x00, 0x80, 0x05, 0, 0, 0}, []byte{0xBF, 0x81, 0x00, 2, 0x05, 0}},
		"octets in pieces in pieces": {[]byte{0x24, 8, 0x24, 3, 0x04, 1, 1, 0x04, 1, 2}, []byte{0x04, 2, 1, 2}},
		"nothing in it, indefinite":  {[]byte{0x30, 0x80, 0, 0}, []byte{0x30, 0}},
	} {
		m, err := parse(withValue(c.sent))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := m.Signers[0].Signed.List[0].Values[0]; !bytes.Equal(got, c.want) {
			t.Errorf("%s: got %x, want %x", name, got, c.want)
		}
	}
}

// The limit on the elements of a part applies only if the part must be
// converted to DER.
func TestPartInDERMayHaveAnyNumberOfElements(t *testing.T) {
	deepest := func(w func(tag byte, body []byte) []byte) []byte {
		b := w(0x30, bytes.Repeat([]byte{5, 0}, 70_000))
		for range 32 - 3 - 1 {
			b = whole(0x30, b)
		}
		return message(tlv, nil, signerInfo(whole(0xA0, whole(0x30, append(tlv(0x06, []byte("\x2a\x03")), whole(0x31, b)...)))))
	}
	if _, err := parse(deepest(whole)); err != nil {
		t.Error(err)
	}
	_, err := parse(deepest(func(tag byte, body []byte) []byte { return tlv(tag, body) })) // a length that is not in its shortest form
	failsAt(t, "not in DER", err, cms.TooMany, -1)
}

// whole returns an element of more than 64 KiB with its length in the shortest
// form.
func whole(tag byte, body []byte) []byte {
	n := len(body)
	return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

func TestIdentifiers(t *testing.T) {
	for oid, want := range map[string]string{
		"\x2a\x03":                  "1.2.3",
		string(cms.SignedData):      "1.2.840.113549.1.7.2",
		"\x2a\x81\x80\x01":          "1.2.16385",
		"\x2a\x81\x80\x80\x01":      "1.2.2097153",
		"":                          "invalid",
		"\x2a\x80\x01":              "invalid", // with padding
		"\x80":                      "invalid",
		"\x2a\x81":                  "invalid", // without an end
		"\x2a\x81\x80":              "invalid",
		"\x2a\xFF\x7F":              "1.2.16383",
		"\x2a\x7F":                  "1.2.127",
		string(cms.Data) + "\x81":   "invalid",
		"\x2a\x03" + "\x81\x00\x05": "1.2.3.128.5",
	} {
		if got := cms.OID(oid).String(); got != want {
			t.Errorf("% x is %s, want %s", oid, got, want)
		}
		_, err := parse(tlv(0x30, signedData, tlv(0xA0, tlv(0x30, one, tlv(0x31), tlv(0x30, tlv(0x06, []byte(oid))), tlv(0x31)))))
		if want == "invalid" {
			failsAt(t, want, err, cms.BadValue, -1)
		} else if err != nil {
			t.Errorf("% x as a type of content: %v", oid, err)
		}
	}
}
