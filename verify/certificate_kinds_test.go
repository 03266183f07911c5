package verify_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"natsuin/verify"
)

// nameOf returns a DER Name with one RDN for each attribute.
func nameOf(attributes ...[]byte) []byte {
	var rdns [][]byte
	for _, a := range attributes {
		rdns = append(rdns, set(a))
	}
	return seq(rdns...)
}

func attribute(id string, tag byte, value []byte) []byte { return seq(oid(id), tlv(tag, value)) }

// oddNames holds subjects that crypto/x509 may refuse, with their text.
var oddNames = map[string]struct {
	der  []byte
	text string
}{
	"PrintableString with _": {nameOf(attribute("2.5.4.3", 0x13, []byte("a_b"))), "CN=a_b"},
	"PrintableString with @": {nameOf(attribute("2.5.4.3", 0x13, []byte("a@b.jp"))), "CN=a@b.jp"},
	"UniversalString":        {nameOf(attribute("2.5.4.3", 0x1c, []byte("\x00\x00\x5c\x71\x00\x00\x75\x30"))), "CN=山田"},
	"postalAddress as SEQUENCE": {nameOf(seq(oid("2.5.4.16"), seq(tlv(0x0c, []byte("1-1")), tlv(0x0c, []byte("Chiyoda"))))),
		"postalAddress=1-1$Chiyoda"},
	"BIT STRING":     {nameOf(seq(oid("2.5.4.45"), tlv(0x03, []byte{0, 0xAB, 0xCD}))), "x500UniqueIdentifier=ABCD"},
	"IA5 with UTF-8": {nameOf(attribute("1.2.840.113549.1.9.1", 0x16, []byte("山田@example.jp"))), "emailAddress=山田@example.jp"},
}

// issueRaw makes a certificate that crypto/x509 may not be able to read.
func issueRaw(t testing.TB, subject []byte, key crypto.PublicKey, issuer *identity, edit func(*x509.Certificate)) []byte {
	t.Helper()
	serials = new(big.Int).Add(serials, big.NewInt(1))
	tmpl := &x509.Certificate{
		SerialNumber: serials, RawSubject: subject, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	if edit != nil {
		edit(tmpl)
	}
	raw, err := x509.CreateCertificate(rand.Reader, tmpl, issuer.cert, key, issuer.key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// read reads one certificate like the command line does.
func read(t testing.TB, raw []byte) *x509.Certificate {
	t.Helper()
	certs, err := verify.ParseCertificates(raw)
	if err != nil || len(certs) != 1 || !bytes.Equal(certs[0].Raw, raw) {
		t.Fatalf("%d certificates, %v", len(certs), err)
	}
	return certs[0]
}

func refusedByGo(t testing.TB, raw []byte) {
	t.Helper()
	if _, err := x509.ParseCertificate(raw); err == nil {
		t.Log("crypto/x509 reads it by now")
	}
}

func TestNamesThatAreLegalOrRead(t *testing.T) {
	w := newWorld(t)
	for name, c := range oddNames {
		t.Run(name, func(t *testing.T) {
			key := ecKey(t)
			raw := issueRaw(t, c.der, key.Public(), w.root, nil)
			refusedByGo(t, raw)
			cert := read(t, raw)
			if err := verify.Readable(cert); err != nil {
				t.Fatal(err)
			}
			if text := verify.NameText(cert.RawSubject); text != c.text || cert.SerialNumber.Sign() <= 0 {
				t.Errorf("reads %q, number %v; want %q", text, cert.SerialNumber, c.text)
			}
			m := by(&identity{cert, key}, func(s *info) { s.attrs = func(l [][]byte) [][]byte { return append(l, reference(cert)) } })
			r := run(t, m.encode(t), nil, w.policy)
			valid.hold(t, r)
			// The other fields of the certificate still count.
			for what, edit := range map[string]func(*x509.Certificate){
				"expired":       func(c *x509.Certificate) { c.NotAfter = now.AddDate(0, -1, 0) },
				"encipherment":  func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment },
				"servers alone": func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} },
				"critical": func(c *x509.Certificate) {
					c.ExtraExtensions = []pkix.Extension{{Id: []int{2, 25, 1}, Critical: true, Value: null}}
				},
				"unsigned": func(c *x509.Certificate) { c.Subject.CommonName = "unsigned" },
			} {
				issuer := w.root
				if what == "unsigned" {
					issuer = forger(t, w.root)
				}
				bad := read(t, issueRaw(t, c.der, key.Public(), issuer, edit))
				if r := run(t, by(&identity{bad, key}, nil).encode(t), nil, w.policy); r.Verdict == verify.Valid {
					t.Errorf("%s: VALID", what)
				}
			}
		})
	}
}

