package sign_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.mozilla.org/pkcs7"

	"natsuin/sign"
)

var update = flag.Bool("update", false, "write testdata/*.p7? anew")

// goldenIdentity returns the RSA key and certificate in testdata, with which
// signatures are the same in every run.
func goldenIdentity(t *testing.T) identity {
	t.Helper()
	rest, err := os.ReadFile(filepath.Join("testdata", "identity.pem"))
	if err != nil {
		t.Fatal(err)
	}
	var certs []*x509.Certificate
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block.Type == "CERTIFICATE" {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			certs = append(certs, cert)
			continue
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return identity{key.(crypto.Signer), certs[1], certs[0]}
	}
}

// The signed attributes are compared byte by byte, because every program that
// reads a signature depends on them.
func TestSignedAttributesAreTheseOctets(t *testing.T) {
	id := goldenIdentity(t)
	content := []byte("golden\n")
	p := prepare(t, id, content, crypto.SHA256)

	digest := sha256.Sum256(content)
	certHash := sha256.Sum256(id.cert.Raw)
	if len(id.cert.RawIssuer) != 33 {
		t.Fatalf("issuer of %d octets: the lengths below are for 33", len(id.cert.RawIssuer))
	}
	want, err := hex.DecodeString("3181ce" + // SET OF Attribute, sorted
		"3018" + "06092a864886f70d010903" + "310b" + "06092a864886f70d010701" + // contentType: id-data
		"301c" + "06092a864886f70d010905" + "310f" + "170d" + hex.EncodeToString([]byte("260404210708Z")) + // signingTime
		"302f" + "06092a864886f70d010904" + "3122" + "0420" + hex.EncodeToString(digest[:]) + // messageDigest
		"3063" + "060b2a864886f70d010910022f" + "3154" + // signing-certificate-v2
		"3052" + "3050" + "304e" + // SigningCertificateV2, certs, ESSCertIDv2 with the DEFAULT hash
		"0420" + hex.EncodeToString(certHash[:]) + // certHash
		"302a" + "3023" + "a421" + hex.EncodeToString(id.cert.RawIssuer) + "02030080ab") // issuerSerial
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(want); !bytes.Equal(p.Digest(), sum[:]) {
		t.Errorf("the key is asked to sign %x, want the digest of %x", p.Digest(), want)
	}
	s, err := p.Sign(id.key)
	if err != nil {
		t.Fatal(err)
	}
	if implicit := append([]byte{0xa0}, want[1:]...); !bytes.Contains(s.DER(), implicit) {
		t.Errorf("%x does not hold %x", s.DER(), implicit)
	}
}

func TestSignatureIsTheGoldenOne(t *testing.T) {
	id := goldenIdentity(t)
	content := []byte("golden\n")
	s := complete(t, id, content, crypto.SHA256)
	var attached bytes.Buffer
	if err := s.WriteAttached(context.Background(), &attached, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	bundle, err := sign.Bundle(id.cert, id.ca)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"golden.p7s": s.DER(), "golden.p7m": attached.Bytes(), "golden.p7b": bundle} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got\n%x", name, got)
		}
	}
}

func TestPrepareWithoutOptionsSaysNowAndBringsTheSignerAlone(t *testing.T) {
	id := rsaIdentity()
	before := time.Now().Truncate(time.Second)
	p, err := sign.Prepare(digest(t, []byte("x"), crypto.SHA256), id.cert, sign.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Sign(id.key)
	if err != nil {
		t.Fatal(err)
	}
	p7, err := pkcs7.Parse(s.DER())
	if err != nil {
		t.Fatal(err)
	}
	var at time.Time
	if err := p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeSigningTime, &at); err != nil {
		t.Fatal(err)
	}
	if at.Before(before) || at.After(time.Now()) {
		t.Errorf("signing time %v", at)
	}
	if len(p7.Certificates) != 1 || !p7.Certificates[0].Equal(id.cert) {
		t.Errorf("%d certificates", len(p7.Certificates))
	}
}

