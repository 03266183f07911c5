package path_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"

	"natsuin/verify/internal/path"
)

// crypto/x509 refuses a distribution point whose name is relative to the CRL
// issuer. ParseCertificate returns the certificate with its original bytes.
func TestParseRelativeDistributionPoint(t *testing.T) {
	root := newRoot(t, "Root")
	rdn := tlv(0xa1, tlv(0x30, marshal(t, asn1.ObjectIdentifier{2, 5, 4, 3}), tlv(0x0c, []byte("CRL 1"))))
	point := tlv(0x30, tlv(0x30, tlv(0xa0, rdn)))
	for _, critical := range []bool{false, true} {
		template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Leaf"},
			NotBefore: at.AddDate(-1, 0, 0), NotAfter: at.AddDate(1, 0, 0),
			ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Critical: critical, Value: point}}}
		der, err := x509.CreateCertificate(rand.Reader, template, root.cert, newKey(t).Public(), root.key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x509.ParseCertificate(der); err == nil {
			t.Skip("crypto/x509 reads it by now: ParseCertificate can go")
		}
		cert, err := path.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(cert.Raw, der) || !bytes.Contains(der, cert.RawTBSCertificate) {
			t.Error("the bytes are not those that were given")
		}
		if err := cert.CheckSignatureFrom(root.cert); err != nil {
			t.Errorf("signature over the original bytes: %v", err)
		}
		if len(cert.UnhandledCriticalExtensions) != 0 {
			t.Errorf("unhandled: %v", cert.UnhandledCriticalExtensions)
		}
		wantPath(t, path.Request{Leaf: cert, Anchors: certs(root), At: at})
	}
}

// Malformed distribution points are refused by ParseCertificate or by Validate.
func TestMalformedDistributionPoints(t *testing.T) {
	root := newRoot(t, "Root")
	for name, value := range map[string][]byte{
		"no points":            tlv(0x30),
		"empty point":          tlv(0x30, tlv(0x30)),
		"reasons alone":        tlv(0x30, tlv(0x30, []byte{0x81, 2, 0, 0x40})),
		"unknown kind of name": tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa2)))),
		"something after":      append(tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, uri("http://x/"))))), 0x30),
	} {
		t.Run(name, func(t *testing.T) {
			template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Leaf"},
				NotBefore: at.AddDate(-1, 0, 0), NotAfter: at.AddDate(1, 0, 0),
				ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}, Value: value}}}
			der, err := x509.CreateCertificate(rand.Reader, template, root.cert, newKey(t).Public(), root.key)
			if err != nil {
				t.Fatal(err)
			}
			cert, err := path.ParseCertificate(der)
			if err != nil {
				return // the parser may refuse it already
			}
			wantFailure(t, path.Request{Leaf: cert, Anchors: certs(root), At: at}, path.Malformed, cert)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	leaf := newRoot(t, "Root").newLeaf(t, "Leaf").cert.Raw
	for _, der := range [][]byte{nil, {0x30}, {0x06, 0x03, 0x55, 0x1d, 0x1f}, append(bytes.Clone(leaf), 0)} {
		if _, err := path.ParseCertificate(der); err == nil {
			t.Errorf("parsed %x", der)
		}
	}
}

// The signature does not cover elements after it inside a certificate, and
// crypto/x509 ignores them, so a changed copy would verify like the original.
func TestParseRefusesElementsAfterTheSignature(t *testing.T) {
	leaf := newRoot(t, "Root").newLeaf(t, "Leaf").cert.Raw
	var body asn1.RawValue
	if _, err := asn1.Unmarshal(leaf, &body); err != nil {
		t.Fatal(err)
	}
	longer := tlv(0x30, body.Bytes, []byte{0x05, 0x00})
	if _, err := x509.ParseCertificate(longer); err != nil {
		t.Skip("crypto/x509 refuses it by now")
	}
	if _, err := path.ParseCertificate(longer); err == nil {
		t.Error("parsed with a NULL after the signature")
	}
}
