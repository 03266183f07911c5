package name_test

import (
	"testing"

	"golang.org/x/crypto/cryptobyte"

	"natsuin/verify/internal/name"
)

func tlv(tag byte, contents ...[]byte) []byte {
	out := []byte{tag, 0}
	for _, c := range contents {
		out = append(out, c...)
	}
	out[1] = byte(len(out) - 2)
	return out
}

const (
	utf8Tag, printable, t61, ia5, bmp, universal = 0x0c, 0x13, 0x14, 0x16, 0x1e, 0x1c
)

// attribute returns an AttributeTypeAndValue of id-at with the given arc.
func attribute(arc, tag byte, value string) []byte {
	return tlv(0x30, tlv(0x06, []byte{0x55, 4, arc}), tlv(tag, []byte(value)))
}

func dn(t *testing.T, rdns ...[]byte) name.DN {
	t.Helper()
	parsed, err := name.ParseDN(tlv(0x30, rdns...))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestComparison(t *testing.T) {
	cn := func(tag byte, value string) []byte { return tlv(0x31, attribute(3, tag, value)) }
	for _, c := range []struct {
		name  string
		a, b  []byte
		equal bool
	}{
		{"same", cn(printable, "JPKI"), cn(printable, "JPKI"), true},
		{"another string type", cn(printable, "JPKI"), cn(utf8Tag, "JPKI"), true},
		{"case", cn(printable, "jpki"), cn(utf8Tag, "JPKI"), true},
		{"spaces around and within", cn(printable, "  A   B "), cn(printable, "A B"), true},
		{"ideographic space", cn(utf8Tag, "市　長"), cn(utf8Tag, "市 長"), true},
		{"full width letters", cn(utf8Tag, "ＪＰＫＩ"), cn(printable, "JPKI"), true},
		{"composed and decomposed", cn(utf8Tag, "が"), cn(utf8Tag, "か\u3099"), true},
		{"sharp s folds", cn(utf8Tag, "straße"), cn(utf8Tag, "STRASSE"), true},
		{"BMPString", cn(bmp, "\x00J\x00P"), cn(printable, "JP"), true},
		{"UniversalString", cn(universal, "\x00\x00\x00J"), cn(printable, "J"), true},
		{"T61String as Latin-1", cn(t61, "caf\xe9"), cn(utf8Tag, "CAFÉ"), true},
		{"zero width characters", cn(utf8Tag, "J\u200bP"), cn(utf8Tag, "JP"), true},
		{"other letters", cn(printable, "A"), cn(printable, "B"), false},
		{"space against none", cn(printable, "A B"), cn(printable, "AB"), false},
		{"broken UTF-8 is itself alone", cn(utf8Tag, "a\xff"), cn(utf8Tag, "A\xff"), false},
		{"another attribute", tlv(0x31, attribute(10, printable, "A")), cn(printable, "A"), false},
		{"not text: bytes and type", cn(0x04, "a"), cn(0x05, "a"), false},
		{"set in another order", tlv(0x31, attribute(3, printable, "A"), attribute(10, printable, "B")),
			tlv(0x31, attribute(10, printable, "b"), attribute(3, printable, "a")), true},
		{"one attribute missing", tlv(0x31, attribute(3, printable, "A"), attribute(10, printable, "B")),
			cn(printable, "A"), false},
	} {
		a, b := dn(t, c.a), dn(t, c.b)
		if got := a.Equal(b); got != c.equal {
			t.Errorf("%s: equal %v, want %v", c.name, got, c.equal)
		}
		if (a.Key() == b.Key()) != c.equal {
			t.Errorf("%s: keys disagree with Equal", c.name)
		}
	}
}

func TestOrderAndSubtrees(t *testing.T) {
	o, cn := tlv(0x31, attribute(10, printable, "O")), tlv(0x31, attribute(3, printable, "CN"))
	short, long, swapped := dn(t, o), dn(t, o, cn), dn(t, cn, o)
	if long.Equal(swapped) || short.Equal(long) || long.Equal(short) {
		t.Error("order and length of a name must matter")
	}
	if !long.Under(short) || !long.Under(long) || !long.Under(name.DN{}) || short.Under(long) || swapped.Under(short) {
		t.Error("a subtree is its first RDNs")
	}
	joined := dn(t, tlv(0x31, attribute(10, printable, "O"), attribute(3, printable, "CN")))
	if joined.Key() == long.Key() {
		t.Error("one RDN of two attributes is not two RDNs")
	}
}

func TestMalformed(t *testing.T) {
	for _, der := range [][]byte{nil, {0x31, 0}, {0x30, 1}, tlv(0x30, tlv(0x30)), tlv(0x30, tlv(0x31)),
		tlv(0x30, tlv(0x31, tlv(0x30))), append(tlv(0x30), 0)} {
		if _, err := name.ParseDN(der); err == nil {
			t.Errorf("parsed %x", der)
		}
	}
	for _, der := range [][]byte{{}, tlv(0x84, nil), tlv(0xa2, nil), tlv(0x80, nil), tlv(0x89, nil), tlv(0x02, []byte{1}), {0x82, 5}} {
		if _, err := name.ReadGenerals(cryptobyte.String(der)); err == nil {
			t.Errorf("read %x", der)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add(tlv(0x30, tlv(0x31, attribute(3, utf8Tag, "市　長"))))
	f.Add(tlv(0x82, []byte("example.jp")))
	f.Fuzz(func(t *testing.T, der []byte) {
		if parsed, err := name.ParseDN(der); err == nil && (!parsed.Equal(parsed) || !parsed.Under(parsed)) {
			t.Error("a name is not equal to itself")
		}
		_, _ = name.ReadGenerals(cryptobyte.String(der))
	})
}
