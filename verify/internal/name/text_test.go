package name_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"

	"natsuin/verify/internal/name"
)

// Names with types that both know must agree with encoding/asn1 and
// crypto/x509/pkix.
func TestTextAgreesWithThePlatform(t *testing.T) {
	for _, n := range []pkix.Name{
		{CommonName: "Yamada Taro", Organization: []string{"A, B"}, Country: []string{"JP"}},
		{CommonName: `a+b"c\d<e>f;g`, SerialNumber: "12", Locality: []string{" x "}, Province: []string{"#1"}},
		{CommonName: "山田太郎", StreetAddress: []string{"1"}, PostalCode: []string{"100"}, OrganizationalUnit: []string{"u", "v"}},
	} {
		der, err := asn1.Marshal(n.ToRDNSequence())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := name.Text(der), n.ToRDNSequence().String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestShortNames(t *testing.T) {
	add := func(n *pkix.Name, id string, value any) {
		var oid asn1.ObjectIdentifier
		for _, arc := range strings.Split(id, ".") {
			v := 0
			for _, d := range arc {
				v = 10*v + int(d-'0')
			}
			oid = append(oid, v)
		}
		n.ExtraNames = append(n.ExtraNames, pkix.AttributeTypeAndValue{Type: oid, Value: value})
	}
	for id, want := range map[string]string{
		"1.2.840.113549.1.9.1": "emailAddress", "2.5.4.42": "givenName", "2.5.4.4": "surname", "2.5.4.97": "organizationIdentifier",
		"2.5.4.12": "title", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID", "1.2.3.4": "1.2.3.4",
	} {
		var n pkix.Name
		add(&n, id, "x")
		der, err := asn1.Marshal(n.ToRDNSequence())
		if err != nil {
			t.Fatal(err)
		}
		if got := name.Text(der); got != want+"=x" {
			t.Errorf("%s prints as %s", id, got)
		}
	}
	if got := name.Text([]byte{0x30, 1}); got != "3001" {
		t.Errorf("malformed: %s", got)
	}
}