func TestIssuersAreIncludedOnceAndSorted(t *testing.T) {
	id, other := rsaIdentity(), p384Identity()
	p, err := sign.Prepare(digest(t, []byte("x"), crypto.SHA256), id.cert,
		sign.Options{Issuers: []*x509.Certificate{id.ca, nil, other.ca, id.cert, id.ca}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Sign(id.key)
	if err != nil {
		t.Fatal(err)
	}
	p7, err := pkcs7.Parse(s.DER())
	if err != nil {
		t.Fatal(err)
	}
	if len(p7.Certificates) != 3 {
		t.Fatalf("%d certificates, want 3", len(p7.Certificates))
	}
	for i, c := range p7.Certificates[1:] {
		if bytes.Compare(p7.Certificates[i].Raw, c.Raw) >= 0 {
			t.Error("the set of certificates is not sorted")
		}
	}
}

func TestPrepareRefusesWhatItCannotSignWith(t *testing.T) {
	good := digest(t, []byte("x"), crypto.SHA256)
	withKey := func(key crypto.PublicKey) *x509.Certificate {
		c := *rsaIdentity().cert
		c.PublicKey = key
		return &c
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, what string // what is that of the *UnsupportedError, or "" for another error
		content    sign.Content
		cert       *x509.Certificate
	}{
		{"SHA-1", "hash", sign.Content{Hash: crypto.SHA1, Sum: make([]byte, 20)}, rsaIdentity().cert},
		{"no hash", "hash", sign.Content{}, rsaIdentity().cert},
		{"Ed25519", "public key", good, withKey(ed25519.PublicKey(make([]byte, 32)))},
		{"P-224", "curve", good, withKey(p224.Public())},
		{"short digest", "", sign.Content{Hash: crypto.SHA256, Sum: make([]byte, 31)}, rsaIdentity().cert},
		{"negative size", "", sign.Content{Hash: crypto.SHA256, Sum: make([]byte, 32), Size: -1}, rsaIdentity().cert},
		{"no certificate", "", good, nil},
		{"certificate without octets", "", good, &x509.Certificate{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := sign.Prepare(c.content, c.cert, sign.Options{})
			var unsupported *sign.UnsupportedError
			if errors.As(err, &unsupported) != (c.what != "") || unsupported != nil && unsupported.What != c.what || err == nil {
				t.Errorf("error %v, want one about %q", err, c.what)
			}
		})
	}
}

func TestCompleteReleasesNothingThatDoesNotVerify(t *testing.T) {
	content := []byte("content")
	another, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range matrix {
		id := m.id()
		p := prepare(t, id, content, m.hash)
		good, err := id.key.Sign(rand.Reader, p.Digest(), p.Hash())
		if err != nil {
			t.Fatal(err)
		}
		foreign, err := another.Sign(rand.Reader, p.Digest(), p.Hash())
		if err != nil {
			t.Fatal(err)
		}
		overContent, err := id.key.Sign(rand.Reader, digest(t, content, m.hash).Sum, m.hash)
		if err != nil {
			t.Fatal(err)
		}
		for name, bad := range map[string][]byte{
			"nothing":                    nil,
			"zeros":                      make([]byte, len(good)),
			"one bit":                    flip(good, len(good)-1),
			"first octet":                flip(good, 0),
			"truncated":                  good[:len(good)-1],
			"an octet more":              append(bytes.Clone(good), 0),
			"by another key":             foreign,
			"over the content":           overContent,
			"status word left in answer": append(bytes.Clone(good), 0x90, 0x00),
		} {
			t.Run(m.name+"/"+name, func(t *testing.T) {
				s, err := p.Complete(bad)
				var failed *sign.CheckError
				if s != nil || !errors.As(err, &failed) || failed.Check != sign.CheckSignature {
					t.Errorf("signature %v, error %v; want the signature check to fail", s != nil, err)
				}
			})
		}
		if _, err := p.Complete(good); err != nil {
			t.Errorf("%s: the good signature is refused: %v", m.name, err)
		}
	}
}

// flip returns b with one bit changed.
func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

func TestEveryChangedOctetFailsTheCheck(t *testing.T) {
	for _, m := range matrix[:4] {
		id := m.id()
		p := prepare(t, id, []byte("content"), m.hash)
		signature, err := id.key.Sign(rand.Reader, p.Digest(), p.Hash())
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Complete(signature)
		if err != nil {
			t.Fatal(err)
		}
		envelope := s.DER()
		if err := p.CheckEnvelope(envelope, signature); err != nil {
			t.Fatalf("%s: unchanged: %v", m.name, err)
		}
		for i := range envelope {
			var failed *sign.CheckError
			if err := p.CheckEnvelope(flip(envelope, i), signature); !errors.As(err, &failed) {
				t.Errorf("%s: octet %d changed: %v", m.name, i, err)
			}
		}
		for _, longer := range [][]byte{append(bytes.Clone(envelope), 0), envelope[:len(envelope)-1], nil} {
			var failed *sign.CheckError
			if err := p.CheckEnvelope(longer, signature); !errors.As(err, &failed) {
				t.Errorf("%s: %d octets instead of %d: %v", m.name, len(longer), len(envelope), err)
			}
		}
	}
}

// The checks find a signature that is valid, but not the prepared one.
func TestCheckFindsWhatAnotherEnvelopeSays(t *testing.T) {
	id, content := rsaIdentity(), []byte("content")
	p := prepare(t, id, content, crypto.SHA256)
	other := func(content []byte, cert *x509.Certificate, at time.Time) (envelope, signature []byte) {
		t.Helper()
		q, err := sign.Prepare(digest(t, content, crypto.SHA256), cert, sign.Options{Issuers: []*x509.Certificate{id.ca}, SigningTime: at})
		if err != nil {
			t.Fatal(err)
		}
		signature, err = id.key.Sign(rand.Reader, q.Digest(), q.Hash())
		if err != nil {
			t.Fatal(err)
		}
		s, err := q.Complete(signature)
		if err != nil {
			t.Fatal(err)
		}
		return s.DER(), signature
	}
	twin := issue(id.key) // same key and names, but issued by another CA
	for _, c := range []struct {
		name  string
		check sign.Check
		bytes []byte
		cert  *x509.Certificate
		at    time.Time
	}{
		{"content", sign.CheckAttributes, []byte("other"), id.cert, signingTime},
		{"time", sign.CheckAttributes, content, id.cert, signingTime.Add(time.Second)},
		{"certificate with the same key", sign.CheckStructure, content, twin.cert, signingTime},
	} {
		envelope, signature := other(c.bytes, c.cert, c.at)
		var failed *sign.CheckError
		if err := p.CheckEnvelope(envelope, signature); !errors.As(err, &failed) || failed.Check != c.check {
			t.Errorf("another %s: error %v, want %s to fail", c.name, err, c.check)
		}
	}
}

// Two certificates have the same issuer name, serial number and key. pkcs7
// finds the first, so a signature for the second must not be released.
func TestASignerThatIsNotTheOneFoundIsRefused(t *testing.T) {
	first := rsaIdentity()
	second := issue(first.key)
	if bytes.Compare(first.cert.Raw, second.cert.Raw) > 0 {
		first, second = second, first
	}
	completeBeside := func(id, other identity) error {
		t.Helper()
		p, err := sign.Prepare(digest(t, []byte("x"), crypto.SHA256), id.cert, sign.Options{Issuers: []*x509.Certificate{other.cert}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Sign(id.key)
		return err
	}
	if err := completeBeside(first, second); err != nil {
		t.Errorf("the one found: %v", err)
	}
	var failed *sign.CheckError
	if err := completeBeside(second, first); !errors.As(err, &failed) || failed.Check != sign.CheckCertificate {
		t.Errorf("the other: error %v", err)
	}
}

func TestRawSignatureIsCheckedAgainstTheCertificate(t *testing.T) {
	for _, m := range matrix {
		id, c := m.id(), digest(t, []byte("content"), m.hash)
		signature, err := id.key.Sign(rand.Reader, c.Sum, c.Hash)
		if err != nil {
			t.Fatal(err)
		}
		if err := sign.CheckRaw(c, id.cert, signature); err != nil {
			t.Errorf("%s: refused: %v", m.name, err)
		}
		otherKey := rsaIdentity().cert
		if m.id().cert.Equal(otherKey) {
			otherKey = p384Identity().cert
		}
		for name, err := range map[string]error{
			"changed signature": sign.CheckRaw(c, id.cert, flip(signature, len(signature)-1)),
			"changed content":   sign.CheckRaw(digest(t, []byte("Content"), m.hash), id.cert, signature),
			"another key":       sign.CheckRaw(c, otherKey, signature),
			"no signature":      sign.CheckRaw(c, id.cert, nil),
		} {
			var failed *sign.CheckError
			if !errors.As(err, &failed) || failed.Check != sign.CheckSignature {
				t.Errorf("%s: %s: error %v", m.name, name, err)
			}
		}
	}
}

func TestBundleHoldsEachCertificateOnceInOrder(t *testing.T) {
	id := rsaIdentity()
	out, err := sign.Bundle(id.cert, id.ca, id.cert, nil)
	if err != nil {
		t.Fatal(err)
	}
	p7, err := pkcs7.Parse(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(p7.Certificates) != 2 || !p7.Certificates[0].Equal(id.cert) || !p7.Certificates[1].Equal(id.ca) {
		t.Errorf("%d certificates", len(p7.Certificates))
	}
	if out, err := sign.Bundle(); err == nil {
		t.Errorf("an empty bundle: %x", out)
	}
}
