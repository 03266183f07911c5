package verify_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"testing"

	"natsuin/verify"
)

func TestParseCertificates(t *testing.T) {
	a, b := newWorld(t).root.cert, newWorld(t).root.cert
	bundle := message{detached: true, certs: [][]byte{a.Raw, b.Raw}}.encode(t)
	block := func(typ string, raw []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: raw}) }
	w := newWorld(t)
	for name, c := range map[string]struct {
		file []byte
		want []*x509.Certificate
	}{
		"DER":                        {a.Raw, []*x509.Certificate{a}},
		"PEM":                        {block("CERTIFICATE", a.Raw), []*x509.Certificate{a}},
		"PEM with text before it":    {append([]byte("subject=a\n"), block("CERTIFICATE", a.Raw)...), []*x509.Certificate{a}},
		"PEM, several, and a key":    {bytes.Join([][]byte{block("CERTIFICATE", a.Raw), block("PRIVATE KEY", []byte("x")), block("CERTIFICATE", b.Raw)}, nil), []*x509.Certificate{a, b}},
		"bundle":                     {bundle, []*x509.Certificate{a, b}},
		"bundle in PEM":              {block("PKCS7", bundle), []*x509.Certificate{a, b}},
		"bundle in base64":           {[]byte(base64.StdEncoding.EncodeToString(bundle)), []*x509.Certificate{a, b}},
		"bundle and certificate":     {append(block("PKCS7", bundle), block("CERTIFICATE", a.Raw)...), []*x509.Certificate{a, b, a}},
		"a signed message, attached": {by(w.signer, nil).encode(t), []*x509.Certificate{w.signer.cert}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := verify.ParseCertificates(c.file)
			if err != nil || len(got) != len(c.want) {
				t.Fatalf("%d certificates, %v", len(got), err)
			}
			for i := range got {
				if !got[i].Equal(c.want[i]) {
					t.Errorf("certificate %d is %v", i, got[i].Subject)
				}
			}
		})
	}
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":              {nil, nil},
		"text":                 {[]byte("hello"), nil},
		"bundle of nothing":    {message{detached: true}.encode(t), verify.ErrNoCertificates},
		"PEM of a key":         {block("PRIVATE KEY", []byte("x")), verify.ErrNoCertificates},
		"broken in a bundle":   {message{detached: true, certs: [][]byte{a.Raw, seq(null)}}.encode(t), nil},
		"broken in PEM":        {block("CERTIFICATE", a.Raw[:100]), nil},
		"bytes after it":       {append(bytes.Clone(a.Raw), 0), nil},
		"more than 4 MiB":      {make([]byte, 4<<20+1), verify.ErrTooManyCertificates},
		"more than 1024":       {bytes.Repeat(block("CERTIFICATE", a.Raw), 1025), verify.ErrTooManyCertificates},
		"more than 1024 in it": {message{detached: true, certs: [][]byte{bytes.Repeat(a.Raw, 1025)}}.encode(t), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := verify.ParseCertificates(c.file)
			if err == nil || len(got) != 0 || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%d certificates, %v; want %v", len(got), err, c.want)
			}
		})
	}
}
