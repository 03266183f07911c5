package cms_test

import (
	"bytes"
	"testing"

	"natsuin/verify/internal/cms"
)

// Signed attributes may have larger and less usual values than CMS defines.
func TestAttributesOfOthers(t *testing.T) {
	short := func(tag byte, body []byte) []byte { return append([]byte{tag, byte(len(body))}, body...) }
	list := bytes.Repeat([]byte{0x30, 6, 2, 1, 1, 4, 1, 9}, 100_000) // more elements than are converted to DER
	whole := func(tag byte, body []byte) []byte {
		n := len(body)
		return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
	}
	oid := short(0x06, []byte("\x2a\x03"))
	for name, set := range map[string][]byte{
		"a tag number over 30":     short(0xA0, short(0x30, append(bytes.Clone(oid), short(0x31, []byte{0xBF, 0x21, 0})...))),
		"two of them":              short(0xA0, short(0x30, append(bytes.Clone(oid), short(0x31, []byte{0x9F, 0x21, 1, 7, 0xBF, 0x81, 0x00, 0})...))),
		"one of them, in BER":      loose(0xA0, loose(0x30, oid, loose(0x31, []byte{0xBF, 0x21, 0x80, 0, 0}))),
		"more than a MiB":          whole(0xA0, whole(0x30, append(bytes.Clone(oid), whole(0x31, whole(0x04, make([]byte, 2<<20)))...))),
		"a hundred thousand parts": whole(0xA0, whole(0x30, append(bytes.Clone(oid), whole(0x31, whole(0x30, list))...))),
	} {
		t.Run(name, func(t *testing.T) {
			m, err := parse(message(tlv, tlv(0xA0, tlv(0x04, []byte("x"))), signerInfo(set)))
			if err != nil {
				t.Fatal(err)
			}
			signed := m.Signers[0].Signed
			if len(signed.List) != 1 || signed.List[0].Type != "\x2a\x03" || !signed.Sorted() {
				t.Fatalf("%d attributes", len(signed.List))
			}
			if size, is := cms.LooksLikeAttributes(signed.DER); !is || size != int64(len(signed.DER)) {
				t.Errorf("seen as %v with %d bytes, want %d", is, size, len(signed.DER))
			}
		})
	}
}

func TestLooksLikeAttributes(t *testing.T) {
	for name, c := range map[string]struct {
		head string
		size int64
		is   bool
	}{
		"attribute":             {"\x31\x08\x30\x06\x06\x02\x2a\x03\x31\x00", 10, true},
		"long lengths":          {"\x31\x82\x00\x0A\x30\x81\x06\x06\x81\x02\x2a\x03\x31\x00", 14, true},
		"indefinite":            {"\x31\x80\x30\x80\x06\x02\x2a\x03\x31\x80", -1, true},
		"only its beginning":    {"\x31\x83\x10\x00\x00\x30\x83\x0f\xff\xf0\x06\x02\x2a\x03\x31", 0x100005, true},
		"endless identifier":    {"\x31\x83\x10\x00\x00\x30\x83\x0f\xff\xf0\x06\x7f\x2a\x03", 0x100005, true},
		"nothing":               {"", 0, false},
		"a set of nothing":      {"\x31\x00", 0, false},
		"said to be empty":      {"\x31\x00\x30\x06\x06\x02\x2a\x03\x31\x00", 2, true},
		"an algorithm":          {"\x31\x06\x30\x04\x06\x02\x2a\x03", 0, false},
		"part of a name":        {"\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02ab", 0, false},
		"text":                  {"1 apple, 2 pears", 0, false},
		"a sequence":            {"\x30\x08\x30\x06\x06\x02\x2a\x03\x31\x00", 0, false},
		"a length of 127 bytes": {"\x31\xff\x30\x06\x06\x02\x2a\x03\x31\x00", 0, false},
	} {
		if size, is := cms.LooksLikeAttributes([]byte(c.head)); is != c.is || is && size != c.size {
			t.Errorf("%s: %v with %d bytes, want %v with %d", name, is, size, c.is, c.size)
		}
	}
}