// CAs may have unusual names, both an intermediate CA and the root that the
// caller trusts.
func TestCAsWithNamesThatAreLegalOrRead(t *testing.T) {
	w := newWorld(t)
	for name, c := range oddNames {
		t.Run(name, func(t *testing.T) {
			key, leafKey := ecKey(t), ecKey(t)
			ca := read(t, issueRaw(t, c.der, key.Public(), w.root, authority))
			below := func(edit func(*x509.Certificate)) *identity {
				parent := *ca // crypto/x509 takes the name of the issuer from RawSubject
				return &identity{read(t, issueRaw(t, nameOf(attribute("2.5.4.3", 0x0c, []byte("signer"))), leafKey.Public(),
					&identity{&parent, key}, edit)), leafKey}
			}
			signer := below(nil)
			m := by(signer, nil)
			m.certs = append(m.certs, ca.Raw)
			valid.hold(t, run(t, m.encode(t), nil, w.policy))
			p := verify.Policy{Now: now, Anchors: []verify.Anchor{{Certificate: ca, Kind: verify.AnchorFile}}}
			valid.hold(t, run(t, by(signer, nil).encode(t), nil, p))
			notCA := read(t, issueRaw(t, c.der, key.Public(), w.root, nil))
			m.certs = [][]byte{signer.cert.Raw, notCA.Raw}
			if r := run(t, m.encode(t), nil, w.policy); r.Verdict == verify.Valid {
				t.Error("VALID under a certificate that is no CA's")
			}
		})
	}
}

// Certificates are read although crypto/x509 refuses an extension.
func TestExtensionsThatAreRead(t *testing.T) {
	w := newWorld(t)
	plain := nameOf(attribute("2.5.4.3", 0x0c, []byte("signer")))
	extra := func(id asn1.ObjectIdentifier, critical bool, value []byte) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: id, Critical: critical, Value: value})
		}
	}
	for name, edit := range map[string]func(*x509.Certificate){
		"rfc822Name in UTF-8":                 extra([]int{2, 5, 29, 17}, false, seq(tlv(0x81, []byte("山田@example.jp")))),
		"critical authorityKeyIdentifier":     extra([]int{2, 5, 29, 35}, true, seq(tlv(0x80, []byte("root")))),
		"critical subjectKeyIdentifier":       extra([]int{2, 5, 29, 14}, true, tlv(0x04, []byte{1, 2})),
		"authorityKeyIdentifier that is junk": extra([]int{2, 5, 29, 35}, false, null),
	} {
		t.Run(name, func(t *testing.T) {
			key := ecKey(t)
			raw := issueRaw(t, plain, key.Public(), w.root, edit)
			refusedByGo(t, raw)
			valid.hold(t, run(t, by(&identity{read(t, raw), key}, nil).encode(t), nil, w.policy))
		})
	}
}

