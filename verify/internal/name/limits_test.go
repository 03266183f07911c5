package name_test

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"testing"

	"natsuin/verify/internal/name"
)

func TestLimits(t *testing.T) {
	for title, c := range map[string]struct {
		most  int
		parse func(n int) error
	}{
		"RDNs": {256, func(n int) error {
			rdn := tlv(0x31, attribute(3, printable, "a"))
			der, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: bytes.Repeat(rdn, n)})
			if err != nil {
				return err
			}
			_, err = name.ParseDN(der)
			return err
		}},
		"general names": {4096, func(n int) error {
			_, err := name.ReadGenerals(bytes.Repeat(tlv(0x82, []byte("a.jp")), n))
			return err
		}},
	} {
		if err := c.parse(c.most); err != nil {
			t.Errorf("%s, %d: %v", title, c.most, err)
		}
		if err := c.parse(c.most + 1); !errors.Is(err, name.ErrMalformed) {
			t.Errorf("%s, %d: %v", title, c.most+1, err)
		}
	}
}
