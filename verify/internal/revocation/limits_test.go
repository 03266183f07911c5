package revocation_test

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"natsuin/verify/internal/revocation"
)

func TestLimits(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	parse := func(l list) error {
		_, err := revocation.ParseCRL(l.der(t, ca))
		return err
	}
	extensions := func(n int) [][]byte {
		var all [][]byte
		for i := range n {
			all = append(all, ext(false, nil, 2, 999, i))
		}
		return all
	}
	for title, c := range map[string]struct {
		most  int
		parse func(n int) error
	}{
		"octets of a serial number": {64, func(n int) error {
			return parse(list{entries: [][]byte{revoked(new(big.Int).Lsh(big.NewInt(1), uint(8*n-2)), day(-2))}})
		}},
		"octets of a list's number": {64 - 2, func(n int) error { // including the tag and the length
			number, err := asn1.Marshal(new(big.Int).Lsh(big.NewInt(1), uint(8*n-2)))
			if err != nil {
				return err
			}
			return parse(list{unnumbered: true, extensions: [][]byte{ext(false, number, 2, 5, 29, 20)}})
		}},
		"extensions": {64, func(n int) error { return parse(list{unnumbered: true, extensions: extensions(n)}) }},
		"distribution points": {64, func(n int) error {
			point := tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, []byte("u:")))))
			var points []byte
			for range n {
				points = append(points, point...)
			}
			value, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: points})
			if err != nil {
				return err
			}
			return revocation.CheckPoints(&x509.Certificate{RawIssuer: ca.cert.RawSubject,
				Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: value}}})
		}},
	} {
		if err := c.parse(c.most); err != nil {
			t.Errorf("%s, %d: %v", title, c.most, err)
		}
		if err := c.parse(c.most + 1); !errors.Is(err, revocation.ErrMalformed) {
			t.Errorf("%s, %d: %v", title, c.most+1, err)
		}
	}
}

// The date of a CRL may be five minutes ahead of the clock.
func TestListAheadOfTheClock(t *testing.T) {
	ca := issue(t, nil, "CA", asCA)
	leaf := issue(t, ca, "Leaf")
	for ahead, want := range map[time.Duration]revocation.Status{5 * time.Minute: revocation.Good, 5*time.Minute + time.Second: revocation.Unknown} {
		k := checker(nil, list{this: at.Add(ahead)}.parse(t, ca))
		if a := k.Check(context.Background(), leaf.cert, ca.cert); a.Status != want {
			t.Errorf("%v ahead: %v, want %v", ahead, a.Status, want)
		}
	}
}