// If a part of a certificate cannot be read, the report names the part. The
// certificate does not count as missing, but proves nothing.
func TestCertificateThatIsEnclosedIsNotMissing(t *testing.T) {
	w := newWorld(t)
	plain := nameOf(attribute("2.5.4.3", 0x0c, []byte("signer")))
	key := ecKey(t)
	policies := func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: []int{2, 5, 29, 32}, Value: seq(null)})
	}
	for name, c := range map[string]struct {
		raw  []byte
		part string
	}{
		"policies": {issueRaw(t, plain, key.Public(), w.root, policies), "extension 2.5.29.32"},
		"name":     {issueRaw(t, seq(null), key.Public(), w.root, nil), "subject"},
	} {
		t.Run(name, func(t *testing.T) {
			cert := read(t, c.raw)
			if err := verify.Readable(cert); !errors.Is(err, verify.ErrUnreadable) || !strings.Contains(err.Error(), c.part) {
				t.Errorf("readable: %v, want %s named", err, c.part)
			}
			m := by(&identity{cert, key}, nil)
			r := run(t, m.encode(t), nil, w.policy)
			open(verify.CheckSignature, verify.ReasonCertificateUnreadable).hold(t, r)
			if check, _ := r.Signers[0].Check(verify.CheckSignature); check.Values["part"] != c.part {
				t.Errorf("part %q, want %q", check.Values["part"], c.part)
			}
			// The certificate proves nothing as an anchor either.
			p := w.policy
			p.Anchors = []verify.Anchor{{Certificate: cert, Kind: verify.AnchorFile}}
			if r := run(t, m.encode(t), nil, p); r.Verdict == verify.Valid {
				t.Error("VALID by a certificate that cannot be read")
			}
			// If there is also a readable copy, that one decides.
			good := read(t, issueRaw(t, plain, key.Public(), w.root, func(c *x509.Certificate) { c.SerialNumber = cert.SerialNumber }))
			m.certs = [][]byte{c.raw, good.Raw}
			valid.hold(t, run(t, m.encode(t), nil, w.policy))
		})
	}
	t.Run("not even the shape of one", func(t *testing.T) {
		m := by(w.signer, nil)
		m.certs = [][]byte{seq(null)}
		open(verify.CheckSignature, verify.ReasonCertificateUnreadable).hold(t, run(t, m.encode(t), nil, w.policy))
		m.certs = nil
		open(verify.CheckSignature, verify.ReasonNoCertificate).hold(t, run(t, m.encode(t), nil, w.policy))
	})
}

// Keys on curves that crypto/x509 does not know are reported as such.
func TestKeysOnForeignCurves(t *testing.T) {
	w := newWorld(t)
	const brainpool = "1.3.36.3.3.2.8.1.1.7"
	info := seq(algorithm("1.2.840.10045.2.1", oid(brainpool)), der(asn1.BitString{Bytes: make([]byte, 65), BitLength: 8 * 65}))
	var body asn1.RawValue
	if _, err := asn1.Unmarshal(w.signer.cert.RawTBSCertificate, &body); err != nil {
		t.Fatal(err)
	}
	tbs := seq(bytes.Replace(body.Bytes, w.signer.cert.RawSubjectPublicKeyInfo, info, 1))
	raw := seq(tbs, algorithm(idECDSA256), der(asn1.BitString{Bytes: []byte{0}, BitLength: 8}))
	m := by(w.signer, nil)
	m.certs = [][]byte{raw}
	r := run(t, m.encode(t), nil, w.policy)
	open(verify.CheckAlgorithms, verify.ReasonKeyForbidden).hold(t, r)
	if s, _ := r.Signers[0].Check(verify.CheckSignature); s.Detail == verify.ReasonSignatureWrong || s.Detail == verify.ReasonNoCertificate {
		t.Errorf("signature: %s", s.Detail)
	}
}

// The messages of found/02-certificate-there-but-called-missing are accepted,
// as by OpenSSL.
func TestFoundCertificatesAreThere(t *testing.T) {
	const folder = "found/02-certificate-there-but-called-missing/"
	if _, err := os.Stat(shared(t, folder)); err != nil {
		t.Skip(err)
	}
	for name, c := range map[string]struct{ root, content string }{
		"13-universal": {"root.pem", "msg.txt"}, "14-printable-illegal@": {"root.pem", "msg.txt"},
		"16-postaladdress-seq": {"root.pem", "msg.txt"}, "underscore-ca": {"underscore-root.der", "msg2.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			p := verify.Policy{Now: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)}
			for _, root := range certificates(t, sharedFile(t, folder+c.root)) {
				p.Anchors = append(p.Anchors, verify.Anchor{Certificate: root, Kind: verify.AnchorFile})
			}
			r, err := verify.Detached(context.Background(), sharedFile(t, folder+name+".p7s"), bytes.NewReader(sharedFile(t, folder+c.content)), p)
			if err != nil || r.Verdict != verify.Valid {
				t.Errorf("%v (%s), %v, want VALID; %+v", r.Verdict, r.Reason, err, signerChecks(r))
			}
		})
	}
}
