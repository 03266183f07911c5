package verify_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"natsuin/verify"
)

// The functions of this file encode messages, valid ones and ones with the
// faults that the tests need.

// now is the current time of the tests.
var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func tlv(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	head := []byte{tag}
	switch n := len(body); {
	case n < 0x80:
		head = append(head, byte(n))
	case n < 0x100:
		head = append(head, 0x81, byte(n))
	case n < 0x10000:
		head = append(head, 0x82, byte(n>>8), byte(n))
	default:
		head = append(head, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	return append(head, body...)
}

func seq(parts ...[]byte) []byte { return tlv(0x30, parts...) }
func set(parts ...[]byte) []byte { return tlv(0x31, parts...) }

func der(v any) []byte {
	b, err := asn1.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func oid(s string) []byte {
	o, err := x509.ParseOID(s)
	if err != nil {
		panic(err)
	}
	b, err := o.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return tlv(0x06, b)
}

var null = []byte{5, 0}

func algorithm(id string, params ...[]byte) []byte {
	return seq(append([][]byte{oid(id)}, params...)...)
}

const (
	idData       = "1.2.840.113549.1.7.1"
	idSignedData = "1.2.840.113549.1.7.2"
	idTSTInfo    = "1.2.840.113549.1.9.16.1.4"
	idRSA        = "1.2.840.113549.1.1.1"
	idPSS        = "1.2.840.113549.1.1.10"
	idMGF1       = "1.2.840.113549.1.1.8"
	idSHA1       = "1.3.14.3.2.26"
	idSHA256     = "2.16.840.1.101.3.4.2.1"
	idSHA384     = "2.16.840.1.101.3.4.2.2"
	idECDSA256   = "1.2.840.10045.4.3.2"
	idECDSA384   = "1.2.840.10045.4.3.3"

	atContentType = "1.2.840.113549.1.9.3"
	atDigest      = "1.2.840.113549.1.9.4"
	atTime        = "1.2.840.113549.1.9.5"
	atSigningCert = "1.2.840.113549.1.9.16.2.12"
	atSigningCer2 = "1.2.840.113549.1.9.16.2.47"
	atProtection  = "1.2.840.113549.1.9.52"
	atTimestamp   = "1.2.840.113549.1.9.16.2.14"
)

func attr(id string, values ...[]byte) []byte { return seq(oid(id), set(values...)) }

// identity is a certificate with its key.
type identity struct {
	cert *x509.Certificate
	key  crypto.Signer
}

var serials = big.NewInt(1000)

// issue makes a certificate issued by issuer, or a self-signed one if issuer is
// nil. edit may change the template.
func issue(t testing.TB, name string, key crypto.Signer, issuer *identity, edit func(*x509.Certificate)) *identity {
	t.Helper()
	serials = new(big.Int).Add(serials, big.NewInt(1))
	tmpl := &x509.Certificate{
		SerialNumber: serials, Subject: pkix.Name{CommonName: name},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, BasicConstraintsValid: true,
	}
	if edit != nil {
		edit(tmpl)
	}
	parent, signer := tmpl, key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, tmpl, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &identity{cert, key}
}

func authority(c *x509.Certificate) {
	c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	c.SubjectKeyId = []byte(c.Subject.CommonName)
}

func ecKey(t testing.TB) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// world is a root, a signer below it, and a policy that trusts the root.
type world struct {
	root, signer *identity
	policy       verify.Policy
}

func newWorld(t testing.TB) world { return newWorldFor(t, ecKey(t), nil) }

func newWorldFor(t testing.TB, key crypto.Signer, edit func(*x509.Certificate)) world {
	t.Helper()
	root := issue(t, "root", ecKey(t), nil, authority)
	signer := issue(t, "signer", key, root, edit)
	return world{root, signer, verify.Policy{Now: now, Anchors: []verify.Anchor{{Certificate: root.cert, Kind: verify.AnchorFile, Name: "root.pem"}}}}
}

// info describes a SignerInfo. If only id is set, it is a valid one with
// SHA-256.
type info struct {
	id       *identity
	bare     bool                    // no signed attributes
	hash     crypto.Hash             // 0 means SHA-256
	digest   []byte                  // digestAlgorithm, or nil for that of hash
	alg      []byte                  // signatureAlgorithm, or nil for the usual one of the key
	pss      *rsa.PSSOptions         // sign with RSASSA-PSS
	attrs    func([][]byte) [][]byte // changes the attributes before they are signed
	sent     func([][]byte) [][]byte // changes the attributes after they are signed
	overSent bool                    // sign the attributes in the order of sent, not of DER
	keyID    bool                    // identify the certificate by subjectKeyIdentifier
	unsigned func(signature []byte) [][]byte
	flip     bool // change the signature value
	forge    bool // use a signature value of zeros
}

func (s info) encode(t testing.TB, contentType string, content []byte) []byte {
	t.Helper()
	if s.hash == 0 {
		s.hash = crypto.SHA256
	}
	hashOf := func(b []byte) []byte {
		h := s.hash.New()
		h.Write(b)
		return h.Sum(nil)
	}
	ids := map[crypto.Hash]string{crypto.SHA1: idSHA1, crypto.SHA256: idSHA256, crypto.SHA384: idSHA384}
	if s.digest == nil {
		s.digest = algorithm(ids[s.hash])
	}
	if s.alg == nil {
		if _, ok := s.id.key.Public().(*rsa.PublicKey); ok {
			s.alg = algorithm(idRSA, null)
		} else {
			s.alg = algorithm(map[crypto.Hash]string{crypto.SHA1: "1.2.840.10045.4.1", crypto.SHA256: idECDSA256, crypto.SHA384: idECDSA384}[s.hash])
		}
	}
	signed := hashOf(content)
	var field []byte
	if !s.bare {
		list := [][]byte{attr(atContentType, oid(contentType)), attr(atDigest, der(hashOf(content))), attr(atTime, der(now))}
		if s.attrs != nil {
			list = s.attrs(list)
		}
		slices.SortFunc(list, bytes.Compare)
		signed = hashOf(set(list...))
		if s.sent != nil {
			list = s.sent(list)
		}
		if s.overSent {
			signed = hashOf(set(list...))
		}
		field = tlv(0xA0, list...)
	}
	var opts crypto.SignerOpts = s.hash
	if s.pss != nil {
		opts = s.pss
	}
	signature := make([]byte, 64)
	if !s.forge {
		var err error
		if signature, err = s.id.key.Sign(rand.Reader, signed, opts); err != nil {
			t.Fatal(err)
		}
	}
	if s.flip {
		signature[len(signature)-1] ^= 1
	}
	version, sid := 1, seq(s.id.cert.RawIssuer, der(s.id.cert.SerialNumber))
	if s.keyID {
		version, sid = 3, tlv(0x80, s.id.cert.SubjectKeyId)
	}
	parts := [][]byte{der(version), sid, s.digest, field, s.alg, der(signature)}
	if s.unsigned != nil {
		parts = append(parts, tlv(0xA1, s.unsigned(signature)...))
	}
	return seq(parts...)
}

// message describes a SignedData. If only signers are set, its content is
// attached plain data.
type message struct {
	content     []byte
	contentType string
	detached    bool
	certs, crls [][]byte
	signers     []info
}

func (m message) encode(t testing.TB) []byte {
	t.Helper()
	if m.contentType == "" {
		m.contentType = idData
	}
	encap := seq(oid(m.contentType), tlv(0xA0, tlv(0x04, m.content)))
	if m.detached {
		encap = seq(oid(m.contentType))
	}
	parts := [][]byte{der(1), set(algorithm(idSHA256)), encap}
	if m.certs != nil {
		parts = append(parts, tlv(0xA0, m.certs...))
	}
	if m.crls != nil {
		parts = append(parts, tlv(0xA1, m.crls...))
	}
	var infos [][]byte
	for _, s := range m.signers {
		infos = append(infos, s.encode(t, m.contentType, m.content))
	}
	return seq(oid(idSignedData), tlv(0xA0, seq(append(parts, set(infos...))...)))
}

var text = []byte("a paper that somebody signs\n")

// by returns a message with one signer, whose certificate it encloses.
func by(id *identity, edit func(*info)) message {
	s := info{id: id}
	if edit != nil {
		edit(&s)
	}
	return message{content: text, certs: [][]byte{id.cert.Raw}, signers: []info{s}}
}

// setOfAttributes returns the bytes that a signer with attributes signs.
func setOfAttributes(content []byte) []byte {
	h := crypto.SHA256.New()
	h.Write(content)
	list := [][]byte{attr(atContentType, oid(idData)), attr(atDigest, der(h.Sum(nil)))}
	slices.SortFunc(list, bytes.Compare)
	return set(list...)
}

// reference returns a signing-certificate-v2 attribute for a certificate.
func reference(c *x509.Certificate) []byte {
	h := crypto.SHA256.New()
	h.Write(c.Raw)
	return attr(atSigningCer2, seq(seq(seq(der(h.Sum(nil))))))
}

// criticalUsage returns a critical extendedKeyUsage extension.
func criticalUsage(ids ...string) pkix.Extension {
	var list [][]byte
	for _, id := range ids {
		list = append(list, oid(id))
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: seq(list...)}
}
